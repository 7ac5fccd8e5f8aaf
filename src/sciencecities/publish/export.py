"""The static site: every page as a file, made in several processes; only what changed is written.

A part of the site is an edition or what all editions share. Its fingerprint is over everything its
pages are made from, so that a second export makes the pages of changed editions alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from itertools import chain, groupby
from pathlib import Path

import msgspec

from sciencecities import __version__
from sciencecities.edition.read import Edition
from sciencecities.errors import EditionError
from sciencecities.progress import Progress, Silent
from sciencecities.publish import folder
from sciencecities.publish.site import Site
from sciencecities.publish.wording import LANGS

COMMON = "site"
"""The part that all editions share: style sheets, fonts, the first page."""

BATCH = 6
"""Pages after which progress is told."""

ALONE = 300
"""Pages up to which further processes cost more than they give."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a site is made from, for a process that makes some of its pages."""

    editions: tuple[str, ...]
    base_url: str
    n_cities: int | None
    is_static: bool
    has_pixels: bool
    on: date

    @classmethod
    def of(cls, site: Site) -> Recipe:
        """How to make the same site again."""
        paths = tuple(str(s.edition.path.resolve()) for s in site.shown)
        return cls(
            paths, site.base_url, site.n_cities, site.is_static, site.has_pixels, site.on
        )  # fmt: skip

    def site(self) -> Site:
        """The site."""
        return Site(
            [Edition(path) for path in self.editions],
            base_url=self.base_url, n_cities=self.n_cities, is_static=self.is_static,
            has_pixels=self.has_pixels, on=self.on,
        )  # fmt: skip


class Maker:
    """Makes the files of a site by path."""

    def __init__(self, site: Site) -> None:
        self.site = site

    @cached_property
    def others(self) -> dict[str, Callable[[], bytes]]:
        """Every file that is no page, and how to make it."""
        static = {path: (lambda content=content: content)
                  for path, content in self.site.static().items()}  # fmt: skip
        return {"index.html": _chooser, **dict(self.site.files()), **static}

    def make(self, path: str) -> Iterator[tuple[str, bytes]]:
        """A file, or a page with the files of its figures: path and content of each."""
        if path in self.others:
            yield path, self.others[path]()
            return
        page = self.site.page(path)
        yield path, page.html.encode()
        for name, make in page.files():
            yield name, make()

    def put(self, out: Path, paths: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
        """Write those files that are not as `known`; returns the hashes of all."""
        found = {}
        for path, content in chain.from_iterable(map(self.make, paths)):
            found[path] = folder.digest(content)
            if found[path] != known.get(path):
                folder.put(out, path, content)
        return found


def export_site(
    site: Site, out: Path, progress: Progress | None = None, *, n_processes: int | None = None
) -> dict[str, int]:
    """Write the site to the folder `out`; returns how many files were written, kept and removed.

    Until all are made, the site that stands there stays as it is. Raises EditionError if `out`
    holds anything but a site, or cannot be written.
    """
    import loky

    progress = progress or Silent()
    n_processes = n_processes or loky.cpu_count()
    try:
        with folder.opened(out) as before:
            maker = Maker(site)
            parts = fingerprints(site)
            paths = [*maker.others, *site.paths()]
            kept = {p for p in paths if before.has(p) and before.parts.get(_part(site, p)) ==
                    parts[_part(site, p)]}  # fmt: skip
            new = {p: h for p, h in before.files.items() if folder.owner(p) in kept}
            to_make = [path for path in paths if path not in kept]
            progress.stage("pages", len(to_make), "pages")
            for made in _made(maker, out, to_make, before.files, n_processes):
                new |= made
                progress.advance(len(made.keys() & set(to_make)))
            written = sum(before.files.get(path) != sha256 for path, sha256 in new.items())
            removed = folder.exchange(out, new, parts)
    except OSError as error:
        raise EditionError(
            f"{error.filename or out}: cannot be written ({error.strerror or error}); free disk "
            "space or choose another --out"
        ) from error
    progress.finish()
    return {"written": written, "kept": len(new) - written, "removed": removed}


def _made(
    maker: Maker, out: Path, paths: Sequence[str], known: Mapping[str, str], n_processes: int
) -> Iterator[dict[str, str]]:
    """The hashes of files, as they are made."""
    if n_processes == 1 or len(paths) <= ALONE:
        for start in range(0, len(paths), BATCH):
            yield maker.put(out, paths[start : start + BATCH], known)
        return
    from loky import as_completed

    from sciencecities.workers import worker_pool

    recipe = Recipe.of(maker.site)
    with worker_pool(n_processes) as executor:
        running = [
            executor.submit(_put, recipe, out, share, known)
            for share in _shares(paths, n_processes)
        ]
        for future in as_completed(running):
            yield future.result()


def _shares(paths: Sequence[str], n: int) -> list[list[str]]:
    """The paths dealt out to n processes, a page and its translation to the same.

    One share each: between jobs a process that has grown would be replaced, and read all anew.
    """
    things = [list(some) for _, some in groupby(sorted(paths, key=_thing), key=_thing)]
    return [[path for some in things[i::n] for path in some] for i in range(n)]


def _put(
    recipe: Recipe, out: Path, paths: Sequence[str], known: Mapping[str, str]
) -> dict[str, str]:
    return _maker(recipe).put(out, paths, known)


@cache
def _maker(recipe: Recipe) -> Maker:
    return Maker(recipe.site())


def _thing(path: str) -> tuple[bool, str]:
    """Sorts files to take away first, for they take long, then a page beside its translation."""
    lang, _, rest = path.partition("/")
    return (lang in LANGS, rest if lang in LANGS else path)


# --- fingerprints -------------------------------------------------------------------------------


def _part(site: Site, path: str) -> str:
    """The edition that a file is of."""
    head, _, rest = path.partition("/")
    if rest == "index.html" and head in LANGS:
        return site.shown[0].slug
    slug = rest.partition("/")[0]
    return slug if slug in site.by_slug else COMMON


def fingerprints(site: Site) -> dict[str, str]:
    """Hash of what the pages of each part are made from."""
    listed = [(s.slug, s.title("en"), s.title("zh")) for s in site.shown]
    common = [
        site.base_url,
        site.n_cities,
        site.is_static,
        site.has_pixels,
        str(site.on),
        listed,
        _program(),
    ]
    found = {COMMON: _hash(common)}
    for shown in site.shown:
        found[shown.slug] = _hash([common, shown.edition.manifest])
    return found


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


@cache
def _program() -> str:
    """The version of the program; of a working copy its files too."""
    root = Path(str(files("sciencecities")))
    seen = sorted(
        (str(p.relative_to(root)), s.st_size, s.st_mtime_ns)
        for p in root.rglob("*")
        if p.suffix != ".pyc" and p.is_file() and (s := p.stat())
    )
    return _hash([__version__, seen])


def _chooser() -> bytes:
    """The root: a page that leads to either language, without script."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>sciencecities</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="static/site.css"></head><body><main class="wrap">'
        '<h1>sciencecities</h1><p><a href="en/index.html">English</a></p>'
        '<p lang="zh-Hans"><a href="zh/index.html">中文</a></p></main></body></html>\n'
    ).encode()
