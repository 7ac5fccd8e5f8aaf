"""The snapshot: whole files and columns, gone on with, checked, and a release that changes."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import signal
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fetch_server import Fault, Seen, Service, work

from sciencecities.cli import run
from sciencecities.errors import FetchError, ReleaseChangedError, SciencecitiesError, SourceError
from sciencecities.fetch.http import Manners
from sciencecities.fetch.snapshot import SnapshotQuery, fetch_snapshot
from sciencecities.sources import all_sources, expand
from sciencecities.sources.base import Records

BUCKET = "s3://openalex"


def release(
    service: Service, parts: dict[str, list[int]], date: str, format: str = "jsonl"
) -> None:
    """Put a release of these works (by partition) on the server in place of the one before."""
    service.files = {}
    listed = []
    for partition, numbers in parts.items():
        works = [work(n, authors=1 + n % 3) | {"abstract": _noise(n)} for n in numbers]
        path = f"/data/{format}/works/updated_date={partition}/part_0000"
        if format == "jsonl":
            lines = "".join(json.dumps(w) + "\n" for w in works)
            path, data = f"{path}.gz", gzip.compress(lines.encode(), mtime=0)
        else:
            path, sink = f"{path}.parquet", pa.BufferOutputStream()
            pq.write_table(pa.Table.from_pylist(works), sink, row_group_size=40)
            data = sink.getvalue().to_pybytes()
        service.files[path] = data
        meta = {"content_length": len(data), "record_count": len(works)}
        listed.append({"url": BUCKET + path, "meta": meta})
    manifest = {
        "date": date,
        "format": format,
        "entity": "works",
        "record_count": sum(f["meta"]["record_count"] for f in listed),
        "content_length": sum(f["meta"]["content_length"] for f in listed),
        "files": listed,
    }
    service.files[f"/data/{format}/works/manifest.json"] = json.dumps(manifest).encode()


def _noise(number: int) -> str:
    """Text that does not shrink."""
    return hashlib.shake_256(str(number).encode()).hexdigest(1000)


PARTS = {
    "2026-01-02": [*range(1, 200)],
    "2026-05-06": [*range(200, 300)],
    "2026-06-24": [300, 301],
}


def ask(service: Service, **keys: Any) -> SnapshotQuery:
    return SnapshotQuery(base_url=service.url, **keys)


def data_files(service: Service) -> dict[str, bytes]:
    return {p: d for p, d in service.files.items() if "part_" in p}


def assert_same_files(service: Service, out: Path) -> None:
    for path, data in data_files(service).items():
        assert (out / path[1:]).read_bytes() == data
    left = [p.name for p in out.rglob("*") if "partial" in p.name or p.suffix == ".jsonl"]
    assert left == []


def test_all_files_of_a_release_come_and_are_read_as_a_snapshot(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    release(service, PARTS, "2026-06-25")
    note = fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    assert_same_files(service, tmp_path / "out")
    assert (note["release"], note["records"]) == ("2026-06-25", 301)
    by_path = {f["path"]: f for f in note["files"]}
    for path, data in data_files(service).items():
        assert by_path[path]["sha256"] == hashlib.sha256(data).hexdigest()
    assert note["bytes"] == sum(map(len, data_files(service).values()))
    account = note["last_run"]
    # The manifest is read before and after; the list of deleted works is not there.
    listed = len(service.files["/data/jsonl/works/manifest.json"])
    assert account["bytes_used"] == note["bytes"] + 2 * listed
    found = expand([str(tmp_path / "out")])
    assert [f.name for f in found] == [p[1:] for p in sorted(data_files(service))]
    asked = len(service.seen)
    fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    assert len(service.seen) == asked + 1, "only the manifest is looked at again"


def test_since_and_deleted_works(service: Service, manners: Manners, tmp_path: Path) -> None:
    release(service, PARTS, "2026-06-25")
    service.files["/data/jsonl/works/deleted_ids.csv"] = (
        b"work_id,deleted_date\nhttps://openalex.org/W7,2026-08-14\n"
    )
    wanted = ask(service, since="2026-05-06")
    assert fetch_snapshot(wanted, tmp_path / "out", manners=manners)["records"] == 102
    found = expand([str(tmp_path / "out")])
    assert {f.source for f in found} == {"openalex", "openalex-merged-ids"}
    deleted = next(f for f in found if f.source == "openalex-merged-ids")
    reader = all_sources()[deleted.source]
    records = Records(deleted.name, reader.unit, 0)
    for piece in reader.pieces(deleted.path, hashlib.sha256(), 1 << 20):
        reader.read(deleted.path, piece, records)
    (removed,) = records.tables()["works"].to_pylist()
    assert (removed["work_id"], removed["excluded"]) == ("https://openalex.org/W7", "merged")


@pytest.mark.parametrize("fault", [{"cut": 0.3}, {"cut": 0.9, "times": 3}, {"stall": True}])
def test_a_broken_file_is_gone_on_with(
    service: Service, tmp_path: Path, fault: dict[str, Any]
) -> None:
    release(service, PARTS, "2026-06-25")
    first = sorted(data_files(service))[0]
    service.faults = [Fault(lambda s: s.path == first, **fault)]
    manners = Manners(rate=1000, timeout=3, attempts=5, backoff=0.01)
    note = fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    assert_same_files(service, tmp_path / "out")
    asked = [s for s in service.seen if s.path == first]
    assert len(asked) == 1 + fault.get("times", 1)
    assert all(s.headers["range"].startswith("bytes=") and s.headers["if-range"] for s in asked[1:])
    assert note["last_run"]["bytes_discarded"] < 200, "nothing came twice"


def test_without_ranges_a_broken_file_begins_anew(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    release(service, PARTS, "2026-06-25")
    service.ranges = False
    first = sorted(data_files(service))[0]
    service.faults = [Fault(lambda s: s.path == first, cut=0.5)]
    note = fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    assert_same_files(service, tmp_path / "out")
    assert note["last_run"]["bytes_discarded"] >= len(service.files[first]) // 2


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kills_at_random_bytes_lose_nothing(service: Service, tmp_path: Path) -> None:
    rng = random.Random(3)
    release(service, PARTS, "2026-06-25")
    out, child, stops = tmp_path / "out", [0], 0

    def kill(_: Seen) -> None:
        if stops <= 3 or rng.random() < 0.3:  # a quick machine would end before enough of them
            threading.Timer(rng.uniform(0, 0.01), os.kill, (child[0], signal.SIGKILL)).start()

    service.before = kill
    while True:
        child[0] = os.fork()
        if not child[0]:
            manners = Manners(rate=10_000, timeout=5, attempts=1, backoff=0.001)
            try:
                fetch_snapshot(ask(service), out, manners=manners)
                os._exit(0)
            except BaseException:
                os._exit(70)
        if not rng.randrange(3):
            service.faults = [Fault(lambda s: "part_" in s.path, cut=rng.random())]
        code = os.waitstatus_to_exitcode(os.waitpid(child[0], 0)[1])
        if code == 0:
            break
        stops += 1
        service.faults = []
        assert stops < 200
    assert stops > 3
    assert_same_files(service, out)
    note = json.loads((out / "fetch.json").read_bytes())
    assert {f["path"] for f in note["files"]} == set(data_files(service))


def test_a_release_replaced_between_two_runs_is_noticed(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    release(service, PARTS, "2026-06-25")
    out = tmp_path / "out"
    last = sorted(data_files(service))[-1]
    service.faults = [Fault(lambda s: s.path == last, status=500, times=4)]
    with pytest.raises(FetchError, match="answers 500"):
        fetch_snapshot(ask(service), out, manners=manners)
    with pytest.raises(SourceError, match="its fetch is not done"):
        expand([str(out)])
    newer = PARTS | {"2026-05-06": [*range(200, 290)], "2026-09-20": [*range(290, 320)]}
    del newer["2026-06-24"]
    release(service, newer, "2026-09-25")
    with pytest.raises(
        ReleaseChangedError, match=r"2026-06-25 was replaced by 2026-09-25 after 2 .*--restart"
    ):
        fetch_snapshot(ask(service), out, manners=manners)
    before = len(service.seen)
    note = fetch_snapshot(ask(service), out, restart=True, manners=manners)
    assert note["release"] == "2026-09-25"
    assert_same_files(service, out)
    kept = [s for s in service.seen[before:] if s.status == 304]
    assert [s.path for s in kept] == ["/data/jsonl/works/updated_date=2026-01-02/part_0000.gz"]
    assert len(list(out.rglob("part_*"))) == 3


@pytest.mark.parametrize("when", ["file gone", "file changed", "at the end"])
def test_a_release_replaced_in_the_middle_is_noticed(
    service: Service, manners: Manners, tmp_path: Path, when: str
) -> None:
    release(service, PARTS, "2026-06-25")
    newer = {"2026-01-02": [*range(1, 150)], "2026-09-20": [*range(150, 310)]}
    at = {"file gone": 2, "file changed": 1, "at the end": 4}[when]
    count = [0]

    def replace(seen: Seen) -> None:
        count[0] += "part_" in seen.path or "deleted" in seen.path
        if count[0] == at:
            release(service, newer, "2026-09-25")
            count[0] = 100

    service.before = replace
    with pytest.raises(ReleaseChangedError, match="replaced by 2026-09-25"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    service.before = lambda _: None
    fetch_snapshot(ask(service), tmp_path / "out", restart=True, manners=manners)
    assert_same_files(service, tmp_path / "out")


def test_a_file_unlike_its_listing_or_its_hash_is_refused(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    release(service, PARTS, "2026-06-25")
    first = sorted(data_files(service))[0]
    sound = service.files[first]
    service.files[first] = sound + b"more"
    with pytest.raises(FetchError, match=r"bytes, .* are listed; .*still that of 2026-06-25"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    flipped = bytes([*sound[:100], sound[100] ^ 1, *sound[101:]])
    service.files[first] = flipped
    service.etags[first] = f'"{hashlib.md5(sound).hexdigest()}"'
    with pytest.raises(FetchError, match="another hash than is given"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    service.files[first] = sound
    fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    assert_same_files(service, tmp_path / "out")


def test_a_server_deaf_to_if_range_gets_no_two_versions_joined(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    """After a break the rest is of another version, of the same size, with another tag."""
    release(service, PARTS, "2026-06-25")
    first = sorted(data_files(service))[0]
    sound = service.files[first]
    service.etags[first] = '"one"'
    rest = bytes(byte ^ 1 for byte in sound)
    at = len(sound) // 2

    def other(seen: Seen) -> bool:
        start = int(seen.headers.get("range", "bytes=0-")[6:-1])
        fault.body = rest[start:]
        fault.headers = {
            "ETag": '"two"', "Content-Range": f"bytes {start}-{len(sound) - 1}/{len(sound)}"
        }  # fmt: skip
        return start > 0

    fault = Fault(other, status=206)
    service.faults = [Fault(lambda s: s.path == first, cut=at / len(sound)), fault]
    fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    assert fault.times == 0
    assert_same_files(service, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"record_count": -50}, "does not answer as documented"),
        ({"content_length": -1}, "does not answer as documented"),
        ({"content_length": 10**30}, "does not answer as documented"),
    ],
)
def test_sizes_that_cannot_be_are_refused(
    service: Service, manners: Manners, tmp_path: Path, change: Any, expected: str
) -> None:
    meta = {"content_length": 1, "record_count": 1} | change
    listed = {"url": f"{BUCKET}/data/jsonl/works/part_0000.gz", "meta": meta}
    service.files["/data/jsonl/works/manifest.json"] = json.dumps({"files": [listed]}).encode()
    with pytest.raises(FetchError, match=expected):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)


def test_a_file_is_listed_once(service: Service, manners: Manners, tmp_path: Path) -> None:
    release(service, PARTS, "2026-06-25")
    path = "/data/jsonl/works/manifest.json"
    manifest = json.loads(service.files[path])
    manifest["files"].append(manifest["files"][0])
    service.files[path] = json.dumps(manifest).encode()
    with pytest.raises(FetchError, match=r"part_0000.gz twice"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    itself = {"url": BUCKET + path, "meta": {"content_length": 1, "record_count": 1}}
    service.files[path] = json.dumps({"files": [itself]}).encode()
    with pytest.raises(FetchError, match=r"manifest.json itself"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)


def test_a_note_by_another_hand_removes_nothing_elsewhere(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    release(service, PARTS, "2026-06-25")
    fetch_snapshot(ask(service), out, manners=manners)
    (tmp_path / "mine.txt").write_text("mine")
    note = json.loads((out / "fetch.json").read_text())
    note["files"].append(note["files"][0] | {"path": "/../mine.txt"})
    (out / "fetch.json").write_text(json.dumps(note))
    release(service, {"2026-01-02": [1]}, "2026-09-25")
    with pytest.raises(FetchError, match="no path of a snapshot"):
        fetch_snapshot(ask(service), out, restart=True, manners=manners)
    assert (tmp_path / "mine.txt").exists()
    (out / "fetch.json").write_text('{"what": "openalex-snapshot"}')
    with pytest.raises(FetchError, match="is no note of a fetch"):
        fetch_snapshot(ask(service), out, restart=True, manners=manners)


@pytest.mark.parametrize(
    "url",
    [
        "s3://openalex/data/../../etc/passwd", "s3://openalex/a b", "s3://openalex", "fetch.json",
        "data/.fetch.lock",
    ],
)  # fmt: skip
def test_a_manifest_cannot_write_elsewhere(
    service: Service, manners: Manners, tmp_path: Path, url: str
) -> None:
    listed = {"url": url, "meta": {"content_length": 1, "record_count": 1}}
    service.files["/data/jsonl/works/manifest.json"] = json.dumps({"files": [listed]}).encode()
    with pytest.raises(FetchError, match="no path of a snapshot"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)


def test_another_manifest_is_one_clear_error(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.files["/data/jsonl/works/manifest.json"] = b'{"entries": []}'
    with pytest.raises(FetchError, match=r"manifest.json: does not answer as documented .*`files`"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)
    service.files = {}
    with pytest.raises(FetchError, match="is not there"):
        fetch_snapshot(ask(service), tmp_path / "out", manners=manners)


def rows_read(folder: Path) -> list[Any]:
    """What the reader makes of a folder's files."""
    found = []
    for file in expand([str(folder)]):
        reader = all_sources()[file.source]
        records = Records(file.name, reader.unit, 0)
        for piece in reader.pieces(file.path, hashlib.sha256(), 1 << 20):
            reader.read(file.path, piece, records)
        found.append({name: t.to_pylist() for name, t in records.tables().items()})
    return found


