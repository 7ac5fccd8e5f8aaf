"""Editions that hold only some of the tables: published rankings, institution tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sciencecities.edition.read import Edition
from sciencecities.edition.verify import verify
from sciencecities.edition.write import write_manifest
from sciencecities.errors import EditionError
from sciencecities.files import read_json, write_json, write_parquet
from sciencecities.tables import RANKINGS


def published(folder: Path, **more: Any) -> Path:
    folder.mkdir()
    rows = [
        {"data_year": 2024, "scope": "overall", "rank": 1, "city_id": "gn:1", "city": "Alpha"},
        {"data_year": 2024, "scope": "overall", "rank": 2, "city_id": "gn:2", "city": "Beta"},
    ]
    table = pa.Table.from_pylist(rows, schema=RANKINGS.schema())
    write_parquet(folder / "rankings.parquet", table)
    write_manifest(
        folder, configuration={}, inputs=[], scopes=[], notes=[], seconds={}, kind="published",
        **more,
    )  # fmt: skip
    return folder


def test_a_published_edition_has_only_rankings(tmp_path: Path) -> None:
    edition = Edition(published(tmp_path / "p", publisher="Somebody"))
    assert (edition.kind, edition.years, edition.scopes) == ("published", [2024], ["overall"])
    assert edition.manifest["publisher"] == "Somebody"
    assert edition.rankings().column("city").to_pylist() == ["Alpha", "Beta"]
    assert edition.institutions("Alpha").num_rows == 0
    assert edition.trace("Alpha").num_rows == 0
    assert verify(edition.path) == []


def test_verify_sees_a_changed_published_table(tmp_path: Path) -> None:
    folder = published(tmp_path / "p")
    write_parquet(folder / "rankings.parquet", RANKINGS.schema().empty_table())
    assert verify(folder) == ["rankings.parquet: 0 rows, the manifest says 2"]


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    folder = published(tmp_path / "p")
    manifest = read_json(folder / "manifest.json") | {"kind": "guessed"}
    write_json(folder / "manifest.json", manifest)
    with pytest.raises(EditionError, match="unknown kind 'guessed'"):
        Edition(folder)
