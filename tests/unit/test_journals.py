from pathlib import Path

import pytest

from sciencecities.errors import ConfigError
from sciencecities.scopes.definitions import SUBJECT_NAMES
from sciencecities.scopes.issn import check_digit_is_right, issn_problem
from sciencecities.scopes.journals import journal_set
from sciencecities.scopes.tables import issns_of, rows, split

TABLES = ("journals", "journal_subjects")


def write(folder: Path, text: str) -> str:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("table", TABLES)
def test_every_issn_has_a_right_check_digit_and_every_row_a_source(table: str) -> None:
    for row in rows(table):
        assert issns_of(row), row
        assert [i for i in issns_of(row) if issn_problem(i)] == [], row
        assert row["source"] and row["title"], row


def test_no_issn_stands_in_two_rows() -> None:
    listed = [issn for table in TABLES for row in rows(table) for issn in issns_of(row)]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("table", TABLES)
def test_subjects_are_known(table: str) -> None:
    found = {s for row in rows(table) for s in split(row["subjects"])}
    assert found <= {*SUBJECT_NAMES, "none"}
    assert all(len(split(row["subjects"])) <= 2 for row in rows(table))


def test_published_counts_of_the_lists() -> None:
    # 82 titles (2018): 20 chemistry, 16 Earth, 43 life, 24 physical; 145 = 82 - eLife + 64 (2023).
    old = [r for r in rows("journals") if r["in_natural_82"] == "yes"]
    new = [r for r in rows("journals") if r["in_nature_index_145"] == "yes"]
    both = [r for r in old if r["in_nature_index_145"] == "yes"]
    assert (len(old), len(new), len(both)) == (82, 145, 81)
    by_subject = {
        s: sum(s in split(r["subjects_natural_82"]) or not r["subjects"] for r in old)
        for s in SUBJECT_NAMES
    }
    # The published counts hold the five multidisciplinary journals in every subject.
    assert by_subject == {
        "physical": 24,
        "biological": 43,
        "chemistry": 20,
        "earth-environmental": 16,
        "health": 5,
    }


def test_multidisciplinary_journals_have_no_subject() -> None:
    titles = {r["title"] for r in rows("journals") if not r["subjects"]}
    assert len(titles) == 5
    assert {"Nature", "Science", "Nature Communications", "Science Advances"} < titles


def test_all_is_no_test() -> None:
    assert journal_set("all") is None


def test_natural_82_has_no_health_and_letters_of_four_journals() -> None:
    chosen = journal_set("natural-82")
    assert chosen is not None
    assert chosen.excluded_scopes == {"health"}
    assert {"0028-0836", "2050-084X", "2469-9950"} < chosen.issns  # Nature, eLife, Phys. Rev. B
    assert "0140-6736" not in chosen.issns  # The Lancet
    assert {"0004-6361", "2469-9926", "2469-9950", "2470-0010"} < chosen.letters_only_issns
    assert chosen.letters_only_issns < chosen.issns
    assert "0031-9007" not in chosen.letters_only_issns  # Phys. Rev. Lett.


def test_nature_index_145_has_health_and_not_elife() -> None:
    chosen = journal_set("nature-index-145")
    assert chosen is not None
    assert "0140-6736" in chosen.issns
    assert "2050-084X" not in chosen.issns
    assert not chosen.excluded_scopes


def test_unknown_name_lists_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"natural-82, nature-index-145, FILE\.csv"):
        journal_set("nature-82")


def test_file_with_columns_found_by_name(tmp_path: Path) -> None:
    chosen = journal_set(
        write(
            tmp_path,
            "\ufeffTitle,ISSN-L,e-ISSN,Subjects,subset\n"
            "Nature,00280836,1476-4687,,\n\n"
            "Phys. Rev. B,2469-9950,2469-9969,Physical Sciences,letters\n"
            "Nano Letters,1530-6984,,Chemistry; physical,\n",
        )
    )
    assert chosen is not None
    assert chosen.name == "list.csv"
    assert chosen.issns == {"0028-0836", "1476-4687", "2469-9950", "2469-9969", "1530-6984"}
    assert chosen.letters_only_issns == {"2469-9950", "2469-9969"}
    assert dict(chosen.subjects) == {
        "1530-6984": ("chemistry", "physical"),
        "2469-9950": ("physical",),
        "2469-9969": ("physical",),
    }


def test_file_may_be_separated_by_semicolons(tmp_path: Path) -> None:
    chosen = journal_set(write(tmp_path, "title;issn\nNature;0028-0836, 1476-4687\n"))
    assert chosen is not None
    assert chosen.issns == {"0028-0836", "1476-4687"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title,publisher\nNature,x\n", "columns found: title, publisher; name one issn"),
        ("", "columns found: none"),
        ("issn\n", "lists no journal"),
        ("issn,title\n0028-0836,Nature\n0028-0837,Other\n", "row 3: '0028-0837' has a wrong check"),
        ("issn\nnature\n", "row 2: 'nature' is no ISSN"),
        ("title,issn\nNature,\n", "row 2: 'Nature' has no ISSN"),
        (
            "issn,subject\n0028-0836,Sociology\n",
            "row 2: unknown subject 'Sociology'; subjects: phys",
        ),
        ("issn,subset\n0028-0836,some\n", "row 2: unknown subset 'some'"),
        ("issn\n0028-0836,1476-4687\n", "row 2: 2 cells under 1 columns"),
    ],
)
def test_errors_name_file_and_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"list\.csv") as caught:
        journal_set(write(tmp_path, text))
    assert message in str(caught.value)


def test_missing_and_undecodable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        journal_set(str(tmp_path / "absent.csv"))
    (tmp_path / "bytes.csv").write_bytes(b"issn\n\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        journal_set(str(tmp_path / "bytes.csv"))


def test_check_digit() -> None:
    # Worked example of ISO 3297: 0317-8471; X stands for ten.
    assert check_digit_is_right("0317-8471")
    assert check_digit_is_right("1073-449X")
    assert not check_digit_is_right("0317-8472")
