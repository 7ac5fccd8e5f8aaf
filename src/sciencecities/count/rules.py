"""The counting rules as SQL, written once for every engine. Formulas: docs/METHOD.md.

Inputs (one row per …):
    selected      work of the edition: work_no, record_id, authors_truncated
    authorships   author of a record
    affiliations  affiliation of an authorship
    placements    unit of a distinct affiliation: unit_no, text_key, cluster_key, method
    unit_targets  unit: target_no, institution_no, is_resolved, is_placed
Output `weights`: work_no, author_position, unit_no, affiliation, affiliation_key, units.

A split of P over k members gives each P // k and one more to the first P % k in order, so that
the parts sum to P exactly.
"""

from __future__ import annotations

from sciencecities.tables import UNITS_PER_WORK

NO_AUTHORS, NO_AFFILIATION, TRUNCATED = -1, -2, -3
SPECIAL_UNITS = {
    NO_AUTHORS: "no-authors",
    NO_AFFILIATION: "no-affiliation",
    TRUNCATED: "truncated-authors",
}
"""Units that stand for what a record does not say; real units are numbered from 1."""

W = UNITS_PER_WORK

# One operator makes both numbers of a window where they share partition and order, and columns are
# named in each step, since an engine carries whatever a `*` names through every sort.
ALL_ROWS = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
EQUAL_ROWS = "RANGE BETWEEN CURRENT ROW AND CURRENT ROW"

# One row per author that the scheme credits, with the author's part; a work without any, or whose
# authors the source cut, is one row without author.
AUTHORS = f"""
authors AS (
    SELECT work_no, author_position, authors_truncated,
           {W} // n + CASE WHEN i <= {W} % n THEN 1 ELSE 0 END AS part
    FROM (
        SELECT s.work_no, s.authors_truncated, a.author_position,
               ROW_NUMBER() OVER (PARTITION BY s.work_no ORDER BY a.author_position) AS i,
               COUNT(*) OVER (
                   PARTITION BY s.work_no ORDER BY a.author_position {ALL_ROWS}
               ) AS n
        FROM {{works}} AS s
        LEFT JOIN (
            SELECT a.record_id, a.author_position FROM authorships AS a
            WHERE a.record_id BETWEEN {{first}} AND {{last}} {{credit}}
        ) AS a ON a.record_id = CASE WHEN NOT s.authors_truncated THEN s.record_id END
        WHERE s.record_id BETWEEN {{first}} AND {{last}}
    ) AS numbered
)"""

# One row per (work, author, affiliation, unit) that the source names.
ALL_LINKS = """
all_links AS (
    SELECT s.work_no, a.author_position, a.affiliation, a.affiliation_key,
           p.unit_no, p.text_key, p.cluster_key, u.is_resolved
    FROM affiliations AS a
    JOIN {works} AS s ON s.record_id = a.record_id
    JOIN placements AS p ON p.affiliation_key = a.affiliation_key
    JOIN unit_targets AS u ON u.unit_no = p.unit_no
    WHERE NOT s.authors_truncated AND s.record_id BETWEEN {first} AND {last}
)"""

# A string equal to one of the same author that is resolved adds nothing. A window, since Spark
# would find both sides of a join of the links with themselves.
WITHOUT_ECHOES = """
SELECT {columns} FROM (
    SELECT {columns}, text_key, is_resolved,
           MAX(CASE WHEN is_resolved THEN 1 ELSE 0 END) OVER (
               PARTITION BY work_no, author_position, text_key
           ) AS has_resolved
    FROM ({rows}) AS l
) AS marked
WHERE is_resolved OR text_key IS NULL OR has_resolved = 0
"""

LINK = "work_no, author_position, unit_no, affiliation, affiliation_key"
_ALL = "SELECT * FROM all_links"
LINKS = f"WITH {ALL_LINKS}{WITHOUT_ECHOES.format(columns=LINK + ', cluster_key', rows=_ALL)}"

