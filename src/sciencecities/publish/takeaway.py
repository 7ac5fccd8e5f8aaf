"""Files that readers take away: CSV, XLSX, Parquet, GeoJSON, Data Package v2, citation.

Each file is made from the edition's tables alone; the same edition gives the same bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciencecities.edition.read import Edition
from sciencecities.errors import EditionError
from sciencecities.files import PARTIAL, visible_names, write_whole
from sciencecities.publish.columns_zh import meaning
from sciencecities.sample import SAYS, is_sample
from sciencecities.tables import ANY_EDITION, KINDS, Table

if TYPE_CHECKING:
    import pyarrow as pa

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
"""The names and coordinates of places are GeoNames' (CC BY 4.0); the rest adds no condition."""

NOT_WHOLE = ("contributions", "rejects", "places", "work_scopes", "method_works", "method_sets",
             "method_journals", "method_parts", "method_places", "method_cities")  # fmt: skip
"""Tables that are taken as Parquet only, for their size or because they are for programs."""

WORKBOOK = "rankings.xlsx"
"""Written first: a folder without it is no export."""

ALONE = ("cities.geojson", "datapackage.json", "manifest.json", "CITATION.cff", "citation.bib")
"""Files that are not one table."""

SHEETS = ("rankings", "country_rankings", "unassigned", "totals")
"""What the workbook holds; larger tables are CSV."""

FIELD_TYPES = {"string": "string", "int32": "integer", "int64": "integer", "float64": "number",
               "bool": "boolean"}  # fmt: skip

XLSX_FORMATS = {
    "share": "#,##0.0", "share_low": "#,##0.0", "share_high": "#,##0.0",
    "adjusted_share": "#,##0.0", "score": "#,##0.0", "n_eff": "#,##0.0", "world_share": "0.00%",
    "count": "#,##0", "works": "#,##0", "p_top10": "0%", "p_ahead_next": "0%", "p_rose": "0%",
    "p_fell": "0%", "raw_p_rose": "0%", "raw_p_fell": "0%", "latitude": "0.0000",
    "longitude": "0.0000", "data_year": "0",
}  # fmt: skip
XLSX_MAX_ROWS = 1_000_000

XLSX_WIDTHS = {"scope": 20, "city": 24, "city_zh": 16, "reason": 24}
"""Characters, of columns of words."""

RANGES = {
    "computed": "rank_low to rank_high is the stability range; method_rank_best to "
    "method_rank_worst the range over other methods.",
    "institution-table": "rank_low to rank_high: best and worst rank, wherever Shares without a "
    "city lie.",
    "published": "Ranks as published; no ranges were.",
}
"""What the columns of ranges mean, by kind of edition."""
"""A sheet ends at 1,048,576 rows; what is longer is cut, and the first sheet says so."""


HOLDS_ZH = {
    "rankings": "每个数据年份、领域、有份额的城市一行",
    "country_rankings": "每个数据年份、领域、有份额的国家或地区一行",
    "order_probabilities": "前50座城市两两之间谁领先的概率",
    "contributions": "每篇论文、作者、单位一行：所占权重与归入的城市",
    "work_scopes": "每篇论文所属的各领域",
    "city_institutions": "每个数据年份、领域、城市、单位一行",
    "collaborations": "每个数据年份、领域、城市对一行：合著论文与得分",
    "unassigned": "未归入任何城市的部分，按原因与国家或地区",
    "totals": "每个数据年份、领域的论文总数",
    "places": "每个地点一行，及其所属城市",
    "rejects": "无法读取的输入记录",
    "method_works": "方法区间所用：论文",
    "method_sets": "方法区间所用：领域与期刊集的组合",
    "method_journals": "方法区间所用：期刊",
    "method_parts": "方法区间所用：各方案下的份额",
    "method_places": "方法区间所用：各城市口径下的地点",
    "method_cities": "方法区间所用：各城市口径下的城市",
    "method_rankings": "各种算法下领先城市的名次",
    "journal_influence": "去掉哪种期刊对领先城市影响最大",
    "institution_places": "机构份额表每行的所在地与判定方法",
}
"""What each table holds, in Chinese."""


@dataclass(frozen=True, slots=True)
class TakeAway:
    """One file: its name, what it holds in both languages, how many rows, and how to make it."""

    name: str
    en: str
    zh: str
    rows: int | None
    make: Callable[[], bytes]


