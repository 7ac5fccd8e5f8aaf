"""Every table that stages hand to each other: columns, types, units, keys.

Stages meet only in these tables. The data dictionary in docs/TABLES.md is printed from here
(`python -m sciencecities.tables`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

UNITS_PER_WORK = 10**18
"""A work is this many integer units, so that every split sums exactly (DESIGN: Exactness)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its Arrow type by name, and what it means with its unit."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row stands for, its columns, and the columns that identify a row."""

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in canonical order."""
        return [c.name for c in self.columns]

    def schema(self) -> pa.Schema:
        """The Arrow schema, columns in canonical order."""
        import pyarrow as pa

        return pa.schema([pa.field(c.name, pa.type_for_alias(c.type)) for c in self.columns])


def _table(name: str, doc: str, key: str, *columns: tuple[str, str, str]) -> Table:
    return Table(name, doc, tuple(key.split()), tuple(Column(*c) for c in columns))


# --- corpus: what the sources said, flat ----------------------------------------------------

WORKS = _table(
    "works",
    "One row per record read; several records may describe one work until identity is settled.",
    "record_id",
    ("record_id", "int64", "file number × 2^44 + piece number × 2^24 + row in the piece"),
    ("work_id", "string", "the source's id: OpenAlex URL, `pmid:…`, or the table's own"),
    ("work_key", "int64", "first 8 bytes of the SHA-256 of work_id: begins the work's re-draws"),
    ("doi", "string", "lower case, without resolver prefix; null if none"),
    (
        "version",
        "int64",
        "newer is larger: µs of `updated_date`; PubMed: version, then revision day",
    ),
    ("year", "int32", "publication year; null if the record has none"),
    ("type", "string", "document type in the source's words"),
    ("is_primary", "bool", "counts as primary research"),
    (
        "excluded",
        "string",
        "why it is never counted: retracted, paratext, xpac, deleted; else null",
    ),
    ("authors_truncated", "bool", "the source cut the author list"),
    ("source_title", "string", "journal or other venue, as the source names it"),
    ("first_page", "string", "first page or article number (tells Letters: `L…`)"),
)

WORK_TERMS = _table(
    "work_terms",
    "One row per subject-bearing term of a record.",
    "record_id kind term",
    ("record_id", "int64", "see works"),
    ("kind", "string", "issn, topic, subfield, field, mesh, mesh-major, mesh-qualifier, subject"),
    ("term", "string", "ISSN `1234-567X`, `T10001`, subfield `1908`, field `19`, MeSH UI, subject"),
)

AUTHORSHIPS = _table(
    "authorships",
    "One row per author of a record.",
    "record_id author_position",
    ("record_id", "int64", "see works"),
    ("author_position", "int32", "1-based"),
    ("is_first", "bool", "named first author by the source, or in position 1 where it is silent"),
    ("is_corresponding", "bool", "the source says corresponding; null if it is silent"),
)

AFFILIATIONS = _table(
    "affiliations",
    "One row per affiliation of an authorship.",
    "record_id author_position affiliation",
    ("record_id", "int64", "see works"),
    ("author_position", "int32", "1-based"),
    ("affiliation", "int32", "1-based within the authorship"),
    ("affiliation_key", "int64", "hash of the affiliation's text and institutions"),
)

AFFILIATION_ENTRIES = _table(
    "affiliation_entries",
    "One row per institution named in a distinct affiliation (entry 0: text only), once per part.",
    "affiliation_key entry",
    ("affiliation_key", "int64", "see affiliations"),
    ("entry", "int32", "1-based; 0 if the affiliation names no institution"),
    ("text", "string", "the raw string; null if the source has none"),
    ("institution_id", "string", "the source's own institution id; null if none"),
    ("ror", "string", "`https://ror.org/…`; null if none"),
    ("institution", "string", "display name in the source"),
    ("country", "string", "ISO 3166-1 alpha-2 as the source gives it"),
    ("lineage", "string", "the source's ids of the institution and its ancestors, space-joined"),
)

REJECTS = _table(
    "rejects",
    "One row per input record that could not be read.",
    "source position reason",
    ("source", "string", "name of the input file"),
    ("position", "string", "`line 12`, `article 7`, `row 3`"),
    ("reason", "string", "what is wrong"),
    ("excerpt", "string", "the first 200 characters, control characters replaced"),
)

CORPUS = (WORKS, WORK_TERMS, AUTHORSHIPS, AFFILIATIONS, AFFILIATION_ENTRIES, REJECTS)

# --- locate: where each distinct affiliation is ---------------------------------------------

PLACEMENTS = _table(
    "placements",
    "One row per unit (institution at its place, or unresolved string) of a distinct affiliation.",
    "affiliation_key unit_no",
    ("affiliation_key", "int64", "see affiliations"),
    ("unit_no", "int64", "number of the unit in `units`"),
    ("text_key", "int64", "hash of the normalised string; null without text"),
    ("cluster_key", "int64", "hash of normalised string and units: equal affiliations alike"),
    ("method", "string", "how institution and place were found"),
    ("score", "float64", "0–1, certainty of the institution match; null if from the record"),
)

UNITS = _table(
    "units",
    "One row per distinct unit; numbers follow the byte order of `unit_key`.",
    "unit_no",
    ("unit_no", "int64", "1-based"),
    ("unit_key", "string", "`<institution id>@<place id>`, or `text:<normalised string>`"),
    ("institution_no", "int64", "number of the institution, or of the unresolved string"),
    (
        "institution_id",
        "string",
        "ROR id, else the source's, else `name:<slug>`; null if unresolved",
    ),
    ("root_institution_id", "string", "topmost ancestor, itself if none"),
    ("institution", "string", "name"),
    ("place_id", "string", "`gn:<GeoNames id>`; null if unplaced"),
    ("country", "string", "ISO 3166-1 alpha-2; null if unknown"),
    ("reason", "string", "why it has no place; null if it has one"),
)

PLACES = _table(
    "places",
    "One row per place that a unit lies in, with its city under the edition's city definition.",
    "place_id",
    ("place_id", "string", "`gn:<GeoNames id>`"),
    ("place", "string", "name"),
    ("country", "string", "ISO 3166-1 alpha-2"),
    ("latitude", "float64", "degrees north, WGS84"),
    ("longitude", "float64", "degrees east, WGS84"),
    ("city_id", "string", "null if outside every city of the definition"),
    ("city_method", "string", "how the city was found"),
)

CITIES = _table(
    "cities",
    "One row per city that holds a place.",
    "city_id",
    ("city_id", "string", "`gn:<GeoNames id of its principal place>`, or the feature's id"),
    ("city", "string", "English name"),
    ("city_zh", "string", "Chinese name; null if none is known"),
    ("country", "string", "ISO 3166-1 alpha-2; null if unknown"),
    ("latitude", "float64", "degrees north, WGS84"),
    ("longitude", "float64", "degrees east, WGS84"),
)

# --- edition: what is published -------------------------------------------------------------

_RANK_COLUMNS = (
    ("share", "float64", "works, fractional count; of a table of institutions, as it gives them"),
    ("count", "int64", "works, full count; null of a table of institutions without counts"),
    ("adjusted_share", "float64", "Share × N of the newest year / N of this year; N as in totals"),
    ("world_share", "float64", "Share / N, 0–1"),
    (
        "n_eff",
        "float64",
        "effective number of works, (Σw)²/Σw²; null before uncertainty is computed",
    ),
    ("share_low", "float64", "lower end of the stability interval of Share; null as above"),
    ("share_high", "float64", "upper end of the stability interval of Share; null as above"),
    ("rank_low", "int64", "best rank of the stability range; null as above"),
    ("rank_high", "int64", "worst rank of the stability range; null as above"),
    ("previous_rank", "int64", "rank in the data year before, in the same build; null if absent"),
    ("rank_change", "int64", "previous_rank − rank: positive is a rise"),
    ("p_top10", "float64", "probability of rank ≤ 10; null as above"),
    ("p_ahead_next", "float64", "probability of being ahead of the next row; null as above"),
    ("p_rose", "float64", "probability that the rank rose in truth, shrunk; null: movement_note"),
    ("p_fell", "float64", "probability that the rank fell in truth, shrunk; null: movement_note"),
    ("method_rank_best", "int64", "best rank over all choices of method"),
    ("method_rank_worst", "int64", "worst rank over all choices of method"),
    ("raw_p_rose", "float64", "part of the re-draws in which the rank rose, before shrinkage"),
    ("raw_p_fell", "float64", "part of the re-draws in which the rank fell, before shrinkage"),
    ("movement_note", "string", "why p_rose is not stated: incomplete-year, unassigned-moved"),
)

RANKINGS = _table(
    "rankings",
    "One row per data year, scope and city with a Share above 0.",
    "data_year scope rank city_id",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "`overall`, a subject, an industry"),
    ("rank", "int64", "1 = largest Share; ties share the smallest"),
    ("city_id", "string", "see cities"),
    ("city", "string", "English name"),
    ("city_zh", "string", "Chinese name; null if none is known"),
    ("country", "string", "ISO 3166-1 alpha-2"),
    ("latitude", "float64", "degrees north, WGS84"),
    ("longitude", "float64", "degrees east, WGS84"),
    *_RANK_COLUMNS,
)

COUNTRY_RANKINGS = _table(
    "country_rankings",
    "One row per data year, scope and country with a placed Share above 0.",
    "data_year scope rank country",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "`overall`, a subject, an industry"),
    ("rank", "int64", "1 = largest Share; ties share the smallest"),
    ("country", "string", "ISO 3166-1 alpha-2 of the place"),
    *_RANK_COLUMNS,
)

CONTRIBUTIONS = _table(
    "contributions",
    "One row per work, author and unit: the weight it carries, and to which city.",
    "data_year work_id author_position affiliation institution_id place_id",
    ("data_year", "int32", "publication year counted"),
    ("work_id", "string", "see works"),
    ("doi", "string", "null if none"),
    ("author_position", "int32", "1-based; null where the part belongs to no single author"),
    ("affiliation", "string", "the raw string"),
    ("institution_id", "string", "null if unresolved"),
    ("root_institution_id", "string", "topmost ancestor"),
    ("institution", "string", "name"),
    ("place_id", "string", "null if unplaced"),
    ("city_id", "string", "null if unassigned"),
    ("units", "int64", "weight in 1/10^18 of a work"),
    ("weight", "float64", "units / 10^18, for people"),
    ("method", "string", "how institution and place were found"),
    ("unassigned_reason", "string", "null if assigned to a city"),
)

WORK_SCOPES = _table(
    "work_scopes",
    "One row per counted work and scope it belongs to (`overall` included).",
    "work_id scope",
    ("work_id", "string", "see works"),
    ("scope", "string", "see rankings"),
)

CITY_INSTITUTIONS = _table(
    "city_institutions",
    "One row per data year, scope, city and institution; one without id for strings naming none.",
    "data_year scope city_id institution_id",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "see rankings"),
    ("city_id", "string", "see cities"),
    ("institution_id", "string", "see contributions"),
    ("root_institution_id", "string", "topmost ancestor"),
    ("institution", "string", "name"),
    ("share", "float64", "works, fractional count; of a table of institutions, as it gives them"),
    ("count", "int64", "works, full count; null of a table of institutions without counts"),
)

COLLABORATIONS = _table(
    "collaborations",
    "One row per data year, scope and unordered pair of cities (city_a < city_b).",
    "data_year scope city_a city_b",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "see rankings"),
    ("city_a", "string", "city id, the smaller one"),
    ("city_b", "string", "city id, the larger one"),
    ("works", "int64", "joint works"),
    ("score", "float64", "works: sum of both cities' Shares over their joint works"),
)

ORDER_PROBABILITIES = _table(
    "order_probabilities",
    "One row per data year, scope and unordered pair of the 50 leading cities (city_a < city_b).",
    "data_year scope city_a city_b",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "see rankings"),
    ("city_a", "string", "city id, the smaller one"),
    ("city_b", "string", "city id, the larger one"),
    ("p", "float64", "probability that city_a is ahead of city_b; equal ranks count half"),
)

UNASSIGNED = _table(
    "unassigned",
    "One row per data year, scope, reason and country of what has no city.",
    "data_year scope reason country",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "see rankings"),
    ("reason", "string", "see docs/METHOD.md"),
    ("country", "string", "ISO 3166-1 alpha-2; null if unknown"),
    ("share", "float64", "works; of a table of institutions, Share as it gives it"),
)

TOTALS = _table(
    "totals",
    "One row per data year and scope.",
    "data_year scope",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "see rankings"),
    ("works", "int64", "works in the scope; of a table of institutions, its Share, rounded"),
)

INSTITUTION_PLACES = _table(
    "institution_places",
    "One row per row of a table of institutions, or per part of one: where it is, and how found.",
    "data_year scope line piece",
    ("data_year", "int32", "year that the table counts"),
    ("scope", "string", "see rankings"),
    ("line", "int64", "line of the table of institutions"),
    ("piece", "int64", "1-based; above 1 for further parts of an institution that was split"),
    ("name", "string", "the institution as the table writes it"),
    ("part", "string", "part of the institution; null if it was not split"),
    ("country", "string", "ISO 3166-1 alpha-2; null if unknown"),
    ("share", "float64", "works, fractional count, as in the table"),
    ("institution_id", "string", "ROR id, else `name:<slug>`"),
    ("institution", "string", "name"),
    ("place_id", "string", "`gn:<GeoNames id>`; null if unplaced"),
    ("city_id", "string", "null if unassigned"),
    ("method", "string", "how institution and place were found"),
    ("score", "float64", "0–1, certainty of the institution match; null if not matched"),
    ("reason", "string", "why it has no city; null if it has one"),
)

# --- method: what any choice of method is recomputed from -----------------------------------

METHOD_WORKS = _table(
    "method_works",
    "One row per located work: those counted, and reviews, which only the method range takes in.",
    "work_no",
    ("work_no", "int64", "1-based, in the order of (data_year, work_id)"),
    ("data_year", "int32", "publication year"),
    ("work_id", "string", "see works"),
    ("set_no", "int32", "its memberships: see method_sets"),
    ("journal_no", "int32", "see method_journals; null if the source names none"),
    ("is_letter", "bool", "page or article number begins with L, or its DOI is in `highlights`"),
)

METHOD_SETS = _table(
    "method_sets",
    "One row per distinct set of memberships and membership in it.",
    "set_no journals documents scope",
    ("set_no", "int32", "0-based"),
    ("journals", "string", "journal set whose works are taken, with its own subjects"),
    ("documents", "string", "`articles`, or `articles+reviews`"),
    ("scope", "string", "see rankings"),
)

METHOD_JOURNALS = _table(
    "method_journals",
    "One row per distinct set of ISSNs, or per title without any.",
    "journal_no",
    ("journal_no", "int32", "0-based"),
    ("journal_id", "string", "smallest ISSN of all sets that share one; `title:…` without any"),
    ("journal", "string", "the title most of its works carry"),
    ("issns", "string", "space-joined; null if none"),
)

METHOD_PARTS = _table(
    "method_parts",
    "One row per located work and place (0: no place): what it carries under each scheme.",
    "work_no place_no",
    ("work_no", "int64", "see method_works"),
    ("place_no", "int32", "see method_places; 0 for all that has no place"),
    ("n_units", "int32", "distinct units (institutions at it) of the work"),
    ("nature_index", "int64", "1/10^18 of a work under `nature-index`"),
    ("leiden", "int64", "1/10^18 of a work under `leiden`"),
    ("institution", "int64", "1/10^18 of a work under `institution`"),
    ("first_author", "int64", "1/10^18 of a work under `first-author`"),
    ("corresponding_author", "int64", "1/10^18 of a work under `corresponding-author`"),
)

METHOD_PLACES = _table(
    "method_places",
    "One row per city definition and place of a located work.",
    "cities place_no",
    ("cities", "string", "city definition: `place`, `metro`, or the name of a GeoJSON file"),
    ("place_no", "int32", "1-based, in the order of place_id"),
    ("place_id", "string", "`gn:<GeoNames id>`"),
    ("place", "string", "name"),
    ("country", "string", "ISO 3166-1 alpha-2"),
    ("latitude", "float64", "degrees north, WGS84"),
    ("longitude", "float64", "degrees east, WGS84"),
    ("city_id", "string", "its city under the definition; null if outside every city"),
)

METHOD_CITIES = _table(
    "method_cities",
    "One row per city definition and city that holds a place.",
    "cities city_id",
    ("cities", "string", "city definition"),
    ("city_id", "string", "see cities"),
    ("city", "string", "English name"),
    ("city_zh", "string", "Chinese name; null if none is known"),
    ("country", "string", "ISO 3166-1 alpha-2; null if unknown"),
    ("latitude", "float64", "degrees north, WGS84"),
    ("longitude", "float64", "degrees east, WGS84"),
    ("place_no", "int32", "its principal place: that of its id, else the one with most Share"),
)

METHOD_RANKINGS = _table(
    "method_rankings",
    "One row per choice of method and leading city, or counterpart of a leading city.",
    "data_year scope scheme cities journals documents rank city_id",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "see rankings"),
    ("scheme", "string", "how a work is divided"),
    ("cities", "string", "city definition"),
    ("journals", "string", "journal set"),
    ("documents", "string", "`articles`, or `articles+reviews`"),
    ("rank", "int64", "1 = largest Share; ties share the smallest"),
    ("city_id", "string", "see method_cities"),
    ("share", "float64", "works, fractional count; of a table of institutions, as it gives them"),
)

JOURNAL_INFLUENCE = _table(
    "journal_influence",
    "One row per leading city and journal whose absence would move it most.",
    "data_year scope city_id journal_id",
    ("data_year", "int32", "publication year counted"),
    ("scope", "string", "see rankings"),
    ("city_id", "string", "see cities"),
    ("journal_id", "string", "see method_journals"),
    ("journal", "string", "title"),
    ("works", "int64", "works of the journal in the scope"),
    ("share", "float64", "works: what the city's Share has from the journal"),
    ("rank_without", "int64", "the city's rank if the journal's works were not counted"),
    ("rank_change", "int64", "rank − rank_without: positive if it would stand better without"),
)

METHOD = (
    METHOD_WORKS,
    METHOD_SETS,
    METHOD_JOURNALS,
    METHOD_PARTS,
    METHOD_PLACES,
    METHOD_CITIES,
    METHOD_RANKINGS,
    JOURNAL_INFLUENCE,
)

EDITION = (
    RANKINGS,
    COUNTRY_RANKINGS,
    ORDER_PROBABILITIES,
    CONTRIBUTIONS,
    WORK_SCOPES,
    CITY_INSTITUTIONS,
    COLLABORATIONS,
    UNASSIGNED,
    TOTALS,
    PLACES,
    REJECTS,
    *METHOD,
)

KINDS: dict[str, tuple[Table, ...]] = {
    "computed": EDITION,
    "institution-table": (
        RANKINGS,
        COUNTRY_RANKINGS,
        CITY_INSTITUTIONS,
        UNASSIGNED,
        TOTALS,
        INSTITUTION_PLACES,
    ),
    "published": (RANKINGS,),
}
"""Kinds of edition and the tables each has: counted here from works; summed from a table of
institutions' Shares; or a ranking that somebody else published. Tables that a kind lacks read as
empty."""

ANY_EDITION = tuple(dict.fromkeys(table for tables in KINDS.values() for table in tables))
"""Every table that an edition of some kind has."""

REASONS = (
    "no-authors",
    "no-affiliation",
    "unresolved-affiliation",
    "institution-without-place",
    "truncated-authors",
    "outside-cities",
    "several-cities",
)
"""Why a part of a work has no city. `outside-cities` comes only under a GeoJSON city definition,
`several-cities` only from a table of institutions."""


def data_dictionary() -> str:
    """All tables as Markdown, for docs/TABLES.md."""
    groups = (
        ("Corpus", CORPUS),
        ("Locate", (PLACEMENTS, UNITS, PLACES, CITIES)),
        ("Edition", ANY_EDITION),
    )
    lines = ["# Tables", "", "Printed by `python -m sciencecities.tables`.", ""]
    for title, tables in groups:
        lines += [f"## {title}", ""]
        for table in tables:
            lines += [f"### {table.name}", "", table.doc, f"Key: {', '.join(table.key)}.", ""]
            lines += ["| column | type | meaning |", "| --- | --- | --- |"]
            lines += [f"| {c.name} | {c.type} | {c.doc} |" for c in table.columns] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(data_dictionary())
