"""The part of a brief on industries, the axis and the corridor, joined with the rankings."""

from __future__ import annotations

from functools import partial
from typing import Any

from sciencecities.compare import groups
from sciencecities.edition.read import OVERALL
from sciencecities.observatory import model
from sciencecities.observatory.city import Observatory
from sciencecities.observatory.joins import AxisShare, axis_share, counted_members
from sciencecities.observatory.vocabulary import LABELS
from sciencecities.observatory.words import quantity
from sciencecities.publish.brief_claims import claims_table
from sciencecities.publish.brief_parts import (
    Block,
    Column,
    Group,
    Paragraph,
    Phrase,
    Section,
    Table,
    Words,
    one,
)
from sciencecities.publish.brief_world import World, count_word, joined_words

Row = dict[str, Any]


# --- industries -----------------------------------------------------------------------------


def industries(world: World, observatory: Observatory) -> Section | None:
    """Each industry: rank and specialisation where works are known, firms, what was done."""
    listed = observatory.industries
    if not listed:
        return None
    number = count_word(len(listed))
    heading = world.t(
        f"{world.name} names {number} industries of the future",
        f"{world.name}提出{len(listed)}个未来产业方向",
    )
    blocks: list[Block] = []
    ranked = _ranked_industries(world, listed)
    if ranked:
        blocks.append(ranked)
    claims = _claims_on_industries(observatory)
    if claims:
        caption = world.t("Claimed and listed", "据称与收录")
        blocks.append(claims_table(world, caption, claims))
    blocks += [_industry(world, observatory, one_of) for one_of in listed]
    return Section("industries", heading, tuple(blocks))


def _claims_on_industries(observatory: Observatory) -> list[model.Claim]:
    return [
        c
        for c in observatory.claims()
        if c.part_of is None
        and not c.counts.area
        and (c.counts.industries or c.industries or c.counts.hosts)
    ]


def _ranked_industries(world: World, listed: list[model.Industry]) -> Table | None:
    """Ranks in the industries' scopes; None for an edition that does not have them."""
    if not any(i.scope and world.row(i.scope) for i in listed):
        return None
    special = world.once("special", lambda: _special(world))
    rows = tuple(
        (
            one(world.label(i.name)),
            one(_rank_in(world, i.scope)),
            one(_share_in(world, i.scope)),
            one(_specialisation(world, special.get(i.scope or ""))),
        )
        for i in listed
    )
    return Table(
        world.t(
            f"Rank among the world's cities and specialisation, {world.year}",
            f"全球名次与专业化程度，{world.year}年",
        ),
        (Column(world.t("Industry", "产业")), Column(world.t("Rank", "名次"), True),
         Column(world.t("Share", "份额"), True),
         Column(world.t("Times the world's mix (95%)", "相对世界构成的倍数（95%）"), True)),
        rows,
    )  # fmt: skip


def _special(world: World) -> dict[str, Row]:
    """What the city does more of than the world, by scope."""
    found = world.edition.specialisation(world.city_id, world.year).to_pylist()
    return {r["scope"]: r for r in found}


def _rank_in(world: World, scope: str | None) -> str:
    row = world.row(scope) if scope else None
    return world.say.ranked(row) if row else "–"


def _share_in(world: World, scope: str | None) -> str:
    row = world.row(scope) if scope else None
    return world.say.share(row["share"]) if row else "–"


def _specialisation(world: World, row: Row | None) -> str:
    if row is None or row["low"] is None:
        return "–"
    limits = f"{row['low']:.2f}{world.t('–', '～')}{row['high']:.2f}"
    text = f"{row['specialisation']:.2f}" + world.t(f" ({limits})", f"（{limits}）")
    return text + (world.t(", few works", "，小样本") if row["few_works"] else "")


def _industry(world: World, observatory: Observatory, industry: model.Industry) -> Group:
    def of(facts: list[Any]) -> list[Any]:
        return [f for f in facts if industry.id in f.industries]

    items: list[tuple[Words, ...]] = []
    firms = of(observatory.companies)
    if firms:
        items.append((world.t("Firms: ", "企业："), *_firms(world, firms)))
    bodies = of(observatory.platforms) + of(observatory.programmes)
    if bodies:
        names = [world.text(b.name, b) for b in bodies]
        items.append((world.t("Platforms: ", "平台："), *joined_words(world, names)))
    facilities = of(observatory.facilities)
    if facilities:
        names = [world.text(f.name, f) for f in facilities]
        items.append((world.t("Facilities: ", "设施："), *joined_words(world, names)))
    items += [_achievement(world, a) for a in of(observatory.achievements)]
    if not items:
        items.append((world.t("Nothing listed yet.", "尚无收录。"),))
    return Group(world.label(industry.name).text, tuple(items))


