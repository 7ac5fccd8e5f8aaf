"""Compiled search: which organisations a string may name, and what speaks for each of them.

Arrays of the index are named before the loops that read them: each time one is taken from the
index, numba counts a reference.
"""

from __future__ import annotations

import numba
import numpy as np

from sciencecities.locate.name_words import EDGE, NEXT
from sciencecities.locate.org_evidence import IS_CJK, N_FEATURES, country_state, fill, named_place
from sciencecities.locate.org_index import ACRONYM, MAX_NAME_WORDS, SHORT, OrgIndex
from sciencecities.locate.org_table import look_up, ngram_hash

MAX_CANDIDATES = 16
MAX_KEYS = 400
MAX_TOUCHED = 20_000
MAX_LOCATIONS = 60
MAX_HITS = 64
NAMESAKES = 8
"""Of a name that more organisations share, only those at a named place are looked at, if any is."""

SURE_WEIGHT = 15.0
"""A whole name of less weight is not looked at where another country is named."""

LEAST_RARE, LEAST_COVER = 0.5, 0.6


FIRST, HOPELESS = 40, -4.0

STAMP, SHARED, SLOT = 0, 1, 2
"""Of a name: the search that set it, the weight it shares with the string (thousandths), its place
among the names found or -1."""


def new_scratch(index: OrgIndex) -> tuple[np.ndarray, ...]:
    """Working space, to be used by one search at a time."""
    n_keys, n_words = len(index.key_weight), len(index.idf)
    return (
        np.zeros((n_keys, 3), np.int32),  # one line of memory a name: STAMP, SHARED, SLOT
        np.zeros(n_words, np.int64),
        np.zeros(n_words, np.int32),
        np.zeros(1, np.int64),
    )


@numba.njit(cache=True)
def _locations(ix, tok, before, n, loc):  # type: ignore[no-untyped-def]
    """Location names in the string: number, start, end; the longest at each start."""
    loc_hash, loc_key = ix.loc_hash, ix.loc_key
    found = 0
    for i in range(n):
        hashed = np.uint64(0)
        best = -1
        length = 0
        for j in range(i, min(n, i + 6)):
            if tok[j] < 0:
                break
            hashed = ngram_hash(hashed, tok[j])
            value = look_up(loc_hash, loc_key, hashed)
            if value < 0:
                continue
            if value & 1:
                alone = before[i] == EDGE and (
                    before[i + 1] == EDGE or i + 2 > n - 1 or before[i + 2] == EDGE
                )
                if not alone:
                    continue
            best, length = value >> 1, j + 1 - i
        if best >= 0 and found < MAX_LOCATIONS:
            loc[found, 0], loc[found, 1], loc[found, 2] = best, i, i + length
            found += 1
    return found


@numba.njit(cache=True)
def _find_keys(ix, tok, before, seg, part, n, sid, state, wstamp, whead, keys, touched):  # type: ignore[no-untyped-def]
    """Names that stand in the string or share enough rare words with it.

    `keys` gets number, start and end (-1 where not whole) of each.
    """
    name_hash, name_key, post_key, idf = ix.name_hash, ix.name_key, ix.post_key, ix.idf
    n_keys = 0
    for i in range(n):
        hashed = np.uint64(0)
        for j in range(i, min(n, i + MAX_NAME_WORDS)):
            if tok[j] < 0:
                break
            if seg[i] != seg[j] and (part[i] != part[j] or before[i] == NEXT):
                break
            hashed = ngram_hash(hashed, tok[j])
            key = look_up(name_hash, name_key, hashed)
            if key < 0:
                continue
            if state[key, STAMP] != sid:
                state[key, STAMP] = sid
                state[key, SHARED] = 0
                state[key, SLOT] = -1
            if state[key, SLOT] < 0 and n_keys < MAX_KEYS:
                state[key, SLOT] = n_keys
                keys[n_keys, 0], keys[n_keys, 1], keys[n_keys, 2] = key, i, j + 1
                n_keys += 1
    n_touched = 0
    for i in range(n):
        word = tok[i]
        if word < 0 or whead[word] != i:
            continue
        weight = int(idf[word] * 1000)
        for p in range(ix.post_off[word], ix.post_off[word + 1]):
            key = post_key[p]
            if state[key, STAMP] != sid:
                state[key, STAMP] = sid
                state[key, SHARED] = 0
                state[key, SLOT] = -1
            if state[key, SHARED] == 0 and state[key, SLOT] < 0:
                if n_touched == MAX_TOUCHED:
                    continue
                touched[n_touched] = key
                n_touched += 1
            state[key, SHARED] += weight
    key_rare, key_weight = ix.key_rare, ix.key_weight
    for t in range(n_touched):
        key = touched[t]
        if state[key, SLOT] >= 0 or n_keys == MAX_KEYS:
            continue
        rare, weight, shared = key_rare[key], key_weight[key], state[key, SHARED] / 1000 + 0.01
        if shared >= LEAST_RARE * rare and shared + weight - rare >= LEAST_COVER * weight:
            state[key, SLOT] = n_keys
            keys[n_keys, 0], keys[n_keys, 1], keys[n_keys, 2] = key, -1, -1
            n_keys += 1
    return n_keys


