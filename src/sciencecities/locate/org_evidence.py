"""Compiled evidence: what a string says for or against each organisation that it may name."""

from __future__ import annotations

import math

import numba

from sciencecities.locate.name_words import NEXT, SMALL_CONTINUE

UNKNOWN_WEIGHT = 9.0
"""That of a word which no name has."""

FEATURES = (
    "cover_window", "cover_all", "exact", "order", "words", "words_missing", "weight",
    "weight_missing", "words_extra", "weight_extra", "cover_segment", "segment_extra",
    "left", "right", "left_flags", "right_flags", "right_kind", "left_kind", "kind",
    "generic_share", "kind_missing", "kind_extra", "country", "country_given", "town_outside",
    "town_inside", "town_elsewhere", "region", "distance", "namesakes", "acronym_support",
    "names_support", "types", "active", "fame", "children", "has_parent", "above_here",
    "below_here", "above_exact", "below_exact", "longer_overlap", "better_overlap", "rank",
    "score_ratio", "position", "segments", "string_words", "is_cjk", "mail", "is_location",
    "upper", "same_key_better", "org_kind_word", "segment_words", "best_rare", "joined",
    "location_share", "above_same", "below_same", "outweighed",
)  # fmt: skip
"""What speaks for or against a candidate, in the order of the columns."""

N_FEATURES = len(FEATURES)
(
    COVER_WINDOW, COVER_ALL, EXACT, ORDER, WORDS, WORDS_MISSING, WEIGHT, WEIGHT_MISSING,
    WORDS_EXTRA, WEIGHT_EXTRA, COVER_SEGMENT, SEGMENT_EXTRA, LEFT, RIGHT, LEFT_FLAGS, RIGHT_FLAGS,
    RIGHT_KIND, LEFT_KIND, KIND, GENERIC_SHARE, KIND_MISSING, KIND_EXTRA, COUNTRY, COUNTRY_GIVEN,
    TOWN_OUTSIDE, TOWN_INSIDE, TOWN_ELSEWHERE, REGION, DISTANCE, NAMESAKES, ACRONYM_SUPPORT,
    NAMES_SUPPORT, TYPES, ACTIVE, FAME, CHILDREN, HAS_PARENT, ABOVE_HERE, BELOW_HERE, ABOVE_EXACT,
    BELOW_EXACT, LONGER_OVERLAP, BETTER_OVERLAP, RANK, SCORE_RATIO, POSITION, SEGMENTS,
    STRING_WORDS, IS_CJK, MAIL, IS_LOCATION, UPPER, SAME_KEY_BETTER, ORG_KIND_WORD, SEGMENT_WORDS,
    BEST_RARE, JOINED, LOCATION_SHARE, ABOVE_SAME, BELOW_SAME, OUTWEIGHED,
) = range(N_FEATURES)  # fmt: skip


@numba.njit(cache=True)
def any_in(values, start, end, wanted):  # type: ignore[no-untyped-def]
    """Whether values[start:end] hold what is wanted."""
    for i in range(start, end):  # noqa: SIM110
        if values[i] == wanted:
            return True
    return False


@numba.njit(cache=True)
def distance(lat1, lon1, lat2, lon2):  # type: ignore[no-untyped-def]
    """Kilometres, well enough for near places."""
    y = lat1 - lat2
    x = abs(lon1 - lon2)
    if x > 180:
        x = 360 - x
    x *= math.cos(math.radians(0.5 * (lat1 + lat2)))
    return 111.2 * math.sqrt(x * x + y * y)


@numba.njit(cache=True)
def named_place(ix, org, loc, n_loc, seen_country):  # type: ignore[no-untyped-def]
    """2 if a town of the organisation is named, 1 if its country is, else 0."""
    towns, first_town, last_town = ix.org_town, ix.org_town_off[org], ix.org_town_off[org + 1]
    countries, first, last = ix.org_country, ix.org_country_off[org], ix.org_country_off[org + 1]
    loc_country = ix.loc_country
    best = 0
    for q in range(n_loc):
        if any_in(towns, first_town, last_town, loc[q, 0]):
            return 2
        country = loc_country[loc[q, 0]]
        if country >= 0 and any_in(countries, first, last, country):
            best = 1
    if best == 0 and seen_country >= 0 and any_in(countries, first, last, seen_country):
        best = 1
    return best


@numba.njit(cache=True)
def country_state(ix, org, start, end, part, loc, n_loc):  # type: ignore[no-untyped-def]
    """1 where the countries named beside the name hold the organisation's, 0.5 where kin of it.

    -1 where they do not, 0 where none is named. Those inside the name do not count.
    """
    first, last = ix.org_country_off[org], ix.org_country_off[org + 1]
    loc_country = ix.loc_country
    if first == last:
        return 0.0
    best_part = 1_000_000
    for q in range(n_loc):
        inside = loc[q, 1] >= start and loc[q, 2] <= end
        if loc_country[loc[q, 0]] >= 0 and part[loc[q, 1]] >= part[start] and not inside:
            best_part = min(best_part, part[loc[q, 1]])
    state = 0.0
    for q in range(n_loc):
        country = loc_country[loc[q, 0]]
        inside = loc[q, 1] >= start and loc[q, 2] <= end
        if country < 0 or part[loc[q, 1]] != best_part or inside:
            continue
        agree = agreement(ix, first, last, country)
        state = agree if state == 0.0 else max(state, agree)
    return state


