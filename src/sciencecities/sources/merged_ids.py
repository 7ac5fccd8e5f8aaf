"""OpenAlex `merged_ids` and `deleted_ids`: ids that are no works any more."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from sciencecities.sources.base import Digest, Piece, Records
from sciencecities.sources.openalex import cut_lines
from sciencecities.sources.streams import read_chunks

NEWEST = 2**62


class MergedIds:
    """A CSV of `merge_date,id,merge_into_id`, or of `work_id,deleted_date` (since August 2026).

    Each id becomes a record that removes the work.
    """

    name = "openalex-merged-ids"
    unit = "line"

    def accepts(self, path: Path, head: bytes) -> bool:
        """By the header, which names the columns."""
        return (
            re.match(rb"\W*(merge_date,id,merge_into_id|work_id,deleted_date)\b", head) is not None
        )

    def pieces(self, path: Path, digest: Digest, piece_bytes: int) -> Iterator[Piece]:
        """Whole lines."""
        chunks = read_chunks(path, digest)
        yield from cut_lines(next(chunks, b""), chunks, piece_bytes)

    def read(self, path: Path, piece: Piece, out: Records) -> None:
        """One removing record for each work."""
        for position, line in enumerate(piece.data.split(b"\n"), piece.first):
            if position == 1 or not line.strip():
                continue
            out.n_records += 1
            row = _row(line.decode("utf-8", "replace"))
            # Three columns have the id in the second, two in the first.
            match = re.search(r"W\d+$", row[len(row) - 2].strip()) if len(row) in (2, 3) else None
            if match is None:
                out.reject(position, "expected date, work id, work id; or work id, date", line)
            else:
                work_id = f"https://openalex.org/{match.group()}"
                out.work(work_id=work_id, version=NEWEST, excluded="merged")


def _row(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:  # a field of over 128 kB
        return []
