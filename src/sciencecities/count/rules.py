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

# One row per (work, author, affiliation, unit) that the source names. A string equal to one of
# the same author that is resolved adds nothing. A window, since Spark would find both sides of a
# join of the links with themselves.
LINKS = """
all_links AS (
    SELECT s.work_no, a.author_position, a.affiliation, a.affiliation_key,
           p.unit_no, p.text_key, p.cluster_key, u.is_resolved
    FROM affiliations AS a
    JOIN {works} AS s ON s.record_id = a.record_id
    JOIN placements AS p ON p.affiliation_key = a.affiliation_key
    JOIN unit_targets AS u ON u.unit_no = p.unit_no
    WHERE NOT s.authors_truncated {batch}
),
links AS (
    SELECT work_no, author_position, affiliation, affiliation_key, unit_no, cluster_key
    FROM (
        SELECT l.*, MAX(CASE WHEN is_resolved THEN 1 ELSE 0 END) OVER (
            PARTITION BY work_no, author_position, text_key
        ) AS has_resolved
        FROM all_links AS l
    ) AS marked
    WHERE is_resolved OR text_key IS NULL OR has_resolved = 0
)"""

# One row per author that the scheme credits, with the author's part of the work.
AUTHOR_PARTS = f"""
credited AS (
    SELECT s.work_no, a.author_position,
           ROW_NUMBER() OVER (PARTITION BY s.work_no ORDER BY a.author_position) AS i,
           COUNT(*) OVER (PARTITION BY s.work_no) AS n
    FROM authorships AS a
    JOIN {{works}} AS s ON s.record_id = a.record_id
    WHERE NOT s.authors_truncated {{credit}} {{batch}}
),
author_parts AS (
    SELECT work_no, author_position,
           {W} // n + CASE WHEN i <= {W} % n THEN 1 ELSE 0 END AS part
    FROM credited
)"""

# One row per distinct unit of an author, at the first affiliation that names it.
AUTHOR_UNITS = """
author_units AS (
    SELECT work_no, author_position, affiliation, affiliation_key, unit_no FROM (
        SELECT l.*, ROW_NUMBER() OVER (
            PARTITION BY work_no, author_position, unit_no ORDER BY affiliation
        ) AS occurrence
        FROM links AS l
    ) AS occurrences WHERE occurrence = 1
)"""

BY_AUTHOR = f"""
WITH {{links}}
{AUTHOR_PARTS},
{AUTHOR_UNITS},
split AS (
    SELECT p.work_no, p.author_position, u.unit_no, u.affiliation, u.affiliation_key, p.part,
           ROW_NUMBER() OVER (PARTITION BY p.work_no, p.author_position ORDER BY u.unit_no) AS i,
           COUNT(*) OVER (PARTITION BY p.work_no, p.author_position) AS n
    FROM author_parts AS p
    LEFT JOIN author_units AS u
      ON u.work_no = p.work_no AND u.author_position = p.author_position
)
SELECT work_no, author_position, COALESCE(unit_no, {NO_AFFILIATION}) AS unit_no,
       affiliation, affiliation_key,
       CAST(part // n + CASE WHEN i <= part % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM split
"""

# Author, then the author's distinct affiliations (equal text and units are one), then units.
BY_AFFILIATION = f"""
WITH {{links}}
{AUTHOR_PARTS},
clusters AS (
    SELECT work_no, author_position, cluster_key, MIN(affiliation) AS affiliation
    FROM links GROUP BY work_no, author_position, cluster_key
),
cluster_split AS (
    SELECT p.work_no, p.author_position, c.affiliation, p.part,
           ROW_NUMBER() OVER (
               PARTITION BY p.work_no, p.author_position ORDER BY c.affiliation
           ) AS i,
           COUNT(*) OVER (PARTITION BY p.work_no, p.author_position) AS n
    FROM author_parts AS p
    LEFT JOIN clusters AS c
      ON c.work_no = p.work_no AND c.author_position = p.author_position
),
cluster_parts AS (
    SELECT work_no, author_position, affiliation,
           part // n + CASE WHEN i <= part % n THEN 1 ELSE 0 END AS part
    FROM cluster_split
),
split AS (
    SELECT c.work_no, c.author_position, c.affiliation, c.part, l.unit_no, l.affiliation_key,
           ROW_NUMBER() OVER (
               PARTITION BY c.work_no, c.author_position, c.affiliation ORDER BY l.unit_no
           ) AS i,
           COUNT(*) OVER (PARTITION BY c.work_no, c.author_position, c.affiliation) AS n
    FROM cluster_parts AS c
    LEFT JOIN links AS l
      ON l.work_no = c.work_no AND l.author_position = c.author_position
     AND l.affiliation = c.affiliation
)
SELECT work_no, author_position, COALESCE(unit_no, {NO_AFFILIATION}) AS unit_no,
       affiliation, affiliation_key,
       CAST(part // n + CASE WHEN i <= part % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM split
"""

