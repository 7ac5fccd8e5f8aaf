"""Works that each show one rule about records: schemas, ancestors, selection, identity."""

from __future__ import annotations

from invented_registry import (
    ACADEMY,
    BEI,
    INSTITUTE,
    LABORATORY,
    LOST_CHILD,
    NYC,
    PAR,
    TWO_TOWNS,
    WITHDRAWN,
    institution,
)
from rule_cases import (
    CLINIC,
    NAMELESS,
    NO_PLACE,
    UNRESOLVED,
    B,
    Case,
    F,
    G,
    N,
    P,
    default,
    whole,
)
from work_records import NEWER, OLDER, at, author, middle_author, old_author, old_work, work

SCHEMAS = [
    Case(
        "an institution entry without id is an unresolved string",
        [
            old_work(301, old_author("Raw", institution(PAR, lineage=False), CLINIC, CLINIC)),
            old_work(302, old_author("Raw, Paris", NAMELESS, institution(PAR, lineage=False))),
            old_work(303, old_author("Raw, Paris", NAMELESS)),
            old_work(304, old_author(None, CLINIC), old_author(None, institution(PAR))),
        ],
        default(
            {
                301: {P: F(1, 2), UNRESOLVED: F(1, 2)},
                302: {P: F(1)},
                303: {UNRESOLVED: F(1)},
                304: {UNRESOLVED: F(1, 2), P: F(1, 2)},
            }
        ),
    ),
    Case(
        "one registry id under two ids of the source is one institution",
        [
            old_work(
                305,
                old_author(
                    "X",
                    institution(PAR, lineage=False),
                    institution(PAR, lineage=False, id="https://openalex.org/I999"),
                    institution(NYC, lineage=False),
                ),
            )
        ],
        default({305: {P: F(1, 2), N: F(1, 2)}}),
    ),
    Case(
        "null ids are ignored; institutions no affiliation names are one more affiliation",
        [
            work(
                306,
                author(("Raw", []))
                | {
                    "institutions": [NAMELESS],
                    "affiliations": [{"raw_affiliation_string": "Raw", "institution_ids": [None]}],
                },
            ),
            work(
                307,
                author(("X", [PAR]), ("Y", [PAR]))
                | {"institutions": [institution(PAR), institution(NYC)]},
            ),
            work(
                308,
                author(("X", [ACADEMY]))
                | {"institutions": [institution(ACADEMY), institution(INSTITUTE)]},
            ),
        ],
        {
            "nature-index": {
                306: {UNRESOLVED: F(1)},
                307: {P: F(1, 2), N: F(1, 2)},
                308: {B: F(1, 2), G: F(1, 2)},
            },
            "leiden": {
                306: {UNRESOLVED: F(1)},
                307: {P: F(2, 3), N: F(1, 3)},
                308: {B: F(1, 2), G: F(1, 2)},
            },
        },
    ),
    Case(
        "an affiliation naming an id that the author's institutions lack keeps the id",
        [work(309, author(("X", [PAR, NYC])) | {"institutions": [institution(NYC)]})],
        default({309: {NO_PLACE: F(1, 2), N: F(1, 2)}}),
    ),
    Case(
        "strings not tied to institutions: one affiliation with them, else one each",
        [
            work(310, middle_author(["One", "Two"], institution(PAR), institution(BEI)), at(NYC)),
            work(311, middle_author(["One", "Two", "one."]), at(NYC)),
        ],
        {
            "leiden": {
                310: {P: F(1, 4), B: F(1, 4), N: F(1, 2)},
                311: {UNRESOLVED: F(1, 2), N: F(1, 2)},
            },
            "institution": {
                310: {P: F(1, 3), B: F(1, 3), N: F(1, 3)},
                311: {UNRESOLVED: F(2, 3), N: F(1, 3)},
            },
        },
    ),
]

_NAMES_BOTH = author(("Lantern Institute, Lantern Academy", [ACADEMY, INSTITUTE]))
_OWN_LINEAGE_ONLY = [
    institution(o, lineage=False) | {"lineage": [o.openalex]} for o in (ACADEMY, INSTITUTE)
]

