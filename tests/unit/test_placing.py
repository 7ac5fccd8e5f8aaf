"""The place of an institution: its registry's against the town of the string (DESIGN 5.2)."""

from __future__ import annotations

import pytest

from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.model import Place
from sciencecities.locate.placing import Placed, TextPlaces, choose_place

QUEBEC, MEXICO_CITY, GUANGZHOU = 6325494, 3530597, 1809858
SALAMANCA, CHANGCHUN, BRISBANE, JINAN = 3111108, 2038180, 2174003, 1805753
SAO_PAULO = 3448439
SHENZHEN, BEIJING, KOBE, HELSINKI, JEDDAH, OXFORD_US = (
    1795565,
    1816670,
    1859171,
    658225,
    105343,
    4440076,
)


@pytest.fixture(scope="module")
def texts() -> TextPlaces:
    return TextPlaces(Gazetteer.load())


def place(texts: TextPlaces, geonames_id: int) -> Place:
    found = texts.gazetteer.place(geonames_id)
    assert found is not None
    return found


def choose(texts: TextPlaces, text: str, name: str, geonames_id: int) -> Placed:
    registered = place(texts, geonames_id)
    return choose_place(texts, text, [name], frozenset({registered.country}), [registered])


REGISTRY_WINS = [
    # the town is but a word of the institution's name
    ("Université Laval", "Université Laval", QUEBEC, "Québec"),
    ("PEMEX, Tabasco, Mexico", "PEMEX", MEXICO_CITY, "Mexico City"),
    ("Jinan University, China", "Jinan University", GUANGZHOU, "Guangzhou"),
    # a district of Madrid bears the town's name
    ("University of Salamanca, Salamanca, Spain", "University of Salamanca", SALAMANCA, None),
    # only the country is written
    ("Guangzhou Institute of X, China", "Guangzhou Institute of X", GUANGZHOU, "Guangzhou"),
    # a better known institution is a part of its name, or named beside it
    (
        "RIKEN Center for Computational Science",
        "RIKEN Center for Computational Science",
        KOBE,
        None,
    ),
    (
        "Tsinghua Shenzhen International Graduate School, Tsinghua University",
        "Tsinghua Shenzhen International Graduate School",
        SHENZHEN,
        None,
    ),
    # a campus in the seat's city, before its state
    ("University of São Paulo, Butantã, São Paulo", "University of São Paulo", SAO_PAULO, None),
    # a company, a village of its name
    ("Nokia, Finland", "Nokia (Finland)", HELSINKI, None),
]


@pytest.mark.parametrize(("text", "name", "geonames_id", "town"), REGISTRY_WINS)
def test_the_registrys_place_stands(
    texts: TextPlaces, text: str, name: str, geonames_id: int, town: str | None
) -> None:
    found = choose(texts, text, name, geonames_id)
    assert found.place == place(texts, geonames_id)
    assert town is None or found.place.name == town
    assert found.score >= 0.98


TEXT_WINS = [
    ("Sun Yat-sen University, Zhuhai, China", "Sun Yat-sen University", GUANGZHOU, "Zhuhai"),
    ("Shandong University, Weihai, Shandong, China", "Shandong University", JINAN, "Weihai"),
    (
        "Institute of Changchun University of Science and Technology in Chongqing",
        "Changchun University of Science and Technology",
        CHANGCHUN,
        "Chongqing",
    ),
    ("CSIRO, Aspendale, Victoria 3195, Australia", "CSIRO", BRISBANE, "Aspendale"),
    # a campus, before the state that bears the seat's name
    (
        "Universidade de São Paulo, Ribeirão Preto, São Paulo, Brazil",
        "Universidade de São Paulo",
        SAO_PAULO,
        "Ribeirão Preto",
    ),
    # institutes of an academy lie anywhere
    (
        "Hefei Institutes of Physical Science, Chinese Academy of Sciences",
        "Chinese Academy of Sciences",
        BEIJING,
        "Hefei",
    ),
    # the registry is mistaken, or the known institution more than the registered one
    ("KAUST", "KAUST", JEDDAH, "Thuwal"),
    ("KAUST, Thuwal, Makkah, Saudi Arabia", "KAUST", JEDDAH, "Thuwal"),
    (
        "University of Mississippi Medical Center",
        "University of Mississippi",
        OXFORD_US,
        "Jackson",
    ),
]


@pytest.mark.parametrize(("text", "name", "geonames_id", "town"), TEXT_WINS)
def test_a_campus_named_in_the_text_stands(
    texts: TextPlaces, text: str, name: str, geonames_id: int, town: str
) -> None:
    found = choose(texts, text, name, geonames_id)
    assert found.place is not None
    assert found.place.name == town
    assert 0.5 < found.score < 1.0


def test_a_known_institution_is_not_at_a_namesake_of_its_town(texts: TextPlaces) -> None:
    """Where nothing is written, as in the old schema: Henan Normal University of Xinxiang."""
    township = Place("gn:8403878", "Xinxiang", "CN", 30.49999, 108.27278)
    names = ["Henan Normal University"]
    found = choose_place(texts, "", names, frozenset({"CN"}), [township])
    assert found.place == place(texts, 1788572)
    assert found.method == "known-institution+registry-namesake"
    elsewhere = choose_place(texts, "", names, frozenset({"CN"}), [place(texts, GUANGZHOU)])
    assert elsewhere.place == place(texts, GUANGZHOU)
