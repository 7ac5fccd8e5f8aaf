"""Observatory facts joined with an edition: Shares, partners, the band along an axis."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_world as world

import sciencecities as sc
from sciencecities.compare.groups import Group, group
from sciencecities.observatory import Observatory, load
from sciencecities.observatory.joins import _Band, axis_share, counted_members, joined

FACTS = """
city: {{id: x, city_id: "gn:1809858", name: {{en: Guangzhou}}, country: CN,
       centre: {{latitude: 23.1167, longitude: 113.25, precision_km: 1}}, radius_km: 100}}
sources:
  s: {{kind: press, title: {{en: T}}, publisher: {{en: P}}, date: 2025, language: en}}
platforms:
  - {{id: mangrove, name: {{en: Mangrove}}, tier: university, ror: "{gz}", source: s, as_of: 2025{site}}}
  - {{id: nowhere, name: {{en: No papers}}, tier: institute, ror: "{other}", source: s, as_of: 2025}}
corridors:
  - id: two
    name: {{en: Two}}
    form: corridor
    cities: [{{city_id: "gn:1809858", name: {{en: Guangzhou}}}}, {{city_id: "gn:1816670", name: {{en: Beijing}}}}]
    source: s
    as_of: 2025
  - id: small
    name: {{en: Small}}
    form: corridor
    cities: [{{city_id: "gn:2988507", name: {{en: Paris}}}}, {{city_id: "gn:2653941", name: {{en: Cambridge}}}}]
    source: s
    as_of: 2025
axes:
  - id: axis
    name: {{en: Axis}}
    form: axis
    half_width_km: 5
    spine:
      - {{latitude: 23.0, longitude: 113.25, precision_km: 1}}
      - {{latitude: 23.2, longitude: 113.25, precision_km: 1}}
    source: s
    as_of: 2025
"""  # noqa: E501


def facts(folder: Path, site: str = "") -> Observatory:
    folder.mkdir(exist_ok=True)
    text = FACTS.format(gz=world.GZ.ror, other=world.GZ._replace(number=77).ror, site=site)
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return load(folder)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world"), replicates=0))


def test_a_platform_gets_share_works_and_partners(edition: sc.Edition, tmp_path: Path) -> None:
    """Mangrove University 2024: 1 + ½ + ⅔ + ½ + ½ works; it writes with Beijing and Paris once."""
    rows = joined(facts(tmp_path / "f"), edition, 2024)
    found = rows[0]
    assert found.fact.id == "mangrove"
    assert found.share == pytest.approx(1 + 1 / 2 + 2 / 3 + 1 / 2 + 1 / 2, abs=1e-12)
    assert found.works == 5
    assert found.shares["chemistry"] == 0.5
    assert set(found.partners) == {(world.BJ.name, 1), (world.PA.name, 1)}


def test_one_without_papers_is_said_to_have_none(edition: sc.Edition, tmp_path: Path) -> None:
    rows = {j.fact.id: j for j in joined(facts(tmp_path / "f"), edition, 2024)}
    assert (rows["nowhere"].works, rows["nowhere"].share) == (0, 0.0)


def test_what_lies_at_the_city_s_own_point_is_unresolved(
    edition: sc.Edition, tmp_path: Path
) -> None:
    observatory = facts(tmp_path / "f")
    found = axis_share(observatory, observatory.axes[0], edition, 2024)
    assert found is not None
    assert (found.inside, found.outside) == (0.0, 0.0)
    assert found.unresolved == pytest.approx(float(world.SHARES_2024["Guangzhou"]), abs=1e-12)
    assert (found.low, found.high, found.resolved) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(("longitude", "side"), [(113.25, "inside"), (113.45, "outside")])
def test_a_site_in_the_observatory_resolves_it(
    edition: sc.Edition, tmp_path: Path, longitude: float, side: str
) -> None:
    """0.2° of longitude at 23.1° N are 20 km, beyond 5 km; Mangrove has 3.17 of 4.17 works."""
    site = f", site: {{latitude: 23.1, longitude: {longitude}, precision_km: 1}}"
    observatory = facts(tmp_path / "f", site)
    found = axis_share(observatory, observatory.axes[0], edition, 2024)
    assert found is not None
    assert getattr(found, side) == pytest.approx(19 / 6, abs=1e-12)
    assert found.unresolved == pytest.approx(1.0, abs=1e-12)
    low = 19 / 25 if side == "inside" else 0.0
    assert found.low == pytest.approx(low, abs=1e-12)
    assert found.high == pytest.approx(low + 6 / 25, abs=1e-12)


def test_the_band_is_measured_in_kilometres() -> None:
    """5 km are 0.0449° of latitude beyond the line's end, 0.0488° of longitude beside it."""
    band = _Band([(23.0, 113.25), (23.2, 113.25)], 5.0)
    assert band.holds(23.1, 113.25 + 0.0486) and not band.holds(23.1, 113.25 + 0.0490)
    assert band.holds(23.2 + 0.0448, 113.25) and not band.holds(23.2 + 0.0451, 113.25)


def test_a_published_ranking_joins_nothing(tmp_path: Path) -> None:
    observatory = facts(tmp_path / "f")
    published = sc.open("natureindex-2024")
    assert joined(observatory, published, 2024) == []
    assert axis_share(observatory, observatory.axes[0], published, 2024) is None


def test_a_corridor_as_one_city(edition: sc.Edition, tmp_path: Path) -> None:
    """Guangzhou 25/6 and Beijing 2; of their eight works one is of both. Paris and Cambridge: 11/6,
    behind Guangzhou, Beijing and New York, three works, none joint."""
    corridors = {c.id: c for c in facts(tmp_path / "f").corridors}

    def as_one(name: str, scope: str = "overall") -> Group:
        members = counted_members(corridors[name], edition, 2024, scope)
        return group(edition, members, scope=scope, year=2024)

    two = as_one("two")
    assert two.share == pytest.approx(25 / 6 + 2, abs=1e-12)
    assert (two.rank, two.count, two.joint_works) == (1, 8, 1)
    small = as_one("small")
    assert small.share == pytest.approx(11 / 6, abs=1e-12)
    assert (small.rank, small.count, small.joint_works) == (4, 3, 0)
    chemistry = as_one("two", "chemistry")
    assert (chemistry.share, chemistry.count) == (2.0, 2)


def test_a_published_ranking_has_no_joint_share(tmp_path: Path) -> None:
    corridor = facts(tmp_path / "f").corridors[0]
    assert counted_members(corridor, sc.open("natureindex-2024"), 2024) == ()
