"""Cut, flipped, concatenated and padded gzip."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from fault_works import build, built, hashes, left_over, lines, works

from sciencecities.errors import SourceError
from sciencecities.sources.streams import CHUNK_BYTES, read_chunks

DATA = lines(works(1, 40))
PACKED = gzip.compress(DATA)
FIRST = gzip.compress(DATA[:5000])
TWO = FIRST + gzip.compress(DATA[5000:])
MEANINGLESS_BYTES = 7  # in a header: time, flags of the packer, system; bits that fill a byte up


def unpack(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    return b"".join(read_chunks(path))


def test_cut_at_every_offset(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    for length in range(2, len(PACKED)):
        with pytest.raises(SourceError, match=r"cut\.gz: the gzip data ends early"):
            unpack(path, PACKED[:length])


def test_second_member_cut_at_every_offset(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    assert unpack(path, TWO) == DATA
    assert unpack(path, FIRST) == DATA[:5000]
    for length in range(len(FIRST) + 1, len(TWO)):
        with pytest.raises(SourceError, match="ends early"):
            unpack(path, TWO[:length])


def test_flipped_bit_at_every_offset(tmp_path: Path) -> None:
    """No flip changes what is read; those that are not seen hit bits without meaning."""
    path = tmp_path / "flipped.gz"
    for data, n_members in ((PACKED, 1), (TWO, 2)):
        n_unseen = 0
        for offset in range(2, len(data)):
            flipped = data[:offset] + bytes([data[offset] ^ 0x10]) + data[offset + 1 :]
            try:
                assert unpack(path, flipped) == DATA
                n_unseen += 1
            except SourceError as error:
                assert str(error).startswith(f"{path}: ")
                assert str(error).endswith("fetch or copy the file again")
        assert n_unseen <= n_members * MEANINGLESS_BYTES


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"\n", b"\0\0\0end", b"\0" * CHUNK_BYTES + b"\r\n"])
def test_padding_and_a_few_bytes_that_hold_no_data_are_passed_over(
    tail: bytes, tmp_path: Path
) -> None:
    assert unpack(tmp_path / "padded.gz", PACKED + tail) == DATA


@pytest.mark.parametrize(
    "tail", [b"\x1f", b"\x1f\x8b\x08", b"x" * 18, b"\0" * 9 + b"x" * CHUNK_BYTES]
)
def test_a_tail_that_may_hold_data_is_an_error(tail: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ends early|are no gzip data"):
        unpack(tmp_path / "tail.gz", PACKED + tail)


@pytest.mark.parametrize("more", [-1, 0, 1, 258, 259])
def test_unpacked_size_at_the_bound_of_one_call(more: int, tmp_path: Path) -> None:
    data = b"0" * (8 * CHUNK_BYTES + more)
    assert unpack(tmp_path / "even.gz", gzip.compress(data)) == data


def test_many_members(tmp_path: Path) -> None:
    members = [gzip.compress(DATA[n : n + 100]) for n in range(0, len(DATA), 100)]
    empty = gzip.compress(b"")
    assert unpack(tmp_path / "many.gz", empty.join(members) + empty) == DATA


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("cut", PACKED[: len(PACKED) // 2], "the gzip data ends early, after"),
        ("crc", PACKED[:-8] + b"\0" + PACKED[-7:], "the gzip data is corrupt after"),
        ("tail", PACKED + b"<html>Too many requests", "are no gzip data"),
    ],
)
def test_a_corrupt_file_is_named_and_the_old_edition_stays(
    name: str, data: bytes, words: str, sound: Path, tmp_path: Path
) -> None:
    out = tmp_path / "edition"
    old = hashes(sound)
    sound_copy(sound, out)
    path = tmp_path / f"{name}.jsonl.gz"
    path.write_bytes(data)
    outcome = build(path, out)
    assert outcome.code == 1
    assert outcome.error.startswith(f"{path}: ")
    assert words in outcome.error
    assert outcome.error.endswith("fetch or copy the file again")
    assert hashes(out) == old
    assert left_over(out) == [path.name]


def test_nothing_appears_where_no_edition_was(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(PACKED[:-1])
    assert build(path, tmp_path / "edition").code == 1
    assert not (tmp_path / "edition").exists()


def test_members_and_padding_change_nothing(source: Path, sound: Path, tmp_path: Path) -> None:
    data = gzip.decompress(source.read_bytes())
    path = tmp_path / "works.jsonl.gz"
    path.write_bytes(gzip.compress(data[:999]) + gzip.compress(data[999:]) + b"\0" * 512)
    assert hashes(built(path, tmp_path / "edition")) == hashes(sound)


def sound_copy(edition: Path, to: Path) -> None:
    to.mkdir()
    for path in edition.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
