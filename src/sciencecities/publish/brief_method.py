"""The last part of a brief: how it was made, and what it does not say."""

from __future__ import annotations

from sciencecities.edition.read import OVERALL
from sciencecities.publish.brief_parts import Paragraph, Section
from sciencecities.publish.brief_world import World


def method(world: World) -> Section:
    """How the ranks were made, and what they do not say."""
    text: tuple[str, ...]
    if world.is_published:
        text = (
            world.t(
                "The ranks are those of the publisher, entered from public sources; nothing was "
                "counted here. The publisher gives no ranges, so how far a rank could have "
                "differed by chance cannot be said.",
                "名次由发布方统计，依公开来源录入，本软件未作计算。发布方未公布区间，故无法说明名次受偶然影响的程度。",
            ),
            world.t(
                "In such rankings a work counts 1, split over its authors, then over their "
                "institutions; a city's Share is the sum of its institutions' parts.",
                "此类排名每篇论文计1，先按作者、再按单位均分；城市份额为所属各单位之和。",
            ),
        )
    elif world.edition.kind == "institution-table":
        text = (
            world.t(
                "Each institution's Share, as the table gives it, went to its city; ranks are in "
                "the order of the sums. No works are known, so there are no stability intervals: "
                "ranges say where a city could stand without, and with all of, the Shares of its "
                "country that have no single city or no known one.",
                "各机构份额依表归入所在城市，名次按合计排列；不含论文，故无稳定区间。"
                "所列区间为本国无法归入单一城市的份额全不计入与全部计入时的名次。",
            ),
        )
    else:
        scheme = str(world.edition.manifest.get("configuration", {}).get("scheme", ""))
        text = (
            world.t(
                f"Each work counts 1, divided by the scheme {scheme}; a city's Share is the sum of "
                "the parts of its institutions. Ranks are in the order of Share.",
                f"每篇论文计1，按{scheme}方案拆分；城市份额为所属各单位之和，名次按份额排列。",
            ),
            _unassigned(world),
            world.t(
                "The stability interval shows how far the answer hangs on which works happened to "
                "fall in the year: 95% of re-draws of the works lie within.",
                "稳定区间表示结果随当年论文偶然构成而变动的范围：95%的重抽样落在其中。",
            ),
        )
    listed = world.t(
        "Claims are what a source says, not what was counted here. “Listed” means: entered here "
        "with a source; the lists are never complete.",
        "“据称”为来源所述，并非本软件统计；“收录”指已注明来源录入，所列并不完整。",
    )
    blocks = tuple(Paragraph((t,)) for t in (*text, listed) if t)
    return Section("method", world.t("How this was made", "方法说明"), blocks)


def _unassigned(world: World) -> str:
    size = world.edition.size(OVERALL, world.year)
    rows = world.edition.unassigned(OVERALL, world.year).to_pylist()
    if not size:
        return ""
    part = world.say.percent(sum(r["share"] for r in rows) / float(size))
    return world.t(
        f"{part} of {world.edition.whole.all[0]} could be given to no city.",
        f"{part}的份额无法归入任何城市。",
    )
