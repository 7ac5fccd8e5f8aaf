import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from sciencecities.errors import ConfigError
from sciencecities.scopes import NONE, Scope, ScopeSet, ScopeTerm, load, resolve_scope_name
from sciencecities.scopes.definitions import SUBJECT_NAMES, source_terms, subject_of
from sciencecities.scopes.industries import INDUSTRY_NAMES
from sciencecities.scopes.journals import journal_set
from sciencecities.scopes.load import loads
from sciencecities.scopes.subjects import MESH, MESH_MAJOR
from sciencecities.scopes.tables import rows, split

NATURE, NANO_LETTERS, NATURE_MEDICINE = "0028-0836", "1530-6984", "1078-8956"


def scopes_of(terms: list[ScopeTerm], work: set[tuple[str, str]]) -> dict[str, set[str]]:
    """Classification → scopes of a work, by the rule of docs/SUBJECTS.md."""
    matches: dict[str, list[ScopeTerm]] = defaultdict(list)
    for term in terms:
        if (term.kind, term.term) in work:
            matches[term.classification].append(term)
    found = {}
    for name, all_rows in matches.items():
        first = [t for t in all_rows if t.priority == min(r.priority for r in all_rows)]
        votes = Counter(t.scope for t in first)
        best = max(votes.values())
        found[name] = {s for s in votes if not first[0].vote or votes[s] == best} - {NONE}
    return found


def subjects_of(*work: tuple[str, str]) -> set[str] | None:
    return scopes_of(load().terms, set(work)).get("subject")


def test_default_scopes_in_order_with_titles() -> None:
    scopes = load().scopes
    assert [s.name for s in scopes] == [
        "physical",
        "biological",
        "chemistry",
        "earth-environmental",
        "health",
        *INDUSTRY_NAMES,
    ]
    assert scopes[3].title_zh == "地球与环境科学"
    assert all(s.title_en and s.title_zh and s.description_en and s.description_zh for s in scopes)


def test_the_sources_own_subject_wins_over_the_journal() -> None:
    assert subjects_of(("subject", "Life Sciences"), ("issn", NANO_LETTERS)) == {"biological"}


@pytest.mark.parametrize(
    ("word", "subject"),
    [
        ("Physical Sciences", "physical"),
        ("physical sciences", "physical"),
        ("PHYSICAL SCIENCES", "physical"),
        ("physical-sciences", "physical"),
        ("physical_sciences", "physical"),
        ("Earth & Environmental Sciences", "earth-environmental"),
        ("Earth and environmental sciences", "earth-environmental"),
        ("earth-environmental", "earth-environmental"),
        ("Earth-Environmental", None),
        ("健康科学", "health"),
        ("Chemistry", "chemistry"),
        ("Sociology", None),
    ],
)
def test_spellings_of_the_sources_own_subject(word: str, subject: str | None) -> None:
    assert subjects_of(("subject", word)) == (None if subject is None else {subject})


def test_a_journal_may_have_two_subjects() -> None:
    assert subjects_of(("issn", NANO_LETTERS)) == {"chemistry", "physical"}


def test_a_multidisciplinary_journal_falls_through_to_the_topic() -> None:
    assert subjects_of(("issn", NATURE)) is None
    assert subjects_of(("issn", NATURE), ("field", "31")) == {"physical"}


def test_the_journal_wins_over_the_topic() -> None:
    assert subjects_of(("issn", "0021-9258"), ("field", "16")) == {"biological"}


def test_the_most_exact_topic_row_wins() -> None:
    # T10020, quantum information, lies in subfield 1702 (artificial intelligence) of field 17.
    assert subjects_of(("field", "27"), ("subfield", "2704")) == {"biological"}
    assert subjects_of(("field", "27"), ("subfield", "2704"), ("topic", "T10693")) == {"health"}


def test_a_subject_outside_the_five_is_decided() -> None:
    assert subjects_of(("field", "33")) == set()
    assert subjects_of(("field", "33"), ("mesh", "D009369")) == set()


def test_main_headings_vote_before_all_headings() -> None:
    main, other = ("mesh-major", "D004926"), ("mesh", "D009369")  # Escherichia coli; Neoplasms
    assert subjects_of(other) == {"health"}
    assert subjects_of(main, other, ("mesh", "D004926")) == {"biological"}


def test_headings_vote_and_ties_all_count() -> None:
    coli, neoplasms, surgery = ("mesh", "D004926"), ("mesh", "D009369"), ("mesh", "D013514")
    assert subjects_of(coli, neoplasms) == {"biological", "health"}
    assert subjects_of(coli, neoplasms, surgery) == {"health"}


def test_qualifiers_vote_with_all_headings() -> None:
    genetics = ("mesh-qualifier", "Q000235")
    assert subjects_of(genetics) == {"biological"}
    assert subjects_of(("mesh", "D009369"), genetics) == {"biological", "health"}


def test_check_tags_do_not_vote() -> None:
    for ui in ("D006801", "D008297", "D005260", "D000328"):  # Humans, Male, Female, Adult
        assert subjects_of(("mesh", ui)) is None


