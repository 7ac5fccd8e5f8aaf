"""Output that cannot be written, is not ours to replace, or runs out of room."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fault_works import (
    build,
    built,
    content,
    hashes,
    left_over,
    lines,
    n_works,
    run,
    server,
    works,
    write,
)
from filelock import FileLock

MORE_WORKS = lines(works(1, 3000))


def test_an_unwritable_place(source: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    places = {
        file / "edition": "cannot be written",
        file: "exists and is no edition",
        Path("/"): "cannot be an edition",
        Path("/proc/edition"): "cannot be written (",
        tmp_path / ("long" * 80): "cannot be written",
    }
    if os.geteuid():
        (tmp_path / "locked").mkdir(mode=0o555)
        places[tmp_path / "locked" / "edition"] = "cannot be written (Permission denied)"
    for out, words in places.items():
        outcome = build(source, out)
        assert outcome.code == 1, out
        assert outcome.error.startswith(f"{out}: {words}")
        assert outcome.error.endswith("choose another --out")
    assert file.stat().st_size == 0


def test_a_read_only_file_system(source: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    outcome = build(source, small_disk / "edition")
    assert outcome.code == 1
    assert "cannot be written (Read-only file system)" in outcome.error


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("thesis.txt", "the only copy", "exists and is no edition"),
        ("manifest.json", '{"manifest_version": 3}', "exists and is no edition"),
        ("manifest.json", '{"files": []}', "exists and is no edition"),
        ("notes.md", "", "holds notes.md, which is no part of an edition and would be lost"),
        ("manifest.json", '{"format": 2}', "holds an edition of a newer format (2)"),
    ],
)
def test_nothing_but_an_edition_is_replaced(
    name: str, text: str, words: str, source: Path, sound: Path, tmp_path: Path
) -> None:
    out = tmp_path / "edition"
    shutil.copytree(sound, out) if name == "notes.md" else out.mkdir()
    (out / name).write_text(text)
    before = sorted(p.name for p in out.iterdir())
    outcome = build(source, out)
    assert outcome.code == 1
    assert outcome.error.startswith(f"{out}: {words}; ")
    assert outcome.error.endswith("choose another --out")
    assert sorted(p.name for p in out.iterdir()) == before
    assert (out / name).read_text() == text


APPEARS = """
from sciencecities.edition import swap
def put_first(new, out, swap_in=swap.swap_in):
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    swap_in(new, out)
swap.swap_in = put_first
"""


def test_what_appears_at_the_place_during_a_build_is_not_replaced(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "edition"
    outcome = build(source, out, code=APPEARS)
    assert outcome.code == 1
    whole = tmp_path / ".edition.building" / "edition"
    assert outcome.error.endswith(f"the finished edition is whole in {whole}")
    assert (out / "notes.txt").read_text() == "mine"
    assert n_works(whole) == 300


REMOVES_A_TABLE = """
from sciencecities.edition import swap
def remove_first(new, out, swap_in=swap.swap_in):
    (new / "unassigned.parquet").unlink(missing_ok=True)
    swap_in(new, out)
