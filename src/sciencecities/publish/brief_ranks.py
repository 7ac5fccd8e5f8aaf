"""The part of a brief that an edition gives: headline, first ten, subjects, institutions."""

from __future__ import annotations

from typing import Any

from sciencecities import certainty
from sciencecities.edition.read import OVERALL
from sciencecities.publish import headlines
from sciencecities.publish.brief_parts import (
    Block,
    Column,
    Paragraph,
    Phrase,
    Rank,
    Ranks,
    Section,
    Table,
    Words,
    one,
)
from sciencecities.publish.brief_world import World, count_word
from sciencecities.publish.request import small
from sciencecities.sample import SAYS

Row = dict[str, Any]
FIRST = 10
HALF = 5
SHOWN_INSTITUTIONS = 10
OWN = "this edition"


def kicker(world: World) -> str:
    """What ranking this is, in a line."""
    title = world.shown.title(world.lang)
    if world.is_published:
        about = world.edition.manifest["published"]
        other = about["title_en" if world.lang == "zh" else "title_zh"]
        return world.t(
            f"City brief · {title} ({other}), data year {world.year}",
            f"城市简报 · {title}（{other}），数据年份{world.year}年",
        )
    return world.t(
        f"City brief · edition {title}, data year {world.year}",
        f"城市简报 · {title}，数据年份{world.year}年",
    )


def headline(world: World) -> str:
    """The finding: the city's rank, how it moved, how sure that is."""
    row = world.row()
    if row is None:
        return world.t(f"{world.name}: not ranked overall", f"{world.name}：总体未列入排名")
    return headlines.city(world.shown, row, world.say)


def standfirst(world: World) -> tuple[str, ...]:
    """The findings in sentences: who says so, the first ten, the subjects."""
    said = [_who_says(world), world.t(*SAYS) if world.shown.is_sample else ""]
    if row := world.row():
        said.append(_rank_sentence(world, row))
    country = _country_finding(world, with_years=True)
    if country:
        said.append(country + world.t(".", "。"))
    subject = _subject_finding(world)
    if subject:
        said.append(subject + world.t(".", "。"))
    return tuple(s for s in said if s)


def _who_says(world: World) -> str:
    if world.edition.kind == "institution-table":
        return world.t(
            f"Summed here from a table of institutions' Shares of {world.year}.",
            f"据{world.year}年机构份额表汇总。",
        )
    if not world.is_published:
        works = world.edition.n_works(OVERALL, world.year)
        return world.t(
            f"Counted here from {works:,} works of {world.year}.",
            f"据{world.year}年的{works:,}篇论文计算。",
        )
    about = world.edition.manifest["published"]
    if world.lang == "zh":
        return f"{about['publisher_zh']}{_day_zh(about['published'])}发布《{about['title_zh']}》。"
    day = _day_en(about["published"])
    return f"{about['publisher_en']} published {about['title_en']} {day}."


def _rank_sentence(world: World, row: Row) -> str:
    name, before = world.name, row["previous_rank"]
    rank = world.say.rank_word(row["rank"])
    # Of a corpus that was counted here nobody knows whether it is the world's.
    world_en, world_zh = (" in the world", "全球") if world.is_published else ("", "")
    unsure = world.say.no_movement(row)
    if before is not None and before != row["rank"] and not unsure:
        old = world.say.rank_word(before)
        up = before > row["rank"]
        steps = abs(before - row["rank"])
        verb, places = "rises" if up else "falls", "place" if steps == 1 else "places"
        text = world.t(
            f"{name} {verb} {count_word(steps)} {places}, from {old} to {rank}{world_en}",
            f"{name}较上一次{'上升' if up else '下降'}{steps}位，由{world_zh}{old}"
            f"{'上升' if up else '下降'}至{world_zh}{rank}",
        )
    else:
        stays = before == row["rank"] and not unsure
        text = world.t(
            f"{name} {'stays' if stays else 'is'} {rank}{world_en}",
            f"{name}{'仍' if stays else ''}居{world_zh}{rank}",
        )
    span = world.say.span(row["rank_low"], row["rank_high"])
    if span:
        if world.edition.kind == "computed":
            text += world.t(f"; stability range {span}", f"，稳定区间第{span}")
        else:
            text += world.t(f"; range {span}", f"，区间第{span}")
    text += world.t(".", "。")
    if before is not None and unsure:
        old = world.say.rank(before)
        text += world.t(
            f" The year before it was {old}; no rise or fall is stated, since {unsure}.",
            f"上一次为{old}；因{unsure}，不说升降。",
        )
    return text


def _first_rows(world: World) -> list[Row]:
    return [r for r in world.shown.ranking(OVERALL, world.year) if r["rank"] <= FIRST]


