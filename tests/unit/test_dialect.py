"""The SQL of the rules: what is in it, how Spark reads it, what is said where Spark is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

import pytest

from sciencecities import config, errors, pipeline
from sciencecities.corpus import select
from sciencecities.count import rules
from sciencecities.count import run as counting
from sciencecities.edition import contributions
from sciencecities.engines.dialect import spark_sql
from sciencecities.locate import run as locating
from sciencecities.method import memberships, parts
from sciencecities.rank import replicates, sums

MODULES = (select, rules, counting, sums, replicates, contributions, locating, memberships, parts)
"""Modules whose upper-case texts are queries that every engine runs."""

FUNCTIONS = {
    *("sum", "min", "max", "count", "coalesce", "least", "cast", "decimal"),
    *("row_number", "rank", "dense_rank"),
}
"""The functions that the queries may call; they say the same on every engine."""

WORDS = {
    *("and", "as", "by", "exists", "from", "in", "join", "not", "on", "or", "over", "select"),
    *("when", "where", "then", "with", "union", "all", "else", "values", "having"),
}
"""Words of SQL that a bracket may follow."""

FORBIDDEN = re.compile(
    r"::|\bVARCHAR\b|\bILIKE\b|\bSIMILAR\b|\bREGEXP|\bUSING\b|\bQUALIFY\b|\bEXCLUDE\b|"
    r"\bGROUP BY ALL\b|\bRANDOM\b|\bHASH\b|\bSTRING_AGG\b|\bUNNEST\b|\bLATERAL\b|"
    r"DECIMAL\(38,\s*[1-9]",
    re.IGNORECASE,
)


def queries(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, str) and re.search(r"\bSELECT\b", value):
            yield f"{module.__name__}.{name}", value


QUERIES = dict(pair for module in MODULES for pair in queries(module))


def problems(sql: str) -> list[str]:
    """What is not on the allow-list, outside of quoted text and comments."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", sql)
    found = [match[0] for match in FORBIDDEN.finditer(bare)]
    called = {name.lower() for name in re.findall(r"\b([A-Za-z_]+)\s*\(", bare)}
    # `AS x (…)`, `FROM x (…)` do not occur: a word before a bracket is called, or of SQL.
    found += sorted(called - FUNCTIONS - WORDS)
    divided = re.findall(r"(?<!/)/(?!/)[^\n]*", bare)
    found += [one for one in divided if not re.search(r"/ \d+e0\b", one)]
    windows = re.findall(r"ROW_NUMBER\(\) OVER \(([^)]*)", bare)
    found += [f"window without order: {w}" for w in windows if "ORDER BY" not in w]
    return found


def test_queries_are_found():
    assert len(QUERIES) > 30


@pytest.mark.parametrize("name", QUERIES)
def test_query_keeps_to_the_allow_list(name: str):
    assert problems(QUERIES[name]) == []


def test_every_rule_as_it_is_sent_keeps_to_the_allow_list():
    for scheme in rules._RULES:
        assert problems(rules.weights_sql(scheme, 0, 9)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT UPPER(name) FROM works",
        "SELECT units / 3 FROM weights",
        "SELECT CAST(x AS VARCHAR) FROM weights",
        "SELECT CAST(x AS DECIMAL(38,18)) FROM weights",
        "SELECT x::BIGINT FROM weights",
        "SELECT ROW_NUMBER() OVER (PARTITION BY a) FROM weights",
    ],
)
def test_scan_finds_what_is_forbidden(sql: str):
    assert problems(sql)


def test_two_words_are_substituted_outside_of_quoted_text():
    sql = "SELECT a // b, 'it''s // here' FROM t ANTI JOIN u ON u.a = t.a WHERE x LIKE 'http://%'"
    assert spark_sql(sql) == (
        "SELECT a div b, 'it''s // here' FROM t LEFT ANTI JOIN u ON u.a = t.a "
        "WHERE x LIKE 'http://%'"
    )


# --- what is said where Spark cannot start ----------------------------------------------------


def refused(tmp_path, **keys: str) -> str:
    settings = config.make(engine="spark", **keys)
    with pytest.raises(errors.SciencecitiesError) as caught:
        pipeline.open_engine(settings, tmp_path / "scratch")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def hide(monkeypatch, *modules: str) -> None:
    from sciencecities.engines import spark_session

    there = spark_session.find_spec
    hidden = dict.fromkeys(modules)
    monkeypatch.setattr(spark_session, "find_spec", lambda m: hidden.get(m, there(m)))


def show(monkeypatch) -> None:
    from sciencecities.engines import spark_session

    monkeypatch.setattr(spark_session, "find_spec", lambda module: object())


def test_without_pyspark(tmp_path, monkeypatch):
    hide(monkeypatch, "pyspark")
    assert "pip install 'sciencecities[spark]'" in refused(tmp_path)
    assert "pip install 'sciencecities[connect]'" in refused(tmp_path, remote="sc://localhost:1")


def test_without_java(tmp_path, monkeypatch):
    show(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert "openjdk-17-jre-headless" in refused(tmp_path)


def test_server_that_does_not_answer(tmp_path, monkeypatch):
    show(monkeypatch)
    said = refused(tmp_path, remote="sc://127.0.0.1:1")
    assert "sc://127.0.0.1:1: cannot be reached" in said


def test_address_that_is_none(tmp_path, monkeypatch):
    show(monkeypatch)
    assert "sc://host" in refused(tmp_path, remote="http://127.0.0.1:1")


def test_two_sessions_at_once(tmp_path):
    assert "exclude each other" in refused(tmp_path, remote="sc://h", master="local[1]")


def test_spark_settings_without_spark(tmp_path):
    with pytest.raises(errors.ConfigError, match="--engine spark"):
        pipeline.open_engine(config.make(remote="sc://h"), tmp_path)
