"""A city's facts as pages of text: what is claimed and listed, lives of facilities, sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from sciencecities.edition.show import Column, View
from sciencecities.observatory.arrow import figures
from sciencecities.observatory.city import Observatory
from sciencecities.observatory.model import Claim, Fact, Text
from sciencecities.observatory.vocabulary import (
    AXIS_FORMS,
    CORRIDOR_FORMS,
    LABELS,
    POLE_FORMS,
    SOURCE_KINDS,
    TIERS,
)
from sciencecities.observatory.words import claimed_listed, number, quantity

RANKS = ("rank", "rank-change", "city")
SYSTEM = ("platform", "facility")
SPACE = ("axis", "pole")
MOST_NAMES = 12

_HEADS = {
    "as of": "截至", "by": "主体", "cities": "城市", "companies": "企业", "city": "城市",
    "date": "日期", "document": "文号", "facility": "设施", "figures": "数据",
    "form": "类型", "host": "牵头",
    "institutions": "机构", "issued": "印发", "issuer": "制定", "key": "编号", "kind": "类别",
    "listed here": "收录", "milestones": "大事", "name": "名称", "points": "沿线", "plan": "规划",
    "note": "备注", "ROR id": "ROR",
    "published": "发布", "publisher": "发布者", "rank": "排名", "source": "来源", "stated": "说法",
    "status": "状态", "tier": "层级", "title": "题名", "what is counted": "所计", "where": "所在",
    "year": "年份", "achievements": "成果", "labels": "称号", "products": "产品",
    "industry": "产业", "programme": "计划", "scope": "范围",
}  # fmt: skip


class Page:
    """The page of a city in one language, statuses on one day."""

    def __init__(self, city: Observatory, *, lang: str, on: date) -> None:
        """Prepare; nothing is computed yet."""
        self.city, self.lang, self.on = city, lang, on

    def views(self) -> list[View]:
        """All sections that have rows, in the order of the article the project grew from."""
        sections: tuple[Callable[[], View], ...] = (
            self.ranks,
            self.system,
            self.platforms,
            self.facilities,
            self.programmes,
            self.industries,
            self.companies,
            self.achievements,
            self.other_claims,
            self.space,
            self.corridors,
            self.plans,
            self.sources,
        )
        return [view for section in sections if (view := section()).rows]

    def headline(self) -> str:
        """How many facts from how many sources, and the day of the statuses."""
        name, n, m = self.of(self.city.city.name), len(self.city.facts), len(self.city.sources)
        return self.say(
            f"{name}: {n} facts from {m} sources; statuses are of {self.on}.",
            f"{name}：{n}条事实，{m}个来源；状态截至{self.on}。",
        )

    def say(self, en: str, zh: str) -> str:
        """The sentence in the page's language."""
        return zh if self.lang == "zh" else en

    def of(self, text: Text | None) -> str:
        """A text in the page's language, else in the other."""
        return text.get(self.lang)[0] if text else ""

    def _columns(self, *heads: str) -> list[Column]:
        return [
            Column(_HEADS[h] if self.lang == "zh" else h[0].upper() + h[1:], h in ("rank", "year"))
            for h in heads
        ]

    def _names(self, ids: Iterable[str | None]) -> str:
        return self.join(self.of(self.city.facts[i].name) for i in ids if i in self.city.facts)

    def join(self, texts: Iterable[str]) -> str:
        """Texts as a list in one line."""
        return self.say(", ", "、").join(t for t in texts if t)

    def _figures(self, fact: Fact) -> str:
        stated = (
            f"{self.of(k)}{self.say(' ', '')}{quantity(q, self.lang)}" for k, q in figures(fact)
        )
        return self.say("; ", "；").join(stated)

    def _said(self, fact: Fact) -> str:
        """Where a fact is from and for which day."""
        return f"{fact.source}, {fact.as_of}"

    def _claim_row(self, claim: Claim, mark: str = "", *, names: bool = True) -> list[str]:
        listed = self.city.listed(claim) if self.city.is_listable(claim) else None
        stated = claimed_listed(claim, None if listed is None else len(listed), self.lang)
        shown = listed[:MOST_NAMES] if listed and names else []
        more = " …" if listed and len(shown) < len(listed) and names else ""
        row = [mark + self.of(claim.name), stated, self._names(f.id for f in shown) + more]
        return [*row, self._said(claim)]

    # --- sections --------------------------------------------------------------------------

    def ranks(self) -> View:
        """Ranks as somebody published them."""
        rows = []
        for claim in self.city.claims():
            if claim.counts.kind in RANKS and claim.counts.ranking:
                ranking = claim.counts.ranking
                value = number(claim.value, self.lang)
                row = [self.of(claim.name), value, f"{ranking.data_year}", ranking.scope]
                rows.append([*row, self.of(claim.note), self._said(claim)])
        title = self.say("Ranks as stated, no range published", "所称排名（未公布区间）")
        heads = self._columns("what is counted", "rank", "year", "scope", "note", "source")
        return View(title, heads, rows)

    def system(self) -> View:
        """Claims about platforms and facilities, parts below their whole."""
        rows = []
        for whole in self._wholes():
            rows.append(self._claim_row(whole, names=False))  # its parts name them
            parts = self.city.claims(part_of=whole.id)
            rows += [self._claim_row(part, "  ") for part in parts]
        return self._claims_view(self.say("Platform system", "创新平台体系"), rows)

    def _wholes(self) -> list[Claim]:
        """Claims about platforms or facilities that have parts."""
        claims = [c for c in self.city.claims() if c.counts.kind in SYSTEM]
        return [c for c in claims if self.city.claims(part_of=c.id)]

    def _claims_view(self, title: str, rows: list[list[str]]) -> View:
        heads = self._columns("what is counted", "stated", "listed here", "source")
        note = self.say(
            "Listed: sourced entries here, never all. Parts do not add up with their whole.",
            "收录：本处有来源的条目，并非全部；部分与整体不相加。",
        )
        return View(title, heads, rows, [note])

    def platforms(self) -> View:
        """Laboratories, centres, institutes, parks."""
        rows = [
            [
                self.of(p.name), TIERS[p.tier].label(self.lang), self._names(p.hosts),
                self._names(p.industries), (p.ror or "").rpartition("/")[2], self._said(p),
            ]
            for p in self.city.platforms
        ]  # fmt: skip
        heads = self._columns("name", "tier", "host", "industry", "ROR id", "source")
        return View(self.say("Platforms listed", "收录的平台"), heads, rows)

    def facilities(self) -> View:
        """Facilities with their status on the day."""
        rows = [
            [
                self.of(f.name), self.city.status(f, on=self.on).text(self.lang),
                self._names(f.hosts), self._names([f.at]), self._figures(f), self._said(f),
            ]
            for f in self.city.facilities
        ]  # fmt: skip
        heads = self._columns("facility", "status", "host", "where", "figures", "source")
        return View(self.say("Facilities", "重大设施"), heads, rows)

    def programmes(self) -> View:
        """Programmes with what happened when."""
        rows = [
            [
                self.of(p.name),
                self.join(f"{m.date} {self.of(m.what)}" for m in p.milestones),
                self._said(p),
            ]
            for p in self.city.programmes
        ]
        heads = self._columns("programme", "milestones", "source")
        return View(self.say("Programmes", "大科学计划"), heads, rows)

    def industries(self) -> View:
        """Industries, each with who is in it and what was done."""
        rows = []
        for industry in self.city.industries:

            def within(facts: Sequence[Fact], wanted: str = industry.id) -> list[Fact]:
                return [f for f in facts if wanted in getattr(f, "industries", ())]

            done = within(self.city.achievements)
            achieved = [self.of(f.name) + self._in_brackets(f) for f in done]
            rows.append(
                [
                    self.of(industry.name),
                    self._names(f.id for f in within(self.city.companies)),
                    self._names(f.id for f in within(self.city.platforms)),
                    self.say("; ", "；").join(achieved),
                ]
            )
        heads = self._columns("industry", "companies", "institutions", "achievements")
        return View(self.say("Industries", "未来产业"), heads, rows)

    def _in_brackets(self, fact: Fact) -> str:
        text = self._figures(fact)
        return self.say(f" ({text})", f"（{text}）") if text else ""

    def companies(self) -> View:
        """Firms with labels and products."""
        rows = [
            [
                self.of(c.name),
                self.join(LABELS[label].label(self.lang) for label in c.labels),
                self.join(self.of(p.name) for p in c.products),
                self._figures(c),
                self._said(c),
            ]
            for c in self.city.companies
        ]
        heads = self._columns("companies", "labels", "products", "figures", "source")
        return View(self.say("Companies listed", "收录的企业"), heads, rows)

    def achievements(self) -> View:
        """What was done, by whom."""
        rows = [
            [
                self.of(a.name),
                self._names(a.by),
                f"{a.date or ''}",
                self._figures(a),
                self._said(a),
            ]
            for a in self.city.achievements
        ]
        heads = self._columns("achievements", "by", "date", "figures", "source")
        return View(self.say("Achievements", "成果"), heads, rows)

    def other_claims(self) -> View:
        """Claims about people, institutions, firms: all that no other section shows."""
        shown = {c.id for c in self._wholes()}
        rows = [
            self._claim_row(c)
            for c in self.city.claims()
            if not c.counts.ranking
            and c.counts.kind not in SPACE
            and c.id not in shown
            and c.part_of not in shown
        ]
        return self._claims_view(self.say("Further numbers stated", "其他所称数字"), rows)

    def space(self) -> View:
        """Axes, belts, cores and poles."""
        rows = []
        for axis in self.city.axes:
            along = self.say(" – ", "—").join(self.of(p.name) for p in axis.spine)
            form = AXIS_FORMS[axis.form].label(self.lang)
            rows.append([self.of(axis.name), form, along, self._figures(axis), self._said(axis)])
        for pole in self.city.poles:
            form = POLE_FORMS[pole.form].label(self.lang)
            rows.append([self.of(pole.name), form, self._names([pole.at]), "", self._said(pole)])
        for claim in self.city.claims():
            if claim.counts.kind in SPACE:
                row = self._claim_row(claim)
                rows.append([row[0], row[1], row[2], "", row[3]])
        heads = self._columns("name", "form", "points", "figures", "source")
        return View(self.say("Spatial structure", "空间结构"), heads, rows)

    def corridors(self) -> View:
        """Sets of cities."""
        rows = [
            [
                self.of(c.name),
                CORRIDOR_FORMS[c.form].label(self.lang),
                self.join(self.of(m.name) for m in c.cities)
                + ("" if c.complete else self.say("(not all listed)", "（未列全）")),
                self._said(c),
            ]
            for c in self.city.corridors
        ]
        heads = self._columns("name", "form", "cities", "source")
        return View(self.say("Corridors and regions", "走廊与区域"), heads, rows)

    def plans(self) -> View:
        """Plans and policies."""
        rows = [
            [self.of(p.name), self.of(p.issuer), f"{p.issued or ''}", p.number or "", self._said(p)]
            for p in self.city.plans
        ]
        heads = self._columns("plan", "issuer", "issued", "document", "source")
        return View(self.say("Plans", "规划与政策"), heads, rows)

    def sources(self) -> View:
        """Where all of it comes from."""
        rows = [
            [
                key,
                SOURCE_KINDS[s.kind].label(self.lang),
                self.of(s.title),
                self.of(s.publisher),
                f"{s.date}",
                s.url or "",
            ]
            for key, s in self.city.sources.items()
        ]
        heads = self._columns("key", "kind", "title", "publisher", "published", "where")
        return View(self.say("Sources", "来源"), heads, rows)
