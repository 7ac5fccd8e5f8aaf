"""A site: some editions in two languages, as pages under stable paths.

The same functions make the pages that `serve` answers with and that `export site` writes, so both
show the same. A page is a function of its path and query alone; links between pages are relative,
so that the exported site works from a folder.

Paths: `<lang>/index.html`, and for each edition `<lang>/<edition>/<page>.html`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from sciencecities.edition.read import Edition
from sciencecities.errors import ConfigError, SciencecitiesError
from sciencecities.locate.overlaps import REFUSE
from sciencecities.publish import land, marks
from sciencecities.publish.figures import FORMATS
from sciencecities.publish.outside import Outside
from sciencecities.publish.request import Page, Query, Request
from sciencecities.publish.shown import Shown
from sciencecities.publish.wording import LANGS


class NoSuchPageError(SciencecitiesError, LookupError):
    """The site has no page under this path (404); the message says what is close."""


class BadQueryError(SciencecitiesError, ValueError):
    """A page was asked for something that there is not (400); the message names what there is."""


PageFunction = Callable[[Request, str], Page]
"""Takes the request and the part of the path that names the thing (a city's slug, a scope)."""


@dataclass(frozen=True, slots=True)
class Route:
    """Pages of one kind: `prefix` + name + `.html`; `names` lists them for the export."""

    prefix: str
    page: PageFunction
    names: Callable[[Shown], Sequence[str]]


class Site:
    """Pages of one or more editions. The first edition is the one the front page shows."""

    def __init__(
        self,
        editions: Sequence[Edition],
        *,
        base_url: str = "",
        n_cities: int | None = None,
        is_static: bool = False,
        has_pixels: bool = True,
        on: date | None = None,
        boundaries: Sequence[Path] = (),
        overlaps: str = REFUSE,
    ) -> None:
        """`base_url` is where the site will stand, for absolute addresses in metadata.

        `n_cities` leading cities of each edition have a page of their own; None for all.
        Pages of a static site have links where a server answers forms, and without `has_pixels` no
        PNG.
        Statuses of facilities are of the day `on` (today). `boundaries` are GeoJSON files that the
        method lab offers as city definitions; `overlaps` is for their polygons.
        """
        if not editions:
            raise ConfigError("a site needs an edition; name one or more")
        land.base()  # a base map that cannot be read is an error before any page
        self.on = on or date.today()
        self.n_cities = n_cities
        self.base_url = base_url.rstrip("/")
        self.is_static = is_static
        self.has_pixels = has_pixels
        self._names: dict[tuple[str, int], frozenset[str]] = {}
        self.outside = Outside(boundaries, overlaps)
        self.shown = _with_slugs(editions, n_cities, self.outside)
        self.by_slug = {s.slug: s for s in self.shown}

    @cached_property
    def templates(self) -> jinja2.Environment:
        """Escaping everything; a name that is missing is an error."""
        from sciencecities.publish import explained

        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("sciencecities.publish", "templates/site"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["marks"] = marks
        environment.globals["explained_mark"] = explained.mark
        environment.filters["breaks"] = _breaks
        return environment

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """All kinds of page."""
        from sciencecities.publish.pages import ROUTES

        return ROUTES

    def paths(self) -> Iterator[str]:
        """Every page of the site, in a fixed order."""
        for lang in LANGS:
            yield f"{lang}/index.html"
            for shown in self.shown:
                for route in self.routes:
                    for name in route.names(shown):
                        yield f"{lang}/{shown.slug}/{route.prefix}{name}.html"

    def has_page(self, shown: Shown, page: str) -> bool:
        """Whether the edition has the page `page` (as `corridors.html`)."""
        name = page.removesuffix(".html")
        return any(
            name.startswith(route.prefix)
            and name.removeprefix(route.prefix) in self._names_of(shown, number)
            for number, route in enumerate(self.routes)
        )

    def _names_of(self, shown: Shown, number: int) -> frozenset[str]:
        """The names of a route's pages."""
        key = (shown.slug, number)
        if key not in self._names:
            self._names[key] = frozenset(self.routes[number].names(shown))
        return self._names[key]

    def folder(self, path: str) -> str:
        """The page that the address of a folder means; empty where it means none.

        `zh` is the front page, `zh/demo` the ranking of an edition.
        """
        lang, _, slug = path.rstrip("/").partition("/")
        if lang in LANGS and (not slug or slug in self.by_slug):
            return f"{lang}/{slug}/ranking.html" if slug else f"{lang}/index.html"
        return ""

    def page(self, path: str, query: Query | None = None) -> Page:
        """The page under a path. Raises NoSuchPageError."""
        lang, _, rest = path.partition("/")
        if lang not in LANGS:
            raise NoSuchPageError(f"no page {path!r}")
        if rest in ("", "index.html"):
            shown, rest = self.shown[0], "ranking.html"
        else:
            slug, _, rest = rest.partition("/")
            if slug not in self.by_slug:
                raise NoSuchPageError(f"no edition {slug!r}; there are {', '.join(self.by_slug)}")
            shown = self.by_slug[slug]
        name = rest.removesuffix(".html")
        for number, route in sorted(enumerate(self.routes), key=lambda r: -len(r[1].prefix)):
            if not name.startswith(route.prefix):
                continue
            own = name.removeprefix(route.prefix)
            request = Request(self, shown, "zh" if lang == "zh" else "en", path, query or {})
            if route.prefix.endswith("/") or own in self._names_of(shown, number):
                return route.page(request, own)
        raise NoSuchPageError(f"no page {path!r}")

    def figure(self, path: str, query: Query | None = None) -> bytes:
        """The file of a figure, under its page's address. Raises NoSuchPageError."""
        place, _, name = path.rpartition("/")
        if not name.endswith(FORMATS):
            raise NoSuchPageError(f"no figure {path!r}")
        for known, make in self.page(f"{place}.html", query).files():
            if known == path:
                return make()
        raise NoSuchPageError(f"no figure {path!r}")

    def files(self) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Files to take away: path, and how to make the content."""
        from sciencecities.publish import takeaway

        for shown in self.shown:
            for file in takeaway.files(shown.edition):
                yield f"data/{shown.slug}/{file.name}", file.make

    @staticmethod
    def static() -> dict[str, bytes]:
        """Style sheets and fonts, by path."""
        found: dict[str, bytes] = {}
        folder = files("sciencecities.publish") / "static"
        for item in folder.iterdir():
            if item.is_file():
                found[f"static/{item.name}"] = item.read_bytes()
        for item in (folder / "fonts").iterdir():
            found[f"static/fonts/{item.name}"] = item.read_bytes()
        return found


def _with_slugs(editions: Sequence[Edition], n_cities: int | None, outside: Outside) -> list[Shown]:
    from sciencecities.locate.text import slug

    found: list[Shown] = []
    for edition in editions:
        name = base = slug(edition.name) or "edition"
        number = 2
        while name in {s.slug for s in found}:
            name, number = f"{base}-{number}", number + 1
        found.append(Shown(edition, name, n_cities=n_cities, outside=outside))
    return found


UNIT = "%|公里|种|倍|座|家|个|条|处|名|篇|项|科|位|年|次|对"
AMOUNT = re.compile(
    rf"(?:全部|第|前|每|共|超|有|在|(?<!纽)约)?\d[\d.,]*(?:[～–]\d[\d.,]*)?(?:{UNIT})?的?"
)
"""A number in Chinese, with what stands before and after it as one word."""

SPACED = re.compile(r'([\u4e00-\u9fff])<wbr>(?=<span class="nw">\d)')
"""Where a <wbr> parts Chinese from a figure, which browsers then set without a space."""

PHRASE = re.compile(r"[，；：。、—”]|^据称|(?<!巴尔)的(?!$)|与(?=[^，。；]{2})")
"""After these a Chinese headline may break, besides before an amount."""


def _breaks(text: str) -> Markup:
    """A headline that breaks between phrases only: no Chinese word is split, nor an amount."""
    escaped = PHRASE.sub(r"\g<0><wbr>", str(Markup.escape(text)))
    escaped = AMOUNT.sub(_whole_amount, escaped)
    return Markup(SPACED.sub(r'<span class="spaced">\1</span><wbr>', escaped))


def _whole_amount(found: re.Match[str]) -> str:
    """An amount that is not split, and before which Chinese may break."""
    said = found[0]
    if not (said[-1] == "%" or _is_han(said[0]) or _is_han(said[-1])):
        return said
    before = found.string[: found.start()][-1:]
    if not _is_han(before):
        return f'<span class="nw">{said}</span>'
    return f'<wbr><span class="nw">{said}</span>'


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
