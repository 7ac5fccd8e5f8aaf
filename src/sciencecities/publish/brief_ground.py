"""The part of a brief that the observatory gives: platforms, facilities, timeline, other claims."""

from __future__ import annotations

from sciencecities.observatory import model
from sciencecities.observatory.city import Observatory
from sciencecities.observatory.dates import PartialDate
from sciencecities.observatory.joins import Joined, joined
from sciencecities.observatory.status import CONSTRUCTION
from sciencecities.observatory.vocabulary import FACILITY_CLASSES, STAGES
from sciencecities.observatory.words import quantity
from sciencecities.publish import brief_places
from sciencecities.publish.brief_claims import claims_table
from sciencecities.publish.brief_parts import (
    Block,
    Column,
    Event,
    Paragraph,
    Section,
    Table,
    Timeline,
    Words,
    one,
)
from sciencecities.publish.brief_world import World, count_word, joined_words


def sections(world: World) -> list[Section | None]:
    """Everything on the ground, in the order of a city's own account of itself."""
    if world.observatory is None:
        nothing = world.t(
            "No platforms listed yet. Listed means: with a source.", "尚无收录。收录即有出处。"
        )
        heading = world.t("On the ground: nothing listed yet", "平台与产业：尚无收录")
        return [Section("ground", heading, (Paragraph((nothing,), quiet=True),))]
    return [
        platforms(world, world.observatory),
        facilities(world, world.observatory),
        brief_places.industries(world, world.observatory),
        brief_places.axis(world, world.observatory),
        *brief_places.corridors(world, world.observatory),
        others(world, world.observatory),
    ]


def platforms(world: World, observatory: Observatory) -> Section | None:
    """The platform system: what is claimed, what is listed, what the listed ones publish."""
    claims = observatory.claims()
    wholes = [c for c in claims if any(p.part_of == c.id for p in claims)]
    shown = [c for w in wholes for c in (w, *observatory.claims(part_of=w.id))]
    if not shown and not observatory.platforms:
        return None
    blocks: list[Block] = []
    heading = world.t(
        f"{len(observatory.platforms)} platforms are listed here",
        f"此处收录平台{len(observatory.platforms)}家",
    )
    if shown:
        whole = shown[0]
        name = world.text(whole.name).text
        stated = quantity(whole, world.lang)
        found = len(observatory.listed(whole))
        parts = len(shown) - 1
        heading = world.t(
            f"{world.name} is said to have {stated} {name}; {found} of them are listed here",
            f"据称{name}{stated}家，此处收录{found}家",
        )
        blocks.append(
            claims_table(
                world,
                world.t(
                    f"Claimed and listed: the whole and its {parts} parts, which do not add up",
                    f"据称与收录：整体及其{parts}个部分，各部分与整体不可相加",
                ),
                shown,
            )
        )
    elif observatory.platforms:
        names = [world.text(p.name, p) for p in observatory.platforms]
        blocks.append(Paragraph((*joined_words(world, names), world.t(".", "。"))))
    return Section("platforms", heading, (*blocks, *_joined(world, observatory)))


def _joined(world: World, observatory: Observatory) -> tuple[Block, ...]:
    """Platforms and firms with a ROR id beside what the edition holds of them."""
    rows = world.once("joined", lambda: joined(observatory, world.edition, world.year))
    if not rows:
        return ()
    with_works = [j for j in rows if j.works]
    if not with_works:
        names = joined_words(world, [world.text(j.fact.name, j.fact) for j in rows])
        nothing = world.t(
            f"Entries with a ROR id, of which this edition holds no works: {len(rows)} (",
            f"有ROR编号的条目{len(rows)}个，本版均未检得论文（",
        )
        end = world.t("). That is said of the edition, not of them.", "）；仅就本版数据而言。")
        return (Paragraph((nothing, *names, end), quiet=True),)
    digits = world.say.shares([j.share for j in rows])
    table = Table(
        world.t(
            f"Entries with a ROR id: Share, strongest subject and partners, {world.year}",
            f"有ROR编号的条目：份额、最强学科与合作机构，{world.year}年",
        ),
        (Column(world.t("Entry", "条目")), Column(world.t("Share", "份额"), True),
         Column(world.t("Works", "论文数"), True), Column(world.t("Strongest subject", "最强学科")),
         Column(world.t("Writes most with", "主要合作机构"))),
        tuple(
            (one(world.text(j.fact.name, j.fact)),
             one(share if j.works else world.t("none found", "未检得论文")),
             one(f"{j.works:,}" if j.works else "–"), one(_strongest(world, j)),
             one(world.t("; ", "；").join(n for n, _ in j.partners) or "–"))
            for j, share in zip(rows, digits, strict=True)
        ),
    )  # fmt: skip
    without = len(rows) - len(with_works)
    note = world.t(
        f"Works found for {len(with_works)} of {len(rows)} entries with a ROR id. "
        f"“None found” ({without}) is said of this edition, not of the entry.",
        f"{len(rows)}个有ROR编号的条目中，{len(with_works)}个检得论文；"
        f"“未检得论文”（{without}个）仅就本版数据而言。",
    )
    return table, Paragraph((note,), quiet=True)


def _strongest(world: World, found: Joined) -> str:
    own = {s: found.shares[s] for s in world.shown.subjects if s in found.shares}
    if not own:
        return "–"
    best = max(own, key=lambda s: (own[s], s))
    return world.scope_title(best)


# --- facilities -----------------------------------------------------------------------------


