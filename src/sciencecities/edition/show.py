"""Tables of an edition for reading: as text, Markdown, CSV, JSON, and the notebook's HTML."""

from __future__ import annotations

import csv
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from sciencecities.edition.read import Edition

QUALITY = "Share measures the size of an output, not its quality."
BATCH_ROWS = 65_536
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as shown: its heading, and whether it holds numbers."""

    title: str
    is_number: bool = False


@dataclass(slots=True)
class View:
    """One table for reading: the finding as title, cells as text, notes below."""

    title: str
    columns: Sequence[Column]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)


# --- numbers --------------------------------------------------------------------------------


def whole(number: int | None) -> str:
    """A Count for people; a dash where a published table has none.

    >>> whole(1234), whole(None)
    ('1,234', '–')
    """
    return "–" if number is None else f"{number:,}"


def decimals(values: Iterable[float]) -> int:
    """Decimals that a column of Shares needs: one, more only where they are small.

    >>> decimals([512.3, 12.0]), decimals([0.25, 3.0]), decimals([0.003])
    (1, 2, 4)
    """
    smallest = min((v for v in values if v > 0), default=1.0)
    return 1 if smallest >= 1 else 2 if smallest >= 0.1 else 3 if smallest >= 0.01 else 4


def percent(part: float) -> str:
    """A part of one as percent, one decimal, two below 1 %.

    >>> percent(0.1234), percent(0.0045), percent(0.0), percent(0.000001)
    ('12.3 %', '0.45 %', '0 %', '<0.01 %')
    """
    value = 100 * part
    if value == 0:
        return "0 %"
    if value < 0.01:
        return "<0.01 %"
    return f"{value:.1f} %" if value >= 1 else f"{value:.2f} %"


def percents(parts: Sequence[float]) -> list[str]:
    """Parts of one as percent, with the decimals that the smallest of them needs.

    >>> percents([0.1234, 0.0045])
    ['12.34 %', '0.45 %']
    """
    digits = decimals(100 * p for p in parts)
    return [f"{100 * p:.{digits}f} %" for p in parts]


def ordinal(number: int) -> str:
    """A rank in words up to tenth, then in digits.

    >>> ordinal(6), ordinal(11), ordinal(22), ordinal(103)
    ('sixth', '11th', '22nd', '103rd')
    """
    return ORDINALS[number - 1] if 1 <= number <= len(ORDINALS) else nth(number)


def minus(number: str) -> str:
    """A number with a real minus sign for the hyphen that Python writes."""
    return number.replace("-", "\u2212")


def nth(number: int) -> str:
    """A rank in digits.

    >>> nth(1), nth(12), nth(1103)
    ('1st', '12th', '1,103rd')
    """
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number:,}{suffix or 'th'}"


def plural(number: int, noun: str) -> str:
    """The number with its noun.

    >>> plural(1, "work"), plural(1234, "city")
    ('1 work', '1,234 cities')
    """
    many = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else many}"


def printable(text: str | None) -> str:
    """Text that can do nothing to a terminal or a table: one line, no control characters."""
    if not text:
        return ""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


# --- for reading ----------------------------------------------------------------------------


def print_text(view: View, console: Console) -> None:
    """Print a view; a terminal's width is kept to, a pipe gets every cell whole."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in view.columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.is_number else "left",
            no_wrap=column.is_number or not console.is_terminal,
            overflow="fold",
        )
    for row in view.rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(Text(printable(view.title), style="bold"), soft_wrap=True)
    if view.rows:
        console.print()
        console.print(table)
    if view.rows and view.notes:
        console.print()
    for note in view.notes:
        console.print(Text(printable(note)), soft_wrap=True)


def markdown(view: View) -> str:
    """The view as a Markdown paragraph, table and notes."""
    lines = [_escaped(view.title), ""]
    lines.append("| " + " | ".join(_escaped(c.title) for c in view.columns) + " |")
    lines.append("| " + " | ".join("---:" if c.is_number else "---" for c in view.columns) + " |")
    lines += ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in view.rows]
    lines += [f"\n{_escaped(note)}" for note in view.notes]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    text = printable(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    for mark in "|*_`[]":
        text = text.replace(mark, "\\" + mark)
    return text


def view_html(view: View) -> str:
    """The view for a notebook."""

    def cells(values: Iterable[str], tag: str) -> str:
        aligned = zip(values, view.columns, strict=True)
        return "".join(
            f"<{tag} style='text-align:{'right' if c.is_number else 'left'}'>"
            f"{html.escape(printable(v))}</{tag}>"
            for v, c in aligned
        )

    head = cells((c.title for c in view.columns), "th")
    rows = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in view.rows)
    notes = "".join(f"<p>{html.escape(printable(n))}</p>" for n in view.notes)
    title = html.escape(printable(view.title))
    return (
        f"<p><strong>{title}</strong></p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}"
    )