def _country_finding(world: World, *, with_years: bool = False) -> str:
    """How many of the first ten are of the city's country; more than half, and if for the first."""
    rows, row = _first_rows(world), world.row()
    if len(rows) < FIRST or row is None or row["country"] is None:
        return ""
    country = row["country"]
    number = sum(r["country"] == country for r in rows)
    if number < 2:
        return ""
    text = world.cities_of(country, number) + world.t(" are among the first ten", "位列前十")
    if number <= HALF:
        return text
    earlier = _earlier(world, country)
    if not earlier or world.say.no_movement(row) or any(n > HALF for _, n in earlier):
        return text + world.t(", more than half", "，超过半数")
    text += world.t(", more than half for the first time", "，首次超过半数")
    if not with_years:
        return text
    english = ", ".join(f"{count_word(n)} in {y}" for y, n in earlier)
    chinese = "，".join(f"{y}年为{n}座" for y, n in earlier)
    return text + world.t(f" ({english})", f"（数据年份{chinese}）")


def _earlier(world: World, country: str) -> list[tuple[int, int]]:
    """(data year, cities of the country in the first ten) of earlier rankings known; else empty.

    Empty too if the first ten of any of them is incomplete: then nothing was the first time.
    """
    if world.is_published:
        before = world.edition.manifest["published"].get("before", [])
        tens = [(b["data_year"], b["first_ten"]) for b in before]
    else:
        years = [y for y in reversed(world.edition.years) if y < world.year]
        tens = []
        for year in years:
            rows = world.shown.ranking(OVERALL, year)
            tens.append((year, [r["country"] for r in rows if r["rank"] <= FIRST]))
    if any(len(countries) < FIRST for _, countries in tens):
        return []
    return [(year, countries.count(country)) for year, countries in tens]


def first_ten(world: World) -> Section | None:
    """The leading ten with the city among them, or below them."""
    rows = world.shown.ranking(OVERALL, world.year)
    own = world.row()
    if not rows:
        return None
    listed = [r for r in rows if r["rank"] <= FIRST]
    if own is not None and own["rank"] > FIRST:
        listed.append(own)
    heading = _country_finding(world) or world.t("The first ten cities", "十强城市")
    measure = world.t("Rank overall", "总体名次")
    caption = f"{measure}{world.t(', ', '，')}{world.year}{world.t('', '年')}{_basis(world)}"
    ranks = Ranks(
        caption,
        tuple(_rank(world, r, world.say.city(r), focus=r["city_id"] == world.city_id)
              for r in listed),
        world.is_published,
        (world.t("City", "城市"), world.t("Rank", "名次"), world.t("Movement", "变化"),
         world.t("Plot", "图示")),
        _extra(world, listed),
    )  # fmt: skip
    return Section("ranks", heading, (ranks, *_sources_of_ranks(world)))


def _basis(world: World) -> str:
    if world.is_published:
        return world.t("; as published, range not published", "；照原榜，未公布区间")
    if world.edition.kind == "institution-table":
        return world.t(
            "; dot: rank, bar: what Shares without a single city could change",
            "；圆点为名次，粗线为无法归入单一城市的份额可能造成的范围",
        )
    return world.t(
        "; dot: rank, bar: stability interval (95% of re-draws)",
        "；圆点为名次，粗线为稳定区间（95%重抽样）",
    )


def _extra(world: World, rows: list[Row]) -> str:
    return world.t("Share", "份额") if any(r["share"] is not None for r in rows) else ""


def _rank(world: World, row: Row, label: str, *, focus: bool = False) -> Rank:
    few = row["n_eff"] is not None and row["n_eff"] < certainty.FEW_WORKS
    moved = world.say.moved(row)
    p = row["p_rose"] if (row["rank_change"] or 0) > 0 else row["p_fell"]
    if p is not None and row["rank_change"]:
        moved += world.t(", ", "，") + certainty.word(p, world.lang)
    text = world.say.ranked(row)
    if few:
        text += world.t(", few works", "，小样本")
    return Rank(
        label, row["rank"], text, moved, row["rank_low"], row["rank_high"],
        world.say.share(row["share"]) if row["share"] is not None else "", focus, few,
    )  # fmt: skip


def _subject_rows(world: World) -> list[tuple[str, Row]]:
    found = [(s, world.row(s)) for s in world.shown.subjects]
    return [(s, r) for s, r in found if r is not None]


def _subject_finding(world: World) -> str:
    rows = _subject_rows(world)
    if not rows:
        return ""
    name, total = world.name, len(world.shown.subjects)
    inside = [s for s, r in rows if r["rank"] <= FIRST]
    if len(inside) == total and total > 1:
        count = count_word(total)
        return world.t(
            f"{name} is among the first ten in all {count} subjects",
            f"{name}在全部{total}个学科中均进入全球前十",
        )
    best, row = min(rows, key=lambda item: (item[1]["rank"], item[0]))
    title = world.scope_title(best)
    said = small(title)
    rank = world.say.rank_word(row["rank"])
    if len(rows) == 1:
        return world.t(f"{name} is {rank} in {said}", f"{name}在{title}中居{rank}")
    partly = world.is_published and len(rows) < total
    known = "" if not partly else world.t(" of those known here", "所知学科中")
    return world.t(
        f"{name} does best in {said}{known}, where it is {rank}",
        f"{name}{known}以{title}名次最前，居{rank}",
    )


