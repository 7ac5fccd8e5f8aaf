"""What a page function gets: its site, edition, language and address, and what all pages say."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup

from sciencecities import certainty, sample
from sciencecities.certainty import FEW_WORKS
from sciencecities.publish import marks
from sciencecities.publish.figures import FORMATS, Drawing, Figure
from sciencecities.publish.headlines import LIKELY
from sciencecities.publish.shown import Row, Shown
from sciencecities.publish.wording import HTML_LANG, Lang, Wording, undirected

if TYPE_CHECKING:
    from sciencecities.compare.groups import Group
    from sciencecities.publish.site import Site

Query = Mapping[str, str]

ALIKE = 3
"""Fields of one rank that a heading names; of more it tells the number."""


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page: HTML text, what it is about, and the figures to take away."""

    path: str
    title: str
    html: str
    figures: tuple[Figure, ...] = ()
    endings: tuple[str, ...] = FORMATS

    def files(self) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Path and content of each file of its figures, beside the page."""
        for figure in self.figures:
            for ending in (e for e in self.endings if e in figure.formats):
                path = f"{self.path.removesuffix('.html')}/{figure.id}.{ending}"
                yield path, partial(figure.make, ending)


def _between(folder: str, path: str) -> str:
    """The way from a folder of the site to a path of it.

    >>> _between("en/demo/city", "en/demo/data.html"), _between("en", "en/index.html")
    ('../data.html', 'index.html')
    """
    own, other = folder.split("/") if folder else [], path.split("/")
    common = 0
    while common < min(len(own), len(other) - 1) and own[common] == other[common]:
        common += 1
    return "/".join([".."] * (len(own) - common) + other[common:])


def small(title: str) -> str:
    """A field's title within an English sentence.

    >>> small("Biological sciences")
    'biological sciences'
    """
    return title[:1].lower() + title[1:]


@dataclass(frozen=True)
class Request:
    """What a page function gets: the site, the edition, the language, path and query."""

    site: Site
    shown: Shown
    lang: Lang
    path: str
    query: Query = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)

    @cached_property
    def say(self) -> Wording:
        """Wording in the page's language."""
        return Wording(self.lang)

    def t(self, en: str, zh: str) -> str:
        """The text in the page's language."""
        return self.say.t(en, zh)

    def link(self, page: str, shown: Shown | None = None) -> str:
        """Relative address of a page of this (or another) edition in the same language."""
        slug = (shown or self.shown).slug
        return self.relative(f"{self.lang}/{slug}/{page}")

    def file(self, name: str) -> str:
        """Relative address of a file to take away."""
        return self.relative(f"data/{self.shown.slug}/{name}")

    def has(self, page: str) -> bool:
        """Whether this edition has the page."""
        return self.site.has_page(self.shown, page)

    def relative(self, path: str) -> str:
        """Relative address of any path of the site."""
        target, _, query = path.partition("?")
        found = _between(posixpath.dirname(self.path), target)
        return f"{found}?{query}" if query else found

    def city(self, city_id: str) -> str:
        """Relative address of a city's page; empty where it has none."""
        if city_id not in self.shown.with_page:
            return ""
        return self.link(f"city/{self.shown.slug_of(city_id)}.html")

    def scope(self, scope: str) -> str:
        """Relative address of a scope's ranking."""
        return self.link("ranking.html" if scope == "overall" else f"scope/{scope}.html")

    def other_language(self) -> str:
        """Relative address of the same page in the other language."""
        other = "en" if self.lang == "zh" else "zh"
        path = other + self.path[2:]
        query = urlencode(self.query)
        return self.relative(f"{path}?{query}" if query else path)

    # --- figures -----------------------------------------------------------------------------

    def figure(
        self,
        id_: str,
        title: str,
        note: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        draw: Callable[[], Drawing] | None,
        source: str = "",
    ) -> Figure:
        """A figure of this page, whose files are found beside it."""
        source = source or self.source_line()
        made = Figure(id_, title, note, source, self.lang, tuple(columns), rows, draw)
        self.figures[id_] = made
        return made

    def takes(self, figure: Figure) -> list[tuple[str, str]]:
        """(name, address) of the files of a figure."""
        query = urlencode(self.query)
        base = f"{self.path.removesuffix('.html')}/{figure.id}"
        more = f"?{query}" if query else ""
        return [
            (f.upper(), self.relative(f"{base}.{f}{more}"))
            for f in self.endings
            if f in figure.formats
        ]

    @property
    def endings(self) -> tuple[str, ...]:
        """Formats of this page's figures. A static site has pixels (0.2 s each), if any, of the
        pages that an edition has once, and lines of the hundreds of others."""
        is_one_of_many = self.path.count("/") > 2
        has_lines_alone = self.site.is_static and (is_one_of_many or not self.site.has_pixels)
        return FORMATS[:-1] if has_lines_alone else FORMATS

    def command(self, name: str, *arguments: str) -> str:
        """The command line that shows more of this edition."""
        return shlex.join(["sciencecities", name, self.shown.edition.name, *arguments])

    # --- what every page shows ---------------------------------------------------------------

    def menu(self) -> list[tuple[str, str, str]]:
        """(section, page, name) of the main navigation, as far as the edition has the pages."""
        listed = [
            ("ranking", "ranking.html", self.t("Ranking", "排名")),
            ("subjects", "subjects.html", self.t("Subjects", "学科")),
            ("industries", "industries.html", self.t("Industries", "产业")),
            ("cities", "cities.html", self.t("Cities", "城市")),
            ("corridors", "corridors.html", self.t("Corridors", "走廊")),
            ("lab", "lab.html", self.t("Method lab", "方法实验室")),
            ("data", "data.html", self.t("Data", "数据")),
        ]
        return [entry for entry in listed if self.site.has_page(self.shown, entry[1])]

    def further(self) -> list[tuple[str, str]]:
        """(page, name) of pages that the main navigation does not name."""
        listed = [
            ("movement.html", self.t("Movement and how sure it is", "变动及其可靠程度")),
            ("countries.html", self.t("Countries", "国家和地区")),
            ("compare.html", self.t("Compare two cities", "比较两座城市")),
            ("method.html", self.t("How these figures are made", "数字怎样得来")),
        ]
        return [entry for entry in listed if self.has(entry[0])]

    def edition_line(self) -> str:
        """Which edition a page is of, with its fingerprint."""
        short = self.shown.fingerprint[:12]
        title, year = self.shown.title(self.lang), self.shown.year
        return self.t(
            f"Edition {title}: data year {year}. Fingerprint sha256:{short}…",
            f"本期：{title}，数据年份{year}。版本指纹sha256:{short}…",
        )

    def corpus_line(self) -> str:
        """What was counted, in a few words."""
        if self.shown.is_published:
            about = self.shown.edition.manifest["published"]
            other = about[self.t("title_zh", "title_en")]
            named = self.shown.title(self.lang)
            if not other or other == named:
                return named
            return self.t(f"{named} (in Chinese: {other})", f"{named}（英文名：{other}）")
        n = self.shown.edition.size("overall", self.shown.year)
        english, chinese = self.shown.edition.whole.total(n)
        return self.t(f"{english[0].upper()}{english[1:]}.", f"{chinese}。")

    def source_line(self) -> str:
        """Where the figures of this page come from."""
        manifest = self.shown.edition.manifest
        if self.shown.is_published:
            about = manifest["published"]
            english, chinese = about["publisher_en"], about["publisher_zh"]
            return self.t(
                f"Ranks as published by {english or chinese or '–'}; ranges not published.",
                f"名次为{chinese or english or '–'}公布值；区间未公布。",
            )
        if self.shown.is_sample:
            return self.t(
                f"Counted from {sample.FILE}, a demonstration and no ranking of the world. "
                "Share in works.",
                f"据{sample.FILE}计算，仅为演示，并非全球排名。份额单位：篇。",
            )
        inputs = ", ".join(str(i["name"]) for i in manifest.get("inputs", [])[:3])
        whole = self.shown.edition.whole
        (made, zh), (unit, unit_zh) = whole.made, whole.unit
        return self.t(f"{made} from {inputs}. {unit}", f"据{inputs}{zh}。{unit_zh}")

    @property
    def sample(self) -> tuple[str, str]:
        """What the corpus that comes with the package is, in both languages."""
        return sample.SAYS

    def notes(self) -> list[str]:
        """What a reader must know of this edition before the figures."""
        reasons = [self.say.no_movement(r) for r in self.shown.not_comparable]
        return [
            self.t(f"No rise or fall is stated: {reason}.", f"{reason}，不说升降。")
            for reason in reasons
        ]

    def standfirst(self, rows: list[Row]) -> str:
        """One or two sentences under the headline of a ranking."""
        n = len(rows)
        if not rows:
            return ""
        tied = [
            r for r in rows[:10] if r["rank_low"] is not None and r["rank_high"] > r["rank_low"]
        ]
        if self.shown.is_published:
            return self._as_published(n)
        if len(tied) < 2:
            return self.t(f"{n:,} cities have a Share.", f"{n:,}座城市有份额。")
        return self.t(
            f"{n:,} cities have a Share. Of the first ten, {len(tied)} could as well stand at "
            "another rank: read the ranges, not the ranks alone.",
            f"{n:,}座城市有份额。前十中有{len(tied)}座的名次不止一种可能：请连同区间一起看。",
        )

    def _as_published(self, n: int) -> str:
        """How many cities, and of which years: that of the data and that of the title."""
        note = self.shown.edition.manifest["published"][self.t("note_en", "note_zh")]
        return self.t(
            f"{n} cities, as published; ranges were not. {note}",
            f"共{n}座城市，均为公布值；区间未公布。{note}",
        ).strip()

    def city_standfirst(self, row: Row) -> str:
        """One sentence under the headline of a city."""
        if row["rank_low"] is None:
            if not self.shown.is_published:
                return ""
            named, year = self.shown.title(self.lang), row["data_year"]
            return self.t(
                f"Published rank in {named}, data year {year}; its range was not published.",
                f"{named}公布的名次，数据年份{year}；未公布区间。",
            )
        span = self.say.span(row["rank_low"], row["rank_high"])
        if not self.shown.is_counted:
            if row["rank_low"] == row["rank_high"]:
                span = self.say.rank(row["rank"])
            return self.t(
                "Summed from a table of institutions. Wherever the Shares that have no single city "
                f"lie, its rank is {span}.",
                f"据机构份额表汇总。无法归入单一城市的份额无论属于何处，名次为{span}。",
            )
        return self.t(
            f"In 95 of 100 re-draws of the year’s works its rank lies within {span}.",
            f"把全年论文重抽100次，有95次名次落在{span}之内。",
        )

    def best_scope(self, scopes: list[tuple[str, str, Row]]) -> str:
        """The finding over a city's subjects, which come by rank; equally good ones together."""
        best = [(title, row) for _, title, row in scopes if row["rank"] == scopes[0][2]["rank"]]
        title, row = best[0]
        if len(best) == 1:
            rank = self.say.ranked(row)
            return self.t(f"Strongest in {small(title)}: {rank}", f"{title}最强：{rank}")
        rank = self.say.rank(row["rank"])
        if len(best) > ALIKE:
            return self.t(f"Alike in {len(best)} fields: {rank}", f"{len(best)}个领域同列{rank}")
        spans = [(t, self.say.span(r["rank_low"], r["rank_high"])) for t, r in best]
        named = self.say.listed(
            [self.t(f"{small(t)} ({s})", f"{t}（{s}）") if s else self.t(small(t), t)
             for t, s in spans]
        )  # fmt: skip
        return self.t(f"Strongest in {named}: {rank}", f"{named}最强：{rank}")

    def country(self, code: str | None) -> str:
        """A country's name."""
        from sciencecities.publish.brief_world import countries

        english, chinese, _ = countries().get(code or "", (code or "–", "", ""))
        return self.t(english, chinese or english)

    def works(self, city_id: str, **query: Any) -> str:
        """Relative address of the works behind a city's number; empty where there is none.

        A static site has one page of a city's works, and none of a part of them.
        """
        if city_id not in self.shown.with_works or (query and self.site.is_static):
            return ""
        asked = urlencode({k: v for k, v in query.items() if v is not None})
        page = f"works/{self.shown.slug_of(city_id)}.html"
        return self.link(f"{page}?{asked}" if asked else page)

    def interval(self, scale: marks.Scale, row: Row, *, focus: bool = False) -> Markup:
        """The row plot of a ranked city."""
        low, high = row["rank_low"], row["rank_high"]
        best, worst = row["method_rank_best"], row["method_rank_worst"]
        return marks.interval(
            scale,
            row["rank"],
            None if low is None else (low, high),
            None if best is None else (best, worst),
            focus=focus,
            stated=self.shown.is_published,
            few=self.few(row),
        )

    def bar(self) -> str:
        """What the bar of a rank stands for."""
        if self.shown.is_counted:
            return self.t("95% of re-draws of the works", "重抽论文，95%落在其间")
        return self.t(
            "best and worst, wherever Shares without a city lie",
            "未归入城市的份额无论属于何处，名次的最好与最差",
        )

    def ranked_in(self, city_id: str, year: int) -> str:
        """A city's rank with its range in a data year, overall; empty where it had none."""
        row = self.shown.row(city_id, year=year)
        return self.say.ranked(row) if row else ""

    def corridors_of(self, city_id: str) -> list[tuple[str, str]]:
        """(id, name) of the sets of cities that a city belongs to."""
        from sciencecities.publish import together

        found = together.named(self.shown).values()
        return [(n.id, n.name[self.lang]) for n in found if city_id in n.city_ids]

    def land(self) -> str:
        """Whose land the map of the world shows."""
        from sciencecities.publish.land import credit

        return credit(None, self.lang)

    def joint_rank(self, group: Group) -> str:
        """The rank of several cities as one, with its range."""
        return self.say.ranked(
            {"rank": group.rank, "rank_low": group.rank_low, "rank_high": group.rank_high}
        )

    def few(self, row: Row) -> bool:
        """Whether a row stands on few works."""
        return row["n_eff"] is not None and row["n_eff"] < FEW_WORKS

    def certainty_of_move(self, row: Row) -> str:
        """`very likely rose`, `很可能上升`; empty where it is not known."""
        rose, fell = row["p_rose"], row["p_fell"]
        if rose is None or fell is None:
            return ""
        p, said = max(
            (rose, self.t("rose", "上升")),
            (fell, self.t("fell", "下降")),
            (1 - rose - fell, self.t("stayed", "不变")),
        )
        sure = certainty.word(p, self.lang)
        if p < LIKELY:
            return sure
        return self.t(f"{sure} {said}", f"{sure}{said}")

    def about(self, title: str) -> str:
        """A page in a sentence or two, for those who find it elsewhere."""
        named, year = self.shown.title(self.lang), self.shown.year
        return self.t(
            f"{title}. {named}, data year {year}. Share measures the size of an output, not its "
            "quality.",
            f"{title}。{named}，数据年份{year}。份额衡量产出的规模，不衡量质量。",
        )

    def render(self, template: str, *, title: str, description: str = "", **context: Any) -> Page:
        """The page from a template."""
        description = description or self.about(title)
        html = self.site.templates.get_template(template).render(
            r=self, say=self.say, t=self.t, shown=self.shown, whole=self.shown.edition.whole,
            lang=self.lang,
            html_lang=HTML_LANG[self.lang], title=title, description=description, **context,
        )  # fmt: skip
        html = undirected(html)
        return Page(self.path, title, html, tuple(self.figures.values()), self.endings)
