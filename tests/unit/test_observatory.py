"""The observatory's parts: dates, the YAML it reads, lives of facilities, listings, tables."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sciencecities.cli import run
from sciencecities.errors import ConfigError, ObservatoryError
from sciencecities.observatory import Observatory, built_in, fields, load, model, vocabulary
from sciencecities.observatory.dates import PartialDate, decode
from sciencecities.observatory.listed import bounds
from sciencecities.observatory.model import Claim, Event, Facility, Text
from sciencecities.observatory.reference import reference
from sciencecities.observatory.status import status
from sciencecities.observatory.tables import TABLES
from sciencecities.observatory.tree import TreeError, line_of, parse

# --- dates --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-10-13", date(2025, 10, 13), date(2025, 10, 13)),
    ],
)
def test_dates_of_every_precision(text: str, first: date, last: date) -> None:
    assert (PartialDate(text).first, PartialDate(text).last) == (first, last)


@pytest.mark.parametrize("text", ["25", "2025-1", "2025-02-30", "2025/10", "0000", "October 2025"])
def test_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        PartialDate(text)


@given(st.dates(min_value=date(1900, 1, 1)), st.dates(min_value=date(1900, 1, 1)))
def test_overlap_is_that_of_the_days(a: date, b: date) -> None:
    day = PartialDate(str(a))
    assert day.overlaps(PartialDate(str(b))) is (a == b)
    assert day.overlaps(PartialDate(f"{b:%Y-%m}")) is (f"{a:%Y-%m}" == f"{b:%Y-%m}")
    assert day.overlaps(PartialDate(f"{b:%Y}")) is (a.year == b.year)


# --- the YAML ------------------------------------------------------------------------------


def test_plain_words_mean_what_they_say() -> None:
    text = "a: NO\nb: 2025-10\nc: 2025\nd: 4.5\ne: yes\nf: true\ng: ~\nh: '17'\ni: 1_000\nj: 007\n"
    assert parse(text) == {
        "a": "NO", "b": "2025-10", "c": 2025, "d": 4.5, "e": "yes", "f": True, "g": None,
        "h": "17", "i": "1_000", "j": "007",
    }  # fmt: skip


def test_lines_of_keys_and_items() -> None:
    tree = parse("a:\n  - x: 1\n    y: [2,\n      3]\n\nb: {c: 4}\n")
    assert line_of(tree, "a", 0, "y", 1) == 4
    assert line_of(tree, "a", 0, "y", 7) == 3  # the deepest part that there is
    assert line_of(tree, "b", "c") == 6


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_what_json_means_in_yaml(value: Any) -> None:
    # JSON is YAML, but for the escapes of characters beyond the first plane.
    text = json.dumps({"value": value})
    if "\\ud" not in text:
        assert parse(text) == {"value": value}


def test_hostile_yaml_is_refused() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\n"
    with pytest.raises(TreeError, match="anchors"):
        parse(bomb)
    with pytest.raises(TreeError, match="tag"):
        parse("a: !!python/object/apply:os.system [echo]")


# --- lives of facilities -------------------------------------------------------------------


def facility(*events: Event, **more: Any) -> Facility:
    return Facility(
        id="x", name=Text(en="X"), source="s", as_of=PartialDate("2025"),
        facility_class="research-infrastructure", events=list(events), **more,
    )  # fmt: skip


def event(stage: str, when: str, *, expected: bool = False) -> Event:
    return msgspec.convert(
        {"stage": stage, "date": when, "expected": expected}, Event, dec_hook=decode
    )


def years(number: float) -> dict[str, Any]:
    return {"construction_period": model.Quantity(value=number, unit="year")}


def test_status_follows_from_events() -> None:
    life = facility(
        event("approved", "2023-06-07"),
        event("construction-started", "2025-03-25"),
        **years(4.5),
    )
    assert status(life, date(2023, 1, 1)).stage is None
    assert status(life, date(2023, 6, 7)).stage == "approved"
    assert status(life, date(2025, 3, 24)).stage == "approved"
    on = status(life, date(2025, 6, 30))
    assert on.text() == "in construction on 2025-06-30 (since 2025-03-25); due 2029-09"
    assert on.text("zh") == "截至2025-06-30在建（2025-03-25起）；预计2029-09建成"
    assert (on.esfri, on.eosc) == ("implementation", "under_construction")
    assert not status(life, date(2029, 9, 30)).is_overdue
    late = status(life, date(2029, 10, 1))
    assert late.is_overdue
    assert "no source says that it opened" in late.text()


def test_a_stated_opening_goes_before_a_computed_one() -> None:
    life = facility(
        event("construction-started", "2019-09-20"),
        event("completed", "2025-12", expected=True),
        **years(5),
    )
    on = status(life, date(2024, 1, 1))
    assert (str(on.due), on.due_is_computed, on.stage) == ("2025-12", False, "construction-started")


def test_what_was_only_expected_has_not_happened() -> None:
    life = facility(event("in-operation", "2027", expected=True))
    assert status(life, date(2030, 1, 1)).stage is None


def test_a_rough_date_within_which_the_day_lies() -> None:
    life = facility(event("approved", "2023"), event("construction-started", "2025"))
    on = status(life, date(2025, 6, 30))
    assert on.stage == "approved"
    assert on.text().endswith("construction started in 2025, the day unknown")
    assert status(life, date(2025, 12, 31)).stage == "construction-started"


def test_an_open_facility_is_due_for_nothing() -> None:
    life = facility(
        event("construction-started", "2020"), event("in-operation", "2023"), **years(9)
    )
    assert status(life, date(2024, 1, 1)).due is None


# --- claims --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comparator", "value", "low", "high"),
    [
        ("=", 17, 17, 17),
        (">", 10, 11, None),
        ("≥", 10, 10, None),
        ("<", 10, None, 9),
        ("≈", 30, 27, 33),
    ],
)
def test_bounds(comparator: Any, value: float, low: float | None, high: float | None) -> None:
    claim = Claim(
        id="c", name=Text(en="c"), source="s", as_of=PartialDate("2025"), value=value,
        comparator=comparator, counts=model.Counts(kind="platform"),
    )  # fmt: skip
    infinity = float("inf")
    expected = (-infinity if low is None else low, infinity if high is None else high)
    assert bounds(claim) == pytest.approx(expected)


CITY = """\
city: {id: a, city_id: gn:1, name: {en: A}, country: CN, radius_km: 9,
       centre: {latitude: 0, longitude: 0, precision_km: 1}}