def files(edition: Edition) -> list[TakeAway]:
    """All files of an edition, in the order in which the data page lists them."""
    listed = [
        TakeAway(WORKBOOK, "Workbook for reading: rankings, countries, unassigned, notes",
                 "工作簿：排名、国家和地区、未归入部分、说明", None, lambda: workbook(edition)),
        TakeAway("cities.geojson", "Cities as points, with rank and Share",
                 "城市点位，含名次与份额", None, lambda: geojson(edition)),
    ]  # fmt: skip
    for table in KINDS[edition.kind]:
        rows = edition.manifest["tables"][table.name]["rows"]
        if table.name not in NOT_WHOLE:
            listed.append(
                TakeAway(
                    f"{table.name}.csv", table.doc, HOLDS_ZH[table.name], rows, _csv(edition, table)
                )
            )
        listed.append(
            TakeAway(
                f"{table.name}.parquet",
                table.doc,
                HOLDS_ZH[table.name],
                rows,
                _parquet(edition, table),
            )
        )
    return [
        *listed,
        TakeAway("datapackage.json", "Data Package v2: every CSV with its columns",
                 "Data Package v2：各CSV文件及其列", None, lambda: data_package(edition)),
        TakeAway("manifest.json", "Inputs, configuration, hashes", "输入、配置与指纹", None,
                 (edition.path / "manifest.json").read_bytes),
        TakeAway("CITATION.cff", "How to cite", "引用格式", None, lambda: citation_cff(edition)),
        TakeAway("citation.bib", "How to cite, BibTeX", "引用格式（BibTeX）", None,
                 lambda: citation_bib(edition)),
    ]  # fmt: skip


def write(edition: Edition, out: Path) -> list[Path]:
    """Write all files to the folder `out`; what an earlier export left there goes.

    Raises EditionError if it cannot be written or holds anything else.
    """
    try:
        earlier = visible_names(out)
        _check_own(out, earlier)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EditionError(
            f"{out}: cannot be written ({error.strerror}); choose another --out"
        ) from error
    paths = []
    for file in files(edition):
        content = file.make()
        paths.append(out / file.name)

        def save(partial: Path, content: bytes = content) -> None:
            partial.write_bytes(content)

        write_whole(paths[-1], save)
    for name in earlier - {path.name for path in paths}:
        (out / name).unlink(missing_ok=True)
    return paths


def _check_own(out: Path, found: set[str]) -> None:
    """Raise EditionError if the folder holds anything that no export wrote."""
    tables = {f"{t.name}.{ending}" for t in ANY_EDITION for ending in ("csv", "parquet")}
    own = {WORKBOOK, *ALONE, *tables}
    others = {name for name in found if name.removesuffix(PARTIAL) not in own}
    if others or (found and not found & {WORKBOOK, WORKBOOK + PARTIAL}):
        raise EditionError(
            f"{out}: holds {min(others or found)}, which no export wrote; choose another --out"
        )


# --- tables ---------------------------------------------------------------------------------


def _rows(edition: Edition, table: Table) -> pa.Table:
    return edition.query(f"SELECT * FROM {table.name} ORDER BY ALL")


def _to_read(edition: Edition, table: Table) -> pa.Table:
    """A table as people read it: the newest year first, in it the whole before its fields."""
    names = [c.name for c in table.columns]
    last = ["share DESC"] if table.name == "unassigned" else []
    by = ["rank"] if "rank" in names else last
    ties = [n for n in ("city_id", "country", "reason") if n in names]
    order = ", ".join(["data_year DESC", "scope <> 'overall'", "scope", *by, *ties])
    return edition.query(f"SELECT * FROM {table.name} ORDER BY {order}")


def _csv(edition: Edition, table: Table) -> Callable[[], bytes]:
    def make() -> bytes:
        from sciencecities.edition.show import write_csv

        text = io.StringIO()
        write_csv(_rows(edition, table), text)
        return text.getvalue().encode()

    return make


def _parquet(edition: Edition, table: Table) -> Callable[[], bytes]:
    return (edition.path / f"{table.name}.parquet").read_bytes


def geojson(edition: Edition) -> bytes:
    """Cities of the newest year as GeoJSON points (RFC 7946), the leading first."""
    keys = ("rank", "city_id", "city", "city_zh", "country", "share", "rank_low", "rank_high")
    features = [
        {
            "type": "Feature",
            "id": row["city_id"],
            "geometry": {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]},
            "properties": {k: row[k] for k in keys} | {"data_year": row["data_year"]},
        }
        for row in edition.rankings().to_pylist()
        if row["longitude"] is not None
    ]
    return _json({"type": "FeatureCollection", "features": features})


