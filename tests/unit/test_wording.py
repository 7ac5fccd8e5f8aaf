"""How numbers are said in both languages; expected texts are those of the style guide."""

from __future__ import annotations

from typing import Any

import pytest

from sciencecities.publish.wording import Wording, undirected

EN, ZH = Wording("en"), Wording("zh")
GUANGZHOU: dict[str, Any] = {
    "city_id": "gn:1809858", "city": "Guangzhou", "city_zh": "广州", "rank": 6, "rank_low": 4,
    "rank_high": 8, "previous_rank": 8, "rank_change": 2,
}  # fmt: skip


@pytest.mark.parametrize("control", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_no_name_turns_what_stands_after_it(control: int) -> None:
    assert undirected(f"Guang{chr(control)}zhou 广州") == "Guang\ufffdzhou 广州"


def test_a_year_that_cannot_be_compared_shows_the_rank_before_alone() -> None:
    row = GUANGZHOU | {"movement_note": "incomplete-year"}
    assert (EN.moved(row), ZH.moved(row)) == ("was 8th", "原第8")


def test_ranks_carry_their_range() -> None:
    assert (EN.ranked(GUANGZHOU), ZH.ranked(GUANGZHOU)) == ("6th (4–8)", "第6（4～8）")
    without = GUANGZHOU | {"rank_low": None, "rank_high": None}
    assert (EN.ranked(without), ZH.ranked(without)) == ("6th", "第6")


@pytest.mark.parametrize(
    ("before", "change", "english", "chinese"),
    [
        (8, 2, "up 2 from 8th", "升2，原第8"),
        (1, -3, "down 3 from 1st", "降3，原第1"),
        (6, 0, "same", "持平"),
        (None, None, "–", "–"),
    ],
)
def test_movement(before: int | None, change: int | None, english: str, chinese: str) -> None:
    row = GUANGZHOU | {"previous_rank": before, "rank_change": change}
    assert (EN.moved(row), ZH.moved(row)) == (english, chinese)


@pytest.mark.parametrize(
    ("rank", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd"), (112, "112th")],
)
def test_ordinals(rank: int, text: str) -> None:
    assert EN.rank(rank) == text


def test_numbers() -> None:
    assert EN.share(1204.08) == "1,204.1"
    assert EN.signed(-7.4) == "\u22127.4"
    assert EN.whole(-1204) == "\u22121,204"
    assert ZH.percent(0.0152) == "1.5%"
    assert EN.shares([12.3, 0.04, None]) == ["12.300", "0.040", "–"]
    assert (EN.span(4, 8), ZH.span(4, 8), EN.span(5, 5), EN.span(None, 3)) == (
        "4–8",
        "4～8",
        "5",
        "",
    )


def test_names_and_lists() -> None:
    assert (EN.city(GUANGZHOU), ZH.city(GUANGZHOU)) == ("Guangzhou", "广州")
    assert ZH.city(GUANGZHOU | {"city_zh": None}) == "Guangzhou"
    assert EN.other_name(GUANGZHOU | {"city_zh": None}) == ""
    assert (EN.listed(["A", "B", "C"]), ZH.listed(["甲", "乙", "丙"])) == (
        "A, B and C",
        "甲、乙和丙",
    )


def test_large_ranks_have_a_comma_in_both_languages() -> None:
    row = {"rank": 1103, "rank_low": 1050, "rank_high": 1240, "previous_rank": 2204,
           "rank_change": 1101}  # fmt: skip
    assert Wording("zh").ranked(row) == "第1,103（1,050～1,240）"
    assert Wording("zh").moved(row) == "升1,101，原第2,204"
    assert Wording("zh").rank_word(1103) == "第1,103"
    assert Wording("en").moved(row) == "up 1,101 from 2,204th"
