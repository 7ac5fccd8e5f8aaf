"""The gazetteer: names in any language, ids, nearness, and its cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from sciencecities.locate import gaz_index
from sciencecities.locate.gaz_tables import load_tables
from sciencecities.locate.gazetteer import Gazetteer, distance_km

GUANGZHOU = 1809858


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def test_place_by_id(gazetteer: Gazetteer) -> None:
    place = gazetteer.place(GUANGZHOU)
    assert place is not None
    assert (place.place_id, place.name, place.country) == ("gn:1809858", "Guangzhou", "CN")
    assert gazetteer.admin1(GUANGZHOU) == "30"
    assert gazetteer.population(GUANGZHOU) > 10_000_000
    assert gazetteer.place(1) is None
    assert gazetteer.population(1) == 0
    assert gazetteer.admin1(1) == ""


@pytest.mark.parametrize(
    ("name", "country", "first"),
    [
        ("广州市", None, "Guangzhou"),
        ("Peking", None, "Beijing"),
        ("Zuerich", None, "Zürich"),
        ("Bombay", "IN", "Mumbai"),
        ("Saint Louis", "US", "St. Louis"),
        ("Goyang", "KR", "Goyang-si"),
        ("Москва", None, "Moscow"),
        ("Research Triangle Park", "US", "Durham"),
    ],
)
def test_search(gazetteer: Gazetteer, name: str, country: str | None, first: str) -> None:
    assert gazetteer.search(name, country)[0].name == first


def test_search_is_by_population(gazetteer: Gazetteer) -> None:
    sizes = [gazetteer.population(int(p.place_id[3:])) for p in gazetteer.search("Cambridge")]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) > 3


@pytest.mark.parametrize("code", ["LAX", "department", "guanjou"])
def test_codes_and_romanisations_are_no_names(gazetteer: Gazetteer, code: str) -> None:
    assert gazetteer.search(code) == []


def test_nearest(gazetteer: Gazetteer) -> None:
    near = gazetteer.nearest(52.2, 0.12, "GB")
    assert near is not None and near.name == "Cambridge"
    across = gazetteer.nearest(50.97, 1.85, "GB")  # Calais, asked for England
    assert across is not None and across.country == "GB"
    assert gazetteer.nearest(0.0, 0.0, "XX") is None
    assert gazetteer.nearest(-89.0, 10.0) is not None


def test_nearest_agrees_with_a_full_scan(gazetteer: Gazetteer) -> None:
    index = gazetteer.index
    rows = [r for r, c in enumerate(index.countries) if c == "NO"]
    for lat, lon in [(60.4, 5.3), (69.7, 19.0), (78.2, 15.6), (65.0, 11.5)]:
        best = min(rows, key=lambda r: gazetteer.distance_km(r, lat, lon))
        assert gazetteer.nearest(lat, lon, "NO") == gazetteer.place_at(best)


def test_distance() -> None:
    assert distance_km(0, 0, 0, 180) == pytest.approx(20_015, abs=1)
    assert distance_km(23.1, 113.3, 23.1, 113.3) == 0


def test_cache_may_be_corrupt_or_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = gaz_index._pack([b"", b"", b"", b"", b"", b"", b"", b"", b"", b""], n_singles=0)
    for bad in (b"", b"{}\n", blob[:-1] + b"x", b"\xff\xfe\n", blob.replace(b"crc", b"xyz")):
        path = tmp_path / "cache.bin"
        path.write_bytes(bad)
        assert gaz_index._read(path) is None
    forbidden = tmp_path / "file"
    forbidden.write_text("")
    gaz_index._write(forbidden / "below" / "cache.bin", blob)  # no folder can be made here
    monkeypatch.setattr(gaz_index, "_cities", lambda: [CITY])
    monkeypatch.setattr(gaz_index, "_cache_path", lambda: forbidden / "below" / "cache.bin")
    assert gaz_index.load_index().names["aachen"] == 0
    monkeypatch.setattr(gaz_index, "_cache_path", lambda: tmp_path / "new" / "cache.bin")
    first = gaz_index.load_index()
    assert (tmp_path / "new" / "cache.bin").exists()
    assert gaz_index.load_index() == first
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "cache.bin"]


CITY = {
    "geonameid": 3247449,
    "name": "Aachen",
    "latitude": 50.77664,
    "longitude": 6.08342,
    "countrycode": "DE",
    "population": 265208,
    "admin1code": "07",
    "alternatenames": ["AAH", "Aix-la-Chapelle", "akhn", "Aquisgrán", "亚琛"],
}


def test_alternate_names_are_filtered() -> None:
    names = {name for _, name in gaz_index._names(0, CITY)}
    assert names == {"aachen", "aix la chapelle", "aquisgran", "亚琛"}


def test_tables_name_places_of_the_gazetteer(gazetteer: Gazetteer) -> None:
    tables = load_tables()
    for name, institution in tables.institutions.items():
        place = gazetteer.place(institution.geonames_id)
        assert place is not None, name
        assert place.country == institution.country, name
    for name, ids in tables.aliases.items():
        assert all(gazetteer.place(i) for i in ids), name
    regions = set(zip(gazetteer.index.countries, gazetteer.index.admin1, strict=True))
    for name, found in (tables.regions | tables.abbreviations).items():
        assert set(found) <= regions, name


def test_chinese_divisions_and_postcodes_name_places(gazetteer: Gazetteer) -> None:
    tables = load_tables()
    ids = {c.geonames_id for found in tables.counties.values() for c in found} | tables.seats
    assert all(gazetteer.place(i) for i in ids)
    xihu = [gazetteer.place(c.geonames_id) for c in tables.counties["xihu"]]
    assert [p.name for p in xihu if p] == ["Hangzhou", "Nanchang", "Benxi"]
    regions = set(zip(gazetteer.index.countries, gazetteer.index.admin1, strict=True))
    for starts in tables.postcodes.values():
        assert {region for found in starts.values() for region in found} <= regions