def subjects(world: World) -> Section | None:
    """The city's rank in each subject."""
    rows = _subject_rows(world)
    if not rows:
        return None
    blocks: list[Block] = [
        Ranks(
            world.t(f"Rank in each subject, {world.year}", f"各学科名次，{world.year}年")
            + _basis(world),
            tuple(_rank(world, r, world.scope_title(s), focus=True) for s, r in rows),
            world.is_published,
            (world.t("Subject", "学科"), world.t("Rank", "名次"), world.t("Movement", "变化"),
             world.t("Plot", "图示")),
            _extra(world, [r for _, r in rows]),
        )
    ]  # fmt: skip
    unknown = [s for s, r in rows if r["previous_rank"] is None]
    if world.is_published and unknown:
        blocks.append(
            Paragraph(
                (
                    world.t(
                        "–: the rank in the edition before was in no source read here.",
                        "–：所据来源未载上一次名次。",
                    ),
                ),
                quiet=True,
            )
        )
    return Section("subjects", _subject_finding(world), tuple(blocks))


def institutions(world: World) -> Section | None:
    """The institutions that make the city's Share."""
    number, rows = world.shown.institutions(world.city_id) if not world.is_published else (0, [])
    total = world.row()
    if not rows or total is None:
        return None
    rows = rows[:SHOWN_INSTITUTIONS]
    shares = world.say.shares([r["share"] for r in rows])
    lead = rows[0]["institution"] or world.t("(no institution named)", "（未写明单位）")
    part = world.say.percent(rows[0]["share"] / total["share"])
    is_known = any(r["count"] is not None for r in rows)
    counted = (Column(world.t("Works", "论文数"), True),) if is_known else ()
    table = Table(
        world.t(
            f"Leading institutions by Share, {world.year} ({len(rows)} of {number:,})",
            f"按份额居前的单位，{world.year}年（{number:,}家中的{len(rows)}家）"
            if len(rows) < number
            else f"全部{number}家单位，按份额排列，{world.year}年",
        ),
        (Column(world.t("Institution", "单位")), Column(world.t("Share", "份额"), True),
         Column(world.t("% of the city", "占全市"), True), *counted),
        tuple(
            (one(_institution(world, r)), one(share),
             one(world.say.percent(r["share"] / total["share"])),
             *(one(world.say.whole(r["count"])) for _ in counted))
            for r, share in zip(rows, shares, strict=True)
        ),
    )  # fmt: skip
    heading = world.t(f"{lead} makes {part} of the city's Share", f"{lead}占全市份额的{part}")
    return Section("institutions", heading, (table,))


def _institution(world: World, row: Row) -> Words:
    name = row["institution"]
    if not name:
        return world.t("(no institution named)", "（未写明单位）")
    ror = str(row["institution_id"] or "")
    return Phrase(name, href=ror if ror.startswith("https://ror.org/") else None)


def _sources_of_ranks(world: World) -> tuple[Paragraph, ...]:
    if not world.is_published:
        return ()
    about = world.edition.manifest["published"]
    numbers = []
    for key, source in about["sources"].items():
        title = source.get("title") or world.t("report of the ranking", "榜单报道")
        lang = source.get("lang") if source.get("title") else world.lang
        own = None if lang in ("", world.lang) else {"zh": "zh-Hans"}.get(lang, lang)
        publisher = source["publisher"]
        words: tuple[Words, ...] = (
            Phrase(title, own, href=source.get("url") or None),
            world.t(". ", "，"), publisher, world.t(", ", "，") + source.get("date", ""),
        )  # fmt: skip
        numbers.append(world.cited.number(f"ranks:{key}", words, source.get("url")))
    note = about["note_zh" if world.lang == "zh" else "note_en"]
    return (Paragraph((Phrase(note, refs=tuple(numbers)),), quiet=True),) if note else ()


def _day_en(day: str) -> str:
    months = (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    )
    parts = [int(p) for p in day.split("-")]
    if len(parts) == 1:
        return f"in {parts[0]}"
    month = months[parts[1] - 1]
    return f"in {month} {parts[0]}" if len(parts) == 2 else f"on {parts[2]} {month} {parts[0]}"


def _day_zh(day: str) -> str:
    parts = [int(p) for p in day.split("-")]
    return "".join(f"{n}{unit}" for n, unit in zip(parts, "年月日", strict=False))
