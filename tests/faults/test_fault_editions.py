"""Editions and corpora that are damaged or of another format, and inputs that change."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from fault_works import build, built, hashes, lines, n_works, server, works, write

from sciencecities.tables import EDITION

# Runs when the reading stage reports its first bytes: the file's second half is still unread.
ON_FIRST_BYTES = """
import os
import sciencecities.pipeline as pipeline
advance = pipeline._Timed.advance
changed = []
def first(self, amount):
    if not changed:
        changed.append(True)
        {}
    advance(self, amount)
pipeline._Timed.advance = first
"""


@pytest.fixture
def edition(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "edition"))


def verify(edition: Path) -> tuple[int, str]:
    outcome = server().run("verify", edition)
    return outcome.code, outcome.out + outcome.err


@pytest.mark.parametrize("table", [t.name for t in EDITION])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.95])
def test_a_flipped_byte_is_found_and_the_file_named(table: str, part: float, edition: Path) -> None:
    path = edition / f"{table}.parquet"
    data = bytearray(path.read_bytes())
    data[int(len(data) * part)] ^= 0x01
    path.write_bytes(data)
    code, text = verify(edition)
    if code == 0:  # what no reader looks at: a statistic, a name of the writer
        path.write_bytes(bytes(b ^ 0x01 for b in data))
        code, text = verify(edition)
    assert code == 1
    assert f"{table}.parquet: " in text
    assert "Traceback" not in text


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_a_damaged_table_is_named(damage: str, edition: Path) -> None:
    path = edition / "rankings.parquet"
    data = path.read_bytes()
    path.unlink()
    if damage == "other":
        shutil.copy(edition / "totals.parquet", path)
    elif damage != "missing":
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"")
    code, text = verify(edition)
    assert code == 1
    assert "rankings.parquet: " in text
    assert "Traceback" not in text
    ranking = server().run("rank", edition)
    assert ranking.code == 1
    assert str(edition) in ranking.error
    assert "build" in ranking.error


@pytest.mark.parametrize(
    ("table", "old", "new", "command"),
    [
        ("contributions", b"work_id", b"\x8bork_id", ["trace", "Guangzhou"]),
        ("rankings", b"city_id", b"\xffity_id", ["city", "Guangzhou"]),
        ("method_places", b"ARROW:schema", None, ["city", "Guangzhou"]),
    ],
)
def test_damaged_names_are_told(
    table: str, old: bytes, new: bytes | None, command: list[str], edition: Path
) -> None:
    """Of columns, and of the schema that stands behind them as text."""
    path = edition / f"{table}.parquet"
    data = path.read_bytes()
    at = data.rindex(old) + len(old) + 40
    path.write_bytes(data.replace(old, new) if new else data[:at] + b"\x01" + data[at + 1 :])
    code, text = verify(edition)
    assert code == 1
    assert f"{table}.parquet: " in text
    outcome = server().run(command[0], edition, *command[1:])
    for said in (text, outcome.err):
        assert "unexpected" not in said
        assert "Traceback" not in said


def test_a_changed_number_is_found(edition: Path) -> None:
    import pyarrow.parquet as pq

    path = edition / "rankings.parquet"
    table = pq.read_table(path)
    shares = table["share"].to_pylist()
    at = table.schema.get_field_index("share")
    pq.write_table(table.set_column(at, "share", [[shares[0] + 1e-12, *shares[1:]]]), path)
    assert verify(edition)[0] == 1


def test_a_column_of_another_type_is_found(edition: Path) -> None:
    import pyarrow.parquet as pq

    path = edition / "rankings.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index("rank")
    pq.write_table(table.set_column(at, "rank", table["rank"].cast("string")), path)
    code, text = verify(edition)
    assert code == 1
    assert "rankings.parquet: cannot be read (column rank is of type string" in text


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 1}', "incomplete"),
        ('{"format": 1, "kind": []}', "damaged (Expected `str`"),
        ('{"format": 1, "tables": []}', "damaged (Expected `object`"),
        ('{"format": 1, "tables": null}', "damaged (Expected `object`"),
        ('{"format": 1, "tables": {"rankings": 5}}', "damaged (Expected `object`"),
        ('{"format": 1, "configuration": null}', "damaged (Expected `object`"),
        ('{"format": 99, "package_version": "9.0"}', "an edition of format 99, this version reads"),
        ('{"format": "1"}', "an edition of format 1"),
        (None, "is no edition"),
    ],
)
def test_a_manifest_that_cannot_be_used(manifest: str | None, words: str, edition: Path) -> None:
    if manifest is None:
        (edition / "manifest.json").unlink()
    else:
        (edition / "manifest.json").write_text(manifest)
    outcome = server().run("rank", edition)
    assert outcome.code == 1
    assert words in outcome.error
    assert str(edition) in outcome.error
    assert verify(edition)[0] == 1


def spoil(path: Path, damage: str) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    if damage == "missing":
        path.unlink()
    else:
        wrong = {"cut": data[: len(data) // 2], "empty": b"", "flipped": data}
        path.write_bytes(wrong[damage])


# --- a corpus made before -------------------------------------------------------------------


@pytest.fixture
def corpus(source: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    outcome = server().run("ingest", source, "--corpus", folder, "-q")
    assert (outcome.code, outcome.err) == (0, "")
    return folder


def test_a_build_goes_on_from_a_corpus(corpus: Path, sound: Path, tmp_path: Path) -> None:
    assert hashes(built([], tmp_path / "edition", "--corpus", str(corpus))) == hashes(sound)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ({"format": 99}, "a corpus of format 99, this version reads format"),
        ({"format": None}, "a corpus of format None"),
        ({"files": 1}, "corpus.json: cannot be read"),
        (b"{", "corpus.json: cannot be read"),
        (b"\xff", "corpus.json: cannot be read"),
        (None, "is not finished; run `sciencecities ingest` again"),
    ],
)
def test_a_corpus_that_cannot_be_used(note: Any, words: str, corpus: Path, tmp_path: Path) -> None:
    path = corpus / "corpus.json"
    if isinstance(note, dict):
        path.write_text(json.dumps(json.loads(path.read_text()) | note))
    elif note:
        path.write_bytes(note)
    else:
        path.unlink()
    outcome = build([], tmp_path / "edition", "--corpus", str(corpus))
    assert outcome.code in (1, 2)
    assert words in outcome.error
    assert str(corpus) in outcome.error


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "missing"])
def test_a_damaged_part_is_read_again_from_its_source(
    damage: str, corpus: Path, source: Path, sound: Path, tmp_path: Path
) -> None:
    """As a power failure may leave it, where the file system had not written all it was given."""
    (path,) = (corpus / "affiliations").iterdir()
    spoil(path, damage)
    again = built(source, tmp_path / "edition", "--corpus", str(corpus))
    assert hashes(again) == hashes(sound)


@pytest.mark.parametrize("damage", ["cut", "flipped", "missing"])
def test_a_damaged_part_without_its_source_is_an_error(
    damage: str, corpus: Path, tmp_path: Path
) -> None:
    (path,) = (corpus / "affiliations").iterdir()
    spoil(path, damage)
    outcome = build([], tmp_path / "edition", "--corpus", str(corpus))
    assert outcome.code == 1
    assert str(path) in outcome.error


@pytest.mark.parametrize("table", ["works", "affiliations", "work_terms"])
def test_a_part_that_goes_in_mid_build_is_an_error(
    table: str, edition: Path, sound: Path, tmp_path: Path
) -> None:
    """Of two parts one is removed before it is counted: works must not silently be fewer."""
    sources = [write(tmp_path / f"{n}.jsonl", lines(works(n, n + 50))) for n in (1, 101)]
    code = (
        "import sciencecities.pipeline as p\nfrom pathlib import Path\nselect = p._select\n"
        "def later(engine, config, corpus, scopes):\n"
        f"    sorted((corpus.folder / {table!r}).iterdir())[0].unlink()\n"
        "    return select(engine, config, corpus, scopes)\n"
        "p._select = later"
    )
    outcome = build(sources, edition, code=code)
    assert outcome.code == 1
    assert "is gone; build again" in outcome.error
    assert hashes(edition) == hashes(sound)
    assert n_works(built(sources, edition, "--resume")) == 102


def test_parts_of_inputs_that_are_gone_leave_the_corpus(
    corpus: Path, sound: Path, source: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other.jsonl", lines(works(301, 400)))
    both = built([source, other], tmp_path / "both", "--corpus", str(corpus))
    assert n_works(both) == 400
    assert hashes(built(source, tmp_path / "one", "--corpus", str(corpus))) == hashes(sound)


# --- inputs that change ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "open({path!r}, 'ab').write(b'{{}}')",
        "os.utime({path!r}, (1, 1))",
        "os.truncate({path!r}, 5_000)",
        "os.unlink({path!r})",
    ],
    ids=["longer", "newer", "shorter", "gone"],
)
@pytest.mark.parametrize("name", ["works.jsonl", "works.jsonl.gz"])
def test_an_input_that_changes_while_it_is_read(
    change: str, name: str, edition: Path, sound: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / name, os.urandom(1 << 20).hex().encode().join([b'{"id":"', b'"}\n']))
    with path.open("ab") as file:  # far more than is read at a time, so that the end is yet to come
        file.write(path.read_bytes())
    code = ON_FIRST_BYTES.format(change.format(path=str(path)))
    outcome = build(path, edition, code=code)
    assert outcome.code == 1
    gone = "cannot be read (No such file or directory)"
    words = gone if "unlink" in change else "changed while it was read; build again"
    assert outcome.error == f"{path}: {words}"
    assert hashes(edition) == hashes(sound)


def test_an_input_that_changed_since_a_killed_build_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "works.jsonl", lines(works(1, 50)))
    out = tmp_path / "edition"
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    code = f"import sciencecities.pipeline as p\ndef _select(*_): {kill}\np._select = _select"
    assert build(path, out, code=code).code == -9
    write(path, lines(works(1, 60)))
    assert n_works(built(path, out, "--resume")) == 60