@pytest.mark.parametrize("document", [None, "demo"])
def test_terms_are_sound(document: str | None) -> None:
    scopes = load() if document is None else demo()
    known = {s.name for s in scopes.scopes} | {NONE}
    assert {t.scope for t in scopes.terms} <= known
    assert scopes.terms == sorted(scopes.terms)
    assert len(scopes.terms) == len(set(scopes.terms))
    votes = defaultdict(set)
    priorities = defaultdict(set)
    for t in scopes.terms:
        votes[t.classification, t.priority].add(t.vote)
        priorities[t.classification, t.kind, t.term].add((t.priority, t.vote))
    assert all(len(v) == 1 for v in votes.values())
    assert all(len(v) == 1 for v in priorities.values())
    assert all(t.vote is (t.priority in (MESH, MESH_MAJOR)) for t in scopes.terms)


def test_all_fields_and_subfields_are_decided() -> None:
    levels = Counter(r["level"] for r in rows("topic_subjects"))
    assert (levels["field"], levels["subfield"]) == (26, 252)
    ids = [(r["level"], r["id"]) for r in rows("topic_subjects")]
    assert len(ids) == len(set(ids))
    fields = {r["id"] for r in rows("topic_subjects") if r["level"] == "field"}
    assert {i[:2] for level, i in ids if level == "subfield"} == fields
    for row in rows("topic_subjects"):
        assert set(split(row["subject"])) <= {*SUBJECT_NAMES, NONE}, row
        assert row["name"] and row["why"] and row["source"], row
        assert split(row["subject"]) == [NONE] or NONE not in split(row["subject"]), row


def test_mesh_table() -> None:
    table = rows("mesh_subjects")
    assert len({(r["kind"], r["ui"]) for r in table}) == len(table)
    for row in table:
        assert row["kind"] == ("mesh" if row["ui"].startswith("D") else "mesh-qualifier"), row
        assert row["subject"] in {*SUBJECT_NAMES, NONE}, row
        assert row["name"] and row["source"], row


def test_journal_set_without_health() -> None:
    scopes = load(journals=journal_set("natural-82"))
    assert [s.name for s in scopes.scopes] == [*SUBJECT_NAMES[:4], *INDUSTRY_NAMES]
    found = scopes_of(scopes.terms, {("issn", NATURE_MEDICINE)})
    assert found == {"subject": {"biological"}}  # as the index had it before 2023
    # What the published list of 2018 said of each journal is what this gives.
    for row in rows("journals"):
        if row["in_natural_82"] == "yes" and row["subjects"]:
            found = scopes_of(scopes.terms, {("issn", row["issn_l"])})
            assert found["subject"] == set(split(row["subjects_natural_82"])), row


def test_a_journal_file_replaces_the_subjects_of_its_journals(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"issn,subject\n{NANO_LETTERS},chemistry\n{NATURE},health\n", encoding="utf-8")
    terms = load(journals=journal_set(str(path))).terms
    assert scopes_of(terms, {("issn", NANO_LETTERS)}) == {"subject": {"chemistry"}}
    assert scopes_of(terms, {("issn", NATURE)}) == {"subject": {"health"}}
    assert scopes_of(terms, {("issn", NATURE_MEDICINE)}) == {"subject": {"health"}}


def demo() -> ScopeSet:
    import sciencecities.scopes

    return load(Path(sciencecities.scopes.__file__).parent / "data" / "demo.toml")


def test_demo_scopes() -> None:
    scopes = demo()
    names = [f"{s}-by-{way}" for way in ("journal", "mesh") for s in SUBJECT_NAMES]
    assert [s.name for s in scopes.scopes] == [*SUBJECT_NAMES, *INDUSTRY_NAMES, *names]
    found = scopes_of(scopes.terms, {("issn", NANO_LETTERS), ("mesh", "D009369")})
    assert found == {
        "subject": {"chemistry", "physical"},
        "subject by journal": {"chemistry-by-journal", "physical-by-journal"},
        "subject by mesh": {"health-by-mesh"},
    }


OWN = """
include_defaults = false
[scopes.deep-sea]
title_en = "Deep sea"
title_zh = "深海"
topics = ["T10032"]
subfields = ["1910"]
mesh = ["D009792"]
journals = ["0967-0637"]
subjects = ["Ocean Science"]
[scopes.chemistry-by-journal]
subject = "chemistry"
by = ["journal"]
"""


def test_own_scopes_any_term_suffices() -> None:
    scopes = loads(OWN, "own.toml")
    assert [s.name for s in scopes.scopes] == ["deep-sea", "chemistry-by-journal"]
    assert scopes.scopes[0] == Scope("deep-sea", "Deep sea", "深海", "", "")
    for work in (
        ("topic", "T10032"),
        ("subfield", "1910"),
        ("mesh", "D009792"),
        ("issn", "0967-0637"),
        ("subject", "Ocean Science"),
    ):
        assert scopes_of(scopes.terms, {work})["scope:deep-sea"] == {"deep-sea"}
    found = scopes_of(scopes.terms, {("issn", NANO_LETTERS), ("topic", "T10032")})
    assert found == {
        "scope:deep-sea": {"deep-sea"},
        "subject by journal": {"chemistry-by-journal"},
    }