def facilities(world: World, observatory: Observatory) -> Section | None:
    """Facilities with their status, and everything dated in one line of time."""
    known = [f for f in observatory.facilities if f.events]
    events = list(_events(world, observatory))
    if not known and not events:
        return None
    stages = [observatory.status(f, on=world.on).stage for f in known]
    heading = _building(world, len(known), stages.count(CONSTRUCTION))
    blocks: list[Block] = []
    if known:
        blocks.append(
            Table(
                world.t(f"Facilities on {world.on}", f"设施状态，截至{world.on}"),
                _facility_columns(world),
                tuple(_facility(world, observatory, f) for f in known),
            )
        )  # fmt: skip
        if any(observatory.status(f, on=world.on).due_is_computed for f in known):
            note = world.t(
                "Due: reckoned from the start of construction and the planned period.",
                "预计建成时间由开工日期与规划建设周期推算。",
            )
            blocks.append(Paragraph((note,), quiet=True))
    if events:
        blocks.append(Timeline(world.t("Timeline", "时间线"), tuple(events)))
    return Section("facilities", heading, tuple(blocks))


def _facility_columns(world: World) -> tuple[Column, ...]:
    return (
        Column(world.t("Facility", "设施")),
        Column(world.t("Class", "类别")),
        *(
            Column(world.t(en, zh), short=True)
            for en, zh in (
                ("Stage", "阶段"),
                ("Since", "起始"),
                ("Due", "预计建成"),
                ("Floor area", "建筑面积"),
                ("Planned period", "规划建设周期"),
            )
        ),
        Column(world.t("Host", "牵头单位")),
    )


def _facility(
    world: World, observatory: Observatory, facility: model.Facility
) -> tuple[tuple[Words, ...], ...]:
    status = observatory.status(facility, on=world.on)
    stage = STAGES[status.stage].state(world.lang) if status.stage else "–"
    hosts = [observatory.facts[h] for h in facility.hosts if h in observatory.facts]
    due = str(status.due) if status.due else "–"
    if status.is_overdue:
        due += world.t(" (passed; no source says it opened)", "（已过，尚无来源称已投入运行）")
    return (
        one(world.text(facility.name, facility)),
        one(FACILITY_CLASSES[facility.facility_class].label(world.lang)),
        one(stage),
        one(str(status.since) if status.since else "–"),
        one(due),
        one(quantity(facility.floor_area, world.lang) if facility.floor_area else "–"),
        one(quantity(facility.construction_period, world.lang)
            if facility.construction_period else "–"),
        joined_words(world, [world.text(h.name) for h in hosts]),
    )  # fmt: skip


def _events(world: World, observatory: Observatory) -> list[Event]:
    """Stages of facilities, milestones of anything, plans: by date."""
    found: list[tuple[PartialDate, Event]] = []

    def add(date: PartialDate, what: tuple[Words, ...], planned: bool = False) -> None:
        found.append((date, Event(str(date), what, planned)))

    gap = world.t(": ", "：")
    for facility in observatory.facilities:
        for e in facility.events:
            stage = STAGES[e.stage].label(world.lang)
            said = stage + (world.t(" (expected)", "（预期）") if e.expected else "")
            add(e.date, (world.text(facility.name, facility), gap + said), e.expected)
        status = observatory.status(facility, on=world.on)
        if status.due and status.due_is_computed:
            due = world.t("due, as planned", "按规划建成")
            add(status.due, (world.text(facility.name), gap + due), True)
    for fact in observatory.facts.values():
        for m in fact.milestones:
            place = (world.t(", ", "，"), world.text(m.place)) if m.place else ()
            add(m.date, (world.text(fact.name, fact), gap, world.text(m.what), *place))
    for plan in observatory.plans:
        for date, en, zh in ((plan.approved, "approved", "获批"), (plan.issued, "issued", "印发")):
            if date:
                who = plan.approver if en == "approved" else plan.issuer
                by = (world.t(" by ", "，"), world.text(who)) if who else ()
                add(date, (world.text(plan.name, plan), gap + world.t(en, zh), *by))
    return [event for _, event in sorted(found, key=lambda item: (item[0].first, item[0].last))]


# --- other claims ---------------------------------------------------------------------------


def others(world: World, observatory: Observatory) -> Section | None:
    """Claims that belong to no other section: hospitals, physicians, firms."""
    claims = observatory.claims()
    wholes = {c.part_of for c in claims if c.part_of}
    shown = [
        c
        for c in claims
        if c.part_of is None
        and c.id not in wholes
        and not (c.counts.ranking or c.counts.area or c.counts.industries or c.industries)
        and c.counts.kind not in ("industry", "axis", "pole", "corridor")
        and not c.counts.hosts
    ]
    if not shown:
        return None
    caption = world.t("As stated by the sources", "来源所述")
    heading = world.t("Further figures that are stated", "其他所述数字")
    return Section("figures", heading, (claims_table(world, caption, shown),))


def _building(world: World, known: int, building: int) -> str:
    """How many of the facilities listed are being built."""
    if not known:
        return world.t("What happened when", "大事记")
    if building == known:
        some = {1: "The one facility listed is", 2: "Both facilities listed are"}
        english = some.get(known, f"All {count_word(known)} facilities listed are")
        return world.t(f"{english} in construction", f"所列{known}个设施均在建")
    verb = "is" if building == 1 else "are"
    return world.t(
        f"{count_word(building).capitalize()} of the {count_word(known)} facilities listed {verb} "
        "in construction",
        f"所列{known}个设施中{building}个在建",
    )
