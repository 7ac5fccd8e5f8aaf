"""Writing a published ranking as an edition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from sciencecities.edition.swap import building_folder, check_replaceable, locked, swap_in
from sciencecities.edition.write import write_manifest
from sciencecities.files import write_parquet
from sciencecities.published.model import About, Earlier, Rank, extract
from sciencecities.scopes.definitions import SUBJECTS
from sciencecities.scopes.industries import INDUSTRIES
from sciencecities.tables import RANKINGS

KIND = "published"


def write_edition(
    out: Path,
    about: About,
    ranks: list[Rank],
    *,
    cities: str,
    before: list[Earlier],
    inputs: list[dict[str, Any]],
    notes: Sequence[str] = (),
) -> Path:
    """Write the ranking at `out`, whole or not at all; an older edition there is replaced.

    `cities` names the city definition; `before` are earlier editions, the newest first, whose
    ranks become `previous_rank`; `notes` are the manifest's. Raises EditionError if `out` holds
    something else.
    """
    import shutil

    with locked(out):
        check_replaceable(out)
        folder = building_folder(out)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_tables(folder, about, ranks, cities=cities, before=before, inputs=inputs, notes=notes)
        swap_in(folder, out)
    return out


def write_tables(
    folder: Path,
    about: About,
    ranks: list[Rank],
    *,
    cities: str,
    before: list[Earlier],
    inputs: list[dict[str, Any]],
    notes: Sequence[str] = (),
    **more: Any,
) -> None:
    """Write rankings and manifest into an empty folder; `more` are keys of the manifest."""
    import pyarrow as pa

    previous = before[0].ranks if before else {}
    ordered = sorted(ranks, key=lambda r: (r.scope, r.rank, r.city_id))
    rows = [_row(about.data_year, r, previous.get(r.scope, {}).get(r.city_id)) for r in ordered]
    table = pa.Table.from_pylist(rows, schema=RANKINGS.schema())
    write_parquet(folder / "rankings.parquet", table)
    facts = {k: v for k, v in msgspec.to_builtins(about).items() if k != "previous"}
    write_manifest(
        folder,
        configuration={"cities": cities},
        inputs=inputs,
        scopes=_scopes(ranks),
        notes=[n for n in (about.note_en, *notes) if n],
        seconds={},
        kind=KIND,
        titles={"en": about.title_en, "zh": about.title_zh},
        published=facts | {"before": [extract(b) for b in before]},
        **more,
    )


def _row(year: int, r: Rank, previous: int | None) -> dict[str, Any]:
    """A row of rankings; everything that only works could tell is null."""
    change = None if previous is None else previous - r.rank
    row: dict[str, Any] = msgspec.to_builtins(r)
    return row | {"data_year": year, "previous_rank": previous, "rank_change": change}


def _scopes(ranks: list[Rank]) -> list[dict[str, str]]:
    """The ranking's scopes: known ones in the usual order and titles, others by name."""
    named = {r.scope for r in ranks} - {"overall"}
    known = {s.name: s for s in (*(s.scope for s in SUBJECTS), *INDUSTRIES)}
    ordered = [n for n in known if n in named] + sorted(named - known.keys())
    return [
        {
            "name": name,
            "title_en": known[name].title_en if name in known else name,
            "title_zh": known[name].title_zh if name in known else name,
            "kind": known[name].kind if name in known else "own",
        }
        for name in ordered
    ]
