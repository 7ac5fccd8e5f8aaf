"""`observatory check`: one bad file of each kind fails on the right line, the good one does not."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from sciencecities.cli import run
from sciencecities.locate import cities
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.registry import Name, Organisation, Registry
from sciencecities.observatory.check import check
from sciencecities.observatory.check_facts import is_ror

TODAY = date(2026, 11, 25)

GOOD = """\
city:
  id: exampleville
  city_id: gn:1809858
  name: {en: Exampleville, zh: 例市}
  country: CN
  centre: {latitude: 23.1, longitude: 113.2, precision_km: 1}
  radius_km: 90
sources:
  daily:
    kind: press
    title: {en: A report}
    publisher: {en: A daily}
    date: 2025-11
    language: en
industries:
  - {id: deep-sea, name: {en: deep sea}, source: daily, as_of: 2025}
platforms:
  - id: first-laboratory
    name: {en: First Laboratory, zh: 第一实验室}
    tier: national-key-laboratory
    ror: https://ror.org/0064kty71
    site: {latitude: 23.2, longitude: 113.3, precision_km: 1}
    industries: [deep-sea]
    source: daily
    as_of: 2025-11
  - id: second-laboratory
    name: {zh: 第二实验室}
    tier: national-key-laboratory
    source: daily
    as_of: 2025-11
facilities:
  - id: big-machine
    name: {en: Big Machine}
    facility_class: research-infrastructure
    hosts: [first-laboratory]
    floor_area: {value: 50000, unit: m2, comparator: ">"}
    events:
      - {stage: approved, date: 2023}
      - {stage: construction-started, date: 2025-03-25}
      - {stage: in-operation, date: 2029, expected: true}
    source: daily
    as_of: 2025-11
claims:
  - id: laboratories
    name: {en: key laboratories}
    counts: {kind: platform, tier: [national-key-laboratory]}
    value: 17
    part_of: platforms
    source: daily
    as_of: 2025-11
  - id: platforms
    name: {en: platforms}
    counts: {kind: platform}
    value: 50
    comparator: ">"
    source: daily
    as_of: 2025-11
