"""Which works each choice of journals and documents takes, by scope: method_works, method_sets.

A journal set brings its own subjects (`natural-82` has no Health), so a work's scopes are found
for each set, as a build with that set would find them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sciencecities.corpus.select import find_scopes
from sciencecities.engines.base import Engine
from sciencecities.method.choices import ARTICLES, WITH_REVIEWS
from sciencecities.tables import METHOD_JOURNALS, METHOD_SETS

if TYPE_CHECKING:
    import pyarrow as pa


class JournalChoice(NamedTuple):
    """A journal set: its name, its ISSNs (None: every work of the edition), its scopes' terms.

    Where `terms` gives None, its works have the scopes that they have in the edition.
    """

    name: str
    issns: pa.Table | None = None  # issn, letters_only
    terms: Callable[[], pa.Table | None] = lambda: None  # as corpus/select.py:find_scopes


# The works of a set, by the rule of corpus/select.py:IN_JOURNALS.
OF_SET = """
SELECT c.* FROM candidates AS c
WHERE EXISTS (
    SELECT 1 FROM work_terms AS t JOIN choice_issns AS j ON j.issn = t.term
    WHERE t.record_id = c.record_id AND t.kind = 'issn' AND (NOT j.letters_only OR c.is_letter))
"""

# One row per work and membership (choice of journals, scope), numbered by name.
MEMBER = """
SELECT x.work_no, m.member_no FROM {scopes} AS x
JOIN {works} AS w ON w.work_no = x.work_no
JOIN member_names AS m ON m.scope = x.scope AND m.choice_no = {number}
"""

MEMBERS_PER_MASK = 62

WORK_SETS = """
SELECT c.work_no, c.document, {masks} FROM candidates AS c
JOIN memberships AS m ON m.work_no = c.work_no GROUP BY c.work_no, c.document
"""

SETS = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY document, {masks}) - 1 AS INTEGER) AS set_no,
       document, {masks}
FROM (SELECT DISTINCT document, {masks} FROM method_work_sets) AS distinct_sets
"""

# By ranges of records: strings that are put together stay in memory until they are all there.
ISSN_SETS = """
SELECT c.work_no, c.source_title, t.issns
FROM candidates AS c LEFT JOIN (
    SELECT record_id, {issns} AS issns
    FROM (SELECT record_id, term,
                 ROW_NUMBER() OVER (PARTITION BY record_id ORDER BY term) AS place
          FROM (SELECT DISTINCT t.record_id, t.term FROM work_terms AS t
                JOIN candidates AS c ON c.record_id = t.record_id
                WHERE t.kind = 'issn' AND t.record_id BETWEEN {first} AND {last}) AS issns
         ) AS placed
    GROUP BY record_id
) AS t ON t.record_id = c.record_id
WHERE c.record_id BETWEEN {first} AND {last}
"""

MOST_ISSNS = """
SELECT COALESCE(MAX(n), 0) AS n FROM (
    SELECT t.record_id, COUNT(DISTINCT t.term) AS n FROM work_terms AS t
    JOIN candidates AS c ON c.record_id = t.record_id
    WHERE t.kind = 'issn' AND t.record_id BETWEEN {first} AND {last} GROUP BY t.record_id
) AS counted
"""

METHOD_WORKS_SQL = """
SELECT c.work_no, CAST(c.data_year AS INTEGER) AS data_year, c.work_id, s.set_no,
       j.journal_no, c.is_letter
FROM candidates AS c
JOIN method_work_sets AS w ON w.work_no = c.work_no
JOIN method_set_masks AS s ON s.document = w.document AND {same}
LEFT JOIN work_issns AS i ON i.work_no = c.work_no
LEFT JOIN journal_numbers AS j ON j.issns = COALESCE(i.issns, '')
     AND j.title = CASE WHEN i.issns IS NULL THEN i.source_title ELSE '' END
ORDER BY c.work_no
"""


def find_members(
    engine: Engine,
    choices: Sequence[JournalChoice],
    scopes: Sequence[str],
    ranges: Sequence[tuple[int, int]],
) -> None:
    """Make what `works_sql` reads, `method_sets` and `method_journals`.

    The engine must know candidates, candidate_scopes, work_terms; `ranges` are of record ids.
    """
    import pyarrow as pa

    names = [(number, scope) for number in range(len(choices)) for scope in scopes]
    numbers, titles = zip(*names, strict=True)
    members = {"member_no": list(range(len(names))), "choice_no": numbers, "scope": titles}
    engine.put("member_names", pa.table(members))
    parts = []
    for number, choice in enumerate(choices):
        works, found = "candidates", "candidate_scopes"
        if choice.issns is not None:
            works = f"choice_works_{number}"
            engine.put("choice_issns", choice.issns)
            engine.table(works, OF_SET)
            if not engine.fetch(f"SELECT COUNT(*) AS n FROM {works}").column("n")[0].as_py():
                continue
        if (terms := choice.terms()) is not None:
            found = f"choice_scopes_{number}"
            find_scopes(engine, terms, works, found)
        parts.append(MEMBER.format(scopes=found, works=works, number=number))
    engine.table("memberships", " UNION ALL ".join(parts))
    _make_sets(engine, choices, names)
    for number, (first, last) in enumerate(ranges):
        most = engine.fetch(MOST_ISSNS.format(first=first, last=last)).column("n")[0].as_py()
        sql = ISSN_SETS.format(first=first, last=last, issns=_joined("term", "place", most))
        engine.table(f"work_issns_{number}", sql)
    together = " UNION ALL ".join(f"SELECT * FROM work_issns_{n}" for n in range(len(ranges)))
    engine.table("work_issns", together)
    for number in range(len(ranges)):
        engine.drop(f"work_issns_{number}")
    _make_journals(engine)