def workbook(edition: Edition) -> bytes:
    """XLSX with numbers as numbers: a sheet of notes, rankings, countries, institutions."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                 "nan_inf_to_errors": True},
    )  # fmt: skip
    book.set_properties({"title": edition.name, "created": datetime(2000, 1, 1)})
    formats = {code: book.add_format({"num_format": code}) for code in set(XLSX_FORMATS.values())}
    bold = book.add_format({"bold": True, "bottom": 1})
    sheets = [t for t in KINDS[edition.kind] if t.name in SHEETS]
    notes = book.add_worksheet("about")
    notes.set_column(0, 1, 28)
    notes.set_column(2, 3, 60)
    about = [
        f"{title(edition)}: data years {', '.join(map(str, edition.years))}",
        *(SAYS if is_sample(edition.manifest) else ()),
        "Share measures the size of an output, not its quality. 份额衡量产出的规模，不衡量质量。",
        RANGES[edition.kind],
        "Place names and coordinates: GeoNames, CC BY 4.0.",
        f"rankings: sha256 {edition.manifest['tables']['rankings']['sha256']}",
        *map(str, edition.manifest.get("notes", [])),
    ]
    for table in sheets:
        rows = _to_read(edition, table)
        if rows.num_rows > XLSX_MAX_ROWS:
            about.append(f"{table.name}: the first {XLSX_MAX_ROWS:,} of {rows.num_rows:,} rows")
            rows = rows.slice(0, XLSX_MAX_ROWS)
        sheet = book.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        for number, name in enumerate(rows.column_names):
            sheet.write_string(0, number, name, bold)
            values = rows.column(number).to_pylist()
            sheet.set_column(number, number, max(XLSX_WIDTHS.get(name, 10), len(name) + 2),
                             formats.get(XLSX_FORMATS.get(name, "")))  # fmt: skip
            sheet.write_column(1, number, values)
        sheet.autofilter(0, 0, max(1, rows.num_rows), len(rows.column_names) - 1)
    for number, line in enumerate(about):
        notes.write_string(number, 0, line)
    first = len(about) + 1
    notes.write_row(first, 0, ("sheet", "column", "meaning", "含义"), bold)
    explained = [(t.name, c.name, c.doc, meaning(t.name, c.name))
                 for t in sheets for c in t.columns]  # fmt: skip
    for number, cells in enumerate(explained, first + 1):
        notes.write_row(number, 0, cells)
    book.close()
    return target.getvalue()


# --- descriptions ---------------------------------------------------------------------------


def data_package(edition: Edition) -> bytes:
    """datapackage.json by the Data Package standard, version 2, over the CSV files."""
    resources = [
        {
            "name": table.name.replace("_", "-"),
            "path": f"{table.name}.csv",
            "type": "table",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "description": table.doc,
            "schema": {
                "fields": [
                    {"name": c.name, "type": FIELD_TYPES[c.type], "description": c.doc}
                    for c in table.columns
                ],
                "missingValues": [""],
            },
        }
        for table in KINDS[edition.kind]
        if table.name not in NOT_WHOLE
    ]
    return _json(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": _name(edition),
            "title": title(edition),
            "description": "Share measures the size of an output, not its quality.",
            "created": edition.manifest["created"],
            "version": edition.manifest["package_version"],
            "licenses": [LICENCE],
            "sources": [
                {"title": "GeoNames", "path": "https://www.geonames.org"},
                *({"title": i["name"]} for i in edition.manifest.get("inputs", [])),
            ],
            "resources": resources,
        }
    )


def title(edition: Edition) -> str:
    """What the edition is called in a citation."""
    titles = edition.manifest.get("titles") or {}
    years = "–".join(str(y) for y in sorted({edition.years[0], edition.years[-1]}))
    return str(titles.get("en") or f"Science cities, edition {edition.name}, data years {years}")


def _name(edition: Edition) -> str:
    from sciencecities.locate.text import slug

    return slug(edition.name) or "edition"


def author(edition: Edition) -> str:
    """Whose figures these are: the publisher's where somebody else made the ranking."""
    about = edition.manifest.get("published") or {}
    publisher = about.get("publisher_en") or about.get("publisher_zh")
    return str(publisher or "The sciencecities developers")


def citation_cff(edition: Edition) -> bytes:
    """CITATION.cff 1.2.0 for this edition. Of a ranking published elsewhere it states no licence:
    ranks are facts, and the ranking is its publisher's."""
    sha256 = edition.manifest["tables"]["rankings"]["sha256"]
    ours = edition.kind != "published"
    said = "If you use these figures, please cite this edition."
    if not ours:
        said = "Please cite the publisher; the ranks were tabulated by sciencecities."
    return (
        "cff-version: 1.2.0\n"
        f"message: {json.dumps(said)}\n"
        "type: dataset\n"
        f"title: {json.dumps(title(edition), ensure_ascii=False)}\n"
        f"authors:\n  - name: {json.dumps(author(edition), ensure_ascii=False)}\n"
        f"date-released: {_created(edition):%Y-%m-%d}\n"
        f'version: "sha256:{sha256}"\n' + ("license: CC-BY-4.0\n" if ours else "")
    ).encode()


def citation_bib(edition: Edition) -> bytes:
    """A BibTeX entry for this edition."""
    sha256 = edition.manifest["tables"]["rankings"]["sha256"]
    by = "tabulated by sciencecities; " if edition.kind == "published" else ""
    return (
        f"@misc{{sciencecities-{_name(edition)},\n"
        f"  title = {{{{{_tex(title(edition))}}}}},\n"
        f"  author = {{{{{_tex(author(edition))}}}}},\n"
        f"  year = {{{_created(edition):%Y}}},\n"
        f"  note = {{Rankings {by}sha256:{sha256}}}\n"
        "}\n"
    ).encode()


def _tex(text: str) -> str:
    return "".join(f"\\{c}" if c in "&%$#_{}" else c for c in text)


def _created(edition: Edition) -> datetime:
    return datetime.fromisoformat(edition.manifest["created"]).astimezone(UTC)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
