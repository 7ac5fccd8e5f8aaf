"""Works that each show one rule, with their parts worked out by hand.

`expected` maps scheme -> number of the counted work -> city or reason -> its part. Works of a case
that are not named there are not counted. All cases are built as one corpus of the years 2023 and
2024, so every work number, DOI included, belongs to one case.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from invented_registry import (
    BEI,
    BEIJING,
    GUANGZHOU,
    LOST,
    NEW_YORK,
    NYC,
    PAR,
    PAR_TWO,
    PARIS,
    institution,
)
from oracle_units import Json
from work_records import at, author, old_author, old_work, work

from oracle import SCHEMES

F = Fraction
YEARS = (2023, 2024)
B, G, P, N = (town.city_id for town in (BEIJING, GUANGZHOU, PARIS, NEW_YORK))
NO_AUTHORS, NO_AFFILIATION = "no-authors", "no-affiliation"
UNRESOLVED, NO_PLACE = "unresolved-affiliation", "institution-without-place"
TRUNCATED = "truncated-authors"

Parts = dict[int, dict[str, F]]


class Case(NamedTuple):
    name: str
    works: list[Json]
    expected: dict[str, Parts]
    keep_ancestors: bool = False


def whole(*numbers: int, where: str = P) -> Parts:
    return {number: {where: F(1)} for number in numbers}


def always(parts: Parts) -> dict[str, Parts]:
    return dict.fromkeys(SCHEMES, parts)


def default(parts: Parts) -> dict[str, Parts]:
    return {"nature-index": parts}


NAMELESS: Json = {"id": None, "display_name": None, "ror": None, "country_code": None}
CLINIC: Json = NAMELESS | {"display_name": "Clinic of Nowhere"}
NOBODY = author()

WEIGHTS = [
    Case(
        "equal parts for authors, then for their institutions",
        [work(101, at(BEI), at(PAR), at(PAR, NYC))],
        {
            "nature-index": {101: {B: F(1, 3), P: F(1, 2), N: F(1, 6)}},
            "leiden": {101: {B: F(1, 3), P: F(1, 2), N: F(1, 6)}},
            "institution": {101: {B: F(1, 3), P: F(1, 3), N: F(1, 3)}},
            "city": {101: {B: F(1, 3), P: F(1, 3), N: F(1, 3)}},
            "full": {101: {B: F(1), P: F(1), N: F(1)}},
            "first-author": {101: {B: F(1)}},
            "corresponding-author": {101: {NO_AUTHORS: F(1)}},
        },
    ),
    Case(
        "two institutions of a city in one affiliation, another in a second",
        [work(102, author(("One, Two", [PAR, PAR_TWO]), ("Three", [BEI])), at(NYC))],
        {
            "nature-index": {102: {P: F(1, 3), B: F(1, 6), N: F(1, 2)}},
            "leiden": {102: {P: F(1, 4), B: F(1, 4), N: F(1, 2)}},
            "institution": {102: {P: F(1, 2), B: F(1, 4), N: F(1, 4)}},
            "city": {102: {P: F(1, 3), B: F(1, 3), N: F(1, 3)}},
            "full": {102: {P: F(1), B: F(1), N: F(1)}},
            "first-author": {102: {P: F(2, 3), B: F(1, 3)}},
        },
    ),
    Case(
        "an institution in two affiliations of an author is one unit, but two affiliations",
        [work(103, author(("Dept A", [BEI]), ("Dept B", [BEI]), ("Elsewhere", [PAR])))],
        {
            "nature-index": {103: {B: F(1, 2), P: F(1, 2)}},
            "leiden": {103: {B: F(2, 3), P: F(1, 3)}},
        },
    ),
    Case(
        "equal strings with equal institutions are one affiliation",
        [work(104, author(("Dept A, Lake", [BEI]), ("DEPT A; Lake.", [BEI]), ("X", [PAR])))],
        {"leiden": {104: {B: F(1, 2), P: F(1, 2)}}},
    ),
    Case(
        "corresponding authors share the work equally",
        [
            work(
                105,
                at(BEI),
                at(PAR, is_corresponding=True),
                at(NYC, PAR, is_corresponding=True),
            )
        ],
        {"corresponding-author": {105: {P: F(3, 4), N: F(1, 4)}}},
    ),
    Case(
        "several first authors share, a later one may be first, else position 1 is",
        [
            work(106, at(BEI, author_position="first"), at(PAR, author_position="first"), at(NYC)),
            work(107, at(BEI, author_position="middle"), at(PAR, author_position="first")),
            work(108, at(BEI, author_position="middle"), at(PAR, author_position="middle")),
        ],
        {
            "first-author": {
                106: {B: F(1, 2), P: F(1, 2)},
                107: {P: F(1)},
                108: {B: F(1)},
            }
        },
    ),
]

UNASSIGNED = [
    Case(
        "no authors",
        [work(201), work(202, authorships=None)],
        always(whole(201, 202, where=NO_AUTHORS)),
    ),
    Case(
        "authors without affiliation",
        [work(203, at(BEI), NOBODY, author(("  ", [])), old_author("", author_position="last"))],
        {
            "nature-index": {203: {B: F(1, 4), NO_AFFILIATION: F(3, 4)}},
            "leiden": {203: {B: F(1, 4), NO_AFFILIATION: F(3, 4)}},
            "institution": {203: {B: F(1, 2), NO_AFFILIATION: F(1, 2)}},
            "city": {203: {B: F(1, 2), NO_AFFILIATION: F(1, 2)}},
            "full": {203: {B: F(1)}},
            "first-author": {203: {B: F(1)}},
        },
    ),
    Case(
        "a string without letters or digits is no affiliation",
        [work(204, at(BEI), author((" - . ", [])), author(("a.b@c.example", [])))],
        default({204: {B: F(1, 3), NO_AFFILIATION: F(2, 3)}}),
    ),
    Case(
        "strings differing in case, punctuation and e-mail are one",
        [
            work(
                205,
                author(
                    ("Field Station, Somewhere", []),
                    ("FIELD STATION; somewhere. Electronic address: a.b@c.example.", []),
                    ("field station (somewhere) d_e@f.example", []),
                    ("X", [PAR]),
                ),
            )
        ],
        {
            "nature-index": {205: {UNRESOLVED: F(1, 2), P: F(1, 2)}},
            "leiden": {205: {UNRESOLVED: F(1, 2), P: F(1, 2)}},
            "institution": {205: {UNRESOLVED: F(1, 2), P: F(1, 2)}},
            "city": {205: {UNRESOLVED: F(1, 2), P: F(1, 2)}},
            "full": {205: {P: F(1)}},
        },
    ),
    Case(
        "an HTML entity in a record is text like any other",
        [
            work(
                218,
                author(("Rock &amp; Soil Survey", []), ("Rock & Soil Survey", []), ("X", [PAR])),
                author(("Rock &amp; Soil, Foghorn", []), ("Rock & Soil, Foghorn", [NYC])),
            )
        ],
        default({218: {UNRESOLVED: F(7, 12), P: F(1, 6), N: F(1, 4)}}),
    ),
    Case(
        "a string equal to a resolved one of the same author adds nothing, of another it does",
        [
            work(
                206,
                author(
                    ("Foghorn University, Physics", [NYC]), ("foghorn university - physics", [])
                ),
                author(("Foghorn University, Physics", [])),
            )
        ],
        {
            "nature-index": {206: {N: F(1, 2), UNRESOLVED: F(1, 2)}},
            "leiden": {206: {N: F(1, 2), UNRESOLVED: F(1, 2)}},
            "institution": {206: {N: F(1, 2), UNRESOLVED: F(1, 2)}},
        },
    ),
    Case(
        "an institution without a place, by registry id and by the source's own id",
        [
            work(207, at(LOST, PAR)),
            old_work(208, old_author("X", institution(PAR, ror=None), institution(NYC))),
        ],
        default({207: {NO_PLACE: F(1, 2), P: F(1, 2)}, 208: {NO_PLACE: F(1, 2), N: F(1, 2)}}),
    ),
    Case(
        "a flagged author list, and a hundred authors without a last one, are truncated",
        [
            work(209, at(PAR), at(BEI), is_authors_truncated=True),
            work(210, *[at(PAR, author_position="middle")] * 100),
        ],
        always(whole(209, 210, where=TRUNCATED)),
    ),
    Case(
        "a hundred authors with a last one, or another number, are not",
        [
            work(211, *[at(PAR)] * 100),
            work(212, *[at(PAR, author_position="middle")] * 101),
            work(213, *[at(PAR, author_position="middle")] * 99),
        ],
        default(whole(211, 212, 213)),
    ),
    Case(
        "scheme city: the unplaced part is one, its reasons split over its units",
        [work(214, at(PAR, LOST), author(("Somewhere", [])), NOBODY)],
        {
            "city": {
                214: {P: F(1, 2), NO_PLACE: F(1, 6), UNRESOLVED: F(1, 6), NO_AFFILIATION: F(1, 6)}
            },
            "institution": {
                214: {P: F(1, 4), NO_PLACE: F(1, 4), UNRESOLVED: F(1, 4), NO_AFFILIATION: F(1, 4)}
            },
        },
    ),
    Case(
        "scheme full: without a city the first unplaced part gives the reason",
        [
            work(215, author(("Somewhere", []), ("X", [LOST])), NOBODY),
            work(216, author(("Somewhere", [])), at(LOST)),
            work(217, NOBODY, at(LOST)),
        ],
        {
            "full": {
                215: {NO_PLACE: F(1)},
                216: {UNRESOLVED: F(1)},
                217: {NO_AFFILIATION: F(1)},
            }
        },
    ),
]

COUNTING_CASES = WEIGHTS + UNASSIGNED
