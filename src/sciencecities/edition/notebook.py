"""Tables of an edition in a notebook: the first rows, each rank with its range.

Arrow tables show themselves as their schema; so a notebook is told how to show those that an
edition gave, and no others (IPython: `DisplayFormatter`, "Custom methods and formatters").
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

MARK = b"sciencecities"
SHOWN_ROWS = 20
RANGE_OF = {"rank": ("rank_low", "rank_high")}
PLAIN = ("data_year", "author_position")


def of_edition(table: pa.Table) -> pa.Table:
    """The same table, marked as one that a notebook shows as rows."""
    return table.replace_schema_metadata({**(table.schema.metadata or {}), MARK: b"edition"})


def register() -> None:
    """Tell the notebook that this runs in, if any, how to show the tables of editions."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/html"]
        formatter.for_type_by_name("pyarrow.lib", "Table", _html_if_marked)


def table_html(table: pa.Table) -> str:
    """The first rows for a notebook; columns without a value are left out."""
    from sciencecities.edition.show import QUALITY, Column, View, plural, view_html

    rows = table.slice(0, SHOWN_ROWS).to_pylist()
    joined = {n for r, ends in RANGE_OF.items() if r in table.column_names for n in ends}
    names = [
        n for n in table.column_names
        if n not in joined and (not rows or any(r[n] is not None for r in rows))
    ]  # fmt: skip
    columns = {n: _cells(n, rows) for n in names}
    heads = [Column(n.replace("_", " "), _is_number(n, rows)) for n in names]
    cells = [list(row) for row in zip(*columns.values(), strict=True)]
    title = plural(table.num_rows, "row")
    if table.num_rows > SHOWN_ROWS:
        title = f"{SHOWN_ROWS} of {title}"
    return view_html(View(title, heads, cells, [QUALITY] if "share" in names else []))


def _html_if_marked(table: pa.Table) -> str | None:
    """None lets the notebook show the table as it shows any other."""
    return table_html(table) if MARK in (table.schema.metadata or {}) else None


def _is_number(name: str, rows: list[dict[str, Any]]) -> bool:
    return any(isinstance(r[name], int | float) for r in rows)


def _cells(name: str, rows: list[dict[str, Any]]) -> list[str]:
    from sciencecities.edition.show import decimals, minus

    if name in RANGE_OF and rows and all(n in rows[0] for n in RANGE_OF[name]):
        return [_with_range(r[name], *(r[n] for n in RANGE_OF[name])) for r in rows]
    values = [r[name] for r in rows]
    digits = max(3, decimals(abs(v) for v in values if isinstance(v, float)))

    def cell(value: Any) -> str:
        if value is None:
            return "–"
        if isinstance(value, float):
            return minus(f"{value:,.{digits}f}")
        if isinstance(value, int) and name not in PLAIN:
            return minus(f"{value:,}")
        return "; ".join(map(str, value)) if isinstance(value, list) else str(value)

    return [cell(v) for v in values]


def _with_range(rank: int, low: int | None, high: int | None) -> str:
    return f"{rank:,}" if low is None or high is None else f"{rank:,} ({low:,}–{high:,})"
