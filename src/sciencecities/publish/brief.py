"""A city's brief as data: headline, ranks, and what stands behind them; set by brief_render."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from sciencecities.edition.show import QUALITY
from sciencecities.publish.brief_parts import Brief, Reference
from sciencecities.publish.brief_world import World

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.observatory.city import Observatory

QUALITY_ZH = "份额衡量产出的规模，不衡量质量。"


def brief(
    edition: Edition,
    city: str,
    observatory: Observatory | None,
    lang: Literal["en", "zh"],
    *,
    year: int | None = None,
    on: date | None = None,
) -> Brief:
    """The brief of a city (id, or name in any language) from an edition of any kind.

    `observatory` holds the city's facts, None where there are none. `on` is the day of which
    statuses are told (today). Raises UnknownCityError, ConfigError for a year.
    """
    from sciencecities.publish import brief_ground, brief_method, brief_ranks

    world = World(edition, city, observatory, lang, year, on or date.today())
    made = Brief(
        lang=lang,
        city=world.name,
        kicker=brief_ranks.kicker(world),
        headline=brief_ranks.headline(world),
        standfirst=brief_ranks.standfirst(world),
    )
    made.sections = [
        section
        for section in (
            brief_ranks.first_ten(world),
            brief_ranks.subjects(world),
            brief_ranks.institutions(world),
            *brief_ground.sections(world),
            brief_method.method(world),
        )
        if section is not None
    ]
    made.references = [Reference(n, words) for n, words in world.cited.lines()]
    made.footer = _footer(world)
    return made


def _footer(world: World) -> tuple[str, ...]:
    edition = world.edition
    version = edition.manifest.get("package_version", "")
    fingerprint = str(edition.manifest["tables"]["rankings"]["sha256"])[:12]
    return (
        world.t(QUALITY, QUALITY_ZH),
        world.t(
            f"Edition {edition.name}, rankings {fingerprint}, sciencecities {version}. "
            f"Statuses are of {world.on}.",
            f"数据版本{edition.name}，排名表指纹{fingerprint}，sciencecities {version}。"
            f"各项状态截至{world.on}。",
        ),
    )