ANCESTORS = [
    Case(
        "an ancestor named in the same affiliation is dropped",
        [
            work(401, _NAMES_BOTH),
            work(402, author(("X", [LABORATORY, ACADEMY, INSTITUTE]))),
        ],
        default(whole(401, 402, where=G)),
    ),
    Case(
        "an ancestor kept on request",
        [work(411, _NAMES_BOTH)],
        default({411: {B: F(1, 2), G: F(1, 2)}}),
        keep_ancestors=True,
    ),
    Case(
        "an ancestor in another affiliation, or of another author, stays",
        [
            work(403, author(("X", [ACADEMY]), ("Y", [INSTITUTE]))),
            work(404, at(ACADEMY), at(INSTITUTE)),
        ],
        default({403: {B: F(1, 2), G: F(1, 2)}, 404: {B: F(1, 2), G: F(1, 2)}}),
    ),
    Case(
        "without lineage the registry's parents count, transitively",
        [
            old_work(
                405,
                old_author(
                    "X", institution(ACADEMY, lineage=False), institution(LABORATORY, lineage=False)
                ),
            ),
            work(
                406,
                middle_author(
                    ["X", "Y"],
                    institution(INSTITUTE, lineage=False),
                    institution(ACADEMY, lineage=False),
                ),
            ),
        ],
        default(whole(405, 406, where=G)),
    ),
    Case(
        "a lineage that names no ancestor overrules the registry",
        [work(407, author(("X", [ACADEMY, INSTITUTE])) | {"institutions": _OWN_LINEAGE_ONLY})],
        default({407: {B: F(1, 2), G: F(1, 2)}}),
    ),
    Case(
        "a survivor without a place is not replaced by its ancestor",
        [work(408, author(("X", [ACADEMY, LOST_CHILD])))],
        default(whole(408, where=NO_PLACE)),
    ),
]

SELECTION = [
    Case(
        "document types",
        [
            work(501, at(PAR)),
            work(510, at(PAR), type="review"),
            work(511, at(PAR), type="preprint"),
            work(512, at(PAR), type="other"),
            old_work(502, at(PAR)),
            old_work(503, at(PAR), type="proceedings-article"),
            old_work(520, at(PAR), type="posted-content"),
            work(521, at(PAR), type=None),
        ],
        default(whole(501, 502, 503)),
    ),
    Case(
        "retracted, paratext and xpac works",
        [
            work(530, at(PAR), is_retracted=True),
            work(531, at(PAR), is_paratext=True),
            work(532, at(PAR), is_xpac=True),
            work(533, at(PAR), is_retracted=None, is_paratext=None, is_xpac=None),
        ],
        default(whole(533)),
    ),
    Case(
        "publication year",
        [
            work(540, at(PAR), publication_year=2022),
            work(541, at(PAR), publication_year=2023),
            work(542, at(PAR), publication_year=None),
        ],
        default(whole(541)),
    ),
]

_DOI = "10.5555/"

IDENTITY = [
    Case(
        "of one id the newest record counts, to the microsecond",
        [
            work(601, at(BEI), updated_date=OLDER),
            work(601, at(PAR), updated_date=NEWER),
            work(601, at(NYC), updated_date="2025-05-31"),
        ],
        default(whole(601)),
    ),
    Case(
        "of one DOI, however written, the newest record counts",
        [
            work(602, at(BEI), doi=f"https://doi.org/{_DOI}A.602", updated_date=OLDER),
            work(603, at(PAR), doi=f"http://dx.doi.org/{_DOI}a.602", updated_date=NEWER),
        ],
        default(whole(603)),
    ),
    Case(
        "on a tie of dates the smallest id counts",
        [
            work(605, at(BEI), doi=f"{_DOI}604"),
            work(604, at(PAR), doi=f"doi:{_DOI}604"),
        ],
        default(whole(604)),
    ),
    Case(
        "a retracted winner removes the work, a retracted loser does not",
        [
            work(606, at(BEI), updated_date=OLDER),
            work(606, at(BEI), updated_date=NEWER, is_retracted=True),
            work(607, at(BEI), doi=f"{_DOI}607", updated_date=OLDER),
            work(608, at(BEI), doi=f"{_DOI}607", updated_date=NEWER, is_retracted=True),
            work(609, at(BEI), updated_date=OLDER, is_retracted=True),
            work(609, at(PAR), updated_date=NEWER),
        ],
        default(whole(609)),
    ),
    Case(
        "identity comes before every filter",
        [
            work(610, at(BEI), doi=f"{_DOI}610", updated_date=OLDER),
            work(611, at(PAR), doi=f"{_DOI}610", updated_date=NEWER, type="preprint"),
            work(612, at(BEI), updated_date=OLDER),
            work(612, at(BEI), updated_date=NEWER, publication_year=2022),
        ],
        default({}),
    ),
    Case(
        "ids are settled before DOIs: a DOI that a newer record gave up joins nothing",
        [
            work(613, at(BEI), doi=f"{_DOI}613", updated_date=OLDER),
            work(613, at(PAR), doi=f"{_DOI}614", updated_date=NEWER),
            work(615, at(PAR), doi=f"{_DOI}613", updated_date="2024-01-01T00:00:00"),
        ],
        default(whole(613, 615)),
    ),
]

REGISTRY = [
    Case(
        "ids as recorded: a withdrawn one stays at its own place; the first location is the place",
        [work(701, at(WITHDRAWN)), work(702, at(TWO_TOWNS))],
        default(whole(701, where=B) | whole(702, where=P)),
    ),
]

RECORD_CASES = REGISTRY + SCHEMAS + ANCESTORS + SELECTION + IDENTITY
