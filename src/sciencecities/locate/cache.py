"""Arrays kept in the user's cache, so that a large file is read and indexed once.

The cache only saves time: where it cannot be read or written, everything goes on without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

KEPT = 4
"""Files of one kind that stay; the longest unused go first."""


def digest(path: Path) -> str:
    """The SHA-256 of the file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(kind: str, key: str) -> dict[str, np.ndarray] | None:
    """The arrays kept under that kind and key, or None."""
    import numpy as np

    path = _path(kind, key)
    if path is None or not path.exists():
        return None
    try:
        with np.load(path) as file:
            found = {name: file[name] for name in file.files}
        path.touch()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return found


def write(kind: str, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Keep arrays, whole or not at all; several processes may do so at once."""
    import numpy as np

    path = _path(kind, key)
    if path is None:
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        prune(path.parent, f"{kind}-*.npz")


def pack(texts: Iterable[str]) -> np.ndarray:
    """Texts without line breaks as one array of bytes."""
    import numpy as np

    return np.frombuffer("\n".join(texts).encode("utf-8", "surrogatepass"), np.uint8)


def unpack(array: np.ndarray) -> list[str]:
    """The texts again; an empty array is no text."""
    return array.tobytes().decode("utf-8", "surrogatepass").split("\n") if array.size else []


def folder() -> Path | None:
    """The user's cache of this program, which need not exist; None where there is none."""
    import platformdirs

    try:
        return Path(platformdirs.user_cache_dir("sciencecities"))
    except (OSError, RuntimeError):
        return None


def _path(kind: str, key: str) -> Path | None:
    own = folder()
    return own / f"{kind}-{key[:32]}.npz" if own else None


def prune(folder: Path, pattern: str) -> None:
    """Remove all but the files used last, each with those named after it ("x.sqlite-wal")."""
    files = sorted(folder.glob(pattern), key=lambda p: p.stat().st_mtime)
    for path in files[:-KEPT]:
        for each in (path, *folder.glob(f"{path.name}-*")):
            each.unlink(missing_ok=True)
