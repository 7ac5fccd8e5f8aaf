"""Affiliation strings as text."""

from __future__ import annotations

import pytest

from sciencecities.locate.text import clean, fold, normalise, organisation, slug


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Univ. of X, Y.", "univ of x  y"),
        ("Lab & Co, Paris", "LAB; CO PARIS"),
        ("Dept A, Univ B. Electronic address: a.b@c.org.", "Dept A; Univ B"),
        ("Ｄｅｐｔ　Ａ", "dept a"),
    ],
)
def test_equal_affiliations_share_a_key(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


def test_entities_are_text() -> None:
    assert normalise("Lab &amp; Co") == "lab amp co"
    assert normalise("A & B; C") == "a b c"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("São José dos Campos", "sao jose dos campos"),
        ("Ålesund–Øst", "alesund ost"),
        ("Łódź", "lodz"),
        ("Đà Nẵng", "da nang"),
        ("Weißwasser", "weisswasser"),
        ("İstanbul", "istanbul"),
        ("Αθήνα", "αθηνα"),
        ("Йошкар-Ола", "иошкар ола"),
        ("L'Aquila", "laquila"),
        ("Xi’an", "xian"),
        ("ガス", "ガス"),
        ("กรุงเทพ", "กรุงเทพ"),
        ("서울특별시", "서울특별시"),
        ("القاهرة", "القاهرة"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a Department of X, Y", "Department of X, Y"),
        ("1Department of X", "Department of X"),
        ("* Univ. X", "Univ. X"),
        ("(2) Univ. X; https://example.org/x", "Univ. X"),
        ("Univ. X. Electronic address: a@b.org.", "Univ. X."),
        ("Univ. X, ORCID: 0000-0002-5353-5266", "Univ. X"),
        ("1st Hospital of X", "1st Hospital of X"),
        ("302 Military Hospital", "302 Military Hospital"),
        ("  A &amp; B  ", "A & B"),
        ("", ""),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "hostile", ["a@" * 50_000, "(" * 100_000, "1 " * 50_000, "&amp;" * 20_000, "A.-" * 33_000]
)
def test_hostile_strings_are_read_to_a_limit(hostile: str) -> None:
    assert len(clean(hostile)) <= 2_000
    assert len(organisation(hostile) or "") <= 2_000
    normalise(hostile)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Department of X, University of Y, 12 Street, City, Country", "University of Y"),
        ("Dalian Institute of Chemical Physics, Chinese Academy of Sciences, Dalian, China",
         "Dalian Institute of Chemical Physics"),
        ("F. Hoffmann-La Roche Ltd., Basel, Switzerland", "F. Hoffmann-La Roche Ltd"),
        ("Division of X, Royal Adelaide Hospital, Adelaide, SA", "Royal Adelaide Hospital"),
        ("Centre A, National Institute for Materials Science, Tsukuba, Japan; Waseda University",
         "National Institute for Materials Science"),
        ("Department of Biology, University of Naples \"Federico II\", Naples, Italy",
         "University of Naples Federico II"),
        ("广州市天河区中山大学", "中山大学"),
        ("广东省广州市越秀区中山二路58号 中山大学附属第一医院 神经科", "中山大学附属第一医院"),
        ("北京大学化学学院", "北京大学"),
        ("中国科学院大连化学物理研究所", "中国科学院大连化学物理研究所"),
        ("كلية الطب، جامعة القاهرة، القاهرة، مصر", "جامعة القاهرة"),
        ("Кафедра физики, Казанский университет, Казань", "Казанский университет"),
        ("물리학과, 한국과학기술원, 대전", "한국과학기술원"),
        ("Τμήμα Φυσικής, Πανεπιστήμιο Αθηνών, Αθήνα", "Πανεπιστήμιο Αθηνών"),
        ("Department of Psychology.", None),
        ("These authors contributed equally to this work.", None),
        ("Department of Medical Oncology and Therapeutics Research, Duarte, CA", None),
        ("", None),
    ],
)  # fmt: skip
def test_organisation(text: str, name: str | None) -> None:
    assert organisation(text) == name


def test_organisation_is_that_of_the_place() -> None:
    text = "University of Turku, Turku, Finland; University of Oslo, Oslo, Norway"
    assert organisation(text) == "University of Turku"
    assert organisation(text, ["Oslo"]) == "University of Oslo"


@pytest.mark.parametrize(
    ("text", "town", "name"),
    [
        ("Foobar Diagnostics, Tacoma, WA 98121, USA", "Tacoma", "Foobar Diagnostics"),
        ("Early Oncology, Barfoo, Leeds, UK", "Leeds", "Barfoo"),
        ("Foobar, Mill Lane, Leeds, UK", "Leeds", "Foobar"),
        ("FOO-BAR, St. Paul, MN, USA", "Saint Paul", "FOO-BAR"),
        ("Leeds Sciences, Leeds, UK", "Leeds", "Leeds Sciences"),
        ("Foobar, Inc., Boston, MA, USA", "Boston", "Foobar, Inc."),
        ("Foo & Co., Inc., Boston, MA, USA", "Boston", "Foo & Co, Inc."),
        ("Inc., Boston, MA, USA", "Boston", None),
        ("Department of Chemistry, Leeds, UK", "Leeds", None),
        ("Drug Safety Research and Development, Groton, CT, USA", "Groton", None),
        ("Leeds, UK", "Leeds", None),
    ],
)
def test_an_organisation_without_a_word_for_one(text: str, town: str, name: str | None) -> None:
    assert organisation(text, [town]) == name


def test_slug() -> None:
    assert slug("The University of São Paulo") == "university-of-sao-paulo"
    assert slug("中山大学") == "中山大学"
    assert slug("The") == "the"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The 960th Hospital of PLA, Jinan, China", "The 960th Hospital of PLA"),
        (
            "Hospital Universitario 12 de Octubre, Madrid, Spain",
            "Hospital Universitario 12 de Octubre",
        ),
        ("Univ. Grenoble Alpes, CNRS, Grenoble, France", "Univ Grenoble Alpes"),
        ("7149University of San Francisco, San Francisco, CA, USA", "University of San Francisco"),
        (
            "Department of Medicine, University of California, San Francisco, CA, USA",
            "University of California San Francisco",
        ),
        ("Université de Foobar 135 Avenue de Rangueil, Toulouse, France", "Université de Foobar"),
    ],
)
def test_numbers_and_dots_in_names_of_organisations(text: str, name: str) -> None:
    assert organisation(text) == name
