"""The locator: which units an affiliation has, rule by rule of DESIGN.md sections 4 and 5."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ror_records import (
    BEIJING,
    BOSTON,
    GUANGZHOU,
    LYON,
    PARIS,
    ST_LOUIS,
    UNLISTED,
    XINXIANG,
    XINXIANG_TOWNSHIP,
    record,
    registry,
    ror,
)

from sciencecities.errors import ConfigError
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.locator import Locator
from sciencecities.locate.model import Affiliation, Entry, Unit

REGISTRY = registry(
    record(1, "Lantern Academy of Sciences", BEIJING),
    record(2, "Lantern Institute of Estuaries", GUANGZHOU, parents=[1]),
    record(3, "Lantern Laboratory of Mangroves", GUANGZHOU, parents=[2]),
    record(4, "Foghorn University", BOSTON),
    record(5, "Université des Tilleuls", PARIS),
    record(6, "Old Foghorn College", BOSTON, successors=[4], status="withdrawn"),
    record(7, "Old Tilleul School", PARIS, successors=[8], status="withdrawn"),
    record(8, "New Tilleul School"),
    record(9, "Split School", PARIS, successors=[4, 5], status="inactive"),
    record(10, "Left School", LYON, successors=[77], status="inactive"),
    record(11, "Unplaced Institute", parents=[1]),
    record(12, "Ring Institute", PARIS, parents=[13]),
    record(13, "Ring School", LYON, parents=[12]),
    record(14, "Kiln Normal University", XINXIANG_TOWNSHIP),
    record(15, "Cherry University", UNLISTED),
    record(16, "Two Towns College", PARIS, LYON),
    record(17, "Washington College of Kites", ST_LOUIS),
    record(18, "Old Academy", BEIJING, successors=[1], status="withdrawn"),
    record(19, "Institute of Old Ways", GUANGZHOU, parents=[18]),
)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.fixture(scope="module")
def locator(gazetteer: Gazetteer) -> Locator:
    return Locator(gazetteer, REGISTRY)


@pytest.fixture(scope="module")
def bare(gazetteer: Gazetteer) -> Locator:
    """Without a registry file."""
    return Locator(gazetteer)


@pytest.fixture(scope="module")
def as_given(gazetteer: Gazetteer) -> Locator:
    """--locate registry --no-match."""
    return Locator(gazetteer, REGISTRY, mode="registry", match=False)


def entry(
    number: int | None = None,
    *,
    source: str | None = None,
    name: str | None = None,
    country: str | None = None,
    lineage: str | None = None,
) -> Entry:
    return Entry(source, ror(number) if number else None, name, country, lineage)


def ids(units: list[Unit]) -> list[str | None]:
    return [unit.institution_id for unit in units]


def towns(units: list[Unit]) -> list[str | None]:
    return [unit.place.name if unit.place else None for unit in units]


# --- ids -------------------------------------------------------------------------------------


def test_a_recorded_id_is_the_institution(locator: Locator) -> None:
    text = "Foghorn University, Boston, MA, USA"
    [unit] = locator.locate(Affiliation(text, (entry(4, source="I4", country="US"),)))
    assert unit.key == f"{ror(4)}@gn:4930956"
    assert (unit.institution, unit.country, unit.score) == ("Foghorn University", "US", None)
    assert unit.method.startswith("id+text:")
    assert unit.reason is None


@pytest.mark.parametrize(
    "written", ["000000499", "http://ror.org/000000499", "HTTPS://ROR.ORG/000000499/"]
)
def test_ids_are_compared_in_one_form(locator: Locator, written: str) -> None:
    [unit] = locator.locate(Affiliation(None, (Entry("I4", written, None, None, None),)))
    assert unit.institution_id == ror(4)


def test_a_ror_id_as_the_sources_own_id_counts_as_one(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation(None, (Entry(ror(4), None, None, None, None), entry(4))))
    assert unit.institution_id == ror(4)


def test_without_ror_the_sources_id_stands(locator: Locator) -> None:
    named = entry(source="I99", name="Kite School", country="FR")
    [unit] = locator.locate(Affiliation("Kite School, Lyon, France", (named,)))
    assert (unit.institution_id, unit.root_institution_id, unit.institution) == (
        "I99",
        "I99",
        "Kite School",
    )
    assert towns([unit]) == ["Lyon"]


def test_a_single_successor_replaces_the_id(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation(None, (entry(6), entry(4))))
    assert (unit.institution_id, unit.institution) == (ror(4), "Foghorn University")
    [unit] = locator.locate(Affiliation(None, (entry(6),)))
    assert unit.method == "id-successor+registry"


def test_the_recorded_place_stays_where_the_successor_has_none(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation(None, (entry(7),)))
    assert (unit.institution_id, towns([unit])) == (ror(8), ["Paris"])
    [unit] = locator.locate(Affiliation(None, (entry(10),)))  # its successor is in no record
    assert (unit.institution_id, unit.institution) == (ror(77), "Organisation 77")
    assert towns([unit]) == ["Lyon"]


def test_with_several_successors_the_id_stays(locator: Locator) -> None:
    assert ids(locator.locate(Affiliation(None, (entry(9),)))) == [ror(9)]


def test_an_id_of_another_country_is_rejected_and_the_string_matched(locator: Locator) -> None:
    text = "Foghorn University, Boston, MA, USA"
    [unit] = locator.locate(Affiliation(text, (entry(5, country="FR"),)))
    assert (unit.institution_id, towns([unit])) == (ror(4), ["Boston"])
    assert "id-conflict" in unit.method
    assert unit.score is not None
    assert unit.score > 0.8


def test_a_rejected_id_in_an_unknown_string_leaves_the_string(locator: Locator) -> None:
    text = "Kite Institute, Lyon, France"
    [unit] = locator.locate(Affiliation(text, (entry(4),)))
    assert unit.institution_id == "name:kite-institute"
    assert unit.method.startswith("unregistered")
    assert "id-conflict" in unit.method


def test_a_rejected_id_beside_a_good_one_adds_no_string(locator: Locator) -> None:
    text = "Kite Institute, Lyon, France"
    good = entry(source="I99", name="Kite Institute", country="FR")
    assert ids(locator.locate(Affiliation(text, (entry(4), good)))) == ["I99"]


@pytest.mark.parametrize(
    "text",
    [
        "Foghorn University",
        "Foghorn University, Shanghai",
        "Foghorn University; Kite Club, Lyon, France",
        # its own country, before another address that is glued to it
        "Foghorn University, Boston, United States Department of Mud, Kite Club, Lyon, France",
    ],
)
def test_no_country_clearly_named_is_no_conflict(locator: Locator, text: str) -> None:
    [unit] = locator.locate(Affiliation(text, (entry(4),)))
    assert (unit.institution_id, towns([unit])) == (ror(4), ["Boston"])
    assert "id-conflict" not in unit.method


def test_hong_kong_is_no_conflict_with_china(locator: Locator) -> None:
    named = entry(source="I7", name="Peak College", country="HK")
    [unit] = locator.locate(Affiliation("Peak College, Hong Kong, China", (named,)))
    assert (unit.institution_id, unit.country) == ("I7", "HK")


# --- --no-match --------------------------------------------------------------------------------


def test_no_match_takes_ids_as_they_are(as_given: Locator) -> None:
    text = "Foghorn University, Boston, MA, USA"
    units = as_given.locate(Affiliation(text, (entry(5, country="FR"), entry(6))))
    assert ids(units) == [ror(5), ror(6)]
    assert towns(units) == ["Paris", "Boston"]


def test_no_match_leaves_strings_unresolved(as_given: Locator) -> None:
    [unit] = as_given.locate(Affiliation("Foghorn University, Boston, MA, USA"))
    assert unit.key == "text:foghorn university boston ma usa"
    assert (unit.reason, unit.place, unit.country) == ("unresolved-affiliation", None, "US")


def test_no_match_still_places_strings_by_text(gazetteer: Gazetteer) -> None:
    by_text = Locator(gazetteer, REGISTRY, match=False)
    [unit] = by_text.locate(Affiliation("Foghorn University, Boston, MA, USA"))
    assert unit.key == "name:foghorn-university@gn:4930956"
    assert unit.score is None


# --- strings -----------------------------------------------------------------------------------


def test_an_organisation_across_the_strait_is_another_one(gazetteer: Gazetteer) -> None:
    locator = Locator(gazetteer, REGISTRY, min_score=0.0)  # however well the names agree
    [here] = locator.locate(Affiliation("Lantern Academy of Sciences, Beijing, China", ()))
    [there] = locator.locate(Affiliation("Lantern Academy of Sciences, Taipei, Taiwan", ()))
    assert (here.institution_id, towns([here])) == (ror(1), ["Beijing"])
    assert (there.institution_id, towns([there])) == (
        "name:lantern-academy-of-sciences",
        ["Taipei"],
    )


def test_a_string_is_matched(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation("Dept. of Mud, Université des Tilleuls, Paris, France"))
    assert unit.institution_id == ror(5)
    assert unit.score is not None
    assert 0.8 < unit.score < 1
    assert unit.method.startswith("match+text:")


def test_several_organisations_in_one_string_are_each_at_their_place(locator: Locator) -> None:
    text = "Foghorn University, Boston, USA; Université des Tilleuls, Paris, France"
    units = locator.locate(Affiliation(text))
    assert ids(units) == [ror(4), ror(5)]
    assert towns(units) == ["Boston", "Paris"]


def test_an_entry_without_id_is_its_display_name(locator: Locator) -> None:
    named = entry(name="Kite Institute", country="FR")
    [unit] = locator.locate(Affiliation("Kite Institute, Lyon, France", (named,)))
    assert unit.key == "name:kite-institute@gn:2996944"
    [unit] = locator.locate(Affiliation(None, (entry(name="Foghorn University", country="US"),)))
    assert unit.institution_id == ror(4)


def test_an_entry_without_id_and_name_is_the_text(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation("Foghorn University, Boston, USA", (entry(),)))
    assert unit.institution_id == ror(4)
    units = locator.locate(Affiliation("Kite Institute, Lyon, France", (entry(5), entry())))
    assert ids(units) == [ror(5)]  # the string is resolved by the other entry


def test_an_affiliation_with_entries_adds_no_text(locator: Locator) -> None:
    text = "Foghorn University, Boston, USA; Université des Tilleuls, Paris, France"
    assert ids(locator.locate(Affiliation(text, (entry(4),)))) == [ror(4)]


@pytest.mark.parametrize("text", [None, "", "  \n", "someone@example.org", ".,;"])
def test_nothing_said_is_no_unit(locator: Locator, text: str | None) -> None:
    assert locator.locate(Affiliation(text)) == []
    assert locator.locate(Affiliation(text, (entry(),))) == []


def test_an_unregistered_organisation_stands_under_its_name(bare: Locator) -> None:
    text = "Department of Mud, Foghorn University, Boston, MA, USA"
    [unit] = bare.locate(Affiliation(text))
    assert unit.key == "name:foghorn-university@gn:4930956"
    assert unit.institution == "Foghorn University"
    assert unit.method.startswith("unregistered")


def test_a_town_alone_is_a_placed_string(bare: Locator) -> None:
    for text in ("Lyon, France", "LYON, France."):
        [unit] = bare.locate(Affiliation(text))
        assert (unit.key, unit.method, towns([unit])) == (
            "text:lyon france",
            "place-only",
            ["Lyon"],
        )
        assert unit.reason is None


def test_a_string_without_town_is_unresolved(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation("Kite People, France  (a@b.org)"))
    assert (unit.key, unit.reason) == ("text:kite people france", "unresolved-affiliation")
    assert (unit.place, unit.country, unit.institution_id) == (None, "FR", None)


def test_a_note_where_an_affiliation_stands_is_an_unresolved_string(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation("These authors contributed equally to this work"))
    assert (unit.institution_id, unit.reason) == (None, "unresolved-affiliation")


def test_equal_units_are_one(bare: Locator) -> None:
    entries = (
        entry(name="Kite Institute, Lyon, France"),
        entry(name="KITE INSTITUTE, Lyon, France"),
    )
    assert len(bare.locate(Affiliation(None, entries))) == 1


# --- ancestors ---------------------------------------------------------------------------------


def test_ancestors_named_beside_their_institute_are_dropped(locator: Locator) -> None:
    text = "Lantern Institute of Estuaries, Lantern Academy of Sciences, Guangzhou, China"
    for affiliation in (Affiliation(text), Affiliation(text, (entry(1), entry(2)))):
        units = locator.locate(affiliation)
        assert ids(units) == [ror(2)]
        assert towns(units) == ["Guangzhou"]
        assert units[0].root_institution_id == ror(1)


def test_ancestors_are_transitive_and_need_no_link_between(locator: Locator) -> None:
    assert ids(locator.locate(Affiliation(None, (entry(1), entry(3))))) == [ror(3)]
    assert ids(locator.locate(Affiliation(None, (entry(1), entry(2), entry(3))))) == [ror(3)]


def test_lineage_wins_over_the_registry(locator: Locator) -> None:
    academy = entry(1, source="I1", lineage="I1")
    institute = entry(2, source="I2", lineage="I2")
    assert len(locator.locate(Affiliation(None, (academy, institute)))) == 2
    below = entry(5, source="I5", lineage="I5 I1")
    assert ids(locator.locate(Affiliation(None, (academy, below)))) == [ror(5)]


def test_lineage_serves_sources_without_ror(bare: Locator) -> None:
    top = entry(source="I1", lineage="I1")
    middle = entry(source="I2", lineage="I2 I1")
    low = entry(source="I3", lineage="I3 I2")
    for order in itertools.permutations((top, middle, low)):
        [unit] = bare.locate(Affiliation(None, order))
        assert (unit.institution_id, unit.root_institution_id) == ("I3", "I2")


def test_keep_ancestors(gazetteer: Gazetteer) -> None:
    keeping = Locator(gazetteer, REGISTRY, keep_ancestors=True)
    assert len(keeping.locate(Affiliation(None, (entry(1), entry(2))))) == 2


def test_a_pruned_ancestor_does_not_stand_in_for_a_survivor(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation(None, (entry(1), entry(11))))
    assert unit.institution_id == ror(11)
    assert (unit.place, unit.reason) == (None, "institution-without-place")


def test_nobody_prunes_themselves(locator: Locator) -> None:
    pair = (entry(5, source="I5", lineage="I5"), entry(5, source="I55", lineage="I55 I5"))
    assert ids(locator.locate(Affiliation(None, pair))) == [ror(5)]


def test_of_a_circle_the_smallest_id_stays(locator: Locator, bare: Locator) -> None:
    for pair in itertools.permutations((entry(12), entry(13))):
        assert ids(locator.locate(Affiliation(None, pair))) == [ror(12)]
    ring = [entry(source=f"I{n}", lineage=f"I{n} I{n % 3 + 1}") for n in (1, 2, 3)]
    for order in itertools.permutations(ring):
        assert ids(bare.locate(Affiliation(None, order))) == ["I1"]


def test_ancestors_are_compared_after_mapping(locator: Locator) -> None:
    assert ids(locator.locate(Affiliation(None, (entry(18), entry(2))))) == [ror(2)]
    assert ids(locator.locate(Affiliation(None, (entry(1), entry(19))))) == [ror(19)]


def test_the_root_of_an_unregistered_id_is_the_last_of_its_lineage(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation(None, (entry(88, source="I8", lineage="I8 I7 I6"),)))
    assert unit.root_institution_id == "I6"
    [unit] = locator.locate(Affiliation(None, (entry(88, source="I8", lineage="I7 I8"),)))
    assert unit.root_institution_id == "I7"
    [unit] = locator.locate(Affiliation(None, (entry(3, source="I3", lineage="I3 I9"),)))
    assert unit.root_institution_id == ror(1)


# --- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number", "town"),
    [
        (None, 4, "Boston"),
        ("Foghorn University", 4, "Boston"),
        ("Foghorn University, Worcester, MA, USA", 4, "Worcester"),  # a campus elsewhere
        ("Foghorn University, Lyon", 4, "Boston"),  # not its country
        ("Two Towns College, Lyon, France", 16, "Lyon"),
        ("Two Towns College, France", 16, "Paris"),
        ("Tilleuls, Lyon, France; Tilleuls, Paris, France", 5, "Paris"),  # the registered of two
        ("Kite Club, Lyon, France; Université des Tilleuls, Nantes, France", 5, "Nantes"),
        ("Washington College of Kites, USA", 17, "St Louis"),  # a town within a name is weak
    ],
)
def test_the_place_named_in_the_text_wins_where_it_fits(
    locator: Locator, text: str | None, number: int, town: str
) -> None:
    assert towns(locator.locate(Affiliation(text, (entry(number),)))) == [town]


def test_a_large_town_wins_over_its_namesake_in_the_registry(locator: Locator) -> None:
    text = "Kiln Normal University, Xinxiang 453007, China"
    [unit] = locator.locate(Affiliation(text, (entry(14),)))
    assert unit.place and unit.place.place_id == f"gn:{XINXIANG.geonames_id}"
    assert unit.method.endswith("+registry-namesake")  # reported
    [unit] = locator.locate(Affiliation("Kiln Normal University", (entry(14),)))
    assert unit.place and unit.place.place_id == f"gn:{XINXIANG_TOWNSHIP.geonames_id}"


def test_id_name_and_coordinates_of_a_place_are_rors_own(locator: Locator) -> None:
    [unit] = locator.locate(Affiliation(None, (entry(15),)))
    assert unit.place == REGISTRY.place(ror(15))
    text = "Washington College of Kites, St. Louis, MO, USA"
    [unit] = locator.locate(Affiliation(text, (entry(17),)))
    assert unit.place == REGISTRY.place(ror(17))  # "St Louis", not the gazetteer's "St. Louis"


def test_an_institution_of_no_registry_takes_the_texts_place_in_its_country(
    locator: Locator,
) -> None:
    text = "Kite School, Lyon"
    [unit] = locator.locate(Affiliation(text, (entry(88, country="FR"),)))
    assert towns([unit]) == ["Lyon"]
    [unit] = locator.locate(Affiliation(text, (entry(88, country="BR"),)))
    assert (unit.place, unit.reason, unit.country) == (None, "institution-without-place", "BR")


def test_the_country_is_known_without_a_place(locator: Locator, as_given: Locator) -> None:
    [unit] = locator.locate(Affiliation("Kite School, France", (entry(88),)))
    assert (unit.place, unit.country) == (None, "FR")
    [unit] = as_given.locate(Affiliation(None, (entry(88, country="br"),)))
    assert (unit.reason, unit.country) == ("institution-without-place", "BR")


@pytest.mark.parametrize(
    ("mode", "has_registry", "town"),
    [
        ("text-then-registry", True, "Worcester"),
        ("registry", True, "Boston"),
        ("text", True, "Worcester"),
        ("text-then-registry", False, "Worcester"),
        ("registry", False, "Worcester"),
        ("text", False, "Worcester"),
    ],
)
def test_modes(gazetteer: Gazetteer, mode: str, has_registry: bool, town: str) -> None:
    chosen = Locator(gazetteer, REGISTRY if has_registry else None, mode=mode)
    text = "Foghorn University, Worcester, MA, USA"
    assert towns(chosen.locate(Affiliation(text, (entry(4, country="US"),)))) == [town]


def test_mode_registry_places_nothing_else(gazetteer: Gazetteer) -> None:
    strict = Locator(gazetteer, REGISTRY, mode="registry")
    [unit] = strict.locate(Affiliation("Kite School, Lyon, France", (entry(88),)))
    assert unit.reason == "institution-without-place"
    [unit] = strict.locate(Affiliation("Kite School, Lyon, France"))
    assert (unit.reason, unit.country) == ("unresolved-affiliation", "FR")
    [unit] = strict.locate(Affiliation("Foghorn University, Worcester, MA, USA"))
    assert towns([unit]) == ["Boston"]


def test_mode_text_uses_no_location_of_the_registry(gazetteer: Gazetteer) -> None:
    by_text = Locator(gazetteer, REGISTRY, mode="text")
    [unit] = by_text.locate(Affiliation(None, (entry(4),)))
    assert (unit.reason, unit.country) == ("institution-without-place", "US")


def test_an_unknown_mode_is_an_error(gazetteer: Gazetteer) -> None:
    with pytest.raises(ConfigError, match="text-then-registry"):
        Locator(gazetteer, mode="both")


# --- always ------------------------------------------------------------------------------------

SAMPLE: tuple[Any, ...] = (
    Affiliation("Foghorn University, Boston, USA; Université des Tilleuls, Paris, France"),
    Affiliation("Foghorn University, Boston, USA", (entry(5), entry(1), entry(name="Kites"))),
    Affiliation("Lyon, France"),
    Affiliation(None, (entry(1), entry(2), entry(11))),
)


def test_answers_depend_on_the_affiliation_alone(gazetteer: Gazetteer) -> None:
    first = Locator(gazetteer, REGISTRY)
    answers = [first.locate(a) for a in SAMPLE]
    other = Locator(gazetteer, REGISTRY)
    assert [other.locate(a) for a in reversed(SAMPLE)] == answers[::-1]
    assert [first.locate(a) for a in SAMPLE] == answers


@pytest.mark.parametrize("affiliation", SAMPLE)
def test_a_unit_has_a_place_or_a_reason(locator: Locator, affiliation: Affiliation) -> None:
    for unit in locator.locate(affiliation):
        assert (unit.place is None) == (unit.reason is not None)
        assert (unit.institution_id is None) == (unit.text_key is not None)


def test_of_twenty_thousand_entries_no_ancestor_stays(as_given: Locator) -> None:
    entries = tuple(
        entry(source=f"I{n}", lineage=f"I{n} I{n + 1}" if n % 9 else f"I{n}") for n in range(20_000)
    )
    units = as_given.locate(Affiliation("All of them", entries))
    assert len(units) == len([n for n in range(20_000) if n % 9 == 1 or n == 0])
