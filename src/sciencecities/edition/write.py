"""The last step of a build: hashes, manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sciencecities.edition.hashing import table_hash
from sciencecities.files import write_json
from sciencecities.tables import KINDS

EDITION_FORMAT = 1


def write_manifest(
    folder: Path,
    *,
    configuration: dict[str, Any],
    inputs: list[dict[str, Any]],
    scopes: list[dict[str, str]],
    notes: list[str],
    seconds: dict[str, float],
    kind: str = "computed",
    **more: Any,
) -> None:
    """Write manifest.json, the last file of an edition, over tables that are all there.

    `kind` is one of tables.KINDS; `more` are further keys (a published ranking's publisher, say).
    """
    tables = {}
    for table in KINDS[kind]:
        rows, sha256 = table_hash(folder / f"{table.name}.parquet", table)
        tables[table.name] = {"rows": rows, "sha256": sha256}
    manifest = {
        "format": EDITION_FORMAT,
        "kind": kind,
        "package_version": version("sciencecities"),
        "configuration": configuration,
        "inputs": inputs,
        "scopes": scopes,
        "tables": tables,
        "notes": notes,
        "seconds": {stage: round(s, 3) for stage, s in seconds.items()},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **more,
    }
    write_json(folder / "manifest.json", manifest)