# Authors with their links; an author without affiliation, and a work without authors, is one row.
# Whatever follows keeps the rows of a work together, so that Spark sends them to one place once.
AUTHOR_LINKS = f"""
SELECT p.work_no, p.author_position, p.part, l.affiliation, l.affiliation_key, l.cluster_key,
       COALESCE(l.unit_no, CASE WHEN p.authors_truncated THEN {TRUNCATED}
                                WHEN p.author_position IS NULL THEN {NO_AUTHORS}
                                ELSE {NO_AFFILIATION} END) AS unit_no {{marks}}
FROM authors AS p
LEFT JOIN {{links}} AS l
  ON l.work_no = p.work_no AND l.author_position = p.author_position
"""

# Over the author's distinct units, each at the first affiliation that names it.
BY_AUTHOR = f"""
SELECT {LINK}, CAST(part // n + CASE WHEN i <= part % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM (
    SELECT {LINK}, part,
           ROW_NUMBER() OVER (PARTITION BY work_no, author_position ORDER BY unit_no) AS i,
           COUNT(*) OVER (
               PARTITION BY work_no, author_position ORDER BY unit_no {ALL_ROWS}
           ) AS n
    FROM (
        SELECT {LINK}, part, ROW_NUMBER() OVER (
            PARTITION BY work_no, author_position, unit_no ORDER BY affiliation
        ) AS occurrence
        FROM author_links
    ) AS units
    WHERE occurrence = 1
) AS split
"""

# Over the author's distinct affiliations (equal text and units are one), then over their units.
BY_AFFILIATION = f"""
SELECT {LINK}, CAST(part // n + CASE WHEN i <= part % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM (
    SELECT {LINK}, i, n, part // n_affiliations
           + CASE WHEN place <= part % n_affiliations THEN 1 ELSE 0 END AS part
    FROM (
        SELECT {LINK}, part, place, i, n,
               MAX(place) OVER (PARTITION BY work_no, author_position) AS n_affiliations
        FROM (
            SELECT {LINK}, part,
                   DENSE_RANK() OVER (
                       PARTITION BY work_no, author_position ORDER BY affiliation
                   ) AS place,
                   1 + ROW_NUMBER() OVER (
                       PARTITION BY work_no, author_position ORDER BY affiliation, unit_no
                   ) - RANK() OVER (
                       PARTITION BY work_no, author_position ORDER BY affiliation
                   ) AS i,
                   COUNT(*) OVER (
                       PARTITION BY work_no, author_position ORDER BY affiliation {EQUAL_ROWS}
                   ) AS n
            FROM (
                SELECT {LINK}, part, MIN(affiliation) OVER (
                    PARTITION BY work_no, author_position, cluster_key
                ) AS first_affiliation
                FROM author_links
            ) AS clusters
            WHERE affiliation IS NULL OR affiliation = first_affiliation
        ) AS placed
    ) AS counted
) AS split
"""

# One row per distinct unit of a work with the group it belongs to under the scheme; all authors
# without affiliation together are one unit.
WORK_UNITS = f""",
work_units AS (
    SELECT p.work_no, p.author_position, p.affiliation, p.affiliation_key, p.unit_no,
           {{group_no}} AS group_no, u.is_placed
    FROM (
        SELECT {LINK}, ROW_NUMBER() OVER (
            PARTITION BY work_no, unit_no ORDER BY author_position, affiliation
        ) AS occurrence
        FROM author_links
    ) AS p
    JOIN unit_targets AS u ON u.unit_no = p.unit_no
    WHERE p.occurrence = 1
)"""

_OF_NO_AUTHOR = (
    "work_no, CAST(NULL AS INTEGER) AS author_position, unit_no, affiliation, affiliation_key"
)