swap.swap_in = remove_first
"""


def test_a_table_removed_after_the_manifest_was_written(sound: Path, tmp_path: Path) -> None:
    out = tmp_path / "site" / "edition"
    shutil.copytree(sound, out)
    more = write(tmp_path / "more.jsonl.gz", MORE_WORKS)
    outcome = build(more, out, code=REMOVES_A_TABLE)
    assert outcome.code == 1
    assert "unassigned.parquet: another program removed it in mid-build" in outcome.error
    assert content(out) == content(sound)
    assert build(more, out, "--resume").code == 0
    assert n_works(out) == 3000
    assert left_over(out) == []


@pytest.mark.parametrize("damage", ["", "{", "\xff", "[]"])
def test_an_edition_with_a_damaged_manifest_can_be_built_again(
    damage: str, source: Path, sound: Path, tmp_path: Path
) -> None:
    out = tmp_path / "edition"
    shutil.copytree(sound, out)
    (out / "manifest.json").write_bytes(damage.encode("latin-1"))
    outcome = server().run("verify", out)
    assert outcome.code == 1
    assert f"{out}/manifest.json: cannot be read (" in outcome.error
    assert hashes(built(source, out)) == hashes(sound)


def test_an_empty_folder_and_hidden_files_are_no_obstacle(
    source: Path, sound: Path, tmp_path: Path
) -> None:
    out = tmp_path / "edition"
    out.mkdir()
    built(source, out)
    (out / ".DS_Store").touch()
    assert hashes(built(source, out)) == hashes(sound)
    assert left_over(out) == []
    assert not (tmp_path / ".edition.building").exists()


def test_a_link_to_an_edition_stays_a_link(source: Path, sound: Path, tmp_path: Path) -> None:
    target = built(write(tmp_path / "old.jsonl", lines(works(1, 9))), tmp_path / "2024")
    link = tmp_path / "latest"
    link.symlink_to(target.name)
    assert hashes(built(source, link)) == hashes(sound)
    assert link.is_symlink()
    assert hashes(target) == hashes(sound)


@pytest.mark.parametrize("name", ["it's", "e[1]", "e*", "e?", "{a,b}", "a\\b", "é 广州\n", "-e"])
def test_odd_names_of_editions(name: str, source: Path, sound: Path, tmp_path: Path) -> None:
    """Names that a shell, SQL or a file pattern would take for something else."""
    other = built(write(tmp_path / "old.jsonl", lines(works(1, 9))), tmp_path / "e1")
    edition = built(source, tmp_path / name)
    assert hashes(edition) == hashes(sound)
    assert n_works(other) == 9
    ranking = server().run("rank", edition, "--format", "csv")
    assert ranking == server().run("rank", sound, "--format", "csv")
    assert ranking.code == 0


def test_two_builds_of_one_edition(source: Path, sound: Path, tmp_path: Path) -> None:
    out = tmp_path / "edition"
    shutil.copytree(sound, out)
    with FileLock(tmp_path / ".edition.lock"):
        outcome = build(source, out)
    assert outcome.code == 1
    assert outcome.error == f"{out}: another build is writing this edition; wait for it to end"
    assert hashes(out) == hashes(sound)
    built(source, out)  # a lock file alone, as a killed build leaves it, stops nobody


def test_two_processes_writing_one_corpus(source: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    with FileLock(corpus / "lock"):
        outcome = server().run("ingest", source, "--corpus", corpus, "-q")
    assert outcome.code == 1
    assert outcome.error == (
        f"{corpus}: another process is writing this corpus; wait for it to end"
    )


@pytest.mark.parametrize("memory", ["1KB", "3MB", "8MB"])
def test_a_memory_limit_that_is_too_small(memory: str, source: Path, tmp_path: Path) -> None:
    outcome = build(source, tmp_path / "edition", "--memory", memory)
    assert outcome.code == 1
    assert "not enough memory or temporary disk space" in outcome.error
    assert "raise --memory or free disk space" in outcome.error
    assert not (tmp_path / "edition").exists()


# --- a full disk ----------------------------------------------------------------------------


def test_a_full_disk_at_every_step(small_disk: Path, tmp_path: Path) -> None:
    """The old edition stays; each time a little room is made, `--resume` comes a little further."""
    source = write(tmp_path / "works.jsonl.gz", MORE_WORKS)
    undisturbed = hashes(built(source, tmp_path / "undisturbed"))
    out = built(write(tmp_path / "old.jsonl", lines(works(1, 9))), small_disk / "edition")
    old = hashes(out)
    ballast = small_disk / "ballast"
    fill(ballast, leaving=0)
    full: list[Path] = []
    while (outcome := build(source, out, "--resume")).code:
        assert "No space left on device" in outcome.error
        assert "free disk space" in outcome.error
        assert content(out) == old
        assert not list(small_disk.rglob("*.partial"))
        full.append(Path(outcome.error.split(": ")[0]).relative_to(small_disk))
        os.truncate(ballast, ballast.stat().st_size - (20 << 10))
    stages = {path.parts[1] for path in full if path.parts[0] == ".edition.building"}
    assert stages == {"corpus", "stages", "edition"}
    assert hashes(out) == undisturbed
    assert left_over(out) == ["ballast"]


def fill(path: Path, leaving: int) -> None:
    """Write a file that leaves this many bytes on its file system."""
    room = os.statvfs(path.parent)
    with path.open("wb") as file:
        file.write(b"\0" * (room.f_bavail * room.f_frsize - leaving))


@pytest.mark.parametrize("largest", [0, 2_000, 8_000, 15_000])
def test_a_limit_on_the_size_of_files(largest: int, sound: Path, tmp_path: Path) -> None:
    """As a quota acts; unlike a full disk, any user can have one."""
    source = write(tmp_path / "works.jsonl.gz", MORE_WORKS)
    out = tmp_path / "edition"
    shutil.copytree(sound, out)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    args = ("build", source, "--out", out, "-q", "--threads", "1")
    outcome = run(*args, preexec_fn=limit, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    assert outcome.code == 1
    assert str(tmp_path) in outcome.error
    assert "cannot be written" in outcome.error
    assert "--resume" in outcome.error
    assert hashes(out) == hashes(sound)
    assert not list(tmp_path.rglob("*.partial"))


def test_a_closed_or_full_stdout(sound: Path) -> None:
    """`sciencecities rank EDITION > /dev/full` says so, in one line."""
    command = [sys.executable, "-m", "sciencecities", "rank", str(sound), "--format", "json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


def test_the_manifest_lists_what_was_built(sound: Path) -> None:
    manifest = json.loads((sound / "manifest.json").read_text())
    files = {p.stem for p in sound.glob("*.parquet")}
    assert set(manifest["tables"]) == files