# --- for machines ---------------------------------------------------------------------------


def write_csv(table: pa.Table, out: TextIO) -> None:
    """Write all columns at full precision; null is empty."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    for rows in _rows(table):
        writer.writerows(["" if v is None else _cell(v) for v in row.values()] for row in rows)


def write_json(table: pa.Table, out: TextIO) -> None:
    """Write a JSON array with one object per row, at full precision."""
    first = True
    out.write("[")
    for rows in _rows(table):
        for row in rows:
            out.write("\n " if first else ",\n ")
            json.dump(row, out, ensure_ascii=False)
            first = False
    out.write("]\n" if first else "\n]\n")


def _rows(table: pa.Table) -> Iterator[list[dict[str, Any]]]:
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        yield batch.to_pylist()


def _cell(value: Any) -> Any:
    return "; ".join(str(v) for v in value) if isinstance(value, list) else value


# --- an edition by itself -------------------------------------------------------------------


def edition_text(edition: Edition) -> str:
    """One line: name, years, scopes, works, the first five cities."""
    top = ", ".join(f"{r['rank']} {r['city']}{_share(r, ' ({})')}" for r in _top(edition))
    facts = f"Edition {edition.name}: {', '.join(_facts(edition))}"
    return facts + (f"; {top}" if top else "")


def edition_html(edition: Edition) -> str:
    """The same for a notebook, with the first five cities as a table."""

    def cell(value: str | None, *, tag: str = "td", align: str = "left", more: str = "") -> str:
        text = html.escape(printable(value))
        return f"<{tag}{more} style='text-align:{align}'>{text}</{tag}>"

    def head(value: str, align: str = "left", more: str = "") -> str:
        return cell(value, tag="th", align=align, more=" scope='col'" + more)

    zh = " lang='zh-Hans'"
    rows = "".join(
        f"<tr>{cell(str(r['rank']), align='right')}{cell(r['city'])}{cell(r['city_zh'], more=zh)}"
        f"{cell(r['country'])}{cell(_share(r) or '–', align='right')}"
        f"{cell(whole(r['count']), align='right')}</tr>"
        for r in _top(edition)
    )
    header = (
        f"<tr>{head('Rank', 'right')}{head('City')}{head('城市', more=zh)}{head('Country')}"
        f"{head('Share', 'right')}{head('Count', 'right')}</tr>"
    )
    return (
        f"<p><strong>Edition {html.escape(edition.name)}</strong><br>"
        f"{html.escape(', '.join(_facts(edition)))}<br>"
        f"Scopes: {html.escape(', '.join(edition.scopes))}</p>"
        f"<table><thead>{header}</thead><tbody>{rows}</tbody></table><p>{QUALITY}</p>"
    )


def _facts(edition: Edition) -> list[str]:
    years = edition.years
    if not years:
        return [edition.whole.nothing[0]]
    if edition.kind == "published":
        publisher = edition.manifest.get("published", {}).get("publisher_en", "somebody else")
        return [f"year {years[-1]}", f"published by {publisher}", "no ranges, no works"]
    span = f"{years[0]} to {years[-1]}" if len(years) > 1 else f"{years[0]}"
    return [
        f"{'years' if len(years) > 1 else 'year'} {span}",
        plural(len(edition.scopes), "scope"),
        f"{edition.whole.total(edition.size('overall', years[-1]))[0]} in {years[-1]}",
    ]


def _share(row: dict[str, Any], form: str = "{}") -> str:
    """The Share as text; nothing where a published ranking gives none."""
    return "" if row["share"] is None else form.format(f"{row['share']:,.1f}")


def _top(edition: Edition, number: int = 5) -> list[dict[str, Any]]:
    if not edition.years or "overall" not in edition.scopes:
        return []
    rows: list[dict[str, Any]] = edition.rankings().slice(0, number).to_pylist()
    return rows
