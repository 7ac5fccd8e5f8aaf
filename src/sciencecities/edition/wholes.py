"""What the Shares of an edition are parts of, in words: works, or the total of a table.

A table of institutions gives Shares and no works; everything that tells of an edition's works takes
its words from here. Each is a pair, English and Chinese.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sciencecities.edition.show import decimals, plural

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Whole:
    """The words for one kind of edition."""

    of_works: bool

    def _choose(self, works: Pair, table: Pair) -> Pair:
        return works if self.of_works else table

    def total(self, n: Fraction) -> Pair:
        """How much there is in all.

        >>> Whole(True).total(Fraction(1))[0], Whole(False).total(Fraction(2469, 2))
        ('1 work', ('a total Share of 1,234.5', '份额共1,234.5'))
        """
        if self.of_works:
            return plural(int(n), "work"), f"{int(n):,}篇论文"
        said = self.said(n)
        return f"a total Share of {said}", f"份额共{said}"

    def of_years(self, before: tuple[int, Fraction], after: tuple[int, Fraction]) -> Pair:
        """How much there is in all in each of two years."""
        (year, n), (year_after, n_after) = before, after
        one, two = self.said(n), self.said(n_after)
        return self._choose(
            (
                f"{one} works of {year} in all beside {two} of {year_after}",
                f"收录论文{year}年共{one}篇、{year_after}年共{two}篇",
            ),
            (
                f"a total Share of {one} of {year} beside {two} of {year_after}",
                f"表中份额{year}年共{one}、{year_after}年共{two}",
            ),
        )

    def said(self, n: Fraction) -> str:
        """The amount as a number."""
        return f"{int(n):,}" if self.of_works else f"{float(n):,.{decimals([float(n)])}f}"

    @property
    def nothing(self) -> Pair:
        """There is none of it."""
        return self._choose(("no works", "没有论文"), ("no Share", "没有份额"))

    @property
    def all(self) -> Pair:
        """After "22 %" or "% of"."""
        return self._choose(("all works", "全部论文"), ("all Share", "全部份额"))

    @property
    def column(self) -> str:
        """The head of a column of parts of it (English)."""
        return "% of works" if self.of_works else "% of all Share"

    @property
    def amounts(self) -> str:
        """The head of a column of amounts of it (English)."""
        return "Works" if self.of_works else "Share"

    @property
    def unit(self) -> Pair:
        """The unit of a Share."""
        return self._choose(
            ("Share in works.", "份额单位：篇。"), ("Shares as in the table.", "份额以表为准。")
        )

    @property
    def made(self) -> Pair:
        """How the inputs, which follow, became Shares."""
        return self._choose(("Counted", "计算"), ("Summed", "汇总"))

    def share(self, said: str) -> Pair:
        """A Share as an amount."""
        return self._choose(
            (f"a Share of {said} works", f"份额{said}篇"), (f"a Share of {said}", f"份额{said}")
        )

    @property
    def shares(self) -> Pair:
        """Shares, with their unit, in the note of a figure."""
        return self._choose(("Share in works", "份额（篇）"), ("Share", "份额"))

    @property
    def hundred(self) -> Pair:
        """A hundred of it, of which a part is told."""
        return self._choose(("100 works", "每100篇"), ("a Share of 100", "每100份额"))

    def lost(self, said: str) -> Pair:
        """How much of a hundred has no city."""
        return self._choose(
            (f"Of 100 works, {said} are in no city", f"每100篇论文，有{said}篇放不进任何城市"),
            (f"Of a Share of 100, {said} is in no city", f"每100份额，有{said}放不进任何城市"),
        )

    @property
    def lost_by_reason(self) -> Pair:
        """What the table of unassigned parts shows."""
        return self._choose(
            ("Unassigned works by reason, per 100 works", "未归入的论文，按原因，每100篇"),
            ("Unassigned Share by reason, per 100 of all Share", "未归入的份额，按原因，每100份额"),
        )

    @property
    def sum(self) -> Pair:
        """What Shares and the unassigned part add up to."""
        return self._choose(("number of works", "论文总数"), ("Share of the table", "表中份额总和"))