def _make_sets(
    engine: Engine, choices: Sequence[JournalChoice], names: Sequence[tuple[int, str]]
) -> None:
    starts = range(0, len(names), MEMBERS_PER_MASK)
    masks = [f"mask_{n}" for n in range(len(starts))]
    columns = [f"{_mask(start)} AS {name}" for start, name in zip(starts, masks, strict=True)]
    engine.table("method_work_sets", WORK_SETS.format(masks=", ".join(columns)))
    engine.table("method_set_masks", SETS.format(masks=", ".join(masks)))
    sets = engine.fetch("SELECT * FROM method_set_masks ORDER BY set_no").to_pylist()
    with_reviews = [WITH_REVIEWS] if any(s["document"] == "review" for s in sets) else []
    rows = []
    for found in sets:
        documents = [ARTICLES] if found["document"] == "article" else []
        documents += with_reviews
        for number, (choice, scope) in enumerate(names):
            mask, bit = divmod(number, MEMBERS_PER_MASK)
            if found[masks[mask]] >> bit & 1:
                rows += [(found["set_no"], choices[choice].name, d, scope) for d in documents]
    engine.put("method_sets", _arrow(METHOD_SETS.schema(), sorted(rows)))


def _mask(start: int) -> str:
    """One bit for each of the work's memberships from `start` on."""
    cases = " ".join(f"WHEN {start + n} THEN {2**n}" for n in range(MEMBERS_PER_MASK))
    return f"CAST(SUM(CASE member_no {cases} ELSE 0 END) AS BIGINT)"


def _joined(column: str, place: str, most: int) -> str:
    """The values of a group by their place, space-joined: engines' list functions differ."""
    values = [f"MAX(CASE WHEN {place} = {n} THEN {column} END)" for n in range(1, max(most, 1) + 1)]
    return " || ".join([values[0], *(f"COALESCE(' ' || {value}, '')" for value in values[1:])])


def works_sql(engine: Engine) -> str:
    """The query for method_works, after `find_members`."""
    names = engine.fetch("SELECT * FROM method_set_masks LIMIT 0").column_names
    same = " AND ".join(f"s.{n} = w.{n}" for n in names if n.startswith("mask_"))
    return METHOD_WORKS_SQL.format(same=same)


# --- journals -------------------------------------------------------------------------------


def _make_journals(engine: Engine) -> None:
    """Put `method_journals`, and `journal_numbers` (issns, title, journal_no) to find them by."""
    import pyarrow as pa

    counted = engine.fetch(
        "SELECT issns, source_title, COUNT(*) AS works FROM work_issns "
        "WHERE issns IS NOT NULL OR source_title IS NOT NULL GROUP BY issns, source_title"
    ).to_pylist()
    titles: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in counted:
        key = (row["issns"], "") if row["issns"] else ("", row["source_title"])
        titles[key][row["source_title"] or ""] += row["works"]
    keys = sorted(titles)
    ids = journal_ids(issns.split() for issns, _ in keys)
    by_id: dict[str, Counter[str]] = defaultdict(Counter)
    for key in keys:
        by_id[_id(key, ids)].update(titles[key])
    rows = [
        (number, _id(key, ids), _usual(by_id[_id(key, ids)]), key[0] or None)
        for number, key in enumerate(keys)
    ]
    engine.put("method_journals", _arrow(METHOD_JOURNALS.schema(), rows))
    numbers = pa.array(range(len(keys)), pa.int32())
    found = [pa.array([key[i] for key in keys], pa.string()) for i in (0, 1)]
    engine.put("journal_numbers", pa.table([*found, numbers], ["issns", "title", "journal_no"]))


def journal_ids(sets: Iterable[Sequence[str]]) -> dict[str, str]:
    """ISSN → smallest ISSN of all sets that are joined by sharing one.

    >>> journal_ids([["b", "c"], ["a", "b"], ["d"]])
    {'b': 'a', 'c': 'a', 'a': 'a', 'd': 'd'}
    """
    parent: dict[str, str] = {}

    def root(issn: str) -> str:
        while parent[issn] != issn:
            parent[issn] = parent[parent[issn]]
            issn = parent[issn]
        return issn

    for issns in sets:
        for issn in issns:
            parent.setdefault(issn, issn)
            one, other = root(issns[0]), root(issn)
            parent[max(one, other)] = min(one, other)
    return {issn: root(issn) for issn in parent}


def _id(key: tuple[str, str], ids: dict[str, str]) -> str:
    issns, title = key
    return ids[issns.split()[0]] if issns else f"title:{title}"


def _usual(titles: Counter[str]) -> str | None:
    return min(titles, key=lambda title: (-titles[title], title)) or None


def _arrow(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
    )
