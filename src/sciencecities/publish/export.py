"""The static site: every page as a file, written whole or not at all; only what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sciencecities.errors import EditionError
from sciencecities.files import write_whole
from sciencecities.progress import Progress, Silent
from sciencecities.publish.site import Site

MARKER = ".sciencecities-site"
"""Names the files of a site, so that a second export removes what is no longer part of it, and
nothing else."""


def export_site(site: Site, out: Path, progress: Progress | None = None) -> dict[str, int]:
    """Write the site to the folder `out`; returns how many files were written, kept and removed.

    Raises EditionError if `out` holds anything but a site, or cannot be written.
    """
    progress = progress or Silent()
    _check_replaceable(out)
    paths = list(site.paths())
    progress.stage("pages", len(paths), "pages")
    counts = {"written": 0, "kept": 0, "removed": 0}
    known: set[str] = set()
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not (out / MARKER).exists():
            (out / MARKER).touch()
        for path, content in _files(site, paths, progress):
            known.add(path)
            counts["written" if _write(out / path, content) else "kept"] += 1
        counts["removed"] = _remove_others(out, known)
        _write(out / MARKER, "\n".join(sorted(known)).encode())
    except OSError as error:
        raise EditionError(
            f"{error.filename or out}: cannot be written ({error.strerror or error}); free disk "
            "space or choose another --out"
        ) from error
    progress.finish()
    return counts


def _files(site: Site, paths: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    yield from site.static().items()
    yield "index.html", _chooser()
    for path, make in site.files():
        yield path, make()
    for path in paths:
        page = site.page(path)
        yield path, page.html.encode()
        for name, make in page.files():
            yield name, make()
        progress.advance(1)


def _chooser() -> bytes:
    """The root: a page that leads to either language, without script."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>sciencecities</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="static/site.css"></head><body><main class="wrap">'
        '<h1>sciencecities</h1><p><a href="en/index.html">English</a></p>'
        '<p lang="zh-Hans"><a href="zh/index.html">中文</a></p></main></body></html>\n'
    ).encode()


def _check_replaceable(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise EditionError(f"{out}: is a file; choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).exists():
        raise EditionError(f"{out}: holds something that is no site; choose another --out")


def _write(path: Path, content: bytes) -> bool:
    """Whether the file had to be written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(partial: Path) -> None:
        partial.write_bytes(content)

    write_whole(path, write, sync=False)
    return True


def _remove_others(out: Path, known: set[str]) -> int:
    """Remove the files of an earlier export that are no longer pages."""
    earlier = (out / MARKER).read_text(encoding="utf-8").splitlines()
    gone = [p for p in earlier if p not in known and (out / p).is_file() and ".." not in p]
    for path in gone:
        (out / path).unlink()
    return len(gone)
