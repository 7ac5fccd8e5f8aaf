"""What a notebook shows of an edition's tables, in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell

import sciencecities as sc
from sciencecities.edition.notebook import of_edition, table_html


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def shown(shell: InteractiveShell, value: object) -> str | None:
    return shell.display_formatter.format(value)[0].get("text/html")


@pytest.fixture(scope="module")
def edition(shell: InteractiveShell, edition: sc.Edition) -> sc.Edition:
    """The small world's, opened where there is a notebook."""
    return sc.open(edition.path)


def test_a_ranking_is_shown_with_its_ranges(shell: InteractiveShell, edition: sc.Edition) -> None:
    table = edition.rankings()
    first = table.slice(0, 1).to_pylist()[0]
    html = shown(shell, table)
    assert html is not None
    assert f"1 ({first['rank_low']}–{first['rank_high']})</td>" in html
    assert f">{first['city']}<" in html and f">{first['share']:.3f}<" in html
    assert "rank low" not in html and "not its quality" in html


def test_every_table_of_an_edition_is_shown(shell: InteractiveShell, edition: sc.Edition) -> None:
    city = edition.rankings().column("city_id")[0].as_py()
    tables = [
        edition.country_rankings(), edition.city(city), edition.institutions(city),
        edition.unassigned(), edition.totals(), edition.trace(city), edition.works(city),
        sc.open("natureindex-2024").rankings(),
    ]  # fmt: skip
    for table in tables:
        assert isinstance(table, pa.Table)
        html = shown(shell, table)
        assert html is not None and html.count("<tr>") == min(table.num_rows, 20) + 1
    assert shown(shell, edition.explain(city)) and shown(shell, edition)


def test_other_tables_are_left_alone(shell: InteractiveShell, edition: sc.Edition) -> None:
    assert shown(shell, pa.table({"a": [1]})) is None


def test_numbers_nulls_lists_and_hostile_names() -> None:
    table = of_edition(
        pa.table({
            "data_year": [2024, 2024], "rank": [1, 1234], "rank_low": [None, 1000],
            "rank_high": [None, 1500], "city": ["<b>\u202e", None], "share": [-1234.5, 0.25],
            "institutions": [["a", "b"], []], "p_rose": pa.array([None, None], pa.float64()),
        })
    )  # fmt: skip
    html = table_html(table)
    for text in (">2024<", ">1<", ">1,234 (1,000–1,500)<", "\u22121,234.500", ">a; b<", ">–<"):
        assert text in html, text
    assert "<b>" not in html and "p rose" not in html and ">2 rows<" in html


def test_long_tables_are_cut_and_empty_ones_say_so() -> None:
    assert ">20 of 1,000 rows<" in table_html(pa.table({"n": list(range(1000))}))
    assert ">0 rows<" in table_html(pa.table({"n": pa.array([], pa.int64())}))
