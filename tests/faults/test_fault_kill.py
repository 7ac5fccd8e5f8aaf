"""SIGKILL anywhere: the old edition stays whole, and the build ends with the same hashes."""

from __future__ import annotations

import random
import shutil
from itertools import accumulate, groupby, pairwise

import pytest
from fault_site import AFTER, WORKERS, Site
from fault_works import built, content, hashes, left_over

STAGES = {
    "read": "r",
    "select": "s",
    "locate": "l",
    "count": "c",
    "rank": "r",
    "method": "m",
    "write": "w",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("killed") / "site")


@pytest.fixture(scope="module")
def undisturbed(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return hashes(built(site.sources, folder / "edition"))


@pytest.fixture(scope="module")
def moments(site: Site) -> str:
    """The moments of an undisturbed build."""
    site.restore()
    assert site.killed_at(0).code == 0
    runs = "".join(letter for letter, _ in groupby(site.moments))
    assert runs == "-" + "".join(STAGES.values())
    return site.moments


def test_killed_in_every_stage(site: Site, moments: str, undisturbed: dict[str, str]) -> None:
    """Thrice in each stage; then `--resume` or, in turn, a build from the start."""
    ends = accumulate(len(list(run)) for _, run in groupby(moments))
    for start, end in pairwise(ends):
        for number, moment in enumerate(sorted({start + 1, (start + end) // 2, end})):
            site.restore()
            assert site.killed_at(moment).code == -9
            assert content(site.out) in (site.old, undisturbed), moment
            again = site.build(*["--resume"] * (number < 2))
            assert (again.code, again.err) == (0, ""), moment
            assert content(site.out) == undisturbed, moment
            assert left_over(site.out) == [], moment


def test_killed_at_each_moment_of_the_last_steps(
    site: Site, moments: str, undisturbed: dict[str, str]
) -> None:
    """From the manifest on: the new edition is put in place in one step."""
    found = []
    for moment in range(len(moments) - 40, len(moments), 4):
        site.restore()
        assert site.killed_at(moment).code == -9
        now = content(site.out)
        assert now in (site.old, undisturbed), moment
        found.append(now == undisturbed)
    assert found == sorted(found)
    assert site.build("--resume").code == 0
    assert content(site.out) == undisturbed
    assert left_over(site.out) == []


def test_killed_again_and_again(site: Site, moments: str, undisturbed: dict[str, str]) -> None:
    """Each time a tenth of the moments later than where it went on, until it comes through."""
    site.restore()
    kills = 0
    while (outcome := site.killed_at(len(moments) // 6 + 25 * kills, "--resume")).code == -9:
        kills += 1
        assert content(site.out) in (site.old, undisturbed)
        assert kills < 40
    assert (outcome.code, outcome.err) == (0, "")
    assert kills >= 3
    assert content(site.out) == undisturbed


def test_killed_at_any_instruction(site: Site, undisturbed: dict[str, str]) -> None:
    """At twelve moments of time, seeded, each followed by `--resume`."""
    chance = random.Random(3)
    for _ in range(12):
        site.restore()
        seconds = chance.uniform(0.01, 0.35)
        assert site.build(code=AFTER.format(seconds=seconds)).code in (0, -14)
        assert content(site.out) in (site.old, undisturbed), seconds
        again = site.build("--resume")
        assert (again.code, again.err) == (0, ""), seconds
        assert content(site.out) == undisturbed, seconds


@pytest.mark.parametrize("threads", ["1", "2"])
def test_killed_with_workers_reading(threads: str, site: Site, undisturbed: dict[str, str]) -> None:
    """Parts that workers wrote are kept, whether they take pieces (2 threads) or whole files."""
    site.restore()
    assert site.killed_at(0, "--threads", threads, small=WORKERS).code == 0
    reading = site.moments.index("r"), site.moments.index("s")
    for moment in (reading[0] + 2, reading[1] - 1):
        site.restore()
        assert site.killed_at(moment, "--threads", threads, small=WORKERS).code == -9
        again = site.killed_at(0, "--resume", "--threads", threads, small=WORKERS)
        assert (again.code, again.err) == (0, "")
        assert content(site.out) == undisturbed


def test_what_was_read_before_is_not_read_again(site: Site, undisturbed: dict[str, str]) -> None:
    site.restore()
    corpus = site.folder / ".edition.building" / "corpus"
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    code = f"import os, signal, sciencecities.pipeline as p\np._select = lambda *_: {kill}"
    assert site.build(code=code).code == -9
    parts = sorted(corpus.rglob("*.parquet"))
    made = [(p.stat().st_mtime_ns, p.stat().st_ino) for p in parts]
    assert site.build("--resume", code=code).code == -9
    assert [(p.stat().st_mtime_ns, p.stat().st_ino) for p in parts] == made
    assert site.build("--resume").code == 0
    assert content(site.out) == undisturbed


def test_resume_with_another_configuration_starts_anew_behind_the_corpus(site: Site) -> None:
    site.restore()
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    code = (
        "import os, signal, sciencecities.edition.contributions as c\n"
        f"c.write_large_tables = lambda *_: {kill}"
    )
    assert site.build(code=code).code == -9
    assert site.build("--resume", "--scheme", "leiden", "--years", "2024").code == 0
    leiden = content(site.out)
    assert site.build("--scheme", "leiden", "--years", "2024").code == 0
    assert content(site.out) == leiden


def test_resume_without_anything_to_resume(site: Site, undisturbed: dict[str, str]) -> None:
    shutil.rmtree(site.folder)
    site.folder.mkdir()
    assert site.build("--resume").code == 0
    assert content(site.out) == undisturbed
