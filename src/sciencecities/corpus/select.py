"""What an edition includes: records made one, then filtered, then put into scopes.

Before any filter, records are made one: by id, then by DOI; the newest version wins; on a tie the
smallest id, then the smallest canonical JSON of what the corpus holds of the record.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sciencecities.corpus.documents import is_review
from sciencecities.corpus.store import Corpus
from sciencecities.engines.base import Engine
from sciencecities.tables import AFFILIATION_ENTRIES, AFFILIATIONS, AUTHORSHIPS, WORK_TERMS, WORKS

if TYPE_CHECKING:
    import pyarrow as pa

TIES_AT_A_TIME = 20_000

# Every record that is the newest of its id; several where versions are equal.
NEWEST_OF_ID = """
SELECT w.record_id, w.work_id
FROM works AS w
JOIN (SELECT work_id, MAX(version) AS version FROM works GROUP BY work_id) AS newest
  ON newest.work_id = w.work_id AND newest.version = w.version
"""

TIED = """
SELECT n.record_id, n.work_id
FROM newest_of_id AS n
JOIN (SELECT work_id FROM newest_of_id GROUP BY work_id HAVING COUNT(*) > 1) AS t
  ON t.work_id = n.work_id
ORDER BY n.work_id, n.record_id
"""

ONE_PER_ID = """
SELECT w.*
FROM works AS w
JOIN newest_of_id AS n ON n.record_id = w.record_id
WHERE NOT EXISTS (SELECT 1 FROM tie_losers AS t WHERE t.record_id = w.record_id)
"""

# Ids are distinct here, so version and id decide; records without DOI stand alone.
ONE_PER_DOI = """
SELECT record_id FROM (
    SELECT record_id, ROW_NUMBER() OVER (
        PARTITION BY doi ORDER BY version DESC, work_id
    ) AS place
    FROM one_per_id WHERE doi IS NOT NULL
) AS ordered WHERE place = 1
UNION ALL
SELECT record_id FROM one_per_id WHERE doi IS NULL
"""

# One row per work that is located: articles, which the edition counts, and reviews, which only the
# method range takes in. work_no follows the order of (data_year, work_id).
CANDIDATES = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY w.year, w.work_id) AS BIGINT) AS work_no,
       w.record_id, w.work_id, w.work_key, w.doi, w.year AS data_year, w.type, w.authors_truncated,
       CASE WHEN w.is_primary THEN 'article' ELSE 'review' END AS document,
       w.source_title,
       {is_letter} AS is_letter
FROM one_per_id AS w
JOIN one_per_doi AS d ON d.record_id = w.record_id
LEFT JOIN review_types AS v ON v.type = w.type
LEFT JOIN highlights AS h ON h.doi = w.doi
WHERE (w.is_primary OR v.type IS NOT NULL) AND w.excluded IS NULL AND w.year IS NOT NULL {filters}
"""

# One row per work of the edition, numbered likewise.
SELECTED = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY work_no) AS BIGINT) AS work_no,
       record_id, work_id, work_key, doi, data_year, type, authors_truncated
FROM candidates WHERE document = 'article'
"""

IS_LETTER = "(COALESCE(w.first_page LIKE 'L%', FALSE) OR h.doi IS NOT NULL)"

IN_JOURNALS = f"""
  AND (EXISTS (SELECT 1 FROM work_terms AS t JOIN journal_issns AS j ON j.issn = t.term
               WHERE t.record_id = w.record_id AND t.kind = 'issn' AND NOT j.letters_only)
       OR {IS_LETTER} AND
       EXISTS (SELECT 1 FROM work_terms AS t JOIN journal_issns AS j ON j.issn = t.term
               WHERE t.record_id = w.record_id AND t.kind = 'issn'))
"""

# The scopes of the smallest priority that says anything of the work; where terms vote, those with
# the most votes.
MATCHED = """
SELECT s.work_no, r.classification, r.priority, r.vote, r.scope, COUNT(*) AS votes
FROM work_terms AS t
JOIN {works} AS s ON s.record_id = t.record_id
JOIN scope_terms AS r ON r.kind = t.kind AND r.term = t.term
GROUP BY s.work_no, r.classification, r.priority, r.vote, r.scope
"""

WORK_SCOPES_SQL = """
SELECT DISTINCT m.work_no, m.scope
FROM matched AS m
JOIN (SELECT work_no, classification, MIN(priority) AS priority
      FROM matched GROUP BY work_no, classification) AS first
  ON first.work_no = m.work_no AND first.classification = m.classification
 AND first.priority = m.priority
JOIN (SELECT work_no, classification, priority, MAX(votes) AS votes
      FROM matched GROUP BY work_no, classification, priority) AS most
  ON most.work_no = m.work_no AND most.classification = m.classification
 AND most.priority = m.priority
