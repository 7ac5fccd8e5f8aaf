"""A city's facts as Arrow tables (shapes in `tables.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from sciencecities.errors import ObservatoryError
from sciencecities.observatory.listed import level_of
from sciencecities.observatory.model import Axis, Claim, Fact, Pole, Quantity, Text
from sciencecities.observatory.tables import TABLES
from sciencecities.observatory.vocabulary import KINDS

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.observatory.city import Observatory

Row = dict[str, Any]

RELATIONS = {
    "at": "at", "hosts": "host", "industries": "industry", "by": "by", "plan": "plan",
    "part_of": "part-of", "tags": "tag", "also": "also",
}  # fmt: skip
"""Fields that name other facts, and the relation each is."""

FLOOR_AREA = Text(en="floor area", zh="建筑面积")
CONSTRUCTION_PERIOD = Text(en="planned construction period", zh="规划建设周期")


def table(city: Observatory, name: str, on: date) -> pa.Table:
    """One table of a city's facts. Raises ObservatoryError if there is none of that name."""
    import pyarrow as pa

    if name not in TABLES:
        raise ObservatoryError(f"no table '{name}'; there are {', '.join(TABLES)}")
    schema = TABLES[name].schema()
    rows = [{c: row.get(c) for c in schema.names} for row in _ROWS[name](city, on)]
    return pa.Table.from_pylist(rows, schema=schema)


def _two(prefix: str, text: Text | None) -> Row:
    return {f"{prefix}_en": text.en if text else None, f"{prefix}_zh": text.zh if text else None}


def _fact(fact: Fact) -> Row:
    sourced = {"id": fact.id, "as_of": fact.as_of.text, "source": fact.source}
    return sourced | _two("name", fact.name)


def _plain(fact: Fact, *names: str) -> Row:
    """Fields that are columns as they are; dates as text."""
    values = {name: getattr(fact, name, None) for name in names}
    return {k: getattr(v, "text", v) for k, v in values.items()}


def _sources(city: Observatory, _on: date) -> Iterator[Row]:
    for key, source in city.sources.items():
        row = {"source": key, "kind": source.kind, "date": source.date.text, "url": source.url}
        row |= {"language": source.language, "number": source.number}
        yield row | _two("title", source.title) | _two("publisher", source.publisher)


def _facts(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.facts.values():
        row = _fact(fact) | _two("note", fact.note) | _plain(fact, "kind", "ror", "wikidata")
        row["schema_org"] = KINDS[fact.kind].schema_org
        if site := city.site_of(fact):
            row |= {"latitude": site.latitude, "longitude": site.longitude}
            row["precision_km"] = site.precision_km
        yield row


def _relations(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.facts.values():
        for name, relation in RELATIONS.items():
            value = getattr(fact, name, None) or []
            targets = [value] if isinstance(value, str) else value
            yield from _targets(fact, relation, targets)
        yield from _targets(fact, "city", [m.city_id for m in getattr(fact, "cities", [])])


def _targets(fact: Fact, relation: str, targets: list[str]) -> Iterator[Row]:
    for position, target in enumerate(targets, 1):
        yield {"id": fact.id, "relation": relation, "position": position, "target": target}


def _platforms(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.platforms:
        yield _fact(fact) | _plain(fact, "tier", "ror", "since") | {"level": level_of(fact)}


def _facilities(city: Observatory, on: date) -> Iterator[Row]:
    for fact in city.facilities:
        status = city.status(fact, on=on)
        row = _fact(fact) | {"facility_class": fact.facility_class, "stage": status.stage}
        row |= {"esfri": status.esfri, "eosc": status.eosc}
        row |= {"since": status.since.text if status.since else None}
        row |= {"due": status.due.text if status.due else None}
        row |= {"due_is_computed": status.due_is_computed if status.due else None}
        yield row | {"status_en": status.text("en"), "status_zh": status.text("zh")}


def _events(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.facilities:
        for position, event in enumerate(fact.events, 1):
            yield {
                "facility_id": fact.id, "position": position, "stage": event.stage,
                "date": event.date.text, "first_day": event.date.first,
                "last_day": event.date.last, "expected": event.expected,
                "source": event.source or fact.source,
            }  # fmt: skip


def _companies(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.companies:
        labels = "; ".join(fact.labels) or None
        yield _fact(fact) | _plain(fact, "listed", "ror") | {"labels": labels}


def _products(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.companies:
        for position, product in enumerate(fact.products, 1):
            row = {"company_id": fact.id, "position": position}
            row |= {"source": product.source or fact.source}
            yield row | _two("name", product.name) | _two("what", product.what)


def figures(fact: Fact) -> Iterator[tuple[Text, Quantity]]:
    """Every quantity of a fact with what it measures, those of its products included."""
    for name, label in (("floor_area", FLOOR_AREA), ("construction_period", CONSTRUCTION_PERIOD)):
        if quantity := getattr(fact, name, None):
            yield label, quantity
    for figure in fact.figures:
        yield figure.label, figure
    for product in getattr(fact, "products", ()):
        for figure in product.figures:
            en = f"{product.name.en or product.name.zh}: {figure.label.en or figure.label.zh}"
            zh = f"{product.name.zh or product.name.en}：{figure.label.zh or figure.label.en}"
            yield Text(en=en, zh=zh), figure


def _figures(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.facts.values():
        for position, (label, figure) in enumerate(figures(fact), 1):
            row = {"id": fact.id, "position": position, "comparator": figure.comparator}
            row |= {"value": figure.value, "unit": figure.unit}
            row |= {"as_of": (figure.as_of or fact.as_of).text}
            yield row | {"source": figure.source or fact.source} | _two("label", label)


def _milestones(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.facts.values():
        for position, milestone in enumerate(fact.milestones, 1):
            row = {"id": fact.id, "position": position, "date": milestone.date.text}
            row |= {"source": milestone.source or fact.source}
            yield row | _two("what", milestone.what) | _two("place", milestone.place)


def _claims(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.claims():
        row = _fact(fact) | _plain(fact, "comparator", "value", "unit", "part_of")
        row |= {"counts": fact.counts.kind, "area": fact.counts.area}
        if city.is_listable(fact):
            row["listed"] = len(city.listed(fact))
        yield row | _ranked(city, fact)


def _ranked(city: Observatory, claim: Claim) -> Row:
    ranking = claim.counts.ranking
    if ranking is None:
        return {}
    row = {"ranking": ranking.list, "data_year": ranking.data_year, "scope": ranking.scope}
    return row | {"city_id": claim.counts.city or city.city.city_id}


def _points(city: Observatory, _on: date) -> Iterator[Row]:
    for fact in city.facts.values():
        points = []
        if isinstance(fact, Axis):
            points = fact.spine
        elif isinstance(fact, Pole) and fact.site:
            points = [fact.site]
        for position, point in enumerate(points, 1):
            row = {"id": fact.id, "position": position, "precision_km": point.precision_km}
            row |= {"latitude": point.latitude, "longitude": point.longitude}
            row |= {"half_width_km": getattr(fact, "half_width_km", None)}
            yield row | {"source": point.source or fact.source} | _two("name", point.name)


_ROWS: dict[str, Callable[[Observatory, date], Iterator[Row]]] = {
    "sources": _sources,
    "facts": _facts,
    "relations": _relations,
    "platforms": _platforms,
    "facilities": _facilities,
    "events": _events,
    "companies": _companies,
    "products": _products,
    "figures": _figures,
    "milestones": _milestones,
    "claims": _claims,
    "points": _points,
}
