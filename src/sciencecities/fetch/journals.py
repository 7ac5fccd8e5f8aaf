"""A list of journals completed at OpenAlex: every ISSN of each, so that `--journals` misses none.

A list often has one ISSN a journal, or titles alone, while works carry the print, the electronic
or the linking one. Journals with an ISSN are asked for a hundred at a time; a title is searched for
and taken only where exactly one journal has it, letter case and punctuation apart.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from sciencecities.errors import BudgetEndedError, ConfigError, FetchError
from sciencecities.fetch import folder as folders
from sciencecities.fetch.http import Amount, Client, Manners
from sciencecities.fetch.report import Report, Silent
from sciencecities.fetch.works_query import BASE_URL, LIST_USD, VALUES_PER_FILTER
from sciencecities.scopes.issn import issn_problem
from sciencecities.scopes.journals import ISSN_COLUMNS, PUBLISHED, SUBJECT_COLUMNS
from sciencecities.scopes.tables import rows
from sciencecities.sources.base import clean_issn

SEARCH_USD = 0.001
TITLE_COLUMNS = ("title", "journal", "journal_title", "name", "source_title")
COLUMNS = ("title", "issn_l", "issn", "subject", "subset", "openalex_id", "works_count", "found_by")


class _Source(Struct):
    id: str
    display_name: str | None = None
    issn_l: str | None = None
    issn: list[str] | None = None
    alternate_titles: list[str] | None = None
    works_count: int | None = None
    type: str | None = None


class _Meta(Struct):
    count: Amount


class _Page(Struct):
    meta: _Meta
    results: list[_Source]


class Journal(Struct, frozen=True, kw_only=True):
    """A row of the list as given."""

    title: str
    issns: tuple[str, ...]
    subject: str = ""
    subset: str = ""


def fetch_journals(
    choice: str,
    out: Path,
    *,
    base_url: str = BASE_URL,
    key: str | None = None,
    budget: float = 1.0,
    manners: Manners | None = None,
    report: Report | None = None,
) -> list[Journal]:
    """Write the completed list to the CSV file `out`; the journals that were not found.

    Those with an ISSN stay in it as they were given, those without are left out. Raises ConfigError
    if the list cannot be read or `out` exists, FetchError for the rest.
    """
    if out.exists():
        raise ConfigError(f"{out}: exists already; name another file")
    journals = read_list(choice)
    titles = sum(not j.issns for j in journals)
    cost = SEARCH_USD * titles + LIST_USD * -(-len(journals) * 2 // VALUES_PER_FILTER)
    if cost > budget:
        raise BudgetEndedError(
            f"{titles:,} titles to search for cost ${cost:.2f}, above the budget of ${budget:.2f}; "
            "raise --budget, or give ISSNs, which cost a hundredth"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise folders.disk_error(out, error) from error
    report = report or Silent()
    report.begin(len(journals), 0, "journals")
    with Client(manners or Manners(), {"api_key": key} if key else {}, report.say) as client:
        asker = _Asker(client, f"{base_url}/sources")
        by_issn = asker.by_issn(i for j in journals for i in j.issns)
        written, missing = [], []
        for journal in journals:
            found = next((by_issn[i] for i in journal.issns if i in by_issn), None)
            how = "issn" if found else "title"
            if found is None and journal.title:
                found = asker.by_title(journal.title)
            if found is None:
                missing.append(journal)
            if found or journal.issns:
                written.append(_row(journal, found, how if found else ""))
            report.advance(1)
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(written)
    folders.write_bytes(out, text.getvalue().encode())
    return missing


def read_list(choice: str) -> list[Journal]:
    """The journals of a named set, or of a CSV file with a column of titles or of ISSNs.

    Raises ConfigError naming file, columns found and row.
    """
    if choice in PUBLISHED:
        listed = [r for r in rows("journals") if r[PUBLISHED[choice]] == "yes"]
    else:
        listed = _read(Path(choice))
    return [_journal(f"journals {choice}, row {n}", row) for n, row in enumerate(listed, 2)]


def _read(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sets = ", ".join(PUBLISHED)
        raise ConfigError(
            f"journals {path}: cannot be read ({error}); give {sets} or a CSV file in UTF-8"
        ) from error
    header = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=header.count))
    try:
        lines = [cells for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise ConfigError(f"journals {path}, row {reader.line_num}: not CSV ({error})") from error
    columns = ["_".join(re.findall(r"\w+", c.lower())) for c in (lines[0] if lines else [])]
    if not set(columns) & {*TITLE_COLUMNS, *ISSN_COLUMNS}:
        raise ConfigError(
            f"journals {path}: no column of titles or ISSNs; columns found: "
            f"{', '.join(columns) or 'none'}; name one title or issn"
        )
    return [dict(zip(columns, cells, strict=False)) for cells in lines[1:]]


def _journal(at: str, row: dict[str, str]) -> Journal:
    cells = [row[c] for c in ISSN_COLUMNS if row.get(c)]
    texts = [t for cell in cells for t in re.split(r"[;,|\s]+", cell) if t]
    for text in texts:
        if problem := issn_problem(text):
            raise ConfigError(f"{at}: {problem}")
    title = next((row[c].strip() for c in TITLE_COLUMNS if row.get(c)), "")
    if not title and not texts:
        raise ConfigError(f"{at}: has neither title nor ISSN; add one or remove the row")
    issns = tuple(dict.fromkeys(i for t in texts if (i := clean_issn(t))))
    subject = next((row[c] for c in SUBJECT_COLUMNS if row.get(c)), "")
    return Journal(title=title, issns=issns, subject=subject, subset=row.get("subset", ""))


class _Asker:
    def __init__(self, client: Client, url: str) -> None:
        self.client, self.url = client, url

    def by_issn(self, issns: Iterable[str]) -> dict[str, _Source]:
        """The journal of each ISSN that the service knows."""
        wanted = sorted(set(issns))
        found: dict[str, _Source] = {}
        for start in range(0, len(wanted), VALUES_PER_FILTER):
            some = wanted[start : start + VALUES_PER_FILTER]
            for source in self._ask({"filter": f"issn:{'|'.join(some)}"}):
                for issn in _issns(source):
                    found.setdefault(issn, source)
        return found

    def by_title(self, title: str) -> _Source | None:
        """The one journal of that title; None if there is none, or several."""
        found = self._ask({"search": title, "filter": "type:journal"})
        named = [s for s in found if _folded(title) in {_folded(n) for n in _names(s)}]
        exact = [s for s in named if _folded(s.display_name or "") == _folded(title)] or named
        return exact[0] if len(exact) == 1 and _issns(exact[0]) else None

    def _ask(self, params: dict[str, str]) -> list[_Source]:
        select = ",".join(_Source.__struct_fields__)
        asked = params | {"select": select, "per_page": "100"}
        page, answer = self.client.get(self.url, asked, type=_Page)
        if page is None:
            said = self.client.excerpt(answer)
            raise FetchError(f"{answer.url}: answers {answer.status}: {said}; look at --base-url")
        return list(page.results)


def _row(journal: Journal, found: _Source | None, how: str) -> dict[str, Any]:
    issns = sorted({*journal.issns, *(_issns(found) if found else ())})
    return {
        "title": journal.title or (found and found.display_name) or "",
        "issn_l": (found and clean_issn(found.issn_l)) or "",
        "issn": ";".join(issns),
        "subject": journal.subject,
        "subset": journal.subset,
        "openalex_id": found.id.rsplit("/", 1)[-1] if found else "",
        "works_count": found.works_count if found else "",
        "found_by": how,
    }


def _issns(source: _Source) -> list[str]:
    numbers = (source.issn_l, *(source.issn or ()))
    return [i for n in numbers if (i := clean_issn(n)) and issn_problem(i) is None]


def _names(source: _Source) -> list[str]:
    return [n for n in (source.display_name, *(source.alternate_titles or ())) if n]


def _folded(title: str) -> str:
    words = re.findall(r"\w+", title.casefold().replace("&", " and "))
    return " ".join(words[1:] if words[:1] == ["the"] else words)