"""


class Bad(NamedTuple):
    """What stands in the good file, what instead, the words of the message, and the line to name.

    `at` is a text of that line (it stands once in the bad file); by default the new text.
    """

    old: str
    new: str
    says: str
    at: str | None = None


KEY_LAB = "    tier: national-key-laboratory\n"
SECOND = "  - id: second-laboratory\n    name: {zh: 第二实验室}\n"
SECOND_NAME = "    name: {zh: 第二实验室}\n"
TIERED = "    counts: {kind: platform, tier: [national-key-laboratory]}\n    value: 17\n"
EVENT = "{stage: construction-started, date: 2025-03-25}"
FACT = "    industries: [deep-sea]\n    source: daily\n    as_of: 2025-11\n"
WHOLE = '    value: 50\n    comparator: ">"\n'

BAD = {
    # --- not the YAML we read
    "not closed": Bad("country: CN", "country: [CN", "not valid YAML", "centre:"),
    "tab": Bad("  country: CN", "\tcountry: CN", "not valid YAML"),
    "key twice": Bad(
        "country: CN\n", "country: CN\n  country: US\n", "stands twice", "country: US"
    ),
    "anchor": Bad("  id: exampleville", "  id: &x exampleville", "anchors and aliases"),
    "tag": Bad("  id: exampleville", "  id: !!str exampleville", "the tag"),
    "second document": Bad("claims:\n", "---\nclaims:\n", "a second document"),
    "key is a list": Bad("  country: CN", "  [country]: CN", "a key must be plain text"),
    # --- not the schema
    "no facts": Bad(GOOD, "- one\n- two\n", "a file begins with a section", "- one"),
    "unknown section": Bad("\nindustries:\n", "\nindustrys:\n", "did you mean `industries`"),
    "section no list": Bad(
        "facilities:\n  - id: big-machine\n",
        "facilities:\n    id: big-machine\n",
        "write a list",
        "facilities:",
    ),
    "sources a list": Bad("  daily:\n    kind", "  - kind", "one key for each source", "sources:"),
    "unknown key": Bad(
        SECOND + "    tier", SECOND + "    since_when: 2\n    tier", "unknown key", "since_when"
    ),
    "misspelt key": Bad("    facility_class", "    facilty_class", "did you mean `facility_class`"),
    "key missing": Bad(SECOND + KEY_LAB, SECOND, "`tier` is missing", "id: second-laboratory"),
    "unknown key inside": Bad("expected: true", "expcted: true", "did you mean `expected`"),
    "comma in a text": Bad("{en: A report}", "{en: A report, and more}", "in quotes"),
    "no source": Bad(
        SECOND + KEY_LAB + "    source: daily\n",
        SECOND + KEY_LAB,
        "no source; every fact has one",
        "id: second-laboratory",
    ),
    "no as_of": Bad(
        WHOLE + "    source: daily\n    as_of: 2025-11\n",
        WHOLE + "    source: daily\n",
        "no `as_of`",
        "id: platforms",
    ),
    "unknown tier": Bad(SECOND + KEY_LAB, SECOND + "    tier: lab\n", "none of", "tier: lab"),
    "no such day": Bad(EVENT, "{stage: construction-started, date: 2025-02-30}", "is no date"),
    "month thirteen": Bad(EVENT, "{stage: construction-started, date: 2025-13}", "is no date"),
    "date in words": Bad(EVENT, "{stage: construction-started, date: spring}", "is no date"),
    "bad id": Bad("id: big-machine", "id: Big Machine", "not of the form"),
    "bad ROR form": Bad("https://ror.org/0064kty71", "ror.org/0064kty71", "not of the form"),
    "number for text": Bad("{en: Big Machine}", "{en: 2025}", "put it in quotes"),
    "text for number": Bad("value: 17", "value: seventeen", "expected a number"),
    "latitude": Bad("latitude: 23.2", "latitude: 123.2", "<= 90"),
    "source key": Bad("  daily:\n", "  Daily News:\n", "a key of `sources`"),
    # --- ties
    "empty name": Bad("name: {zh: 第二实验室}", "name: {}", "the name is empty"),
    "source not there": Bad(FACT, FACT.replace("daily", "weekly"), "no source 'weekly'", "weekly"),
    "source of a part": Bad("unit: m2,", "unit: m2, source: weekly,", "no source 'weekly'"),
    "host not there": Bad("hosts: [first-laboratory]", "hosts: [none]", "which no entry has"),
    "host no doer": Bad("hosts: [first-laboratory]", "hosts: [deep-sea]", "names the industry"),
    "part of no claim": Bad("part_of: platforms", "part_of: deep-sea", "names the industry"),
    "part of itself": Bad("part_of: platforms", "part_of: laboratories", "the entry itself"),
    "counted industry": Bad(
        "{kind: platform}", "{kind: platform, industries: [no]}", "no entry has"
    ),
    "at in a circle": Bad(
        FACT + SECOND,
        "    at: second-laboratory\n" + FACT + SECOND + "    at: first-laboratory\n",
        "goes in a circle: second-laboratory",
        "at: first-laboratory",
    ),
    "id twice": Bad(SECOND, SECOND.replace("second", "first"), "the id is taken"),
    "twice in two languages": Bad(
        SECOND_NAME, "    name: {en: Second, zh: 第一实验室}\n", "make one entry", "en: Second,"
    ),
    "twice by an alias": Bad(
        SECOND_NAME,
        SECOND_NAME + "    aliases: [FIRST laboratory]\n",
        "make one entry",
        SECOND_NAME,
    ),
    "ROR twice": Bad(
        SECOND_NAME,
        SECOND_NAME + "    ror: https://ror.org/0064kty71 # again\n",
        "is also that of 'first-laboratory'",
        "# again",
    ),
    "ROR check digits": Bad("0064kty71", "0064kty72", "wrong check digits"),
    # --- dates
    "later than its source": Bad(
        FACT, FACT.replace("2025-11", "2025-12"), "later than its source", "2025-12"
    ),
    "event after its source": Bad("date: 2025-03-25", "date: 2026-03", "`expected: true`"),
    "expected in the past": Bad("date: 2029", "date: 2024", "before the source"),
    "life backwards": Bad("date: 2023}", "date: 2025-04}", "one of the dates", EVENT),
    "event twice": Bad(EVENT, EVENT + "\n      - " + EVENT + " #", "stands twice", EVENT + " #"),
    "source to come": Bad("    date: 2025-11\n", "    date: 2027\n", "still to come"),
    # --- places, units
    "outside the city": Bad("longitude: 113.3", "longitude: 115.3", "mend the coordinates"),
    "unit": Bad("value: 50000, unit: m2", "value: 50000, unit: m", "is given in m2"),
    # --- claims
    "more listed than claimed": Bad("value: 17", "value: 1", "2 are listed"),
    "part above whole": Bad(
        WHOLE, '    value: 9\n    comparator: "≤"\n', "above its whole", "value: 17"
    ),
    "claims disagree": Bad(
        "claims:\n",
        "claims:\n  - {id: other, name: {en: labs}, source: daily, as_of: 2025, value: 18,\n"
        "     counts: {kind: platform, tier: [national-key-laboratory]}}\n",
        "17 as of 2025-11, but 'other'",
        "value: 17",
    ),
    "percent": Bad(
        "value: 17\n", "value: 117\n    unit: '%'\n", "no part of a whole", "value: 117"
    ),
    "rank without a list": Bad(
        "counts: {kind: platform}", "counts: {kind: rank}", "a rank in which list"
    ),
}


def bad_file(bad: Bad) -> tuple[str, int]:
    """The bad file's text and the line on which it fails."""
    assert GOOD.count(bad.old) == 1, f"{bad.old!r} must stand once in the good file"
    text = GOOD.replace(bad.old, bad.new)
    at = bad.at or bad.new
    assert text.count(at) == 1, f"{at!r} must stand once in the bad file"
    position = text.index(at)
    position += len(at) - len(at.lstrip("\n"))
    return text, text.count("\n", 0, position) + 1


