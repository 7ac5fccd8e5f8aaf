"""Types of single fields: ids, numbers with bounds, words from fixed lists.

The words are explained, in both languages and in other vocabularies' words, in `vocabulary.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

_ID = r"^[a-z0-9][a-z0-9-]*$"
Slug = Annotated[
    str,
    Meta(
        pattern=_ID,
        max_length=80,
        description="lower-case letters, digits and hyphens, as cold-seep-facility",
    ),
]
SourceKey = Annotated[str, Meta(pattern=_ID, description="a key of `sources`")]
FactId = Annotated[str, Meta(pattern=_ID, description="the id of another fact of this city")]
Tag = Annotated[str, Meta(pattern=_ID, description="a word of your own, for claims to count by")]
Ror = Annotated[
    str,
    Meta(
        pattern=r"^https://ror\.org/0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}$",
        description="ROR id, as https://ror.org/0064kty71",
    ),
]
Wikidata = Annotated[str, Meta(pattern=r"^Q[1-9][0-9]*$", description="Wikidata item, as Q16572")]
GeoNames = Annotated[str, Meta(pattern=r"^gn:[1-9][0-9]*$", description="as gn:1809858")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Url = Annotated[str, Meta(pattern=r"^https?://\S+$")]
Words = Annotated[str, Meta(min_length=1, pattern=r"\S")]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]

Comparator = Literal["=", ">", "≥", "<", "≤", "≈"]
Unit = Literal[
    "1", "%", "m", "m2", "km", "km2", "year", "1/year", "s", "T", "K", "GeV", "MeV", "USD", "CNY"
]
StageName = Literal[
    "planned",
    "designed",
    "approved",
    "construction-started",
    "completed",
    "in-operation",
    "upgrade-started",
    "closed",
    "cancelled",
]
TierName = Literal[
    "national-laboratory",
    "national-innovation-centre-comprehensive",
    "national-technology-innovation-centre",
    "national-emerging-industry-innovation-centre",
    "national-manufacturing-innovation-centre",
    "national-key-laboratory",
    "national-science-centre",
    "provincial-laboratory",
    "innovation-institute",
    "institute",
    "university",
    "hospital",
    "pilot-base",
    "park",
    "other",
]
LevelName = Literal["international", "national", "provincial", "municipal"]
FacilityClass = Literal[
    "national-major-infrastructure", "research-vessel", "factory", "research-infrastructure"
]
LabelName = Literal[
    "leader",
    "global-leader",
    "hidden-champion",
    "specialised-and-new",
    "private",
    "unicorn",
    "high-tech",
]
KindName = Literal[
    "platform",
    "facility",
    "programme",
    "industry",
    "company",
    "achievement",
    "plan",
    "axis",
    "pole",
    "corridor",
    "claim",
]
CountedName = Literal[
    "platform",
    "facility",
    "programme",
    "industry",
    "company",
    "achievement",
    "plan",
    "axis",
    "pole",
    "corridor",
    "institution",
    "person",
    "city",
    "rank",
    "rank-change",
]
AxisForm = Literal["axis", "belt"]
PoleForm = Literal["core", "pole"]
CorridorForm = Literal["corridor", "bay-area", "inner-bay", "region"]
SourceKind = Literal["official", "press", "registry"]
