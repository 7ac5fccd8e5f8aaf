"""Headlines: the finding, with how sure it is, in both languages."""

from __future__ import annotations

from typing import Any

from sciencecities.certainty import WORDS, word
from sciencecities.publish.shown import Shown
from sciencecities.publish.wording import Wording

Row = dict[str, Any]

LIKELY = 0.6
"""Below this a finding is hard to say (certainty.WORDS) and makes no headline."""


def ranking(shown: Shown, rows: list[Row], say: Wording) -> str:
    """Who is first and how sure that is; then the city of the leading ten that rose most."""
    if not rows:
        return say.t("No city has a Share here", "没有城市有份额")
    first = say.city(rows[0])
    if rows[0]["rank"] > 1:  # a published list that does not say who is first
        rank = say.rank_word(rows[0]["rank"])
        return say.t(f"{first} is {rank}, the highest listed here", f"{first}居{rank}，为所列最前")
    if len(rows) == 1:
        return say.t(f"{first} is the only city here", f"只有{first}一座城市")
    lead = _lead(rows, say)
    riser = _riser(shown, rows)
    if riser is None:
        return lead
    name, rank = say.city(riser), say.rank_word(riser["rank"])
    sure = word(riser.get("p_rose"), say.lang)
    rise = say.t(f"{name} rises to {rank}", f"{name}升至{rank}")
    if sure:
        rise += say.t(f", {sure} a real rise", f"，{sure}不是偶然")
    return f"{lead}{say.t('; ', '；')}{rise}"


def _lead(rows: list[Row], say: Wording) -> str:
    first, second = say.city(rows[0]), say.city(rows[1])
    if rows[1]["rank"] == 1:
        return say.t(f"{first} and {second} share first place", f"{first}与{second}并列第一")
    p = rows[0].get("p_ahead_next")
    if p is None:
        if rows[0].get("rank_change") == 0 and not say.no_movement(rows[0]):
            return say.t(f"{first} stays first", f"{first}稳居第一")
        return say.t(f"{first} is first", f"{first}居第一")
    if p < LIKELY:
        return say.t(f"{first} and {second} cannot be told apart", f"{first}与{second}难分先后")
    sure = word(p, say.lang)
    return say.t(
        f"{first} is first, {sure} ahead of {second}", f"{first}居第一，{sure}领先{second}"
    )


def _riser(shown: Shown, rows: list[Row]) -> Row | None:
    """Of the leading ten the city whose rise is surest, and among equally sure ones the largest,
    if the two years can be compared."""
    risen = [r for r in rows[:10] if (r.get("rank_change") or 0) > 0 and r["rank"] > 1]
    if not shown.is_published:
        risen = [r for r in risen if (r.get("p_rose") or 0) >= LIKELY]
    return max(risen, key=lambda r: (_sureness(r), r["rank_change"], -r["rank"]), default=None)


def _sureness(row: Row) -> float:
    """The least probability of the word for how sure its rise is; 0 where that is not known."""
    p = row.get("p_rose") or 0.0
    return max((least for least, *_ in WORDS if p >= least), default=0.0)


def city(shown: Shown, row: Row, say: Wording) -> str:
    """The city's rank, how it moved, and how sure that is."""
    name, rank = say.city(row), say.rank_word(row["rank"])
    change, before = row.get("rank_change"), row.get("previous_rank")
    p = row.get("p_rose") if (change or 0) > 0 else row.get("p_fell")
    if not change or before is None or not (shown.is_published or p is not None):
        return _standing(row, say, stays=change == 0 and not say.no_movement(row))
    old = say.rank_word(before)
    if change > 0:
        text = say.t(f"{name} is {rank}, up from {old}", f"{name}由{old}升至{rank}")
    else:
        text = say.t(f"{name} is {rank}, down from {old}", f"{name}由{old}降至{rank}")
    if p is None:
        return text
    sure = word(p, say.lang)
    if p < LIKELY:
        return text + say.t("; whether that is real is hard to say", "，是否属实难说")
    what = "rise" if change > 0 else "fall"
    return text + say.t(f", and the {what} is {sure} real", f"，{sure}不是偶然")


def _standing(row: Row, say: Wording, *, stays: bool) -> str:
    name, rank = say.city(row), say.rank_word(row["rank"])
    low, high = row.get("rank_low"), row.get("rank_high")
    verb = ("stays", "仍居") if stays else ("is", "居")
    text = say.t(f"{name} {verb[0]} {rank}", f"{name}{verb[1]}{rank}")
    if low is None or high is None or low == high:
        return text
    return text + say.t(
        f", somewhere from {say.rank(low)} to {say.rank(high)}",
        f"，区间在第{low:,}至第{high:,}之间",
    )
