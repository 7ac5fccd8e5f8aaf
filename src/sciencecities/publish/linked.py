"""What a page says to machines (schema.org as JSON-LD), and the HTML to show it elsewhere."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup, escape

from sciencecities.publish import takeaway
from sciencecities.publish.figures import Figure
from sciencecities.publish.request import Request
from sciencecities.publish.shown import Row

SCHEMA = "https://schema.org"
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
FORMATS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument"
           ".spreadsheetml.sheet", "parquet": "application/vnd.apache.parquet",
           "geojson": "application/geo+json", "json": "application/json"}  # fmt: skip


def block(data: dict[str, Any]) -> Markup:
    """The data block of a page. Nothing in it can end the block or be run."""
    text = json.dumps({"@context": SCHEMA} | data, ensure_ascii=False, separators=(",", ":"))
    for sign, written in UNSAFE.items():
        text = text.replace(sign, written)
    return Markup(f'<script type="application/ld+json">{text}</script>')


def dataset(request: Request) -> dict[str, Any]:
    """The edition as a Dataset with its files."""
    shown = request.shown
    files = [f for f in takeaway.files(shown.edition) if f.name.rpartition(".")[2] in FORMATS]
    return {
        "@type": "Dataset",
        "name": request.t(
            f"Science cities: {shown.title('en')}, data year {shown.year}",
            f"科学城市：{shown.title('zh')}，数据年份{shown.year}",
        ),
        "description": request.t(
            "Cities ranked by their share in scientific works, with the range of each rank, by "
            "subject, with what could not be placed. Share measures size, not quality.",
            "按科研论文份额排列的城市，附名次区间、学科与未归入部分。份额衡量规模，不衡量质量。",
        ),
        "inLanguage": ["en", "zh-Hans"],
        "license": takeaway.LICENCE["path"],
        "temporalCoverage": f"{shown.edition.years[0]}/{shown.year}",
        "version": shown.fingerprint,
        "variableMeasured": ["rank", "rank_low", "rank_high", "share", "count"],
        **_url(request),
        "distribution": [
            {
                "@type": "DataDownload",
                "name": f.name,
                "encodingFormat": FORMATS[f.name.rpartition(".")[2]],
                "contentUrl": address(request, f"data/{shown.slug}/{f.name}"),
            }
            for f in files
        ],
    }


def city(request: Request, row: Row) -> dict[str, Any]:
    """The city as a place, with its rank and Share as observations; claims are no part of it."""
    shown = request.shown
    about: dict[str, Any] = {
        "@type": "City",
        "name": request.say.city(row),
        "identifier": row["city_id"],
        "address": {"@type": "PostalAddress", "addressCountry": row["country"]},
    }
    if other := request.say.other_name(row):
        about["alternateName"] = other
    if str(row["city_id"]).startswith("gn:"):
        about["sameAs"] = f"https://sws.geonames.org/{row['city_id'][3:]}/"
    if row["latitude"] is not None:
        about["geo"] = {"@type": "GeoCoordinates", "latitude": row["latitude"],
                        "longitude": row["longitude"]}  # fmt: skip
    measured = [("rank", row["rank"], row["rank_low"], row["rank_high"]),
                ("share", row["share"], row["share_low"], row["share_high"])]  # fmt: skip
    observations = [
        {
            "@type": "Observation",
            "measuredProperty": {"@type": "Property", "name": name},
            "observationAbout": {"@type": "City", "identifier": row["city_id"]},
            "observationDate": str(row["data_year"]),
            "measurementQualifier": row["scope"],
            "value": {"@type": "QuantitativeValue", "value": value}
            | ({} if low is None else {"minValue": low, "maxValue": high}),
        }
        for name, value, low, high in measured
        if value is not None
    ]
    files = [
        {"@type": "DataDownload", "name": figure.title, "encodingFormat": "text/csv",
         "contentUrl": address(request, f"{_base(request)}/{figure.id}.csv")}
        for figure in request.figures.values()
    ]  # fmt: skip
    return {
        "@graph": [
            about,
            *observations,
            {
                "@type": "Dataset",
                "name": request.t(f"{request.say.city(row)} in {shown.title('en')}",
                                  f"{shown.title('zh')}中的{request.say.city(row)}"),
                "description": request.t(
                    "Rank with its range, Share, subjects, institutions and partners of a city.",
                    "一座城市的名次与区间、份额、学科、单位与合作城市。",
                ),
                "license": takeaway.LICENCE["path"],
                "distribution": files,
                **_url(request),
            },
        ]
    }  # fmt: skip


def snippet(request: Request, figure: Figure) -> str:
    """HTML that shows a figure on another site: a picture with its text, a link; no script.

    Absolute where the site knows its address; else the address is left to be completed.
    """
    picture = address(request, f"{_base(request)}/{figure.id}.svg", whole=True)
    page = address(request, request.path, whole=True)
    return (
        f'<a href="{escape(page)}"><img src="{escape(picture)}" alt="{escape(figure.says)}" '
        'width="808" loading="lazy"></a>'
    )


def address(request: Request, path: str, *, whole: bool = False) -> str:
    """The address of a path of the site: absolute where that is known, else relative."""
    base = request.site.base_url
    if base:
        return f"{base}/{path}"
    return f"https://YOUR-SITE/{path}" if whole else request.relative(path)


def _base(request: Request) -> str:
    return request.path.removesuffix(".html")


def _url(request: Request) -> dict[str, str]:
    return {"url": f"{request.site.base_url}/{request.path}"} if request.site.base_url else {}
