"""The place named in an affiliation string."""

from __future__ import annotations

import time

import pytest

from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.place_text import find_place, places_in


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


CASES = [
    # a region decides between towns of one name
    ("Dept A, Univ B, Springfield, IL, USA", "Springfield/US/IL"),
    ("University of Missouri, Columbia, MO 65211, USA", "Columbia/US/MO"),
    ("Univ A, Rochester, NY 14627", "Rochester/US/NY"),
    ("Mayo Clinic, Rochester, MN, USA", "Rochester/US/MN"),
    ("Hospital A, Rochester, New York", "Rochester/US/NY"),
    ("MIT, Cambridge, MA 02139, USA", "Cambridge/US/MA"),
    ("Univ A, Cambridge, UK", "Cambridge/GB/ENG"),
    ("Western University, London, ON, Canada", "London/CA/08"),
    ("Probity Medical Research Waterloo ON Canada", "Waterloo/CA/08"),
    ("Univ A, London, UK", "London/GB/ENG"),
    ("Hospital, Paris, Texas, USA", "Paris/US/TX"),
    ("Duke University, Durham, NC", "Durham/US/NC"),
    ("Durham University, Durham, UK", "Durham/GB/ENG"),
    ("UAB, Birmingham, AL", "Birmingham/US/AL"),
    ("Soochow University, Suzhou, Jiangsu, China", "Suzhou/CN/04"),
    ("University of Newcastle, Newcastle, NSW, Australia", "Newcastle/AU/02"),
    ("Emory University, Atlanta, Georgia", "Atlanta/US/GA"),
    ("Univ A, Tbilisi, Georgia", "Tbilisi/GE/51"),
    ("University of Iowa, Iowa City, IA", "Iowa City/US/IA"),
    ("Newark, DE 19711, USA", "Newark/US/DE"),
    ("Georgetown University, Washington, DC, USA", "Washington/US/DC"),
    ("University of Washington, Seattle, Washington, USA", "Seattle/US/WA"),
    # postcodes
    ("Univ A, New York, NY 10029", "New York City/US/NY"),
    ("Memorial Sloan Kettering Cancer Center New York NY 10065 USA", "New York City/US/NY"),
    ("Fuzhou University, Fuzhou 350116, China", "Fuzhou/CN/07"),
    ("ETH, CH-8091 Zürich, Switzerland", "Zürich/CH/ZH"),
    ("D-69120 Heidelberg, Germany", "Heidelberg/DE/01"),
    ("Inst A, 75013 Paris, France", "Paris/FR/11"),
    ("UNSW, Sydney 2052, Australia", "Sydney/AU/02"),
    ("Lund University, Lund SE-221 00, Sweden", "Lund/SE/27"),
    ("Via Valleggio 11, IT-22100 Como, Italy", "Como/IT/09"),
    ("INIFTA, 1900 La Plata, Argentina", "La Plata/AR/01"),
    ("Univ A, 1012 AB Amsterdam, the Netherlands", "Amsterdam/NL/07"),
    ("NIBIO, NO-1431 Ås, Norway", "Ås/NO/01"),
    # words that are towns
    ("School of Nursing, University of Bath, Bath, UK", "Bath/GB/ENG"),
    ("Department of Medicine, University of Reading, UK", "Reading/GB/ENG"),
    ("Nancy University Hospital, Nancy, France", "Nancy/FR/44"),
    ("UC Irvine Medical Center, Orange, CA 92868, USA", "Orange/US/CA"),
    # the town comes before its region, whatever else bears the region's name
    ("Univ A, Kashiwa, Chiba, Japan", "Kashiwa/JP/04"),
    ("Hospital Universitario de Getafe, Getafe, Madrid, Spain", "Getafe/ES/29"),
    ("Casa Sollievo, San Giovanni Rotondo, Foggia, Italy", "San Giovanni Rotondo/IT/13"),
    ("Univ A, Haidian, Beijing, China", "Beijing/CN/22"),
    # the town stands in the organisation's name
    ("Guangzhou Institute of Geochemistry, China", "Guangzhou/CN/30"),
    ("University of Jinan, China", "Jinan/CN/25"),
    ("Jinan University, China", "Guangzhou/CN/30"),
    ("Washington University in St. Louis", "St. Louis/US/MO"),
    ("Johns Hopkins University School of Medicine, USA", "Baltimore/US/MD"),
    ("University of California, Davis", "Davis/US/CA"),
    ("Waseda Univ., Japan", "Tokyo/JP/40"),
    # languages
    ("广州市天河区中山大学", "Guangzhou/CN/30"),
    ("中山大学附属第一医院", "Guangzhou/CN/30"),
    ("北京大学", "Beijing/CN/22"),
    ("东京大学, 東京都, 日本", "Tokyo/JP/40"),
    ("Universität Wien, Wien, Österreich", "Vienna/AT/09"),
    ("Московский университет, Москва, Россия", "Moscow/RU/48"),
    ("Universidad Nacional, 04510 México D.F., México", "Mexico City/MX/09"),
    # spelling
    ("University of Alberta, Edmonon, Alberta, Canada", "Edmonton/CA/01"),
    ("Météo-France, ToulouseFrance", "Toulouse/FR/76"),
    # city states
    ("Singapore General Hospital, Singapore, Singapore", "Singapore/SG/"),
    ("The Hong Kong Polytechnic University, Hong Kong, China", "Hong Kong/HK/"),
    # several organisations: the first
    ("Univ A, Turku, Finland; Univ B, Oslo, Norway", "Turku/FI/02"),
    ("University of Turku; Turku; Finland", "Turku/FI/02"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_find_place(gazetteer: Gazetteer, text: str, expected: str) -> None:
    found = find_place(gazetteer, text)
    assert found.place is not None, found
    number = int(found.place.place_id[3:])
    answer = f"{found.place.name}/{found.place.country}/{gazetteer.admin1(number)}"
    assert answer == expected
    assert found.country == found.place.country
    assert 0 < found.score <= 1


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Department of Psychology.", None),
        ("These authors contributed equally to this work.", None),
        ("Department of Medicine, Research Center, University Hospital", None),
        ("Oregon Health Authority, Oregon, USA", "US"),
        ("Blue Sky Analytic, India", "IN"),
        ("University of California", None),
        ("", None),
        (",;,;.", None),
    ],
)
def test_nothing_is_invented(gazetteer: Gazetteer, text: str, country: str | None) -> None:
    found = find_place(gazetteer, text)
    assert found.place is None
    assert found.country == country