def test_a_subject_that_is_not_declared_is_no_scope() -> None:
    terms = loads(OWN, "own.toml").terms
    found = scopes_of(terms, {("issn", NATURE_MEDICINE)})
    assert found == {"subject by journal": set()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[scopes", "not valid TOML"),
        ("scope = 1", "unknown field `scope`"),
        ("include_defaults = false", "declares no scope"),
        ("[scopes.Deep]\ntopics=['T10001']", "scope 'Deep': a name is lower-case"),
        ("[scopes.-x]\ntopics=['T10001']", "scope '-x': a name is lower-case"),
        ("[scopes.overall]\ntopics=['T10001']", "scope 'overall': the name is reserved"),
        ("[scopes.none]\ntopics=['T10001']", "scope 'none': the name is reserved"),
        ("[scopes.health]\ntopics=['T10001']", "scope 'health': the name is a default scope"),
        ("[scopes.x]\ntopics=['T10001']\n[scopes.x]\nmesh=['D000001']", "not valid TOML"),
        ("[scopes.x]\ntitle_en='X'", "scope 'x': is empty; give `subject`, or terms as topics"),
        (
            "[scopes.x]\ntopic=['T10001']",
            "scope 'x': Object contains unknown field `topic`; keys: ",
        ),
        ("[scopes.x]\ntopics='T10001'", "scope 'x': Expected `array`"),
        ("[scopes.x]\ntopics=['10001']", "`topics`: '10001' is no such id; one looks like T10001"),
        ("[scopes.x]\nmesh=['Q000235']", "`mesh`: 'Q000235' is no such id; one looks like D006801"),
        ("[scopes.x]\njournals=['0028-0837']", "`journals`: '0028-0837' has a wrong check digit"),
        ("[scopes.x]\njournals=['0028-0836','00280836']", "`journals` repeats 00280836"),
        ("[scopes.x]\nsubject='chem'", "scope 'x': unknown subject 'chem'; subjects: physical, "),
        ("[scopes.x]\nby=['journal']", "scope 'x': `by` needs `subject`"),
        ("[scopes.x]\nsubject='health'\nby=['title']", "scope 'x': Invalid enum value 'title'"),
        ("[scopes.x]\nsubject='health'\nby=[]", "scope 'x': `by` names each way once"),
        ("[scopes.x]\nsubject='health'\ntopics=['T10001']", "`subject` and `topics` exclude each"),
        (
            "[scopes.x]\nsubject='health'\nby=['journal']\n"
            "[scopes.y]\nsubject='health'\nby=['journal']",
            "scope 'y': the same subject and ways as 'x'",
        ),
        (
            "[scopes.x]\nsubject='health'\nby=['mesh']",
            "scope 'x': MeSH headings vote between subjects, so all five must stand; add scopes "
            'with by = ["mesh"] for physical, biological, chemistry, earth-environmental',
        ),
    ],
)
def test_errors_name_file_scope_and_remedy(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"scopes own\.toml") as caught:
        loads(text, "own.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_scope_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read"):
        load(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("physical", "physical"),
        ("Physical Sciences", "physical"),
        ("EARTH AND ENVIRONMENTAL SCIENCES", "earth-environmental"),
        ("earth_environmental", "earth-environmental"),
        ("life sciences", "biological"),
        ("健康科学", "health"),
        ("Overall", "overall"),
        ("总体", "overall"),
        ("Deep Sea", "deep-sea"),
        ("深海", "deep-sea"),
    ],
)
def test_scope_names_are_found_tolerantly(text: str, name: str) -> None:
    scopes = [*load().scopes, Scope("deep-sea", "Deep sea", "深海", "", "")]
    assert resolve_scope_name(text, scopes) == name


def test_unknown_scope_names_the_close_ones() -> None:
    with pytest.raises(ConfigError, match="no scope 'chemisty'; close: chemistry"):
        resolve_scope_name("chemisty", load().scopes)
    with pytest.raises(ConfigError, match="known: advanced-materials, biological"):
        resolve_scope_name("zzz", load().scopes)
    with pytest.raises(ConfigError, match="no scope 'Health Sciences'"):
        resolve_scope_name("Health Sciences", load().scopes[:4])


def test_names_fold_alike() -> None:
    assert {subject for _, subject in source_terms()} == {*SUBJECT_NAMES, NONE}
    assert all(subject_of(word) == subject for word, subject in source_terms())


def test_importing_scopes_is_light() -> None:
    code = (
        "import sys; import sciencecities.scopes, sciencecities.scopes.journals; "
        "print([m for m in ('pyarrow', 'duckdb', 'numpy', 'lxml') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
