"""How numbers and findings are said in English and Chinese. Source: the project's style guide.

English: British spelling, en dash in ranges, U+2212 minus, thousands comma. Chinese: GB/T 15835,
full-width punctuation, ～ in ranges, digits for ranks, no spaces typed between Han and Latin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sciencecities.edition.show import decimals, nth, ordinal
from sciencecities.errors import UnknownCityError

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")
HTML_LANG = {"en": "en", "zh": "zh-Hans"}

MAX_NAME = 100

DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates of Unicode's bidirectional text."""

REASONS = {
    "no-authors": ("no authors named", "论文没有作者"),
    "no-affiliation": ("authors without an affiliation", "作者没有单位"),
    "unresolved-affiliation": ("affiliation not recognised", "单位名称无法识别"),
    "institution-without-place": ("institution without a place", "单位没有地点"),
    "truncated-authors": ("author list cut by the source", "作者名单被截断"),
    "outside-cities": ("outside every city of the definition", "不在任何城市范围内"),
    "several-cities": ("institution spread over several cities", "单位分布在多个城市"),
}

NO_MOVEMENT = {
    "incomplete-year": ("one of the two years is incomplete", "两年之一不完整"),
    "unassigned-moved": (
        "the unassigned part moved by more than two points", "未归入部分变动超过两个百分点",
    ),
}  # fmt: skip
"""Why two years cannot be compared, by a row's `movement_note`."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """Says things in one language."""

    lang: Lang

    def t(self, en: str, zh: str) -> str:
        """The text in this language."""
        return zh if self.lang == "zh" else en

    # --- numbers ----------------------------------------------------------------------------

    def whole(self, number: int | None) -> str:
        """A whole number; "–" where none is known.

        >>> Wording("en").whole(12345), Wording("en").whole(-7), Wording("zh").whole(None)
        ('12,345', '−7', '–')
        """
        if number is None:
            return "–"
        return f"{number:,}".replace("-", "\u2212")

    def share(self, value: float | None, digits: int | None = None) -> str:
        """A Share: one decimal, more only where it is small; "–" where none is known.

        >>> Wording("en").share(1204.08), Wording("zh").share(0.034), Wording("en").share(None)
        ('1,204.1', '0.034', '–')
        """
        if value is None:
            return "–"
        digits = decimals([abs(value)]) if digits is None else digits
        return f"{value:,.{digits}f}".replace("-", "\u2212")

    def shares(self, values: Sequence[float | None]) -> list[str]:
        """Shares of one column, with equal decimals."""
        digits = decimals(abs(v) for v in values if v)
        return [self.share(v, digits) for v in values]

    def per_hundred(self, parts: Sequence[tuple[str, float]], n: float) -> list[str]:
        """Parts of a whole of n, of each 100, with equal decimals."""
        return self.shares([100 * works / n for _, works in parts])

    def percent(self, part: float | None) -> str:
        """A part of one.

        >>> Wording("en").percent(0.0152), Wording("zh").percent(0.31), Wording("en").percent(0.0)
        ('1.5%', '31%', '0%')
        """
        if part is None:
            return "–"
        value = 100 * part
        digits = 0 if abs(value) >= 10 or value == 0 else 1 if abs(value) >= 1 else 2
        return f"{value:.{digits}f}%".replace("-", "\u2212")

    def bytes(self, number: int) -> str:
        """The size of a file.

        >>> Wording("en").bytes(40002726), Wording("en").bytes(1775)
        ('40.0 MB', '1.8 kB')
        """
        return f"{number / 1e6:,.1f} MB" if number >= 1e5 else f"{number / 1e3:,.1f} kB"

    def signed(self, value: float, digits: int = 1) -> str:
        """A change, with its sign."""
        return f"{value:+,.{digits}f}".replace("-", "\u2212")

    # --- ranks ------------------------------------------------------------------------------

    def rank(self, rank: int) -> str:
        """A rank standing alone: `6th`, `第6`."""
        return self.t(nth(rank), f"第{rank:,}")

    def rank_word(self, rank: int) -> str:
        """A rank in a sentence: `sixth`, `第六`."""
        return self.t(ordinal(rank), f"第{_han(rank)}")

    def span(self, low: int | None, high: int | None) -> str:
        """A range of ranks: `4–8`, `4～8`; one number where both ends are the same."""
        if low is None or high is None:
            return ""
        if low == high:
            return f"{low:,}"
        return f"{low:,}{self.t('–', '～')}{high:,}"

    def ranked(self, row: Row) -> str:
        """The rank with its range: `6th (4–8)`, `第6（4～8）`."""
        span = self.span(row.get("rank_low"), row.get("rank_high"))
        if not span:
            return self.rank(row["rank"])
        return self.rank(row["rank"]) + self.t(f" ({span})", f"（{span}）")

    def moved(self, row: Row) -> str:
        """How the rank changed: `up 2 from 8th`, `升2，原第8`; `–` where it had none.

        No rise and no fall where the two years cannot be compared: `was 8th`, `原第8`.
        """
        before, change = row.get("previous_rank"), row.get("rank_change")
        if before is None or change is None:
            return "–"
        if row.get("movement_note"):
            return self.t(f"was {nth(before)}", f"原第{before:,}")
        if change == 0:
            return self.t("same", "持平")
        if change > 0:
            return self.t(f"up {change:,} from {nth(before)}", f"升{change:,}，原第{before:,}")
        return self.t(f"down {-change:,} from {nth(before)}", f"降{-change:,}，原第{before:,}")

    def no_movement(self, row: Row) -> str:
        """Why the row's two years cannot be compared; empty where they can."""
        reason = row.get("movement_note")
        return self.t(*NO_MOVEMENT.get(reason, (reason, reason))) if reason else ""

    # --- names ------------------------------------------------------------------------------

    def city(self, row: Row) -> str:
        """The city's name in this language, else in the other."""
        own, other = ("city_zh", "city") if self.lang == "zh" else ("city", "city_zh")
        return _cut(str(row.get(own) or row.get(other) or row["city_id"]))

    def other_name(self, row: Row) -> str:
        """The city's name in the other language; empty where it is the same."""
        name = row.get("city" if self.lang == "zh" else "city_zh") or ""
        return "" if _cut(name) == self.city(row) else _cut(name)

    def no_city(self, error: UnknownCityError) -> str:
        """That no city bears a name, and which are close."""
        asked = _cut(error.asked)
        close = [names[self.lang == "zh"] for names in error.close]
        if not close:
            return self.t(f"No city “{asked}” here.", f"没有“{asked}”这座城市。")
        return self.t(
            f"No city “{asked}” here. Close: {', '.join(close)}.",
            f"没有“{asked}”，是否指{'、'.join(close)}？",
        )

    def reason(self, reason: str) -> str:
        """Why a part of the works is unassigned."""
        return self.t(*REASONS.get(reason, (reason, reason)))

    def listed(self, names: Sequence[str]) -> str:
        """Names in a row: `A, B and C`, `A、B和C`."""
        if len(names) < 2:
            return "".join(names)
        head = self.t(", ", "、").join(names[:-1])
        return f"{head}{self.t(' and ', '和')}{names[-1]}"


def undirected(text: str) -> str:
    """Text without the controls that reverse what stands after them; names may bring them."""
    return DIRECTIONS.sub("\ufffd", text)


def _cut(name: str) -> str:
    """A name no longer than any true one, so that a broken one does not burst a page."""
    return name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…"


def _han(number: int) -> str:
    """Up to ten in Han digits, as headlines write ranks; then in figures."""
    return "零一二三四五六七八九十"[number] if 0 <= number <= 10 else f"{number:,}"
