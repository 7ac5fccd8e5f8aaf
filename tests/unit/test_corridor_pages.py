"""Corridor pages: a set of cities as one, beside what the edition's tables say of it."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest
import small_world as world

import sciencecities as sc
from sciencecities.publish import labels, together
from sciencecities.publish.maps import Dot, RegionMap
from sciencecities.publish.site import NoSuchPageError, Site

CORRIDOR = "guangzhou-shenzhen-hong-kong-macao"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    built = sc.open(world.build(tmp_path_factory.mktemp("world")))
    return Site([built, sc.open("natureindex-2024")])


def page(site: Site, name: str, lang: str = "en", n: int = 0, **query: str) -> str:
    return site.page(f"{lang}/{site.shown[n].slug}/{name}.html", query).html


def test_any_set_of_cities_by_its_address(site: Site) -> None:
    # Beijing 2 + Paris 4/3; no work of both: the rank is among New York 2, Guangzhou, Cambridge.
    html = page(site, "corridors", cities="Beijing, 巴黎")
    share = Fraction(world.SHARES_2024["Beijing"]) + world.SHARES_2024["Paris"]
    assert f"<dd>{float(share):.1f}<" in html
    larger = sum(v > share for k, v in world.SHARES_2024.items() if k not in ("Beijing", "Paris"))
    assert f"would be {('first', 'second', 'third')[larger]}" in html


def test_the_matrix_holds_the_joint_works(site: Site) -> None:
    path = f"en/{site.shown[0].slug}/corridors/matrix.csv"
    text = site.figure(path, {"cities": "Guangzhou,Beijing,Paris,New York"}).decode()
    rows = {(r["city_a"], r["city_b"]): int(r["works"]) for r in csv.DictReader(io.StringIO(text))}
    table = site.shown[0].edition.query(
        "SELECT city_a, city_b, works FROM collaborations "
        "WHERE scope = 'overall' AND data_year = 2024"
    )
    ids = {c for pair in rows for c in pair}
    expected = {
        (r["city_a"], r["city_b"]): r["works"]
        for r in table.to_pylist()
        if {r["city_a"], r["city_b"]} <= ids
    }
    assert {k: v for k, v in rows.items() if v} == expected
    assert len(rows) == 6
    assert sum(rows.values()) == 3  # Guangzhou–Beijing, Guangzhou–Paris, Beijing–New York


@pytest.mark.parametrize("asked", ["Beijing", "Beijing,北京", ",".join(["Paris"] * 21)])
def test_what_is_no_set(site: Site, asked: str) -> None:
    assert "Name two to 20 different cities" in page(site, "corridors", cities=asked)


def test_an_unknown_city_is_said(site: Site) -> None:
    assert "Pariss" in page(site, "corridors", cities="Beijing,Pariss")


def test_a_published_edition_ranks_members_and_says_what_it_cannot(site: Site) -> None:
    for lang, said in (("en", "no Shares"), ("zh", "未公布份额")):
        html = page(site, f"corridor/{CORRIDOR}", lang, 1)
        assert said in html
        assert {"en": "Macao", "zh": "澳门"}[lang] in html  # not ranked, and said so
    found = together.named(site.shown[1])[CORRIDOR]
    ranks = [site.shown[1].row(c) for c in found.city_ids]
    assert [r["rank"] for r in ranks if r] == [6, 18, 20]


def test_only_sets_of_two_cities_or_more_have_a_page(site: Site) -> None:
    assert "corridors.html" in page(site, "ranking", n=1)
    assert together.named(site.shown[0]) == {}  # one city of it is in the edition
    assert "No source names a set" in page(site, "corridors")
    with pytest.raises(NoSuchPageError, match="no corridor"):
        page(site, "corridor/none")


def test_a_map_keeps_its_points_and_names_inside() -> None:
    drawn = RegionMap([Dot("Zwischenahn am Meer", 8.0, 53.2), Dot("Oldenburg", 8.2, 53.1)])
    west, south, east, north = drawn.box
    assert west < 8.0 < 8.2 < east
    assert south < 53.1 < 53.2 < north
    assert 'class="land2"' in drawn.drawing("en").body


def test_no_name_stands_on_another() -> None:
    spots = [labels.Spot(100 + 3 * n, 100 + 2 * n, 5, f"City number {n}") for n in range(8)]
    placed = labels.place(spots, 600, 400)
    boxes = []
    for label in placed:
        wide = labels.text_width(label.text)
        left = label.x if label.left else label.x - wide
        assert 0 <= left <= 600 - wide
        boxes.append((left, label.y - 13, left + wide, label.y + 4))
    for n, a in enumerate(boxes):
        for b in boxes[n + 1 :]:
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
            assert apart, (a, b)
