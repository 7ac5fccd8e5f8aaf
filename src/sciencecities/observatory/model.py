"""The facts of a city as they stand in its YAML files; the JSON Schema is made from here.

Every fact has an id, a name, a source and the day for which the source says it (`as_of`). Unknown
keys are errors. Words from fixed lists are explained, in both languages, in `vocabulary.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct, field

from sciencecities.observatory.dates import PartialDate
from sciencecities.observatory.fields import (
    AxisForm,
    Comparator,
    CorridorForm,
    CountedName,
    Country,
    FacilityClass,
    FactId,
    GeoNames,
    LabelName,
    Latitude,
    LevelName,
    Longitude,
    PoleForm,
    Ror,
    Slug,
    SourceKey,
    SourceKind,
    StageName,
    Tag,
    TierName,
    Unit,
    Url,
    Wikidata,
    Words,
)


class _Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What all parts share."""


class Text(_Part, frozen=True, kw_only=True):
    """Words in English, Chinese or both, as sources have them; a missing one is not invented."""

    en: Words | None = None
    zh: Words | None = None

    def get(self, lang: str) -> tuple[str, str]:
        """The text for a reader of that language and the language it is in."""
        first, second = (("zh", self.zh), ("en", self.en))[:: 1 if lang == "zh" else -1]
        name, text = first if first[1] else second
        return text or "", name

    def __str__(self) -> str:
        return self.en or self.zh or ""


class Point(_Part, frozen=True, kw_only=True):
    """A place on the map, WGS84 degrees, and how exact that is."""

    latitude: Latitude
    longitude: Longitude
    precision_km: Annotated[float, Meta(gt=0, le=100, description="half-width of the doubt, km")]
    name: Text | None = None
    source: SourceKey | None = None


class Quantity(_Part, frozen=True, kw_only=True):
    """A measured or planned quantity. Source and date are those of its fact, unless given."""

    value: float
    unit: Unit
    comparator: Comparator = "="
    source: SourceKey | None = None
    as_of: PartialDate | None = None


class Figure(Quantity, frozen=True, kw_only=True):
    """A quantity that no field of the fact names; `label` says what it measures."""

    label: Text


class Event(_Part, frozen=True, kw_only=True):
    """What happened to a facility and when; `expected`: what a source then expected."""

    stage: StageName
    date: PartialDate
    expected: bool = False
    source: SourceKey | None = None
    note: Text | None = None


class Milestone(_Part, frozen=True, kw_only=True):
    """Something dated that is no stage of a life cycle: a conference, a founding."""

    date: PartialDate
    what: Text
    place: Text | None = None
    source: SourceKey | None = None


class Source(_Part, frozen=True, kw_only=True):
    """Where facts come from. `date` is that of publication, as exact as is safe."""

    kind: SourceKind
    title: Text
    publisher: Text
    date: PartialDate
    language: Annotated[str, Meta(pattern=r"^[a-z]{2}$", description="ISO 639-1, as zh")]
    url: Url | None = None
    number: Words | None = None
    note: Text | None = None


class City(_Part, frozen=True, kw_only=True):
    """The city of the folder, and within how many kilometres its coordinates lie."""

    id: Slug
    city_id: GeoNames
    name: Text
    country: Country
    centre: Point
    radius_km: Annotated[
        float, Meta(gt=0, le=300, description="its farthest place from the centre, km")
    ]
    wikidata: Wikidata | None = None


class Fact(_Part, frozen=True, kw_only=True):
    """What every fact has. Lists name other facts of the city by their ids."""

    kind: ClassVar[str] = ""

    id: Slug
    name: Text
    source: SourceKey
    as_of: Annotated[
        PartialDate, Meta(description="day, month or year for which the source says it")
    ]
    also: Annotated[list[SourceKey], Meta(description="further sources that say the same")] = []
    aliases: Annotated[list[Words], Meta(description="other names, any language")] = []
    note: Text | None = None
    tags: list[Tag] = []
    figures: list[Figure] = []
    milestones: list[Milestone] = []
    wikidata: Wikidata | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of all its sources, the main one first."""
        return (self.source, *self.also)


class _Sited(Fact, frozen=True, kw_only=True):
    """A fact that sits somewhere: at a point, or at another fact (`at`), or outside the city."""

    site: Point | None = None
    at: Annotated[
        FactId | None, Meta(description="the park, facility, axis or pole in which it sits")
    ] = None
    outside: Annotated[bool, Meta(description="its site lies outside the city, and rightly")] = (
        False
    )
    industries: list[FactId] = []


class Platform(_Sited, frozen=True, kw_only=True):
    """An organisation or place in which research is done: laboratory, centre, institute, park."""

    kind: ClassVar[str] = "platform"

    tier: Annotated[TierName, Meta(description="what sort of platform")]
    level: Annotated[
        LevelName | None, Meta(description="who set it up, where the tier leaves it open")
    ] = None
    ror: Ror | None = None
    hosts: list[FactId] = []
    since: Annotated[PartialDate | None, Meta(description="when it began")] = None


class Facility(_Sited, frozen=True, kw_only=True):
    """A large instrument or building with a life cycle; its status follows from its events."""

    kind: ClassVar[str] = "facility"

    facility_class: FacilityClass
    events: list[Event] = []
    hosts: list[FactId] = []
    floor_area: Quantity | None = None
    construction_period: Annotated[
        Quantity | None, Meta(description="planned, in years; gives the day it is due")
    ] = None
    ror: Ror | None = None


class Programme(_Sited, frozen=True, kw_only=True):
    """A research programme: who leads it and where it is at home."""

    kind: ClassVar[str] = "programme"

    level: Annotated[
        LevelName | None, Meta(description="who set it up, where the tier leaves it open")
    ] = None
    hosts: list[FactId] = []
    since: Annotated[PartialDate | None, Meta(description="when it began")] = None


class Industry(Fact, frozen=True, kw_only=True):
    """An industry the city names; `scope` is the ranking scope that defines it by works."""

    kind: ClassVar[str] = "industry"

    scope: Annotated[Slug | None, Meta(description="ranking scope that defines it")] = None
    directions: list[Text] = []
    plan: FactId | None = None


class Listing(_Part, frozen=True, kw_only=True):
    """Where a company's shares are traded, as far as a source says."""

    exchange: Words | None = None
    code: Words | None = None
    source: SourceKey | None = None