# One row per distinct unit of a work with the group it belongs to under the scheme; all authors
# without affiliation together are one unit.
WORK_UNITS = f"""
{AUTHOR_UNITS},
present AS (
    SELECT work_no, author_position, affiliation, affiliation_key, unit_no FROM author_units
    UNION ALL
    SELECT s.work_no, a.author_position,
           CAST(NULL AS INTEGER), CAST(NULL AS BIGINT), {NO_AFFILIATION}
    FROM authorships AS a
    JOIN {{works}} AS s ON s.record_id = a.record_id
    LEFT JOIN author_units AS u
      ON u.work_no = s.work_no AND u.author_position = a.author_position
    WHERE NOT s.authors_truncated AND u.work_no IS NULL {{batch}}
),
work_units AS (
    SELECT p.work_no, p.author_position, p.affiliation, p.affiliation_key, p.unit_no,
           {{group_no}} AS group_no, u.is_placed
    FROM (
        SELECT present.*, ROW_NUMBER() OVER (
            PARTITION BY work_no, unit_no ORDER BY author_position
        ) AS occurrence
        FROM present
    ) AS p
    JOIN unit_targets AS u ON u.unit_no = p.unit_no
    WHERE p.occurrence = 1
)"""

# Work, then its groups (institutions or cities), then the units of each.
BY_GROUP = f"""
WITH {{links}}
{WORK_UNITS},
group_parts AS (
    SELECT work_no, group_no, {W} // n + CASE WHEN i <= {W} % n THEN 1 ELSE 0 END AS part
    FROM (
        SELECT work_no, group_no,
               ROW_NUMBER() OVER (PARTITION BY work_no ORDER BY group_no) AS i,
               COUNT(*) OVER (PARTITION BY work_no) AS n
        FROM (SELECT DISTINCT work_no, group_no FROM work_units) AS distinct_groups
    ) AS numbered
),
split AS (
    SELECT u.work_no, u.unit_no, u.affiliation, u.affiliation_key, g.part,
           ROW_NUMBER() OVER (PARTITION BY u.work_no, u.group_no ORDER BY u.unit_no) AS i,
           COUNT(*) OVER (PARTITION BY u.work_no, u.group_no) AS n
    FROM work_units AS u
    JOIN group_parts AS g ON g.work_no = u.work_no AND g.group_no = u.group_no
)
SELECT work_no, CAST(NULL AS INTEGER) AS author_position, unit_no, affiliation, affiliation_key,
       CAST(part // n + CASE WHEN i <= part % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM split
"""

# 1 to each city present; a work without any city is 1 unassigned, under its first unplaced unit.
FULL = f"""
WITH {{links}}
{WORK_UNITS},
kept AS (
    SELECT u.*,
           MAX(CASE WHEN is_placed THEN 1 ELSE 0 END) OVER (PARTITION BY work_no) AS has_city,
           ROW_NUMBER() OVER (PARTITION BY work_no ORDER BY author_position, unit_no) AS place
    FROM work_units AS u
),
split AS (
    SELECT work_no, unit_no, affiliation, affiliation_key,
           ROW_NUMBER() OVER (PARTITION BY work_no, group_no ORDER BY unit_no) AS i,
           COUNT(*) OVER (PARTITION BY work_no, group_no) AS n
    FROM kept
    WHERE is_placed OR (has_city = 0 AND place = 1)
)
SELECT work_no, CAST(NULL AS INTEGER) AS author_position, unit_no, affiliation, affiliation_key,
       CAST({W} // n + CASE WHEN i <= {W} % n THEN 1 ELSE 0 END AS BIGINT) AS units
FROM split
"""

# Works whose authors the source cut, and works with no author that the scheme could credit.
WITHOUT_AUTHORS = f"""
SELECT s.work_no, CAST(NULL AS INTEGER) AS author_position,
       CASE WHEN s.authors_truncated THEN {TRUNCATED} ELSE {NO_AUTHORS} END AS unit_no,
       CAST(NULL AS INTEGER) AS affiliation, CAST(NULL AS BIGINT) AS affiliation_key,
       CAST({W} AS BIGINT) AS units
FROM {{works}} AS s
LEFT JOIN (
    SELECT DISTINCT a.record_id FROM authorships AS a WHERE a.record_id IS NOT NULL {{credit}}
) AS credited ON credited.record_id = s.record_id
WHERE (s.authors_truncated OR credited.record_id IS NULL) {{batch}}
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
    batch = f"AND s.record_id BETWEEN {first_record} AND {last_record}"
    return f"WITH {LINKS.format(batch=batch, works=works)}\nSELECT * FROM links"


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
    batch = f"AND s.record_id BETWEEN {first_record} AND {last_record}"
    links = "" if has_links else LINKS.format(batch=batch, works=works) + ","
    parts = [
        rule.format(batch=batch, credit=credit, group_no=group_no, works=works, links=links),
        WITHOUT_AUTHORS.format(batch=batch, credit=credit, works=works),
    ]
    return "\nUNION ALL\n".join(f"SELECT * FROM ({part}) AS part" for part in parts)
