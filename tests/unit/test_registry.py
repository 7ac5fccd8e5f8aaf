"""The registry: reading ROR v2 in all its wrappings, successors, ancestors, places."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from pathlib import Path

import pytest
from ror_records import BEIJING, GUANGZHOU, PARIS, UNLISTED, Json, Town, record, registry, ror

from sciencecities.errors import LocateError
from sciencecities.locate.model import Place
from sciencecities.locate.registry import Registry, canonical_ror, mended

RECORDS = [record(1, "Lantern Academy", BEIJING), record(2, "Tilleuls", PARIS)]


def lines(records: list[Json]) -> bytes:
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()


def array(records: list[Json]) -> bytes:
    return json.dumps(records, indent=1).encode()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "written",
    [
        "0abcde599",
        "HTTP://ROR.ORG/0ABCDE599",
        "ror.org/0abcde599/",
        "https://www.ror.org/0abcde599",
    ],
)
def test_ids_have_one_form(written: str) -> None:
    assert canonical_ror(f" {written} ") == "https://ror.org/0abcde599"


@pytest.mark.parametrize("other", [None, "", "I12345", "https://openalex.org/I1", "grid.1.2"])
def test_other_ids_are_no_ror_ids(other: str | None) -> None:
    assert canonical_ror(other) is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", lines(RECORDS)),
        ("a.jsonl.gz", gzip.compress(lines(RECORDS))),
        ("a.json", array(RECORDS)),
        ("a.json.gz", gzip.compress(b"\n" + array(RECORDS))),
        ("crlf.jsonl", lines(RECORDS).replace(b"\n", b"\r\n") + b"\r\n"),
        ("no-end.jsonl", lines(RECORDS).rstrip()),
        ("bom.json", b"\xef\xbb\xbf" + array(RECORDS)),
    ],
)
def test_reads_lines_and_arrays(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    loaded = Registry.load(path)
    assert [o.name for _, o in loaded.items()] == ["Lantern Academy", "Tilleuls"]


def test_reads_the_v2_member_of_a_dump(tmp_path: Path) -> None:
    members = {
        "v1.60-ror-data.json": b"[{}]",
        "v1.60-ror-data_schema_v2.json": array(RECORDS),
        "v1.60-ror-data_schema_v2.csv": b"id\n",
        "__MACOSX/._v2.json": b"x",
    }
    assert len(Registry.load(zipped(tmp_path / "dump.zip", members))) == 2
    single = {"only.jsonl": lines(RECORDS)}
    assert len(Registry.load(zipped(tmp_path / "single.zip", single))) == 2


def test_a_bad_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(lines(RECORDS) + b'{"id": 7}\n')
    with pytest.raises(LocateError, match=r"bad\.jsonl: record 3 \(line 3\): .*v2"):
        Registry.load(path)
    path.write_bytes(array([*RECORDS, {"id": ror(9)}]))
    with pytest.raises(LocateError, match=r"bad\.jsonl: record 3: .*names"):
        Registry.load(path)


def test_an_id_twice_or_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "twice.jsonl"
    path.write_bytes(lines([*RECORDS, RECORDS[0]]))
    with pytest.raises(LocateError, match=r"twice\.jsonl: record 3: .* occurs twice"):
        Registry.load(path)
    path.write_bytes(lines([RECORDS[0] | {"id": "grid.1.2"}]))
    with pytest.raises(LocateError, match=r"record 1: 'grid\.1\.2' is no ROR id"):
        Registry.load(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds no record"),
        (b"  \n", "holds no record"),
        (gzip.compress(lines(RECORDS))[:-9], "ends early"),
        (b"PK\x03\x04 cut", "cannot be unpacked"),
        (b"id,name\n", "record 1"),
        (b"\xff\xfe{}", "record 1"),
    ],
)
def test_an_unusable_file_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(LocateError, match=f"file: .*{message}"):
        Registry.load(path)


def test_a_missing_file_and_an_ambiguous_zip_are_named(tmp_path: Path) -> None:
    with pytest.raises(LocateError, match=r"absent\.zip"):
        Registry.load(tmp_path / "absent.zip")
    members = {"a.json": b"[]", "b.json": b"[]"}
    with pytest.raises(LocateError, match=r"one v2 \.json .*a\.json, b\.json"):
        Registry.load(zipped(tmp_path / "two.zip", members))


def test_get_accepts_every_form_of_id() -> None:
    known = registry(*RECORDS)
    assert known.get("000000199") is known.get(ror(1)) is known.get(ror(1).upper())
    assert known.get(ror(9)) is None
    assert known.get(None) is None


def test_successors_are_followed_to_the_end() -> None:
    known = registry(
        record(1, "A", successors=[2], status="withdrawn"),
        record(2, "B", successors=[3], status="inactive"),
        record(3, "C", successors=[4]),  # active: not followed
        record(5, "Split", successors=[1, 2], status="withdrawn"),
        record(6, "Gone", status="withdrawn"),
        record(7, "To nowhere", successors=[99], status="inactive"),
    )
    assert known.successor(ror(1)) == known.successor(ror(2)) == known.successor(ror(3)) == ror(3)
    assert known.successor(ror(5)) == ror(5)
    assert known.successor(ror(6)) == ror(6)
    assert known.successor(ror(7)) == ror(99)
    assert known.label(ror(7), ror(99)) == "Organisation 99"
    assert known.successor("I123") == "I123"


def test_successors_in_a_circle_end() -> None:
    known = registry(
        record(1, "A", successors=[3], status="withdrawn"),
        record(2, "B", successors=[3], status="withdrawn"),
        record(3, "C", successors=[2], status="withdrawn"),
        record(4, "Own", successors=[4], status="withdrawn"),
    )
    assert {known.successor(ror(n)) for n in (1, 2, 3)} == {ror(2)}
    assert known.successor(ror(4)) == ror(4)


def test_ancestors_are_transitive_and_not_oneself() -> None:
    known = registry(
        record(1, "Top"),
        record(2, "Middle", parents=[1, 50]),
        record(3, "Low", parents=[2]),
        record(4, "Ring A", parents=[5]),
        record(5, "Ring B", parents=[4]),
    )
    assert known.ancestors(ror(3)) == {ror(1), ror(2), ror(50)}
    assert known.ancestors(ror(4)) == {ror(5)}
    assert known.ancestors(ror(9)) == frozenset()


def test_a_withdrawn_parent_stands_beside_its_successor() -> None:
    known = registry(
        record(1, "Old top", successors=[2], status="withdrawn"),
        record(2, "New top"),
        record(3, "Low", parents=[1]),
    )
    assert known.ancestors(ror(3)) == {ror(1), ror(2)}
    assert known.ancestors(ror(3), successors=False) == {ror(1)}


def test_the_root_follows_the_smallest_parent() -> None:
    known = registry(
        record(1, "Top"),
        record(2, "Middle", parents=[8, 1]),
        record(3, "Low", parents=[2]),
        record(4, "Ring A", parents=[5]),
        record(5, "Ring B", parents=[4]),
        record(6, "Below the ring", parents=[5]),
    )
    assert known.root(ror(3)) == ror(1)
    assert known.root(ror(1)) == ror(1)
    assert {known.root(ror(n)) for n in (4, 5, 6)} == {ror(4)}


def test_the_place_is_rors_own() -> None:
    known = registry(record(1, "Two towns", UNLISTED, GUANGZHOU), record(2, "Nowhere"))
    bunkyo = Place("gn:99999999", "Bunkyo-ku", "JP", 35.70808, 139.75218)
    assert known.place(ror(1)) == bunkyo
    assert [p.name for p in known.places(ror(1))] == ["Bunkyo-ku", "Guangzhou"]
    assert known.place(ror(2)) is None
    assert known.place(ror(9)) is None


def test_a_place_known_to_be_wrong_is_mended_until_ror_mends_it() -> None:
    kaust = "https://ror.org/01q3tbs38"
    jeddah = Town(105343, "Jeddah", "SA", "Saudi Arabia", 21.49012, 39.18624)
    rabigh = Town(103035, "Rabigh", "SA", "Saudi Arabia", 22.79856, 39.03493)
    for town, name in ((jeddah, "Thuwal"), (rabigh, "Rabigh")):
        registered = registry(record(1, "KAUST", town) | {"id": kaust}).places(kaust)
        assert [p.name for p in registered] == [town.name]
        assert [p.name for p in mended(kaust, registered)] == [name]


def test_a_location_without_coordinates_is_no_place() -> None:
    without = record(1, "Unplaced", PARIS)
    without["locations"][0]["geonames_details"]["lat"] = None
    assert registry(without).place(ror(1)) is None


@pytest.mark.shared
def test_the_real_part_is_read_whole() -> None:
    shared = os.environ.get("SCIENCECITIES_SHARED")
    folder = Path(shared) if shared else Path(__file__).parents[2].parent / "shared"
    path = folder / "data" / "ror" / "ror-v2-part.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    known = Registry.load(path)
    assert len(known) == 52_365
    for one, _ in known.items():
        assert one not in known.ancestors(one)
        assert known.successor(known.successor(one)) == known.successor(one)