def problems(tmp_path: Path, text: str, registry: Registry | None = None) -> list[str]:
    path = tmp_path / "city.yaml"
    path.write_text(text, encoding="utf-8")
    found = check(path, today=TODAY, registry=registry)
    return [str(p).removeprefix(f"{path}:") for p in found]


def test_good_file_is_clean(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_file_fails_on_its_line(tmp_path: Path, name: str) -> None:
    text, line = bad_file(BAD[name])
    found = problems(tmp_path, text)
    said = [p for p in found if BAD[name].says in p]
    assert said, f"not said: {BAD[name].says!r} in {found}"
    assert [int(p.split(":")[0]) for p in said] == [line], found


def test_every_problem_of_an_entry_is_said_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("tier: national-key-laboratory\n    ror", "teir: x\n    ror")
    text = text.replace("latitude: 23.2", "latitude: 123.2").replace("  country: CN\n", "")
    found = problems(tmp_path, text)
    assert [p.split(":")[0] for p in found] == ["2", "17", "19", "21"]


def test_parts_that_add_up_to_more_than_their_whole(tmp_path: Path) -> None:
    text = GOOD.replace('comparator: ">"\n    source', 'comparator: "="\n    source')
    text += (
        "  - {id: provincial, name: {en: provincial}, source: daily, as_of: 2025,\n"
        "     counts: {kind: platform, tier: [provincial-laboratory]}, value: 40,\n"
        "     part_of: platforms}\n"
    )
    (found,) = problems(tmp_path, text)
    assert found == (
        "60: claim 'provincial': the parts of 'platforms' add up to 57 or more, above the whole, 50"
    )
    # What can be counted in both parts adds up to nothing.
    both = text.replace("tier: [provincial-laboratory]", "tags: [provincial]")
    assert problems(tmp_path, both) == []


def test_two_cities_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(GOOD[: GOOD.index("sources:")], encoding="utf-8")
    (found,) = check(tmp_path, today=TODAY)
    assert (found.path.name, found.line, found.entry) == ("b.yaml", 2, "city")


def test_no_city(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD[GOOD.index("sources:") :])
    assert "say which city it is" in found


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_bytes(GOOD.encode("gb18030"))
    (found,) = check(path)
    assert (found.line, "save it as UTF-8" in found.text) == (4, True)


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    assert "nest" in problems(tmp_path, "platforms: " + "[" * 5000)[0]


def test_known_disagreement_stands(tmp_path: Path) -> None:
    bad = BAD["claims disagree"]
    text = bad_file(bad)[0].replace("value: 17\n", "value: 17\n    disagrees_with: [other]\n")
    assert problems(tmp_path, text) == []


def test_claims_of_other_years_may_differ(tmp_path: Path) -> None:
    text = bad_file(BAD["claims disagree"])[0].replace(
        "as_of: 2025, value: 18", "as_of: 2024, value: 18"
    )
    assert problems(tmp_path, text) == []


def organisation(ror: str, *names: str, status: str = "active") -> Organisation:
    labels = tuple(
        Name(n, ("label", "ror_display") if not i else ("label",)) for i, n in enumerate(names)
    )
    return Organisation(f"https://ror.org/{ror}", labels, status=status)


def test_city_definition_tells_neighbouring_cities_apart(tmp_path: Path) -> None:
    metro = cities.load("metro", Gazetteer.load())
    # Foshan's town hall is 20 km from Guangzhou's, well within its radius.
    path = tmp_path / "city.yaml"
    path.write_text(
        GOOD.replace("latitude: 23.2, longitude: 113.3", "latitude: 23.02, longitude: 113.12"),
        encoding="utf-8",
    )
    assert check(path, today=TODAY) == []
    (found,) = check(path, today=TODAY, cities=metro)
    assert (found.line, found.entry) == (22, "platform 'first-laboratory'")
    assert "puts it in Foshan" in found.text
    for city in ("guangzhou", "hefei"):
        assert check(city, cities=metro) == []


def test_registry(tmp_path: Path) -> None:
    line = 1 + GOOD.splitlines().index("    ror: https://ror.org/0064kty71")
    empty = Registry([])
    assert problems(tmp_path, GOOD, empty)[0].startswith(f"{line}: platform 'first-laboratory'")
    withdrawn = Registry([organisation("0064kty71", "First", status="withdrawn")])
    assert f"{line}:" in problems(tmp_path, GOOD, withdrawn)[0]
    assert "withdrawn" in problems(tmp_path, GOOD, withdrawn)[0]


def test_registry_finds_one_body_under_two_languages(tmp_path: Path) -> None:
    # Nothing in the file ties 第二实验室 to First Laboratory; the registry's names do.
    both = Registry([organisation("0064kty71", "First Laboratory", "第二实验室")])
    (found,) = problems(tmp_path, GOOD, both)
    assert found.startswith("27: platform 'second-laboratory': '第二实验室' is, by the registry")


def test_ror_check_digits_of_real_ids() -> None:
    # Sun Yat-sen University, Guangzhou Laboratory, USTC, as registered.
    for ror in ("0064kty71", "03ybmxt82", "04c4dkn09"):
        assert is_ror(f"https://ror.org/{ror}")
        assert not is_ror(f"https://ror.org/{ror[:-2]}{(int(ror[-2:]) + 1) % 100:02d}")


def test_command_reports_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("city.yaml").write_text(GOOD.replace("value: 17", "value: 1"), encoding="utf-8")
    assert run(["observatory", "check", "city.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("city.yaml:47: claim 'laboratories': 1 claimed, but 2 are listed")
    assert err == "error: 1 to mend in 1 file\n"
    assert run(["observatory", "check", "city.yaml", "--format", "json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["line"], told["entry"]) == (47, "claim 'laboratories'")
    Path("city.yaml").write_text(GOOD, encoding="utf-8")
    assert run(["observatory", "check", "city.yaml"]) == 0
    assert capsys.readouterr().out == "city.yaml: 6 facts, 1 sources, nothing wrong\n"
    assert run(["observatory", "check", "Atlantis"]) == 2
    assert "guangzhou" in capsys.readouterr().err
    Path("empty").mkdir()
    assert run(["observatory", "check", "empty"]) == 1
    assert "no *.yaml here" in capsys.readouterr().err


def test_built_in_cities_are_clean() -> None:
    assert check("guangzhou") == []
    assert check("hefei") == []


@pytest.mark.shared
def test_built_in_cities_agree_with_the_registry() -> None:
    shared = os.environ.get("SCIENCECITIES_SHARED")
    folder = Path(shared) if shared else Path(__file__).parents[2].parent / "shared"
    path = folder / "data" / "ror" / "ror-v2-part.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    registry = Registry.load(path)
    assert check("guangzhou", registry=registry) == []
    assert check("hefei", registry=registry) == []
    assert all(is_ror(ror) for ror, _ in registry.items())