def test_of_parquet_only_what_is_read_comes(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    release(service, PARTS, "2026-06-25", "parquet")
    some = fetch_snapshot(ask(service, format="parquet"), tmp_path / "some", manners=manners)
    whole = ask(service, format="parquet", columns="all")
    fetch_snapshot(whole, tmp_path / "all", manners=manners)
    assert_same_files(service, tmp_path / "all")
    assert rows_read(tmp_path / "some") == rows_read(tmp_path / "all")
    size = sum(map(len, data_files(service).values()))
    assert some["last_run"]["bytes_used"] < size / 2
    ranged = [s for s in service.seen if s.headers.get("range") and not s.spoilt]
    manifests = 2 * len(service.files["/data/parquet/works/manifest.json"])
    assert some["last_run"]["bytes_used"] == sum(s.n_bytes for s in ranged) + manifests
    kept = pq.read_schema(next((tmp_path / "some").rglob("*.parquet")))
    assert "abstract" not in kept.names and "authorships" in kept.names


@pytest.mark.parametrize("fault", [{"cut": 0.4}, {"status": 500}, {"stall": True}])
def test_a_broken_range_is_asked_for_again(
    service: Service, tmp_path: Path, fault: dict[str, Any]
) -> None:
    release(service, PARTS, "2026-06-25", "parquet")
    service.faults = [Fault(lambda s: "range" in s.headers, **fault, times=2)]
    manners = Manners(rate=1000, timeout=3, attempts=5, backoff=0.01)
    fetch_snapshot(ask(service, format="parquet"), tmp_path / "out", manners=manners)
    assert sum(len(r["works"]) for r in rows_read(tmp_path / "out")) == 301


def test_ranges_of_two_versions_are_never_joined(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    release(service, PARTS, "2026-06-25", "parquet")
    count = [0]

    def replace(seen: Seen) -> None:
        count[0] += "range" in seen.headers
        if count[0] == 3:
            service.etags = dict.fromkeys(service.files, '"another"')

    service.before = replace
    with pytest.raises(FetchError, match=r"gone or has changed.*still that of 2026-06-25"):
        fetch_snapshot(ask(service, format="parquet"), tmp_path / "out", manners=manners)
    assert not list((tmp_path / "out").rglob("part_*")), "no half of a file stays"


def test_a_server_without_ranges(service: Service, manners: Manners, tmp_path: Path) -> None:
    release(service, PARTS, "2026-06-25", "parquet")
    service.ranges = False
    with pytest.raises(SciencecitiesError, match="gives no ranges; say --columns all"):
        fetch_snapshot(ask(service, format="parquet"), tmp_path / "out", manners=manners)


def test_the_command_line(service: Service, tmp_path: Path, capfd: Any) -> None:
    release(service, PARTS, "2026-06-25")
    out = str(tmp_path / "out")
    command = ["fetch", "openalex-snapshot", "--out", out, "--base-url", service.url]
    assert run(command) == 0
    shown = capfd.readouterr()
    assert "release 2026-06-25: 3 files" in shown.err
    assert "301 records in 3 files" in shown.out and "Next: sciencecities build" in shown.out
    assert run([*command, "--since", "soon"]) == 2
    assert run([*command, "--entity", "../x"]) == 2
    release(service, {"2026-09-20": [1]}, "2026-09-25")
    assert run(command) == 1
    assert "--restart" in capfd.readouterr().err
    assert run([*command, "--restart"]) == 0