def _firms(world: World, firms: list[model.Company]) -> tuple[Words, ...]:
    found: list[Words] = []
    for firm in firms:
        if found:
            found.append(world.t("; ", "；"))
        found.append(world.text(firm.name, firm))
        said = [LABELS[label].label(world.lang) for label in firm.labels]
        if firm.listed:
            said.append(world.t("listed company", "上市公司"))
        said += [p for p in (_product(world, p) for p in firm.products) if p]
        if said:
            inner = world.t(", ", "，").join(said)
            found.append(world.t(f" ({inner})", f"（{inner}）"))
    return tuple(found)


def _product(world: World, product: model.Product) -> str:
    name = world.text(product.name)
    figures = world.t(", ", "，").join(
        f"{world.text(f.label).text} {quantity(f, world.lang)}"
        if world.lang == "en"
        else f"{world.text(f.label).text}{quantity(f, world.lang)}"
        for f in product.figures
    )
    return f"{name.text}{world.t(': ', '：')}{figures}" if figures else name.text


def _achievement(world: World, achievement: model.Achievement) -> tuple[Words, ...]:
    figures = [
        f"{world.text(f.label).text}{world.t(' ', '')}{quantity(f, world.lang)}"
        for f in achievement.figures
    ]
    inner = world.t(", ", "，").join(figures)
    more = (world.t(f" ({inner})", f"（{inner}）"),) if figures else ()
    return (world.text(achievement.name, achievement), *more)


# --- axis -----------------------------------------------------------------------------------


def axis(world: World, observatory: Observatory) -> Section | None:
    """The axis: what is claimed to lie on it, and the Share that can be placed there."""
    claims = observatory.claims()
    structure = [c for c in claims if c.counts.kind in ("axis", "pole") and not c.counts.area]
    axes = [a for a in observatory.axes if any(c.counts.area == a.id for c in claims)]
    if not axes and not structure:
        return None
    blocks: list[Block] = []
    heading = world.t("The spatial structure as planned", "规划的空间结构")
    for line in axes:
        on_it = [c for c in claims if c.counts.area == line.id]
        name = world.text(line.name, line)
        heading = _axis_heading(world, name.text, on_it) or heading
        blocks.append(_about(world, line))
        caption = world.t(f"Said to lie on the {name.text}", f"据称集中在{name.text}上的部分")
        blocks.append(claims_table(world, caption, on_it))
        found = world.once(
            line.id, partial(axis_share, observatory, line, world.edition, world.year)
        )
        blocks.append(_axis_share(world, found))
    if structure:
        caption = world.t("One belt, one axis, cores and poles", "轴带与核极")
        blocks.append(claims_table(world, caption, structure))
    return Section("axis", heading, tuple(blocks))


def _axis_heading(world: World, name: str, claims: list[model.Claim]) -> str:
    stated = next((c for c in claims if c.counts.kind == "institution"), None)
    if stated is None:
        return ""
    part = quantity(stated, world.lang).replace(" %", "%")
    return world.t(
        f"The {name} is said to hold {part} of the universities and institutes",
        f"据称{name}汇聚全市{part}的高等院校和科研院所",
    )


def _about(world: World, line: model.Axis) -> Paragraph:
    words: list[Words] = []
    if line.note:
        words.append(world.text(line.note, line))
    points = [world.text(p.name) for p in line.spine if p.name]
    if points:
        words.append(world.t(" Along it: ", "沿线："))
        words += [*joined_words(world, points), world.t(".", "。")]
    return Paragraph(tuple(words) or (world.text(line.name, line),))


