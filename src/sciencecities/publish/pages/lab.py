"""The method lab: the ranking under another method, beside the edition's own and all others.

A server recomputes what the form asks; a static site holds the choices that change one thing.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from sciencecities.errors import ConfigError, UnknownCityError
from sciencecities.method.choices import DIMENSIONS, Choice
from sciencecities.method.lab import Lab
from sciencecities.method.views import mover
from sciencecities.publish import asked as asking
from sciencecities.publish.asked import Asked
from sciencecities.publish.marks import Scale
from sciencecities.publish.pages import lab_figures
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row, Shown
from sciencecities.publish.site import BadQueryError, NoSuchPageError
from sciencecities.publish.spread import Spread, counts, one_changed

FIRST = 20
TOP = 10
EDGE = 40
"""Ranks beyond this stand at the edge of the plot."""

CITY = "city-"


def index_names(shown: Shown) -> tuple[str, ...]:
    """The lab, where the edition holds works to count anew."""
    return ("lab",) if asking.has_lab(shown) else ()


def names(shown: Shown) -> list[str]:
    """What a static site holds: one choice changed, and one leading city looked at."""
    if not asking.has_lab(shown):
        return []
    leading = [f"{CITY}{shown.slug_of(r['city_id'])}" for r in shown.ranking()[:FIRST]]
    return [name for name, _, _ in asking.single(shown)] + leading


def index(request: Request, _name: str) -> Page:
    """The lab under what the query asks. Raises BadQueryError naming what there is."""
    try:
        asked = asking.read(request.shown, request.query)
        return _page(request, asked)
    except (ConfigError, UnknownCityError) as error:
        raise BadQueryError(str(error)) from error


def page(request: Request, name: str) -> Page:
    """One choice changed, or one city looked at, under a path of its own."""
    shown = request.shown
    if asking.has_lab(shown):
        default = asking.read(shown, {})
        if name.startswith(CITY) and shown.city_of(name.removeprefix(CITY)):
            return _page(request, asking.read(shown, {"city": name.removeprefix(CITY)}))
        for own, dimension, value in asking.single(shown):
            if own == name:
                return _page(request, default.but(dimension, value))
    raise NoSuchPageError(f"no choice {name!r} in {shown.slug}")


class Line(NamedTuple):
    """One city of the result."""

    row: Row
    counts: dict[int, int]
    best: int | None
    worst: int | None
    in_top: int
    moved: str


class Moved(NamedTuple):
    """What one choice does to the city, the others as in the edition."""

    title: str
    ranks: dict[str, int]
    own: int | None
    said: str


def _page(request: Request, asked: Asked) -> Page:
    shown = request.shown
    lab = shown.lab(asked.choice, asked.scope, asked.year, asked.issns, asked.boundary)
    if asked.issns and not lab.works:
        raise BadQueryError(f"none of your {len(asked.issns)} ISSNs is of a journal counted here")
    spread = shown.spread(asked.scope, asked.year)
    rows: list[Row] = lab.table.slice(0, FIRST).to_pylist()
    chosen = _counterpart(lab, asked)
    if chosen and all(r["city_id"] != chosen["city_id"] for r in rows):
        rows.append(chosen)
    lines = [_line(request, spread, asked, row) for row in rows]
    scale = _scale(lines)
    city = shown.cities[asked.city_id] if asked.city_id else None
    city_ranks = spread.ranks(asked.city_id, asked.base.cities) if asked.city_id else {}
    moves = [_moved(request, asked, d, city_ranks) for d in DIMENSIONS] if city_ranks else []
    slug = shown.slug_of(asked.city_id) if asked.city_id else None
    result, move_scale = _result(request, lines, asked), _move_scale(moves)
    move_title = _move_title(request, city, city_ranks) if city else ""
    return request.render(
        "lab.html",
        title=_title(request, lines, city, city_ranks, spread.n_choices),
        section="lab", asked=asked, lab=lab, lines=lines, scale=scale, city=city,
        n_choices=spread.n_choices, focus=chosen["city_id"] if chosen else None,
        result=result, stand=_stand(request, asked, chosen, lines),
        choices=_form(request, asked), own=_own(request, asked),
        moves=moves, move_scale=move_scale, move_title=move_title,
        ranks=lab_figures.ranks(request, result, asked, lines, scale, spread.n_choices),
        moved=lab_figures.moves(request, move_title, moves, move_scale) if moves else None,
        address=_address(request, asked, slug), downloads=_downloads(request, asked),
        leading=[(request.link(f"lab/{CITY}{shown.slug_of(r['city_id'])}.html"),
                  request.say.city(r)) for r in shown.ranking()[:FIRST]],
        command=asked.command(shown.edition.name, request.say.city(city) if city else None),
    )  # fmt: skip


def _counterpart(lab: Lab, asked: Asked) -> Row | None:
    """The row that stands for the city looked at."""
    if asked.city_id is None:
        return None
    number = lab.table.column("edition_city_id").index(asked.city_id).as_py()
    if number < 0:
        return None
    row: Row = lab.table.slice(number, 1).to_pylist()[0]
    return row


def _line(request: Request, spread: Spread, asked: Asked, row: Row) -> Line:
    own = row["edition_city_id"]
    ranks: dict[Choice, int] = {}
    if own:
        ranks = spread.ranks(own, asked.base.cities)
    elif not asked.boundary and not request.shown.is_outside(asked.choice.cities):
        ranks = spread.ranks(row["city_id"], asked.choice.cities)
    found = counts(ranks)
    return Line(
        row, dict(found), min(found, default=None), max(found, default=None),
        sum(n for rank, n in found.items() if rank <= TOP), _change(request, row),
    )  # fmt: skip


def _scale(lines: list[Line]) -> Scale:
    ends = [
        r for line in lines
        for r in (line.row["rank"], line.row["edition_rank"], line.worst) if r is not None
    ]  # fmt: skip
    return Scale(1, min(EDGE, max([TOP, *ends])))


def _move_scale(moves: list[Moved]) -> Scale:
    return Scale(1, max([TOP, *(r for move in moves for r in move.ranks.values())]))


def _moved(request: Request, asked: Asked, dimension: str, ranks: dict[Choice, int]) -> Moved:
    say = request.say
    found = one_changed(ranks, asked.base, dimension)
    grouped: dict[int, list[str]] = {}
    for value, rank in found.items():
        grouped.setdefault(rank, []).append(asking.named(value, say).name)
    said = say.t("; ", "；").join(
        f"{say.t(', ', '、').join(values)}{say.t(' ', '')}{say.rank(rank)}"
        for rank, values in grouped.items()
    )
    own = found.get(getattr(asked.base, dimension))
    return Moved(say.t(*asking.TITLES[dimension]), found, own, said)


def _change(request: Request, row: Row) -> str:
    change = row["rank_change"]
    if change is None:
        return "–"
    if not change:
        return request.t("same", "持平")
    return request.t(f"{abs(change):,} {'up' if change > 0 else 'down'}",
                     f"{'升' if change > 0 else '降'}{abs(change)}")  # fmt: skip


# --- words ------------------------------------------------------------------------------------


def _title(
    request: Request, lines: list[Line], city: Row | None, ranks: dict[Choice, int], n: int
) -> str:
    if city and ranks:
        name, inside = request.say.city(city), sum(r <= TOP for r in ranks.values())
        if inside == len(ranks) == n:
            return request.t(
                f"{name} stays in the top ten under all {n:,} methods",
                f"全部{n}种算法下，{name}都在前十",
            )
        if inside:
            return request.t(
                f"{name} stays in the top ten under {inside:,} of {n:,} methods",
                f"{n}种算法中，{name}有{inside}种在前十",
            )
        best, worst = min(ranks.values()), max(ranks.values())
        if len(ranks) < n:  # under the others it is behind those listed, or has no Share
            return request.t(
                f"{name} is {request.say.rank(best)} to {request.say.rank(worst)} by "
                f"{len(ranks):,} of {n:,} methods, and not listed by the others",
                f"{n}种算法中，{name}按{len(ranks)}种在第{request.say.span(best, worst)}名，"
                "其余算法下未列入",
            )
        return request.t(
            f"{name} is {request.say.rank(best)} to {request.say.rank(worst)} by {n:,} methods",
            f"{n}种算法之下，{name}在第{request.say.span(best, worst)}名",
        )
    always = sum(line.in_top == n for line in lines[:TOP])
    shown = min(TOP, len(lines))
    return request.t(
        f"{always} of the first {shown} stay in the top ten under all {n:,} methods",
        f"前{shown}名中，有{always}座在全部{n}种算法下都留在前十",
    )


def _stand(request: Request, asked: Asked, chosen: Row | None, lines: list[Line]) -> str:
    if chosen and chosen["edition_rank"]:
        if not asked.changed():
            return request.t(
                f"By the edition’s own method it is {request.say.rank(chosen['rank'])}.",
                f"按本期算法为{request.say.rank(chosen['rank'])}。",
            )
        return request.t(
            f"Under your choice it is {request.say.rank(chosen['rank'])}; by the edition’s own "
            f"method {request.say.rank(chosen['edition_rank'])}.",
            f"按所选算法为{request.say.rank(chosen['rank'])}，按本期算法为"
            f"{request.say.rank(chosen['edition_rank'])}。",
        )
    if asked.city_id:
        return request.t(
            "It has no place of its own under this choice.", "按所选算法，它没有自己的名次。"
        )
    if not asked.changed():
        return request.t(
            "Change one thing, and see which ranks depend on it.", "改动一处，看哪些名次随之而变。"
        )
    moved = [line.row["rank_change"] for line in lines if line.row["rank_change"]]
    up = sum(change > 0 for change in moved)
    return request.t(
        f"Of the {len(lines)} cities shown, {up} stand higher than by the edition’s own method "
        f"and {len(moved) - up} lower.",
        f"下列{len(lines)}座城市中，{up}座高于本期算法，{len(moved) - up}座低于本期算法。",
    )


def _result(request: Request, lines: list[Line], asked: Asked) -> str:
    """The finding over the table: who moves most among the first ten."""
    if not asked.changed():
        return request.t("The edition’s own method, and all others", "本期算法与其他算法")
    movers = [line.row for line in lines[:TOP] if line.row["rank_change"]]
    if not movers:
        return request.t("None of the first ten moves", "前十名次都不变")
    row = max(movers, key=lambda r: (abs(r["rank_change"]), -r["rank"]))
    n, name = row["rank_change"], request.say.city(row)
    places = "place" if abs(n) == 1 else "places"
    return request.t(
        f"{name} {'gains' if n > 0 else 'loses'} {abs(n):,} {places}",
        f"{name}{'升' if n > 0 else '降'}{abs(n)}位",
    )


def _move_title(request: Request, city: Row, ranks: dict[Choice, int]) -> str:
    name = request.say.city(city)
    rows: list[dict[str, Any]] = [c._asdict() | {"rank": r} for c, r in ranks.items()]
    found = mover(rows)
    if found is None:
        return request.t(f"No choice moves {name}", f"任何选择都不改变{name}的名次")
    what = request.t(*asking.TITLES[found[0]])
    return request.t(
        f"What moves {name} most is the {what.lower()}", f"对{name}名次影响最大的是{what}"
    )


# --- form and address ---------------------------------------------------------------------------


def _form(request: Request, asked: Asked) -> list[dict[str, Any]]:
    """The choices by dimension, in words, each with the page that a static site has of it."""
    paths = {
        (dimension, value): request.link(f"lab/{name}.html")
        for name, dimension, value in asking.single(request.shown)
    }
    return [
        {
            "name": dimension,
            "question": request.t(*asking.QUESTIONS[dimension]),
            "options": [
                {
                    "named": asking.named(value, request.say),
                    "chosen": value == getattr(asked.choice, dimension),
                    "own": value == getattr(asked.base, dimension),
                    "href": paths.get((dimension, value), request.link("lab.html")),
                }
                for value in values
            ],
        }
        for dimension, values in asking.choices(request.shown).items()
    ]


def _own(request: Request, asked: Asked) -> dict[str, Any]:
    """The reader's own boundaries, and what the form that sends them keeps of the rest."""
    city = request.shown.slug_of(asked.city_id) if asked.city_id else None
    kept = asked.values(city)
    kept.pop("boundary", None)
    kept.pop("cities", None)
    name = request.shown.outside.upload(asked.boundary).name if asked.boundary else ""
    return {"name": name, "kept": kept}


def _downloads(request: Request, asked: Asked) -> list[tuple[str, str]]:
    """(name, address) of the same as data: this choice from the API, all of them as a file."""
    found = [
        (request.t("All combinations, CSV", "全部组合CSV"), request.file("method_rankings.csv")),
        (request.t("How these figures are made", "数字怎样得来"), request.link("method.html")),
    ]
    if request.site.is_static:
        return found
    query = urlencode({"edition": request.shown.slug, **asked.values(), "limit": 500})
    return [
        (request.t("This choice, JSON", "所选JSON"), request.relative(f"api/v1/lab?{query}")),
        *found,
    ]


def _address(request: Request, asked: Asked, city: str | None) -> str:
    """Where this very choice is found."""
    site = request.site
    if site.is_static:
        return f"{site.base_url}/{request.path}"
    path = f"{site.base_url}/{request.lang}/{request.shown.slug}/lab.html"
    query = asked.query(city)
    return f"{path}?{query}" if query else path
