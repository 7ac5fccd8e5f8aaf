"""The tables that a city's facts become: columns, types, meanings.

`python -m sciencecities.observatory.tables` prints them for docs/OBSERVATORY.md.
"""

from __future__ import annotations

from sciencecities.tables import Column, Table

_Columns = tuple[tuple[str, str, str], ...]

_NAMED: _Columns = (
    ("id", "string", "the fact's id"),
    ("name_en", "string", "English name; null where no source has one"),
    ("name_zh", "string", "Chinese name; null where no source has one"),
)
_SOURCED: _Columns = (
    ("as_of", "string", "day, month or year for which the source says it"),
    ("source", "string", "key of the main source in `sources`"),
)


def _table(name: str, doc: str, key: str, *columns: tuple[str, str, str]) -> Table:
    return Table(name, doc, tuple(key.split()), tuple(Column(*c) for c in columns))


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "sources",
            "One row per source.",
            "source",
            ("source", "string", "key"),
            ("kind", "string", "official, press, registry"),
            ("title_en", "string", "title in English; null if it has none"),
            ("title_zh", "string", "title in Chinese; null if it has none"),
            ("publisher_en", "string", "publisher in English"),
            ("publisher_zh", "string", "publisher in Chinese"),
            ("date", "string", "published, as exact as is safe"),
            ("language", "string", "ISO 639-1"),
            ("number", "string", "document number"),
            ("url", "string", "address; null if none is known"),
        ),
        _table(
            "facts",
            "One row per fact of any kind.",
            "id",
            *_NAMED,
            ("kind", "string", "platform, facility, programme, …"),
            ("schema_org", "string", "Schema.org type it is published as"),
            ("note_en", "string", "what the source adds, in English"),
            ("note_zh", "string", "the same in Chinese"),
            ("ror", "string", "ROR id"),
            ("wikidata", "string", "Wikidata item"),
            ("latitude", "float64", "degrees north, WGS84"),
            ("longitude", "float64", "degrees east, WGS84"),
            ("precision_km", "float64", "half-width of the doubt about the point, km"),
            *_SOURCED,
        ),
        _table(
            "relations",
            "One row per tie between a fact and another one (or a source, a city).",
            "id relation position",
            ("id", "string", "the fact"),
            ("relation", "string", "at, host, industry, by, plan, part-of, city, tag, also"),
            ("position", "int32", "1-based place in the fact's list"),
            ("target", "string", "id of the other fact; `gn:…` of a city; the tag; a source's key"),
        ),
        _table(
            "platforms",
            "One row per platform.",
            "id",
            *_NAMED,
            ("tier", "string", "what sort of platform; see the vocabulary"),
            ("level", "string", "who set it up; null if the tier leaves it open"),
            ("ror", "string", "ROR id"),
            ("since", "string", "when it began, where a source says"),
            *_SOURCED,
        ),
        _table(
            "facilities",
            "One row per facility with its status on the day asked for.",
            "id",
            *_NAMED,
            ("facility_class", "string", "what sort of facility"),
            ("stage", "string", "last stage of its life cycle by that day"),
            ("esfri", "string", "the same in ESFRI's words"),
            ("eosc", "string", "the same in the EOSC Portal's words"),
            ("since", "string", "when that stage began"),
            ("due", "string", "when it is to open; null if open or unknown"),
            ("due_is_computed", "bool", "from start and planned period; else a source says it"),
            ("status_en", "string", "status as a line"),
            ("status_zh", "string", "the same in Chinese"),
            *_SOURCED,
        ),
        _table(
            "events",
            "One row per event in the life of a facility.",
            "facility_id position",
            ("facility_id", "string", "the facility"),
            ("position", "int32", "1-based place in its list"),
            ("stage", "string", "what happened"),
            ("date", "string", "when, as exact as the source"),
            ("first_day", "date32", "first day it can have been"),
            ("last_day", "date32", "last day it can have been"),
            ("expected", "bool", "expected then, not reported as done"),
            ("source", "string", "key of the source"),
        ),
        _table(
            "companies",
            "One row per company.",
            "id",
            *_NAMED,
            ("labels", "string", "labels its source gives it, joined by `; `"),
            ("listed", "bool", "whether a source calls it listed; null if none says"),
            ("ror", "string", "ROR id"),
            *_SOURCED,
        ),
        _table(
            "products",
            "One row per product of a company.",
            "company_id position",
            ("company_id", "string", "the company"),
            ("position", "int32", "1-based place in its list"),
            ("name_en", "string", "English name"),
            ("name_zh", "string", "Chinese name"),
            ("what_en", "string", "what it is, in English"),
            ("what_zh", "string", "what it is, in Chinese"),
            ("source", "string", "key of the source"),
        ),
        _table(
            "figures",
            "One row per quantity of a fact (claims apart).",
            "id position",
            ("id", "string", "the fact"),
            ("position", "int32", "1-based, in the order of the fact"),
            ("label_en", "string", "what it measures, in English"),
            ("label_zh", "string", "the same in Chinese"),
            ("comparator", "string", "=, >, ≥, <, ≤, ≈"),
            ("value", "float64", "in the unit"),
            ("unit", "string", "1 = a number of things"),
            *_SOURCED,
        ),
        _table(
            "milestones",
            "One row per dated happening that is no stage of a life cycle.",
            "id position",
            ("id", "string", "the fact"),
            ("position", "int32", "1-based place in its list"),
            ("date", "string", "when, as exact as the source"),
            ("what_en", "string", "what, in English"),
            ("what_zh", "string", "what, in Chinese"),
            ("place_en", "string", "where, in English"),
            ("place_zh", "string", "where, in Chinese"),
            ("source", "string", "key of the source"),
        ),
        _table(
            "claims",
            "One row per number that somebody stated, with how many such entries are listed here.",
            "id",
            *_NAMED,
            ("counts", "string", "what it counts: a kind of fact, institution, person, rank, …"),
            ("comparator", "string", "=, >, ≥, <, ≤, ≈"),
            ("value", "float64", "in the unit"),
            ("unit", "string", "1 = a number of things"),
            ("listed", "int32", "entries of that sort here, never all; null if not listable"),
            ("part_of", "string", "the claim of the whole; parts never add up with it"),
            ("area", "string", "the axis, pole or corridor it speaks of"),
            ("ranking", "string", "for a rank: the published list"),
            ("data_year", "int32", "for a rank: its data year"),
            ("scope", "string", "for a rank: overall or a subject"),
            ("city_id", "string", "for a rank: the city ranked"),
            *_SOURCED,
        ),
        _table(
            "points",
            "One row per point of the spatial structure: spines of axes, sites of poles.",
            "id position",
            ("id", "string", "the axis, belt, core or pole"),
            ("position", "int32", "1-based, along the spine"),
            ("name_en", "string", "the point's name in English"),
            ("name_zh", "string", "the point's name in Chinese"),
            ("latitude", "float64", "degrees north, WGS84"),
            ("longitude", "float64", "degrees east, WGS84"),
            ("precision_km", "float64", "half-width of the doubt about the point, km"),
            ("half_width_km", "float64", "for an axis: half the width of its band, km"),
            ("source", "string", "key of the source"),
        ),
    )
}


def data_dictionary() -> str:
    """All tables as Markdown."""
    lines: list[str] = []
    for table in TABLES.values():
        lines += [f"### {table.name}", "", table.doc, f"Key: {', '.join(table.key)}.", ""]
        lines += ["| column | type | meaning |", "| --- | --- | --- |"]
        lines += [f"| {c.name} | {c.type} | {c.doc} |" for c in table.columns] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(data_dictionary())