@numba.njit(cache=True)
def verify(ix, key, n, sid, wstamp, whead, nxt, hits, exact_start, exact_end, out):  # type: ignore[no-untyped-def]
    """How the name stands in the string: out = start, end, weight in the window, weight in all,
    words in the window, neighbours kept. Returns a score, or -1."""
    key_off, key_word, key_weight, idf = ix.key_off, ix.key_word, ix.key_weight, ix.idf
    first, last = key_off[key], key_off[key + 1]
    m = last - first
    n_hits = 0
    all_weight = 0.0
    for j in range(m):
        word = key_word[first + j]
        if wstamp[word] != sid:
            continue
        all_weight += idf[word]
        pos = whead[word]
        while pos >= 0 and n_hits < MAX_HITS:
            k = n_hits
            while k > 0 and hits[k - 1, 0] > pos:
                hits[k, 0], hits[k, 1] = hits[k - 1, 0], hits[k - 1, 1]
                k -= 1
            hits[k, 0], hits[k, 1] = pos, j
            n_hits += 1
            pos = nxt[pos]
    total = key_weight[key]
    if n_hits == 0 or all_weight < LEAST_COVER * total:
        return -1.0
    window = m + 1 + m // 4
    best, start, end, words, order = 0.0, 0, 0, 0, 0
    for a in range(n_hits):
        if exact_start >= 0 and hits[a, 0] != exact_start:
            continue
        limit = exact_end if exact_start >= 0 else hits[a, 0] + window
        mask = np.uint64(0)
        weight, count, kept, stop = 0.0, 0, 0, 0
        last_pos, last_word = -5, -5
        for b in range(a, n_hits):
            pos, j = hits[b, 0], hits[b, 1]
            if pos >= limit:
                break
            bit = np.uint64(1) << np.uint64(j)
            if mask & bit:
                continue
            mask |= bit
            weight += idf[key_word[first + j]]
            count += 1
            if pos == last_pos + 1 and j == last_word + 1:
                kept += 1
            last_pos, last_word, stop = pos, j, pos + 1
        if weight > best + 1e-6 or (weight > best - 1e-6 and stop - hits[a, 0] < end - start):
            best, start, end, words, order = weight, hits[a, 0], stop, count, kept
    out[0], out[1], out[2], out[3], out[4], out[5] = start, end, best, all_weight, words, order
    score = best * (best / total) * (all_weight / total)
    return score * 1.2 if exact_start >= 0 else score


