"""The operations of the JSON API: each reads one of the edition's tables, nothing is counted."""

from __future__ import annotations

from typing import Any

from sciencecities.edition.read import OVERALL
from sciencecities.method.lab import LAB_COLUMNS
from sciencecities.publish import asked as asking
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import BadQueryError, NoSuchPageError, Site
from sciencecities.tables import (
    CITY_INSTITUTIONS,
    COUNTRY_RANKINGS,
    RANKINGS,
    UNASSIGNED,
    Table,
)
from sciencecities.web.declared import Call, Operation, Parameter, Schema

MAX_ROWS = 500
MAX_SKIP = 100_000_000

TYPES = {"string": "string", "int32": "integer", "int64": "integer", "float64": "number",
         "double": "number", "bool": "boolean"}  # fmt: skip


def row_of(table: Table) -> Schema:
    """The schema of a table's rows."""
    return _row({c.name: (c.type, c.doc) for c in table.columns})


def _row(columns: dict[str, tuple[str, str]]) -> Schema:
    properties = {
        name: {"type": [TYPES[kind], "null"], **({"description": doc} if doc else {})}
        for name, (kind, doc) in columns.items()
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


COUNT: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}


def _rows(row: Schema, **more: Schema) -> Schema:
    return _object(
        edition=TEXT, total=COUNT, offset=COUNT, limit=COUNT,
        rows={"type": "array", "items": row}, **more,
    )  # fmt: skip


WORK = _row(
    {
        "data_year": ("int32", "publication year counted"),
        "work_id": ("string", "the source's id"),
        "doi": ("string", "without resolver prefix"),
        "weight": ("float64", "works: what the city has of it"),
        "n_authors": ("int64", "authors of the city"),
    }
)
WORK["properties"]["institutions"] = {"type": "array", "items": {"type": ["string", "null"]}}
LAB_ROW = _row({name: (str(kind), "") for name, kind in LAB_COLUMNS.items()})
EDITION = _object(
    name=TEXT, title_en=TEXT, title_zh=TEXT, kind=TEXT, has_lab={"type": "boolean"},
    fingerprint=TEXT, data_years={"type": "array", "items": {"type": "integer"}},
    scopes={"type": "array", "items": _object(name=TEXT, title_en=TEXT, title_zh=TEXT)},
)  # fmt: skip


def operations(site: Site) -> tuple[Operation, ...]:
    """All operations, with the names that the site's editions have."""
    scopes = dict.fromkeys(s for shown in site.shown for s in shown.edition.scopes)
    years = sorted({y for shown in site.shown for y in shown.edition.years})
    edition = Parameter("edition", "an edition, by the name that `editions` lists; default: first",
                        choices=tuple(site.by_slug))  # fmt: skip
    scope = Parameter("scope", "a field: overall, a subject, an industry", default=OVERALL,
                      choices=tuple(scopes))  # fmt: skip
    year = Parameter("year", "data year; default: the newest", "integer", choices=tuple(years))
    paging = (
        Parameter("limit", "rows at most", "integer", 50, high=MAX_ROWS),
        Parameter("offset", "rows to leave out first", "integer", 0, low=0, high=MAX_SKIP),
    )
    city = Parameter("city", "a city's id, or its name in any language", in_path=True,
                     required=True)  # fmt: skip
    of = (edition, scope, year)
    dimensions = [Parameter(d, q[0]) for d, q in asking.QUESTIONS.items()]
    return (
        Operation("editions", "/editions", "The editions of this site.", _editions,
                  _object(editions={"type": "array", "items": EDITION})),
        Operation("rankings", "/rankings", "Cities by rank.", _rankings,
                  _rows(row_of(RANKINGS)), (*of, *paging)),
        Operation("countries", "/countries", "Countries by rank.", _countries,
                  _rows(row_of(COUNTRY_RANKINGS)), (*of, *paging)),
        Operation("unassigned", "/unassigned", "What is in no city, by reason and country.",
                  _unassigned, _rows(row_of(UNASSIGNED)), (*of, *paging)),
        Operation("city", "/cities/{city}", "A city in all fields and data years.", _city,
                  _rows(row_of(RANKINGS), city_id=TEXT), (city, edition, *paging)),
        Operation("institutions", "/cities/{city}/institutions", "A city's institutions by Share.",
                  _institutions, _rows(row_of(CITY_INSTITUTIONS), city_id=TEXT),
                  (city, *of, *paging)),
        Operation("works", "/cities/{city}/works",
                  "The works behind a city's Share; their weights add up to it.", _works,
                  _rows(WORK, city_id=TEXT, share=NUMBER),
                  (city, *of, Parameter("institution", "an institution's id or name"), *paging)),
        Operation("compare", "/compare", "Two cities side by side in every field.", _compare,
                  _object(edition=TEXT, a=TEXT, b=TEXT, fields={"type": "array", "items": _object(
                      scope=TEXT, a=_nullable(row_of(RANKINGS)), b=_nullable(row_of(RANKINGS)),
                      p_a_ahead={"type": ["number", "null"]})}),
                  (Parameter("a", "a city", required=True), Parameter("b", "another city",
                   required=True), edition)),
        Operation("lab", "/lab", "The ranking under another method.", _lab,
                  _rows(LAB_ROW, choice={"type": "object"}, works=COUNT, unassigned=NUMBER),
                  (*dimensions, Parameter("issns", "your own journals in place of a set: ISSNs, "
                   "parted by blanks", high=6000), Parameter("boundary", "uploaded boundaries in "
                   "place of `cities`: their hash in the address of the page"), *of, *paging)),
    )  # fmt: skip