WHERE m.scope <> 'none' AND (NOT m.vote OR m.votes = most.votes)
UNION ALL
SELECT work_no, 'overall' AS scope FROM {works}
"""

# The scopes of the candidates that are counted, under their number in `selected`.
SELECTED_SCOPES = """
SELECT s.work_no, x.scope
FROM candidate_scopes AS x
JOIN candidates AS c ON c.work_no = x.work_no
JOIN selected AS s ON s.record_id = c.record_id
"""


def open_corpus(engine: Engine, corpus: Corpus) -> None:
    """Make the corpus tables readable under their names."""
    for table in (WORKS, WORK_TERMS, AUTHORSHIPS, AFFILIATIONS, AFFILIATION_ENTRIES):
        engine.view(table.name, corpus.paths(table.name), table)


def select_works(
    engine: Engine,
    *,
    years: list[int] | None,
    journals: pa.Table | None,
    highlights: list[str],
) -> None:
    """Make `selected`, one row per work of the edition, and `candidates`, which has reviews too.

    `journals` has columns issn, letters_only; None takes every source. A Letter is told by an
    article number or page that begins with L; `highlights` are DOIs taken besides.
    """
    import pyarrow as pa

    engine.table("newest_of_id", NEWEST_OF_ID)
    losers = pa.table({"record_id": pa.array(_tie_losers(engine), pa.int64())})
    engine.put("tie_losers", losers)
    engine.table("one_per_id", ONE_PER_ID)
    engine.table("one_per_doi", ONE_PER_DOI)
    engine.put("highlights", pa.table({"doi": pa.array(sorted(set(highlights)), pa.string())}))
    engine.put("review_types", pa.table({"type": pa.array(_review_types(engine), pa.string())}))
    filters = ""
    if years is not None:
        filters += f" AND w.year IN ({', '.join(str(y) for y in sorted(set(years)))})"
    if journals is not None:
        engine.put("journal_issns", journals)
        filters += IN_JOURNALS
    engine.table("candidates", CANDIDATES.format(filters=filters, is_letter=IS_LETTER))
    engine.table("selected", SELECTED)


def scope_works(engine: Engine, scope_terms: pa.Table) -> None:
    """Make `work_scopes_no` (work_no, scope): the scopes of every selected work, with `overall`.

    `candidate_scopes` is the same of the candidates.
    """
    find_scopes(engine, scope_terms, "candidates", "candidate_scopes")
    engine.table("work_scopes_no", SELECTED_SCOPES)


def find_scopes(engine: Engine, scope_terms: pa.Table, works: str, into: str) -> None:
    """Make the table `into` (work_no, scope): the scopes of the table `works`, with `overall`.

    `scope_terms` has columns classification, priority, kind, term, scope, vote.
    """
    engine.put("scope_terms", scope_terms)
    engine.table("matched", MATCHED.format(works=works))
    engine.table(into, WORK_SCOPES_SQL.format(works=works))


def _review_types(engine: Engine) -> list[str]:
    """The document types of the corpus that mean a review."""
    rows = engine.fetch("SELECT DISTINCT type FROM works WHERE NOT is_primary AND type IS NOT NULL")
    return sorted(t for t in rows.column("type").to_pylist() if is_review(t))


def _tie_losers(engine: Engine) -> list[int]:
    """Records that share id and version with one whose canonical JSON is smaller."""
    losers: list[int] = []
    group: dict[str, list[int]] = defaultdict(list)
    n_waiting = 0
    for batch in engine.batches(TIED):
        for record_id, work_id in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            if n_waiting >= TIES_AT_A_TIME and work_id not in group:
                losers += _losers_of(engine, group)
                group.clear()
                n_waiting = 0
            group[work_id].append(record_id)
            n_waiting += 1
    return losers + _losers_of(engine, group)


def _losers_of(engine: Engine, groups: dict[str, list[int]]) -> list[int]:
    if not groups:
        return []
    text = _canonical_json(engine, [r for records in groups.values() for r in records])
    losers: list[int] = []
    for records in groups.values():
        winner = min(records, key=lambda r: (text[r], r))
        losers += [r for r in records if r != winner]
    return losers


def _canonical_json(engine: Engine, record_ids: Iterable[int]) -> dict[int, str]:
    import pyarrow as pa

    engine.put("tied_records", pa.table({"record_id": pa.array(list(record_ids), pa.int64())}))
    content: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    queries = {
        "work": "SELECT w.* FROM works AS w JOIN tied_records AS t ON t.record_id = w.record_id",
        "terms": "SELECT w.* FROM work_terms AS w "
        "JOIN tied_records AS t ON t.record_id = w.record_id",
        "authorships": "SELECT a.* FROM authorships AS a "
        "JOIN tied_records AS t ON t.record_id = a.record_id",
        "affiliations": "SELECT DISTINCT a.record_id, a.author_position, a.affiliation, e.* "
        "FROM affiliations AS a JOIN tied_records AS t ON t.record_id = a.record_id "
        "JOIN affiliation_entries AS e ON e.affiliation_key = a.affiliation_key",
    }
    for part, sql in queries.items():
        for row in engine.fetch(sql).to_pylist():
            content[row.pop("record_id")][part].append(json.dumps(row, sort_keys=True))
    return {
        record: json.dumps({part: sorted(rows) for part, rows in parts.items()}, sort_keys=True)
        for record, parts in content.items()
    }
