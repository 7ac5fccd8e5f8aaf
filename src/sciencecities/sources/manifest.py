"""The manifest of an OpenAlex snapshot folder, new (`files`) and old (`entries`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sciencecities.errors import SourceError


def has_manifest(works: Path) -> bool:
    """Whether a folder has a manifest of its files."""
    return _manifest_of(works) is not None


def _manifest_of(works: Path) -> Path | None:
    return next((p for n in ("manifest.json", "manifest") if (p := works / n).is_file()), None)


NOTE = "fetch.json"
"""What `sciencecities fetch` writes into the folder that it filled."""


class _Part(msgspec.Struct):
    name: str
    bytes: int


class _Note(msgspec.Struct):
    parts: list[_Part] = []


def lost_part(folder: Path) -> Path | None:
    """A file of works that was fetched into the folder and is gone or of another size now."""
    try:
        note = msgspec.json.decode((folder / NOTE).read_bytes(), type=_Note)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None  # no note of ours
    paths = ((folder / Path(part.name).name, part.bytes) for part in note.parts)
    return next((p for p, size in paths if not p.is_file() or p.stat().st_size != size), None)


def listed_files(works: Path) -> list[Path] | None:
    """The files of a works folder that its manifest lists; None without a manifest.

    Raises SourceError if the manifest cannot be read, or a listed file is missing or has another
    size than the manifest says.
    """
    manifest = _manifest_of(works)
    if manifest is None:
        return None
    try:
        content = msgspec.json.decode(manifest.read_bytes(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise SourceError(f"{manifest}: is no JSON manifest ({error}); fetch it again") from error
    entries = content.get("files", content.get("entries"))
    if not isinstance(entries, list):
        raise SourceError(f"{manifest}: lists neither `files` nor `entries`")
    return sorted(_listed_file(manifest, works, entry) for entry in entries)


def _listed_file(manifest: Path, works: Path, entry: Any) -> Path:
    url = (
        entry
        if isinstance(entry, str)
        else next(
            (
                entry[k]
                for k in ("url", "path", "key", "name", "file")
                if isinstance(entry, dict) and k in entry
            ),
            None,
        )
    )
    if not isinstance(url, str):
        raise SourceError(f"{manifest}: an entry names no file: {str(entry)[:120]}")
    path = _below(works, url)
    if path is None:
        raise SourceError(
            f"{manifest}: lists {url}, which is not in {works}; fetch it, or remove the manifest"
        )
    size = _size(entry)
    if size is not None and path.stat().st_size != size:
        raise SourceError(
            f"{path}: has {path.stat().st_size:,} bytes, the manifest says {size:,}; fetch it again"
        )
    return path


def _below(works: Path, url: str) -> Path | None:
    """The local file for a listed address: the longest tail of it that exists below the folder."""
    parts = [p for p in url.split("/") if p not in ("", ".", "..")]
    for start in range(len(parts)):
        path = works.joinpath(*parts[start:])
        if path.is_file():
            return path
    return None


def _size(entry: Any) -> int | None:
    if not isinstance(entry, dict):
        return None
    meta = entry.get("meta")
    holders = [entry, meta] if isinstance(meta, dict) else [entry]
    for holder in holders:
        for key in ("content_length", "size", "bytes", "size_bytes"):
            if isinstance(holder.get(key), int):
                return int(holder[key])
    return None