# --- handlers ---------------------------------------------------------------------------------


def _editions(call: Call) -> dict[str, Any]:
    return {
        "editions": [
            {
                "name": s.slug,
                "title_en": s.title("en"),
                "title_zh": s.title("zh"),
                "kind": s.edition.kind,
                "has_lab": asking.has_lab(s),
                "fingerprint": s.fingerprint,
                "data_years": s.edition.years,
                "scopes": [
                    {
                        "name": name,
                        "title_en": s.edition.title(name, "en"),
                        "title_zh": s.edition.title(name, "zh"),
                    }
                    for name in s.edition.scopes
                ],
            }
            for s in call.site.shown
        ]
    }


def _of(call: Call) -> tuple[str, int]:
    """Scope and year, which this edition may lack though another has them."""
    edition, scope = call.shown.edition, call["scope"]
    if scope not in edition.scopes:
        raise BadQueryError(f"no scope {scope!r} in {call.shown.slug}; there are: "
                            f"{', '.join(edition.scopes)}")  # fmt: skip
    return scope, edition.resolve_year(call["year"])


def _named(call: Call, rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"edition": call.shown.slug, **more, **rows}


def _rankings(call: Call) -> dict[str, Any]:
    return _named(call, call.page(call.shown.ranking(*_of(call))))


def _countries(call: Call) -> dict[str, Any]:
    return _named(call, call.page(call.shown.edition.country_rankings(*_of(call)).to_pylist()))


def _unassigned(call: Call) -> dict[str, Any]:
    return _named(call, call.page(call.shown.edition.unassigned(*_of(call)).to_pylist()))


def _city(call: Call) -> dict[str, Any]:
    city_id = _find(call.shown, call["city"])
    rows = call.shown.edition.city(city_id).to_pylist()
    return _named(call, call.page(rows), city_id=city_id)


def _institutions(call: Call) -> dict[str, Any]:
    city_id = _find(call.shown, call["city"])
    rows = call.shown.edition.institutions(city_id, *_of(call)).to_pylist()
    return _named(call, call.page(rows), city_id=city_id)


def _works(call: Call) -> dict[str, Any]:
    edition = call.shown.edition
    if edition.kind != "computed":
        raise NoSuchPageError(f"{call.shown.slug} holds no works")
    city_id = _find(call.shown, call["city"])
    asked = (city_id, *_of(call), call["institution"])
    total = edition.trace_total(*asked)
    rows = edition.works(*asked, top=call["limit"], skip=call["offset"]).to_pylist()
    return _named(call, call.part(rows, total.works), city_id=city_id, share=total.share)


def _compare(call: Call) -> dict[str, Any]:
    shown = call.shown
    a, b = _find(shown, call["a"]), _find(shown, call["b"])
    if a == b:
        raise BadQueryError("a and b are one city; name two")
    fields = []
    for scope in shown.edition.scopes:
        one, two = shown.row(a, scope), shown.row(b, scope)
        if one or two:
            ahead = shown.p_ahead(a, b, scope)
            fields.append({"scope": scope, "a": one, "b": two, "p_a_ahead": ahead})
    return _named(call, {"a": a, "b": b, "fields": fields})


def _lab(call: Call) -> dict[str, Any]:
    if not asking.has_lab(call.shown):
        raise NoSuchPageError(f"{call.shown.slug} holds no works to count anew")
    scope, year = _of(call)
    query = {d: call[d] for d in (*asking.QUESTIONS, "issns", "boundary") if call[d]}
    asked = asking.read(call.shown, query | {"scope": scope, "year": str(year)})
    lab = call.shown.lab(asked.choice, scope, year, asked.issns, asked.boundary)
    rows = lab.table.slice(call["offset"], call["limit"]).to_pylist()
    return _named(
        call, call.part(rows, lab.table.num_rows),
        choice=lab.choice._asdict(), works=lab.works, unassigned=lab.unassigned,
    )  # fmt: skip


def _find(shown: Shown, name: str) -> str:
    return shown.city_of(name) or shown.edition.find_city(name)