def test_country_hint(gazetteer: Gazetteer) -> None:
    def country(text: str, hint: str | None) -> str | None:
        return find_place(gazetteer, text, country=hint).country

    assert country("Univ A, Cambridge", None) == "GB"
    assert country("Univ A, Cambridge", "US") == "US"
    assert country("Univ A, Cambridge, UK", "US") == "GB"
    assert country("Institute of Things", "BR") == "BR"


def test_mail_domain_is_a_weak_hint(gazetteer: Gazetteer) -> None:
    found = find_place(gazetteer, "University of Cartagena. x@upct.es")
    assert found.place is not None
    assert found.place.country == "ES"


def test_places_in_lists_every_town_once(gazetteer: Gazetteer) -> None:
    text = "Univ A, Turku, Finland; Univ B, Oslo, Norway; Univ C, Turku, Finland; Dept D."
    assert {p.name for p in places_in(gazetteer, text)} == {"Turku", "Oslo"}


@pytest.mark.parametrize("hostile", ["Paris, " * 9_999, "ab " * 40_000, "," * 99_999, "中" * 9_999])
def test_hostile_strings_cost_little(gazetteer: Gazetteer, hostile: str) -> None:
    find_place(gazetteer, "Paris")
    start = time.process_time()
    find_place(gazetteer, hostile)
    assert time.process_time() - start < 1.0


def test_the_answer_does_not_depend_on_what_was_asked_before(gazetteer: Gazetteer) -> None:
    texts = [text for text, _ in CASES]
    forward = [find_place(gazetteer, t) for t in texts]
    backward = [find_place(gazetteer, t) for t in reversed(texts)]
    assert forward == backward[::-1]
