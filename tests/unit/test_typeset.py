"""PDF briefs and cards: tags, language, title, embedded fonts, text; sizes; clear refusals.

English without Han characters needs no Chinese font and always runs; the Chinese test runs where a
Chinese font is found.
"""

from __future__ import annotations

import io
import os
import struct
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pypdf
import pytest
import small_world as world

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.edition.read import Edition
from sciencecities.errors import ConfigError
from sciencecities.observatory import load
from sciencecities.publish import ground, typeset
from sciencecities.publish.brief import brief

ON = date(2026, 1, 1)
needs_han = pytest.mark.skipif(
    not typeset.letters().has_han and not os.environ.get("CI"),
    reason="no Chinese font here; Debian: fonts-noto-cjk",
)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world")))


def embedded(reader: pypdf.PdfReader) -> list[bool]:
    """Of each font of the file, whether its letters are inside."""
    found = []
    for part in reader.xref[0]:
        value: Any = reader.get_object(pypdf.generic.IndirectObject(part, 0, reader))
        if isinstance(value, dict) and value.get("/Type") == "/FontDescriptor":
            found.append(any(f"/FontFile{n}" in value for n in ("", "2", "3")))
    return found


def check(content: bytes, headline: str, lang: str) -> pypdf.PdfReader:
    reader = pypdf.PdfReader(io.BytesIO(content))
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"].startswith(lang)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == headline
    assert "pdfuaid" in reader.xmp_metadata.stream.get_data().decode()  # type: ignore[union-attr]
    assert embedded(reader)
    assert all(embedded(reader))
    text = "".join(reader.pages[0].extract_text().split())
    assert "".join(headline.split()) in text
    return reader


def test_a_brief_in_english_needs_no_chinese_font(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typeset, "SANS", ())
    monkeypatch.setattr(typeset, "SERIF", ())
    made = brief(edition, "Guangzhou", None, "en", on=ON)
    content = typeset.brief_pdf(made, [], on=ON)
    check(content, made.headline, "en")
    assert content == typeset.brief_pdf(made, [], on=ON)


@needs_han
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_brief_of_guangzhou(lang: Literal["en", "zh"]) -> None:
    facts = load("guangzhou")
    made = brief(sc.open("natureindex-2024"), "广州", facts, lang, on=ON)
    reader = check(
        typeset.brief_pdf(made, ground.lives(facts, lang, ON), on=ON), made.headline, lang
    )
    first = "".join(reader.pages[0].extract_text().split())
    assert "第10" in first or "10th" in first  # the first ten stand on page 1


def test_text_with_han_and_no_font_for_it_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeset, "SANS", ())
    monkeypatch.setattr(typeset, "SERIF", ())
    card = typeset.card(sc.open("natureindex-2024"), "Guangzhou", "zh")
    with pytest.raises(ConfigError, match=r"no Chinese font.*fonts-noto-cjk.*--font-path"):
        typeset.card_png(card, on=ON)


def test_a_folder_without_fonts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no font"):
        typeset.letters(tmp_path)


def test_a_name_is_text_and_never_markup() -> None:
    card = typeset.Card("en", "k", '#panic("x") *a* <b> \\', "s", "#read(1)", False, 3, 2, 5)
    assert typeset.card_png(card, on=ON).startswith(b"\x89PNG")


def test_a_card_by_the_command(edition: Edition, tmp_path: Path) -> None:
    out = tmp_path / "card.png"
    assert run(["export", "card", str(edition.path), "Guangzhou", "--out", str(out)]) == 0
    assert struct.unpack(">II", out.read_bytes()[16:24]) == typeset.CARD_SIZE


def test_another_ending_is_refused(tmp_path: Path) -> None:
    out = str(tmp_path / "brief.doc")
    assert run(["export", "pdf", "natureindex-2024", "Boston", "--out", out]) == 2
    assert not list(tmp_path.iterdir())