@numba.njit(cache=True)
def search(  # type: ignore[no-untyped-def]
    ix, scratch, tok_all, off, before_all, seg_all, part_all, upper_all, cjk, seen, points, mail
):
    """Candidates of each string.

    Returns the string, organisation, start and end of each candidate, and its features.
    """
    state, wstamp, whead, counter = scratch
    n_strings = len(off) - 1
    out = np.empty((n_strings * MAX_CANDIDATES, 4), np.int32)
    features = np.zeros((n_strings * MAX_CANDIDATES, N_FEATURES), np.float32)
    n_out = 0
    loc = np.empty((MAX_LOCATIONS, 3), np.int32)
    keys = np.empty((MAX_KEYS, 3), np.int32)
    touched = np.empty(MAX_TOUCHED, np.int32)
    hits = np.empty((MAX_HITS, 2), np.int32)
    spot = np.empty((MAX_KEYS, 6), np.float64)
    score = np.empty(MAX_KEYS, np.float64)
    cand = np.empty((MAX_CANDIDATES, 4), np.int32)  # org, key slot, kind, names of it
    support = np.empty(MAX_CANDIDATES, np.int32)
    for s in range(n_strings):
        a, n = off[s], off[s + 1] - off[s]
        tok, seg = tok_all[a : a + n], seg_all[a : a + n]
        part, upper = part_all[a : a + n], upper_all[a : a + n]
        before = before_all[a + s : a + s + n + 1]
        counter[0] += 1
        sid = counter[0]
        nxt = np.full(n, -1, np.int32)
        for i in range(n - 1, -1, -1):
            word = tok[i]
            if word < 0:
                continue
            if wstamp[word] != sid:
                wstamp[word] = sid
                whead[word] = -1
            nxt[i] = whead[word]
            whead[word] = i
        n_loc = _locations(ix, tok, before, n, loc)
        n_keys = _find_keys(ix, tok, before, seg, part, n, sid, state, wstamp, whead, keys, touched)
        for k in range(n_keys):
            score[k] = verify(
                ix, keys[k, 0], n, sid, wstamp, whead, nxt, hits, keys[k, 1], keys[k, 2], spot[k]
            )
        n_cand = _choose(
            ix, n_keys, keys, spot, score, part, loc, n_loc, seen[s], upper, cand, support
        )
        for c in range(n_cand):
            k = cand[c, 1]
            out[n_out, 0], out[n_out, 1] = s, cand[c, 0]
            out[n_out, 2], out[n_out, 3] = spot[k, 0], spot[k, 1]
            fill(
                ix, c, n_cand, cand, keys, spot, score, support, tok, seg, part, before, upper, n,
                sid, wstamp, loc, n_loc, seen[s], points[s], mail[s], features[n_out],
            )  # fmt: skip
            features[n_out, IS_CJK] = cjk[s]
            n_out += 1
    return out[:n_out], features[:n_out]


@numba.njit(cache=True)
def _choose(ix, n_keys, keys, spot, score, part, loc, n_loc, seen_country, upper, cand, support):  # type: ignore[no-untyped-def]
    """The organisations of the best names, each under its best one."""
    key_org, key_kind = ix.key_org, ix.key_kind
    order = np.argsort(-score[:n_keys], kind="mergesort")
    n_cand = 0
    for r in range(n_keys):
        k = order[r]
        if score[k] < 0:
            break
        key = keys[k, 0]
        first, last = ix.key_org_off[key], ix.key_org_off[key + 1]
        crowd = last - first
        most = 0
        if crowd > NAMESAKES:
            for p in range(first, last):
                most = max(most, named_place(ix, key_org[p], loc, n_loc, seen_country))
        for p in range(first, last):
            org, kind = key_org[p], key_kind[p]
            if kind == ACRONYM and (keys[k, 1] < 0 or not upper[int(spot[k, 0])]):
                continue
            known = -1
            for c in range(n_cand):
                if cand[c, 0] == org:
                    known = c
            if known >= 0:
                support[known] += 100 if kind == ACRONYM else 1
                continue
            if n_cand == MAX_CANDIDATES:
                continue
            if crowd > NAMESAKES and (
                named_place(ix, org, loc, n_loc, seen_country) < most or p - first > 40
            ):
                continue
            start = int(spot[k, 0])
            if (
                country_state(ix, org, start, int(spot[k, 1]), part, loc, n_loc) < 0
                and named_place(ix, org, loc, n_loc, -1) < 2
                and (keys[k, 1] < 0 or ix.key_weight[key] < SURE_WEIGHT)
            ):
                continue
            if kind == SHORT and named_place(ix, org, loc, n_loc, seen_country) == 0 and crowd > 1:
                continue
            cand[n_cand, 0], cand[n_cand, 1], cand[n_cand, 2], cand[n_cand, 3] = org, k, kind, crowd
            support[n_cand] = 0
            n_cand += 1
    return n_cand


@numba.njit(cache=True)
def predict(features, feature, threshold, left, right, value, roots):  # type: ignore[no-untyped-def]
    """The sum of all trees' leaves for each row. A child below 0 is a leaf, ~child its number.

    A row that is HOPELESS after the FIRST trees keeps the sum of these.
    """
    out = np.zeros(len(features), np.float64)
    for r in range(len(features)):
        row = features[r]
        total = 0.0
        for t in range(len(roots)):
            if t == FIRST and total < HOPELESS:
                break
            at = roots[t]
            while at >= 0:
                at = left[at] if row[feature[at]] <= threshold[at] else right[at]
            total += value[~at]
        out[r] = total
    return out