class Product(_Part, frozen=True, kw_only=True):
    """What a company makes: its name, what it is, and its figures."""

    name: Text
    what: Text
    figures: list[Figure] = []
    source: SourceKey | None = None


class Company(_Sited, frozen=True, kw_only=True):
    """A firm: products, listing, labels a source gives it (hidden champion, leader)."""

    kind: ClassVar[str] = "company"

    ror: Ror | None = None
    labels: list[LabelName] = []
    listed: Annotated[
        bool | None, Meta(description="whether its source calls it a listed company")
    ] = None
    listings: list[Listing] = []
    products: list[Product] = []


class Achievement(Fact, frozen=True, kw_only=True):
    """Something done, by whom, and its figures."""

    kind: ClassVar[str] = "achievement"

    by: list[FactId] = []
    industries: list[FactId] = []
    date: PartialDate | None = None


class Plan(Fact, frozen=True, kw_only=True):
    """A plan or policy: who issued it, when, for which years."""

    kind: ClassVar[str] = "plan"

    issuer: Text | None = None
    issued: PartialDate | None = None
    approved: PartialDate | None = None
    approver: Text | None = None
    number: Words | None = None
    first_year: int | None = None
    last_year: int | None = None


class Axis(Fact, frozen=True, kw_only=True):
    """A line of the spatial structure; `spine` are the points it runs along, in order."""

    kind: ClassVar[str] = "axis"

    form: AxisForm
    plan: FactId | None = None
    spine: list[Point] = []
    half_width_km: Annotated[
        Annotated[float, Meta(gt=0, le=50)] | None,
        Meta(description="how far from the spine still belongs to it, km"),
    ] = None


class Pole(_Sited, frozen=True, kw_only=True):
    """A core or pole of the spatial structure."""

    kind: ClassVar[str] = "pole"

    form: PoleForm
    plan: FactId | None = None


class Member(_Part, frozen=True, kw_only=True):
    """A city in a corridor."""

    city_id: GeoNames
    name: Text


class Corridor(Fact, frozen=True, kw_only=True):
    """A set of cities, in order; `complete` where the list is the whole of it."""

    kind: ClassVar[str] = "corridor"

    form: CorridorForm
    cities: list[Member] = []
    complete: Annotated[bool, Meta(description="false: more cities belong to it")] = True
    plan: FactId | None = None


class Ranking(_Part, frozen=True, kw_only=True):
    """A published list: which one, of which data year, in which scope."""

    list: Slug
    data_year: Annotated[int, Meta(ge=1900, le=2200)]
    scope: Slug = "overall"


class Counts(_Part, frozen=True, kw_only=True):
    """What a claim counts: a kind, and the tests an entry must pass to be one of them."""

    kind: CountedName
    tier: list[TierName] = []
    facility_class: list[FacilityClass] = []
    level: list[LevelName] = []
    industries: list[FactId] = []
    labels: list[LabelName] = []
    tags: list[Tag] = []
    hosts: list[FactId] = []
    forms: list[Slug] = []
    stages: Annotated[list[StageName], Meta(description="of a facility, on the claim's day")] = []
    listed: bool | None = None
    area: Annotated[FactId | None, Meta(description="id of the axis, pole or corridor")] = None
    ranking: Ranking | None = None
    city: Annotated[GeoNames | None, Meta(description="of a rank; default: this city")] = None


class Claim(Fact, frozen=True, kw_only=True):
    """A number that somebody stated. A part never adds up with its whole (`part_of`)."""

    kind: ClassVar[str] = "claim"

    counts: Counts
    value: float
    comparator: Comparator = "="
    unit: Unit = "1"
    part_of: Annotated[FactId | None, Meta(description="the claim about the whole")] = None
    industries: list[FactId] = []
    disagrees_with: Annotated[list[FactId], Meta(description="known and left standing")] = []


class File(_Part, frozen=True, kw_only=True):
    """One YAML file of a city; a city may have one file or one for each kind."""

    city: City | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    platforms: list[Platform] = []
    facilities: list[Facility] = []
    programmes: list[Programme] = []
    industries: list[Industry] = []
    companies: list[Company] = []
    achievements: list[Achievement] = []
    plans: list[Plan] = []
    axes: list[Axis] = []
    poles: list[Pole] = []
    corridors: list[Corridor] = []
    claims: list[Claim] = []


SECTIONS: dict[str, type[Fact]] = {
    "platforms": Platform,
    "facilities": Facility,
    "programmes": Programme,
    "industries": Industry,
    "companies": Company,
    "achievements": Achievement,
    "plans": Plan,
    "axes": Axis,
    "poles": Pole,
    "corridors": Corridor,
    "claims": Claim,
}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a city's YAML file."""
    import msgspec

    from sciencecities.observatory.dates import json_schema

    made = msgspec.json.schema(File, schema_hook=json_schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sciencecities observatory: facts of a city",
        **made,
    }