sources: {s: {kind: press, title: {en: t}, publisher: {en: p}, date: 2025, language: en}}
industries:
  - {id: i, name: {en: I}, source: s, as_of: 2025}
  - {id: j, name: {en: J}, source: s, as_of: 2025}
platforms:
  - {id: park, name: {en: P}, tier: park, source: s, as_of: 2025, since: 2024}
  - {id: hall, name: {en: H}, tier: other, source: s, as_of: 2025, at: park}
  - {id: lab, name: {en: L}, tier: national-key-laboratory, source: s, as_of: 2025, at: hall,
     industries: [i], tags: [x, y]}
  - {id: new, name: {en: N}, tier: institute, level: national, source: s, as_of: 2025,
     since: 2026, tags: [x]}
companies:
  - {id: firm, name: {en: F}, source: s, as_of: 2025, listed: true, labels: [leader]}
facilities:
  - {id: tube, name: {en: T}, facility_class: research-infrastructure, source: s, as_of: 2025,
     events: [{stage: construction-started, date: 2024}, {stage: in-operation, date: 2025}]}
"""


@pytest.mark.parametrize(
    ("counts", "as_of", "ids"),
    [
        ("{kind: platform}", 2025, "park hall lab"),
        ("{kind: platform}", 2026, "park hall lab new"),
        ("{kind: platform}", 2023, "hall lab"),
        ("{kind: platform, level: [national]}", 2026, "lab new"),
        ("{kind: platform, tier: [park, other]}", 2025, "park hall"),
        ("{kind: platform, area: park}", 2025, "hall lab"),
        ("{kind: platform, tags: [x, y]}", 2026, "lab"),
        ("{kind: platform, tags: [x], level: [municipal]}", 2026, ""),
        ("{kind: platform, industries: [i, j]}", 2025, "lab"),
        ("{kind: company, listed: true, labels: [leader]}", 2025, "firm"),
        ("{kind: company, listed: false}", 2025, ""),
        ("{kind: facility, stages: [in-operation]}", 2024, ""),
        ("{kind: facility, stages: [in-operation]}", 2025, "tube"),
        ("{kind: person}", 2025, ""),
    ],
)
def test_listed(tmp_path: Path, counts: str, as_of: int, ids: str) -> None:
    claim = f"claims: [{{id: c, name: {{en: c}}, source: s, as_of: {as_of}, value: 1, "
    claim += f"counts: {counts}}}]"
    path = tmp_path / "a.yaml"
    path.write_text(CITY + claim, encoding="utf-8")
    assert [f.id for f in load(path).listed("c")] == ids.split()


# --- the API -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guangzhou() -> Observatory:
    return load("guangzhou")


def test_cities_by_any_name() -> None:
    assert built_in() == ["guangzhou", "hefei"]
    for name in ("guangzhou", "Guangzhou", "广州", "gn:1809858"):
        assert load(name).city.id == "guangzhou"
    with pytest.raises(ConfigError, match="guangzhou, hefei"):
        load("Atlantis")


def test_typed_access(guangzhou: Observatory) -> None:
    assert guangzhou.platforms[0].tier == "national-laboratory"
    assert guangzhou.status("human-cell-lineage-facility", on="2025-06-30").text() == (
        "in construction on 2025-06-30 (since 2025-03-25); due 2029-09"
    )
    parts = guangzhou.claims(part_of="platforms-of-all-kinds")
    assert [c.value for c in parts] == [2, 2, 1, 2, 2, 17, 4, 10]
    with pytest.raises(ObservatoryError, match="no facility 'π-HuB'"):
        guangzhou.status("π-HuB", on="2025")


def test_a_bad_file_cannot_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(CITY.replace("tier: park", "tier: tower"), encoding="utf-8")
    with pytest.raises(ObservatoryError, match=r"a\.yaml:8: platform 'park'.*'tower' is none of"):
        load(path)


def test_a_broken_tie_cannot_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(CITY.replace("at: hall", "at: hell"), encoding="utf-8")
    with pytest.raises(ObservatoryError, match="`at` names 'hell', which no entry has as id"):
        load(path)


@pytest.mark.parametrize("city", ["guangzhou", "hefei"])
def test_tables_keep_their_keys(city: str) -> None:
    opened = load(city)
    for name, shape in TABLES.items():
        table = opened.table(name, on=date(2026, 11, 25))
        assert table.schema == shape.schema()
        keys = table.select(list(shape.key)).to_pylist()
        assert len({tuple(k.values()) for k in keys}) == len(keys), name


def test_tables_say_what_the_facts_say(guangzhou: Observatory) -> None:
    on = date(2025, 6, 30)
    facilities = {r["id"]: r for r in guangzhou.table("facilities", on=on).to_pylist()}
    assert facilities["human-cell-lineage-facility"]["due"] == "2029-09"
    claims = {r["id"]: r for r in guangzhou.table("claims").to_pylist()}
    assert (claims["leading-forces"]["value"], claims["leading-forces"]["listed"]) == (2.0, 2)
    assert claims["axis-institutions"]["listed"] is None
    assert claims["rank-2024-guangzhou-chemistry"]["scope"] == "chemistry"
    sited = {r["id"]: r for r in guangzhou.table("facts").to_pylist()}
    assert sited["human-cell-lineage-facility"]["latitude"] == 23.067  # that of its island
    spine = [r for r in guangzhou.table("points").to_pylist() if "axis" in r["id"]]
    assert [r["position"] for r in spine] == list(range(1, len(spine) + 1))


def test_industries_are_scopes_of_the_package(guangzhou: Observatory) -> None:
    from sciencecities.scopes.industries import INDUSTRIES

    assert {i.scope for i in guangzhou.industries} <= {s.name for s in INDUSTRIES}


# --- the vocabulary and the schema -----------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "terms"),
    [
        (fields.TierName, vocabulary.TIERS),
        (fields.LevelName, vocabulary.LEVELS),
        (fields.StageName, vocabulary.STAGES),
        (fields.FacilityClass, vocabulary.FACILITY_CLASSES),
        (fields.LabelName, vocabulary.LABELS),
        (fields.AxisForm, vocabulary.AXIS_FORMS),
        (fields.PoleForm, vocabulary.POLE_FORMS),
        (fields.CorridorForm, vocabulary.CORRIDOR_FORMS),
        (fields.SourceKind, vocabulary.SOURCE_KINDS),
        (fields.Unit, vocabulary.UNITS),
        (fields.Comparator, vocabulary.COMPARATORS),
        (fields.KindName, vocabulary.KINDS),
    ],
)
def test_every_word_is_explained_in_both_languages(words: Any, terms: Any) -> None:
    assert set(get_args(words)) == set(terms)
    assert all((t.en and t.zh) or t.en == t.zh == "" for t in terms.values())


def test_what_claims_count_are_kinds_and_further_words() -> None:
    kinds = {*vocabulary.KINDS, *vocabulary.COUNTED} - {"claim"}
    assert set(get_args(fields.CountedName)) == kinds
    sections = {k.section for k in vocabulary.KINDS.values()}
    assert sections == set(model.SECTIONS)


def test_the_shipped_schema_is_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["observatory", "schema"]) == 0
    printed = capsys.readouterr().out
    shipped = Path(model.__file__).parent / "schema.json"
    assert shipped.read_text(encoding="utf-8") == printed, (
        "write it anew: sciencecities observatory schema > .../observatory/schema.json"
    )


def test_the_reference_page_is_printed_anew() -> None:
    page = Path(__file__).parents[2] / "docs" / "OBSERVATORY-TABLES.md"
    assert page.read_text(encoding="utf-8") == reference() + "\n"


def test_the_schema_accepts_the_cities_and_refuses_a_bad_one() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(model.schema())
    files = sorted((Path(model.__file__).parent / "data").glob("*/*.yaml"))
    assert len(files) > 8
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=../../schema.json\n"), file
        assert list(validator.iter_errors(parse(text))) == [], file
    bad = {"platforms": [{"id": "a", "name": {"en": "A"}, "tier": "tower", "as_of": "spring"}]}
    words = " ".join(e.message for e in validator.iter_errors(bad))
    assert "'source' is a required property" in words
    assert "'tower' is not one of" in words


# --- the commands --------------------------------------------------------------------------


def test_show_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["observatory", "show", "guangzhou", "--on", "2025-06-30"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Guangzhou: 115 facts from 14 sources; statuses are of 2025-06-30.\n")
    assert "claimed 17 · listed 1" in out
    assert "in construction on 2025-06-30 (since 2025-03-25); due 2029-09" in out
    assert run(["observatory", "show", "广州", "--lang", "zh", "--on", "2025-06"]) == 0
    out = capsys.readouterr().out
    assert "称17 · 收录1" in out
    assert "超5万平方米" in out
    assert "截至2025-06-30在建（2025-03-25起）；预计2029-09建成" in out


def test_show_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["observatory", "show", "hefei", "--format", "json", "--on", "2026"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(TABLES)
    assert run(["observatory", "show", "hefei", "--table", "events", "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(",") == TABLES["events"].names
    assert "east,1,in-operation,2006-09-26," in lines[1]
    assert run(["observatory", "show", "hefei", "--format", "csv"]) == 2
    assert run(["observatory", "show", "hefei", "--table", "nothing"]) == 2
    assert run(["observatory", "show"]) == 2
    assert run(["observatory", "show", "hefei", "--on", "spring"]) == 2
    assert "is no date" in capsys.readouterr().err