# Work, then its groups (institutions or cities), then the units of each.
BY_GROUP = f"""{WORK_UNITS}
SELECT {_OF_NO_AUTHOR},
       CAST(part // n + CASE WHEN i <= part % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM (
    SELECT work_no, unit_no, affiliation, affiliation_key, i, n,
           {W} // n_groups + CASE WHEN place <= {W} % n_groups THEN 1 ELSE 0 END AS part
    FROM (
        SELECT work_no, unit_no, affiliation, affiliation_key, place, i, n,
               MAX(place) OVER (PARTITION BY work_no) AS n_groups
        FROM (
            SELECT work_no, unit_no, affiliation, affiliation_key,
                   DENSE_RANK() OVER (PARTITION BY work_no ORDER BY group_no) AS place,
                   1 + ROW_NUMBER() OVER (PARTITION BY work_no ORDER BY group_no, unit_no)
                   - RANK() OVER (PARTITION BY work_no ORDER BY group_no) AS i,
                   COUNT(*) OVER (PARTITION BY work_no ORDER BY group_no {EQUAL_ROWS}) AS n
            FROM work_units
        ) AS placed
    ) AS counted
) AS split
"""

# 1 to each city present; a work without any city is 1 unassigned, under its first unplaced unit.
FULL = f"""{WORK_UNITS}
SELECT {_OF_NO_AUTHOR},
       CAST({W} // n + CASE WHEN i <= {W} % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM (
    SELECT work_no, unit_no, affiliation, affiliation_key,
           ROW_NUMBER() OVER (PARTITION BY work_no, group_no ORDER BY unit_no) AS i,
           COUNT(*) OVER (PARTITION BY work_no, group_no ORDER BY unit_no {ALL_ROWS}) AS n
    FROM (
        SELECT work_no, unit_no, affiliation, affiliation_key, group_no, is_placed,
               MAX(CASE WHEN is_placed THEN 1 ELSE 0 END) OVER (
                   PARTITION BY work_no ORDER BY author_position, unit_no {ALL_ROWS}
               ) AS has_city,
               ROW_NUMBER() OVER (PARTITION BY work_no ORDER BY author_position, unit_no) AS place
        FROM work_units
    ) AS kept
    WHERE is_placed OR (has_city = 0 AND place = 1)
) AS split
"""

_EVERYONE = ""
_RULES = {
    "nature-index": (BY_AUTHOR, _EVERYONE, ""),
    "first-author": (BY_AUTHOR, "AND a.is_first", ""),
    "corresponding-author": (BY_AUTHOR, "AND a.is_corresponding", ""),
    "leiden": (BY_AFFILIATION, _EVERYONE, ""),
    "institution": (BY_GROUP, _EVERYONE, "u.institution_no"),
    "city": (BY_GROUP, _EVERYONE, "u.city_no"),
    "full": (FULL, _EVERYONE, "u.city_no"),
}


def links_sql(first_record: int, last_record: int, works: str = "selected") -> str:
    """The query for `links` alone, to be shared by several schemes."""
    return LINKS.format(first=first_record, last=last_record, works=works)


def weights_sql(
    scheme: str,
    first_record: int,
    last_record: int,
    *,
    works: str = "selected",
    has_links: bool = False,
) -> str:
    """The query for the weights of the works whose records lie in the given range.

    `works` names the table of works; with `has_links` the engine knows `links` of that range.
    """
    rule, credit, group_no = _RULES[scheme]
    steps = [AUTHORS] if has_links else [AUTHORS, ALL_LINKS]
    given = {"first": first_record, "last": last_record, "works": works, "credit": credit}
    if has_links:
        rows = AUTHOR_LINKS.format(links="links", marks="")
    else:
        rows = AUTHOR_LINKS.format(links="all_links", marks=", l.text_key, l.is_resolved")
        rows = WITHOUT_ECHOES.format(columns=f"{LINK}, part, cluster_key", rows=rows)
    named = [*(step.format(**given) for step in steps), f"\nauthor_links AS ({rows})"]
    return f"WITH {','.join(named)}{rule.format(group_no=group_no)}"
