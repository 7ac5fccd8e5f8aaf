"""A configuration with mistakes: exit code 2, and a line naming file, key and what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_works import FEW_SCOPES, Outcome, run, server

KEYS = "known keys: sources, out, corpus, years, registry"

MISTAKES: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown-key": ("jornals = 'all'", ("`jornals`", KEYS)),
    "unknown-table": ("[build]\nyears = [2024]", ("`build`", KEYS)),
    "sources-text": ("sources = 'works.jsonl'", ("`array`, got `str`", "$.sources")),
    "sources-number": ("sources = [1]", ("`str`, got `int`", "$.sources[0]")),
    "years-text": ("years = ['2024']", ("`int`, got `str`", "$.years[0]")),
    "years-number": ("years = 2024", ("`array", "$.years")),
    "years-absurd": ("years = [24]", (">= 1000", "$.years[0]")),
    "scheme": ("scheme = 'harmonic'", ("'harmonic'", "$.scheme")),
    "locate": ("locate = 'guess'", ("'guess'", "$.locate")),
    "match": ("match = 'no'", ("`bool`, got `str`", "$.match")),
    "max-rejects": ("max_rejects = 2", ("<= 1", "$.max_rejects")),
    "max-rejects-nan": ("max_rejects = nan", ("$.max_rejects",)),
    "memory": ("memory = 'much'", ("memory: 'much' is no size; write 2GB",)),
    "memory-dots": ("memory = '..MB'", ("memory: '..MB' is no size",)),
    "memory-number": ("memory = 2", ("`str`, got `int`", "$.memory")),
    "threads": ("threads = 0", (">= 1", "$.threads")),
    "threads-huge": ("threads = 99999999999999999999", ("threads",)),
    "engine": ("engine = 'pandas'", ("'pandas'", "$.engine")),
    "date": ("out = 2024-01-01", ("`str | null`, got `date`", "$.out")),
    "no-toml": ("years = [2024", ("cannot be read as TOML (Unclosed array",)),
    "twice": ("match = true\nmatch = false", ("cannot be read as TOML (Cannot overwrite",)),
    "bytes": ("out = '\xff'", ("cannot be read as TOML", "utf-8")),
    "empty": ("", ("no edition folder given; say --out EDITION",)),
    "no-sources": ("out = 'edition'", ("no sources given",)),
    "journals": ("out = 'e'\nsources = ['x']\njournals = 'natur-82'", ("natur-82", "natural-82")),
    "registry": ("out = 'e'\nsources = ['x']\nregistry = 'none.zip'", ("none.zip: no such file",)),
    "cities": ("out = 'e'\nsources = ['x']\ncities = 'towns'", ("towns: neither",)),
    "scopes": ("out = 'e'\nsources = ['x']\nscopes = 'none.toml'", ("none.toml", "cannot be read")),
}


def with_file(text: str, folder: Path) -> Outcome:
    path = folder / "sciencecities.toml"
    path.write_bytes(text.encode("latin-1"))
    return server().run("build", "-c", path, "-q")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str, tmp_path: Path) -> None:
    text, words = MISTAKES[name]
    outcome = with_file(text, tmp_path)
    assert outcome.code == 2
    assert all(word in outcome.error for word in words), outcome.error
    if "out = 'e'" not in text and name not in ("empty", "no-sources"):
        assert outcome.error.startswith(f"{tmp_path}/sciencecities.toml: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sciencecities.toml"]


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_no_such_configuration(kind: str, tmp_path: Path) -> None:
    path = tmp_path if kind == "folder" else tmp_path / "none.toml"
    outcome = server().run("build", "-c", path)
    assert outcome.code == 2
    assert outcome.error.startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--years", "24"], "'24' is not like 2024"),
        (["--years", "2024-2020"], "is not a span of years"),
        (["--scheme", "harmonic"], "'harmonic' is not one of"),
        (["--threads", "0"], "0 is not in the range"),
        (["--memory", "x"], "memory: 'x' is no size; write 2GB or 500MB"),
        (["--max-rejects", "-1"], "-1.0 is not in the range"),
        (["--engine", "spark", "--master", "here"], "--master here: not a master such as spark://"),
        (["--unknown"], "No such option"),
        (["--cities", "none.geojson"], "none.geojson: neither"),
        (["--registry", "none.zip"], "none.zip: no such file"),
    ],
)
def test_a_wrong_flag_is_named(flags: list[str], words: str, source: Path, tmp_path: Path) -> None:
    outcome = server().run("build", source, "--out", tmp_path / "edition", *flags)
    assert outcome.code == 2
    assert words in outcome.error
    assert not (tmp_path / "edition").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.jsonl", "no such file, folder or pattern"),
        ("*.csv", "no such file, folder or pattern"),
        ("empty", "holds no file ending in .jsonl"),
        ("/dev/null", "is a pipe or device, and files are read twice; save it first"),
        ("picture.png", "of no known kind; expected OpenAlex JSON lines"),
        ("utf-16.jsonl", "is not UTF-8 but UTF-16; save it as UTF-8 text"),
        ("works.zip", "is a zip archive or a workbook; unpack it, or save it as CSV"),
        ("link.jsonl", "is a link to what is not there; mend or remove it"),
    ],
)
def test_a_wrong_source_is_named(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    (tmp_path / "utf-16.jsonl").write_bytes('{"id":"W1"}\n'.encode("utf-16"))
    (tmp_path / "works.zip").write_bytes(b"PK\x03\x04 and so on")
    (tmp_path / "link.jsonl").symlink_to("nowhere")
    path = tmp_path / name
    outcome = server().run("build", path, "--out", tmp_path / "e", "--scopes", FEW_SCOPES, "-q")
    assert outcome.code == 1
    assert outcome.error.startswith(f"{path}: {words}")
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize("corpus", ["edition", "edition/corpus", "x/../edition/a/b"])
def test_a_corpus_in_the_edition_is_refused_before_the_work(
    corpus: str, source: Path, tmp_path: Path
) -> None:
    edition = tmp_path / "edition"
    outcome = server().run("build", source, "--out", edition, "--corpus", tmp_path / corpus)
    assert outcome.code == 2
    assert "lies in the edition's folder" in outcome.error
    assert not edition.exists()


def test_as_a_user_runs_it(tmp_path: Path) -> None:
    """The same in a fresh process: nothing that the test server loads is needed."""
    path = tmp_path / "sciencecities.toml"
    path.write_text("jornals = 'all'")
    outcome = run("build", "-c", path)
    assert outcome.code == 2
    assert outcome.error.startswith(f"{path}: ")
    assert KEYS in outcome.error
