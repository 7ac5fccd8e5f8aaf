"""Why a city's Share and rank moved: `explain` makes an Explanation, whose parts add up exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sciencecities.errors import ConfigError
from sciencecities.explain import revised as revisions
from sciencecities.explain.legs import Leg, Path, Point, find_city, find_path
from sciencecities.explain.parts import Part, parts_of
from sciencecities.explain.passing import Move, Passed, Standing, move, ranking
from sciencecities.explain.revised import RevisedWork
from sciencecities.explain.sureness import Sureness, sureness
from sciencecities.explain.works import amount, read_side

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.edition.find import NamedCity
    from sciencecities.edition.read import Edition
    from sciencecities.edition.session import Session

LISTED_WORKS = 50
"""Revised works that JSON and Python list; all are counted."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two numbers compared; `standing` is None where the city is absent (Share 0)."""

    point: Point
    n_works: int
    share: Fraction
    standing: Standing | None


@dataclass(frozen=True)
class Explanation:
    """Why one city's number moved in one scope. Reads as the Arrow table of its parts.

    `to_dict()` is what `explain --format json` prints; `summary` holds three sentences in English
    and Chinese. All amounts are exact fractions of works.
    """

    city_id: str
    city: str
    city_zh: str | None
    scope: str
    title: dict[str, str]
    path: Path
    before: Side
    after: Side
    parts: tuple[Part, ...]
    world_growth: Fraction
    moves: tuple[Move, ...]
    revised: tuple[RevisedWork, ...]
    sureness: Sureness

    @property
    def delta(self) -> Fraction:
        """The change of the Share: what the parts add up to."""
        return self.after.share - self.before.share

    def of_kind(self, kind: str) -> Fraction:
        """The change by revised data, or the real change."""
        return sum((p.delta for p in self.parts if p.kind == kind), Fraction(0))

    @property
    def own_change(self) -> Fraction:
        """Real change less the world's growth: the change of the adjusted Share."""
        return self.of_kind("real") - self.world_growth

    def move(self, kind: str) -> Move | None:
        """How the rank changed in the step of that kind."""
        return next((m for m in self.moves if m.kind == kind), None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What has to be known beside the numbers."""
        return self.path.warnings

    @property
    def summary(self) -> dict[str, str]:
        """Three sentences in English and in Chinese."""
        from sciencecities.explain import sentences_en, sentences_zh

        return {
            "en": " ".join(sentences_en.sentences(self)),
            "zh": "".join(sentences_zh.sentences(self)),
        }

    @property
    def table(self) -> pa.Table:
        """The parts: kind, institution_id, institution, subject, before, after, delta_share,
        own_change (works; own_change is null for a revision)."""
        import pyarrow as pa

        columns = [
            *(("kind", pa.string()), ("institution_id", pa.string())),
            *(("institution", pa.string()), ("subject", pa.string()), ("before", pa.float64())),
            *(("after", pa.float64()), ("delta_share", pa.float64())),
            ("own_change", pa.float64()),
        ]
        return pa.Table.from_pylist([_part(p) for p in self.parts], schema=pa.schema(columns))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, under the names of the JSON format (docs/EXPLAIN.md)."""
        return {
            "city_id": self.city_id,
            "city": self.city,
            "city_zh": self.city_zh,
            "scope": self.scope,
            "from": _side(self.before),
            "to": _side(self.after),
            "delta_share": float(self.delta),
            "revision": float(self.of_kind("revision")),
            "real_change": float(self.of_kind("real")),
            "world_growth": float(self.world_growth),
            "own_change": float(self.own_change),
            "parts": [_part(p) for p in self.parts],
            "rank": self._rank(),
            "revised_works": {
                "counts": {
                    change: {"works": n, "delta_share": delta}
                    for change, (n, delta) in revisions.counts(self.revised).items()
                },
                "works": [_revised(w) for w in self.revised[:LISTED_WORKS]],
            },
            "certainty": self.sureness.to_dict(),
            "warnings": list(self.warnings),
            "summary": self.summary,
        }

    def _rank(self) -> dict[str, Any]:
        """Places: change = by_revision + by_others + by_own, of the steps that there are."""
        first, last = self.moves[0], self.moves[-1]
        change = first.from_rank - last.to_rank if first.from_rank and last.to_rank else None
        revision, real = self.move("revision"), self.move("real")
        return {
            "from": first.from_rank,
            "to": last.to_rank,
            "change": change,
            "held_still": last.held_still,
            "by_revision": revision.change if revision else 0,
            "by_others": real.by_others if real else 0,
            "by_own": real.by_own if real else 0,
            "passed": [_passed(p, m) for m in self.moves for p in m.passed],
            "passed_by": [_passed(p, m) for m in self.moves for p in m.passed_by],
        }

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The parts for any library that reads Arrow (`pyarrow.table(explanation)`)."""
        return self.table.__arrow_c_stream__(requested_schema)

    def __getattr__(self, name: str) -> Any:
        """What an Arrow table can do (`to_pylist`, `column_names`, …), the parts can."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.table, name)

    def __repr__(self) -> str:
        return self.summary["en"]

    def _repr_html_(self) -> str:
        from sciencecities.edition.show import view_html
        from sciencecities.explain.views import explanation_views

        return "".join(view_html(v) for v in explanation_views(self))


def explain(
    edition: Edition,
    city: str,
    *,
    against: Edition | int | None = None,
    scope: str = "overall",
    year: int | None = None,
) -> Explanation:
    """Why the city's Share and rank in the edition's year are not those of `against`.

    `against` is an earlier build, an earlier data year of this one, or None for the data year
    before. A city absent from one side has Share 0. Raises UnknownCityError, ConfigError
    (incomparable editions, no such year or scope), EditionError, ShareNotConservedError.
    """
    path = find_path(edition, against, year)
    scope = edition.resolve_scope(scope)
    for leg in path.legs:
        if scope not in leg.before.edition.scopes:
            raise ConfigError(
                f"no scope {scope!r} in {leg.before.edition.name}, so there is nothing to compare "
                f"with; there are: {', '.join(leg.before.edition.scopes)}"
            )
    city_id = find_city(path, city)
    return _Explainer(path, city_id, scope).explanation()


class _Explainer:
    """Reads each point once and takes the steps between them."""

    def __init__(self, path: Path, city_id: str, scope: str) -> None:
        self.path, self.city_id, self.scope = path, city_id, scope
        self.points = (path.legs[0].before, *(leg.after for leg in path.legs))
        with path.end.edition.session() as session:
            self._read(session)
        self.rankings = [ranking(p, scope) for p in self.points]
        self.totals = [p.edition.size(scope, p.year) for p in self.points]

    def _read(self, session: Session) -> None:
        """Each point's works of the city once; from them the amounts and the works revised."""
        has_works = self.path.end.edition.kind == "computed"
        names = [f"side_{n}" if has_works else None for n in range(len(self.points))]
        for name, point in zip(names, self.points, strict=True):
            if name:
                read_side(session, name, point, self.city_id, self.scope)
        self.amounts = [
            amount(point, self.city_id, self.scope, session, name)
            for name, point in zip(names, self.points, strict=True)
        ]
        self.revised: list[RevisedWork] = []
        for leg, old, new in zip(self.path.legs, names, names[1:], strict=False):
            if leg.kind == "revision" and old and new:
                self.revised += revisions.revised_works(
                    leg.before, leg.after, self.scope, session, (old, new)
                )

    def explanation(self) -> Explanation:
        parts: list[Part] = []
        moves = []
        world = Fraction(0)
        for number, leg in enumerate(self.path.legs):
            growth = self._growth(number, leg)
            before, after = self.amounts[number : number + 2]
            parts += parts_of(leg.kind, before, after, growth)
            world += before.share * growth
            old, new = self.rankings[number : number + 2]
            moves.append(move(leg, self.city_id, old, new, growth))
        named = self._name()
        edition = self.path.end.edition
        return Explanation(
            self.city_id,
            named.city,
            named.city_zh,
            self.scope,
            {"en": edition.title(self.scope), "zh": edition.title(self.scope, "zh")},
            self.path,
            self._side(0),
            self._side(-1),
            tuple(parts),
            world,
            tuple(moves),
            tuple(self.revised),
            sureness(self.path, self.city_id, self.scope),
        )

    def _growth(self, number: int, leg: Leg) -> Fraction:
        """N₁/N₀ − 1 of a real step; without works before there is nothing that could grow."""
        before, after = self.totals[number : number + 2]
        return after / before - 1 if leg.kind == "real" and before else Fraction(0)

    def _side(self, number: int) -> Side:
        p = self.points[number]
        return Side(
            p,
            p.edition.n_works(self.scope, p.year),
            self.amounts[number].share,
            self.rankings[number].get(self.city_id),
        )

    def _name(self) -> NamedCity:
        """The city under its newest name."""
        finders = [p.edition.finder for p in reversed(self.points)]
        return next(f[self.city_id] for f in finders if self.city_id in f)


def _side(side: Side) -> dict[str, Any]:
    standing = side.standing
    return {
        "edition": side.point.edition.name,
        "data_year": side.point.year,
        "works": side.n_works,
        "share": float(side.share),
        "rank": standing.rank if standing else None,
        "rank_low": standing.rank_low if standing else None,
        "rank_high": standing.rank_high if standing else None,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "institution_id": part.institution_id,
        "institution": part.institution,
        "subject": part.subject,
        "before": float(part.before),
        "after": float(part.after),
        "delta_share": float(part.delta),
        "own_change": None if part.own_change is None else float(part.own_change),
    }


def _passed(passed: Passed, where: Move) -> dict[str, Any]:
    return {
        "kind": where.kind,
        "city_id": passed.city_id,
        "city": passed.city,
        "city_zh": passed.city_zh,
        "from_rank": passed.from_rank,
        "to_rank": passed.to_rank,
        "from_share": float(passed.before),
        "to_share": float(passed.after),
        "cause": passed.cause,
    }


def _revised(work: RevisedWork) -> dict[str, Any]:
    return {
        "change": work.change,
        "work_id": work.work_id,
        "doi": work.doi,
        "delta_share": work.delta_share,
    }
