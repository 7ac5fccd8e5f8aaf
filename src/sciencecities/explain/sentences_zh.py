"""The three sentences of an explanation in Chinese (GB/T 15834, 15835; no spaces beside Han)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sciencecities.certainty import probability
from sciencecities.explain import revised
from sciencecities.explain.wording import (
    amount,
    first_names,
    institution_name,
    leading_part,
    percent_of,
    signed,
    subject_title,
    works_of_incomplete,
)
from sciencecities.scopes.model import NONE

if TYPE_CHECKING:
    from sciencecities.explain.movement import Explanation
    from sciencecities.explain.passing import Move, Passed, Standing

CHANGES = {
    "added": "新增",
    "removed": "移除",
    "re-placed": "改变归属",
    "re-dated": "改变年份",
    "re-tagged": "改变学科",
    "re-attributed": "改变单位或学科",
}
REASONS = {
    "unassigned-moved": "未归入城市的比例变动超过2个百分点",
    "incomplete-year": "其中一年数据不完整",
    "years-apart": "只有相邻两年一同重抽",
}


def sentences(e: Explanation) -> list[str]:
    """Where the city moved, what made its Share, what made its rank."""
    return [_moved(e), _share(e), _rank(e)]


def place(standing: Standing) -> str:
    """A rank with its range, where it has one: `第6（4～8）`."""
    if standing.rank_low is None or standing.rank_high is None:
        return f"第{standing.rank}"
    return f"第{standing.rank}（{standing.rank_low}～{standing.rank_high}）"


def _name(e: Explanation) -> str:
    return e.city_zh or e.city


# --- where it moved -------------------------------------------------------------------------


def _moved(e: Explanation) -> str:
    before, after = e.before.standing, e.after.standing
    first, last = e.before.point.year, e.after.point.year
    name, where = _name(e), f"{e.title['zh']}排名"
    if after is None:
        since = "修订前" if first == last else f"{first}年"
        had = f"{since}为{place(before)}" if before else f"{since}亦然"
        return f"{name}{last}年在{where}中没有份额；{had}。"
    if before is None:
        since = "修订前" if first == last else f"{first}年"
        return f"{name}{last}年{where}为{place(after)}；{since}没有份额。"
    if first == last:
        verb = "仍为" if before.rank == after.rank else f"由{place(before)}改为"
        return f"按修订后的数据，{name}{last}年{where}{verb}{place(after)}。"
    if before.rank == after.rank:
        was = "" if place(before) == place(after) else f"，上年为{place(before)}"
        if last - first > 1 and was:
            was = f"，{first}年为{place(before)}"
        return f"{name}{first}—{last}年{where}保持{place(after)}{was}。"
    rise = after.rank < before.rank
    verb = "升至" if rise else "降至"
    moved = f"{name}{where}由{first}年的{place(before)}{verb}{last}年的{place(after)}"
    return f"{moved}{_certainty(e, rise)}。"


def _certainty(e: Explanation, rise: bool) -> str:
    noun = "上升" if rise else "下降"
    if e.sureness.reason:
        return f"；因{REASONS[e.sureness.reason]}，不判断{noun}是否属实"
    p, word = e.sureness.p(rise), e.sureness.word(rise, "zh")
    if p is None:
        return ""
    value = f"（p{probability(p).replace(' ', '')}）"
    return f"，{noun}是否属实难说{value}" if word == "难说" else f"，{noun}{word}属实{value}"


# --- what made its Share --------------------------------------------------------------------


def _share(e: Explanation) -> str:
    if e.delta == 0 and not e.parts:
        return f"份额仍为{amount(e.after.share)}。"
    text = f"份额由{amount(e.before.share)}变为{amount(e.after.share)}（{signed(e.delta)}）"
    revision = e.path.leg("revision")
    if revision is None:
        return f"{text}，{_real(e)}。"
    if e.path.leg("real") is None:
        works = _revised(e)
        return f"{text}{_led(e, 'revision')}{'：' if works else ''}{works}。"
    by = f"其中{revision.after.year}年数据的修订占{signed(e.of_kind('revision'))}"
    works = f"（{_revised(e)}）" if _revised(e) else ""
    return f"{text}，{by}{works}；{_real(e)}。"


def _real(e: Explanation) -> str:
    real, world, own = e.of_kind("real"), e.world_growth, e.own_change
    part = "其中" if e.path.leg("revision") is None else f"真实变动{signed(real)}中，"
    if works := works_of_incomplete(e):
        here = e.path.end.edition.whole.of_years(*works)[1]
        return f"{here}，无法判断{part}多少来自自身变动"
    kind = "自身增长" if own > 0 else "自身下降"
    led = _led(e, "real")
    if world == 0:
        return f"{part}全部来自{kind}{led}" if own else f"{part}没有变化"
    grew = "全球产出的增长" if world > 0 else "全球产出的减少"
    if own == 0:
        return f"{part}全部来自{grew}"
    if (own > 0) == (world > 0):
        percent = percent_of(own, real)
        return f"{part}{percent}%来自{kind}{led}，其余来自{grew}（{signed(world)}）"
    return f"{part}{grew}占{signed(world)}，自身变动占{signed(own)}{led}"


def _led(e: Explanation, kind: str) -> str:
    found = leading_part(e, kind)
    if found is None:
        return ""
    part, change = found
    subject = (
        f"的{subject_title(e, part.subject, 'zh')}" if part.subject not in (NONE, e.scope) else ""
    )
    return f"，以{institution_name(part, 'zh')}{subject}为首（{signed(change)}）"


def _revised(e: Explanation) -> str:
    if not e.path.end.edition.whole.of_works:
        return ""
    found = revised.counts(e.revised)
    if not found:
        return "没有论文变动"
    return "，".join(f"{CHANGES[c]}{n:,}篇（{signed(d)}）" for c, (n, d) in found.items())


# --- what made its rank ---------------------------------------------------------------------


def _rank(e: Explanation) -> str:
    clauses = [_passing(e)]
    move = e.moves[-1]
    told = move.held_still is not None and move.change is not None
    if told and not works_of_incomplete(e):
        own = "自身调整后份额" if move.kind == "real" else "自身份额"
        clauses.append(f"若{own}不变，将为第{move.held_still}{_places(move)}")
    revision = e.move("revision")
    if revision is not None and move.kind == "real" and revision.change:
        clauses.append(
            f"数据修订使其{'升' if revision.change > 0 else '降'}{abs(revision.change)}位"
        )
    return "；".join(clauses) + "。"


def _passing(e: Explanation) -> str:
    passed = [p for m in e.moves for p in m.passed]
    passed_by = [p for m in e.moves for p in m.passed_by]
    if not passed and not passed_by:
        return "它没有越过别的城市，也没有被越过"
    did = []
    if passed:
        did.append(f"越过{_cities(passed)}")
    if passed_by:
        did.append(f"被{_cities(passed_by)}越过")
    return f"它{'，'.join(did)}"


def _cities(passed: Sequence[Passed]) -> str:
    names, more = first_names([p.city_zh or p.city for p in passed])
    if more:
        return f"{'、'.join(names)}等{len(names) + more}城"
    return names[0] if len(names) == 1 else f"{'、'.join(names[:-1])}和{names[-1]}"


def _places(move: Move) -> str:
    real = move.kind == "real"
    words = (
        (move.by_own, "自身增长" if real else "自身修订", "自身下降" if real else "自身修订"),
        (move.by_others, "他城下降" if real else "他城修订", "他城增长" if real else "他城修订"),
    )
    parts = [
        f"{up if change > 0 else down}使其{'升' if change > 0 else '降'}{abs(change)}位"
        for change, up, down in words
        if change
    ]
    return f"：{'，'.join(parts)}" if parts else ""