@numba.njit(cache=True)
def agreement(ix, first, last, country):  # type: ignore[no-untyped-def]
    """1 if the country is among an organisation's, 0.5 if kin of one, else -1."""
    best = -1.0
    for p in range(first, last):
        if ix.org_country[p] == country:
            return 1.0
        if ix.country_kin[ix.org_country[p], country]:
            best = 0.5
    return best


@numba.njit(cache=True)
def location_share(ix, key, start, end, tok, loc, n_loc):  # type: ignore[no-untyped-def]
    """How much of the name's weight in the string is that of names of places."""
    key_word, idf = ix.key_word, ix.idf
    first, last = ix.key_off[key], ix.key_off[key + 1]
    inside, whole = 0.0, 0.0
    for i in range(start, end):
        word = tok[i]
        if word < 0 or not any_in(key_word, first, last, word):
            continue
        whole += idf[word]
        for q in range(n_loc):
            if loc[q, 1] <= i < loc[q, 2]:
                inside += idf[word]
                break
    return inside / max(whole, 0.1)


@numba.njit(cache=True)
def fill(  # type: ignore[no-untyped-def]
    ix, c, n_cand, cand, keys, spot, score, support, tok, seg, part, before, upper, n,
    sid, wstamp, loc, n_loc, seen_country, point, mail, f,
):  # fmt: skip
    """Set the features of candidate c; `spot`: see `org_kernel.verify`."""
    key_word, idf, word_flags, word_kind = ix.key_word, ix.idf, ix.word_flags, ix.word_kind
    above, above_off = ix.org_above, ix.org_above_off
    org, k, kind = cand[c, 0], cand[c, 1], cand[c, 2]
    key = keys[k, 0]
    start, end = int(spot[k, 0]), int(spot[k, 1])
    first, last = ix.key_off[key], ix.key_off[key + 1]
    m = last - first
    total = ix.key_weight[key]
    n_words = int(spot[k, 4])
    exact = keys[k, 1] >= 0
    generic, missing_kind, own_kinds, best_rare = 0, 0, 0, 0.0
    for j in range(first, last):
        word = key_word[j]
        generic += word_flags[word] & 1
        if word_kind[word]:
            own_kinds |= 1 << word_kind[word]
            if wstamp[word] != sid:
                missing_kind = word_kind[word]
        if wstamp[word] == sid:
            best_rare = max(best_rare, idf[word])
    span_weight, extra_kind = 0.0, 0
    for i in range(start, end):
        word = tok[i]
        span_weight += idf[word] if word >= 0 else UNKNOWN_WEIGHT
        if word >= 0 and word_kind[word] and not (own_kinds >> word_kind[word]) & 1:
            extra_kind = word_kind[word]
    segment_weight, segment_words = 0.0, 0
    for i in range(n):
        if seg[start] <= seg[i] <= seg[end - 1]:
            word = tok[i]
            segment_weight += idf[word] if word >= 0 else UNKNOWN_WEIGHT
            segment_words += 1
    f[COVER_WINDOW] = spot[k, 2] / total
    f[COVER_ALL] = spot[k, 3] / total
    f[EXACT] = exact
    f[ORDER] = 1.0 if exact or m == 1 else spot[k, 5] / (m - 1)
    f[WORDS] = m
    f[WORDS_MISSING] = m - n_words
    f[WEIGHT] = total
    f[WEIGHT_MISSING] = total - spot[k, 2]
    f[WORDS_EXTRA] = end - start - n_words
    f[WEIGHT_EXTRA] = max(0.0, span_weight - spot[k, 2])
    f[COVER_SEGMENT] = min(1.0, spot[k, 2] / max(segment_weight, 0.1))
    f[SEGMENT_EXTRA] = max(0.0, segment_weight - spot[k, 2])
    left, right = before[start], before[end]
    f[LEFT] = left
    f[RIGHT] = right
    if left in (NEXT, SMALL_CONTINUE):
        word = tok[start - 1] if start > 0 else -1
        f[LEFT_FLAGS] = word_flags[word] if word >= 0 else 8
        f[LEFT_KIND] = word_kind[word] if word >= 0 else 0
    if right in (NEXT, SMALL_CONTINUE) and end < n:
        word = tok[end]
        f[RIGHT_FLAGS] = word_flags[word] if word >= 0 else 8
        f[RIGHT_KIND] = word_kind[word] if word >= 0 else 0
    f[KIND] = kind
    f[GENERIC_SHARE] = generic / m
    f[KIND_MISSING] = missing_kind
    f[KIND_EXTRA] = extra_kind
    f[COUNTRY] = country_state(ix, org, start, end, part, loc, n_loc)
    if seen_country >= 0 and ix.org_country_off[org + 1] > ix.org_country_off[org]:
        f[COUNTRY_GIVEN] = agreement(
            ix, ix.org_country_off[org], ix.org_country_off[org + 1], seen_country
        )
    towns, first_town, last_town = ix.org_town, ix.org_town_off[org], ix.org_town_off[org + 1]
    regions, first_region, last_region = (
        ix.org_region,
        ix.org_region_off[org],
        ix.org_region_off[org + 1],
    )
    for q in range(n_loc):
        number, b, e = loc[q, 0], loc[q, 1], loc[q, 2]
        inside = b >= start and e <= end
        if any_in(towns, first_town, last_town, number):
            if inside:
                f[TOWN_INSIDE] = 1
            elif part[b] == part[start]:
                f[TOWN_OUTSIDE] = 1
            else:
                f[TOWN_ELSEWHERE] = 1
        if (
            not inside
            and part[b] == part[start]
            and any_in(regions, first_region, last_region, number)
        ):
            f[REGION] = 1
        if b == start and e == end:
            f[IS_LOCATION] = 1
    near = -1.0
    if not math.isnan(point[0]):
        for p in range(ix.org_point_off[org], ix.org_point_off[org + 1], 2):
            away = distance(point[0], point[1], ix.org_point[p], ix.org_point[p + 1])
            near = away if near < 0 else min(near, away)
    f[DISTANCE] = math.log1p(near) if near >= 0 else -1.0
    f[NAMESAKES] = cand[c, 3]
    f[ACRONYM_SUPPORT] = support[c] // 100
    f[NAMES_SUPPORT] = support[c] % 100
    f[TYPES] = ix.org_types[org]
    f[ACTIVE] = ix.org_active[org]
    f[FAME] = ix.org_fame[org]
    f[CHILDREN] = ix.org_children[org]
    f[HAS_PARENT] = above_off[org + 1] > above_off[org]
    longer, better, rank, best_other, same_key = 0, 0.0, 0, 0.0, 0
    for d in range(n_cand):
        if d == c:
            continue
        other, kd = cand[d, 0], cand[d, 1]
        other_exact = keys[kd, 1] >= 0
        if any_in(above, above_off[org], above_off[org + 1], other):
            f[ABOVE_HERE] = max(f[ABOVE_HERE], spot[kd, 2] / ix.key_weight[keys[kd, 0]])
            f[ABOVE_EXACT] = max(f[ABOVE_EXACT], 1.0 if other_exact else 0.0)
        if any_in(above, above_off[other], above_off[other + 1], org):
            f[BELOW_HERE] = max(f[BELOW_HERE], spot[kd, 2] / ix.key_weight[keys[kd, 0]])
            f[BELOW_EXACT] = max(f[BELOW_EXACT], 1.0 if other_exact else 0.0)
        if score[kd] > score[k]:
            rank += 1
        same_span = spot[kd, 0] == start and spot[kd, 1] == end
        if same_span:
            if any_in(above, above_off[org], above_off[org + 1], other):
                f[ABOVE_SAME] = 1 + cand[d, 2]
            if any_in(above, above_off[other], above_off[other + 1], org):
                f[BELOW_SAME] = 1 + cand[d, 2]
        if kd == k:
            mine = named_place(ix, org, loc, n_loc, seen_country)
            theirs = named_place(ix, other, loc, n_loc, seen_country)
            same_key = max(same_key, theirs - mine + 3)
        if spot[kd, 0] < end and spot[kd, 1] > start:
            if kd != k:
                best_other = max(best_other, score[kd])
                if other_exact:
                    longer = max(longer, int(spot[kd, 1] - spot[kd, 0]) - (end - start) + 10)
            if score[kd] > score[k]:
                better += 1
    f[LOCATION_SHARE] = location_share(ix, key, start, end, tok, loc, n_loc)
    f[OUTWEIGHED] = max(0.0, best_other - score[k])
    f[LONGER_OVERLAP] = longer
    f[BETTER_OVERLAP] = better
    f[RANK] = rank
    f[SCORE_RATIO] = min(10.0, best_other / max(score[k], 0.01))
    f[POSITION] = start / n
    f[SEGMENTS] = seg[n - 1] + 1
    f[STRING_WORDS] = n
    f[MAIL] = (mail == org) if mail >= 0 else -1
    f[UPPER] = upper[start]
    f[SAME_KEY_BETTER] = same_key
    f[ORG_KIND_WORD] = own_kinds
    f[SEGMENT_WORDS] = segment_words
    f[BEST_RARE] = best_rare
    f[JOINED] = 1 if seg[start] != seg[end - 1] else 0