def _axis_share(world: World, found: AxisShare | None) -> Paragraph:
    differ = world.t(
        "The claim counts institutions, whatever they publish; Share counts their works. A few "
        "large universities hold most of a city's Share, so the two need not agree.",
        "该说法数的是机构个数，与发表多少无关；份额数的是论文。全市份额多集中在少数大学，二者不必一致。",
    )
    if found is None:
        nothing = world.t(
            "Share along the axis: this ranking holds no works, so none can be placed. ",
            "轴上份额：本榜单不含论文，无从计算。",
        )
        return Paragraph((nothing, differ), quiet=True)
    low, high = world.say.percent(found.low), world.say.percent(found.high)
    resolved = world.say.percent(found.resolved)
    width = f"{found.half_width_km:g}"
    span = world.t(f"between {low} and {high}", f"{low}～{high}")
    if not found.resolved:
        nothing = world.t(
            f"Share along the axis: cannot be told. All {found.n_unresolved} institutions with a "
            "Share here are known to the city alone, and the axis runs through it. ",
            f"轴上份额：无法判定。有份额的{found.n_unresolved}家机构所在地点均只精确到本市，而轴线穿城而过。",
        )
        return Paragraph((nothing, differ))
    text = world.t(
        f"Counted here: within {width} km of the axis lies {span} of the city's Share in "
        f"{world.year}. Only {resolved} of it is at a place known more exactly than the city "
        f"({found.n_inside + found.n_outside} institutions; {found.n_unresolved} are known to the "
        "city alone), and what is not could lie on either side. ",
        f"本软件统计：距轴线{width}千米以内的份额占全市{span}（{world.year}年）。"
        f"其中仅{resolved}的份额所在地点比城市更精确"
        f"（{found.n_inside + found.n_outside}家机构；另有{found.n_unresolved}家只知在本市），"
        "其余无法判定在轴内或轴外。",
    )
    return Paragraph((text, differ))


# --- corridors ------------------------------------------------------------------------------


def corridors(world: World, observatory: Observatory) -> list[Section | None]:
    """Corridors with a known list of cities, and each city's rank."""
    found: list[Section | None] = []
    for corridor in observatory.corridors:
        if not corridor.complete or len(corridor.cities) < 2:
            continue
        found.append(_corridor(world, corridor))
    return found


def _corridor(world: World, corridor: model.Corridor) -> Section:
    rows: list[tuple[tuple[Words, ...], ...]] = []
    ranked: list[Row] = []
    absent: list[Phrase] = []
    focus: set[int] = set()
    for member in corridor.cities:
        row = world.shown.row(member.city_id, year=world.year)
        if row is None:
            absent.append(world.text(member.name))
            continue
        if member.city_id == world.city_id:
            focus.add(len(rows))
        ranked.append(row)
        name = one(world.text(member.name))
        rows.append((name, one(world.say.ranked(row)), one(world.say.moved(row))))
    title = world.text(corridor.name, corridor)
    best = sum(1 for r in ranked if r["rank"] <= 20)
    heading = world.t(
        f"{title.text}: {best} of {len(corridor.cities)} cities are among the first twenty",
        f"{title.text}：{len(corridor.cities)}座城市中{best}座位列前二十",
    )
    table = Table(
        world.t(f"Cities, overall, {world.year}", f"各城市总体名次，{world.year}年"),
        (Column(world.t("City", "城市")), Column(world.t("Rank", "名次"), True),
         Column(world.t("Movement", "变化"))),
        tuple(rows),
        frozenset(focus),
    )  # fmt: skip
    blocks: list[Block] = [table] if rows else []
    members = world.once(corridor.id, lambda: counted_members(corridor, world.edition, world.year))
    if len(members) > 1:
        joined = world.shown.group(members, OVERALL, world.year)
        blocks.append(Paragraph((_together(world, joined),)))
    if absent:
        lead = world.t("Not in this list: ", "本榜未列：")
        stop = world.t(".", "。")
        blocks.append(Paragraph((lead, *joined_words(world, absent), stop), quiet=True))
    listed = world.t("Members as the source lists them.", "成员依来源所列。")
    blocks.append(Paragraph((Phrase(listed, refs=title.refs),), quiet=True))
    if corridor.note:
        blocks.insert(0, Paragraph((world.text(corridor.note),)))
    return Section(corridor.id, heading, tuple(blocks))


def _together(world: World, found: groups.Group) -> str:
    """The corridor as one city, and how much its members write together."""
    share, rank = world.say.share(found.share), world.say.rank_word(found.rank)
    span = world.say.span(found.rank_low, found.rank_high)
    text = world.t(
        f"Taken as one city they have a Share of {share} and would be {rank}"
        f"{f' ({span})' if span else ''}.",
        f"若视为一座城市，份额为{share}，居{rank}{f'（{span}）' if span else ''}。",
    )
    if not found.count:
        return text
    part = world.say.percent(found.joint_works / found.count)
    return text + world.t(
        f" Of the {found.count:,} works in which a member takes part, {found.joint_works:,} "
        f"({part}) are of two members or more.",
        f"成员城市参与的{found.count:,}篇论文中，{found.joint_works:,}篇（{part}）"
        "由两座及以上成员城市合作。",
    )
