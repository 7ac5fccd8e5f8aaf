"""The JSON API: what it answers, what it refuses, and that its document tells the truth."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
import small_world as world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.publish.site import Site
from sciencecities.web.app import application

Json = dict[str, object]


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world")))


@pytest.fixture(scope="module")
def client(edition: sc.Edition) -> Iterator[TestClient]:
    site = Site([edition, sc.open("natureindex-2024")])
    with TestClient(application(site), raise_server_exceptions=False) as client:
        yield client


CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]


def test_answers_are_as_the_document_says(client: TestClient) -> None:
    api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app)
    found = [o.ok() for o in api.get_all_operations()]
    assert len(found) == 9

    @given(st.one_of([o.as_strategy() for o in found]))
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    check()


def get(client: TestClient, path: str, status: int = 200, **query: object) -> dict:  # type: ignore[type-arg]
    answer = client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == status, answer.text
    kind = "application/json" if status == 200 else "application/problem+json"
    assert answer.headers["content-type"] == kind
    assert answer.headers["access-control-allow-origin"] == "*"
    return answer.json()


def test_the_document_is_valid(client: TestClient) -> None:
    document = get(client, "openapi.json")
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"


def test_rankings_are_paged(client: TestClient, edition: sc.Edition) -> None:
    rows = edition.rankings().to_pylist()
    found = [get(client, "rankings", limit=2, offset=n) for n in range(0, len(rows), 2)]
    assert [row for part in found for row in part["rows"]] == rows
    assert {part["total"] for part in found} == {len(rows)}
    assert get(client, "rankings", edition="natureindex-2024")["rows"][0]["city"] == "Beijing"
    assert get(client, "rankings", year=2023)["rows"][0]["data_year"] == 2023


def test_a_city_by_id_and_by_name(client: TestClient, edition: sc.Edition) -> None:
    by_name = get(client, "cities/广州")
    assert by_name == get(client, f"cities/gn:{world.GZ.geonames_id}")
    assert by_name["rows"] == edition.city("Guangzhou").to_pylist()
    assert "Pari" in get(client, "cities/Pariss", 404)["detail"]
    assert get(client, "countries")["rows"] == edition.country_rankings().to_pylist()
    assert get(client, "unassigned")["rows"] == edition.unassigned().to_pylist()
    names = [r["institution"] for r in get(client, "cities/Beijing/institutions")["rows"]]
    assert names == [world.BJ.name]


def test_works_add_up_to_the_share(client: TestClient) -> None:
    share = float(world.SHARES_2024["Guangzhou"])
    found = [get(client, "cities/Guangzhou/works", limit=2, offset=n) for n in (0, 2, 4)]
    rows = [row for part in found for row in part["rows"]]
    assert len(rows) == found[0]["total"] == 6
    assert sum(r["weight"] for r in rows) == pytest.approx(share) == found[0]["share"]
    get(client, "cities/Beijing/works", 404, edition="natureindex-2024")
    get(client, "cities/Beijing/works", 400, institution="Nobody")


def test_lab_and_compare(client: TestClient, edition: sc.Edition) -> None:
    found = get(client, "lab", scheme="full")
    assert found["rows"] == edition.lab(scheme="full").to_pylist()
    assert found["choice"]["scheme"] == "full"
    get(client, "lab", 400, cities="/etc/passwd.json")
    get(client, "lab", 404, edition="natureindex-2024")
    pair = get(client, "compare", a="Beijing", b="Paris")
    assert pair["fields"][0]["a"]["city"] == "Beijing"
    get(client, "compare", 400, a="Beijing", b="北京")
    get(client, "compare", 400, a="Beijing")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("rankings?limit=0", 400), ("rankings?limit=501", 400), ("rankings?offset=-1", 400),
        ("rankings?scope=nothing", 400), ("rankings?year=1800", 400), ("rankings?colour=red", 400),
        ("rankings?limit=1&limit=2", 400), ("nothing", 404), ("editions?limit=1", 400),
        ("rankings?scope=chemistry&edition=natureindex-2024&year=2023", 400),
        ("cities/" + "x" * 300, 400),
    ],
)  # fmt: skip
def test_errors_are_problems(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/api/v1/{path}")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status)
    assert problem["detail"]


def test_read_only_and_known_again(client: TestClient) -> None:
    refused = client.post("/api/v1/rankings")
    assert refused.status_code == 405
    assert "GET" in refused.headers["allow"]
    assert refused.json()["status"] == 405
    asked = client.options("/api/v1/rankings")
    assert (asked.status_code, asked.headers["access-control-allow-methods"]) == (204, "GET, HEAD")
    etag = client.get("/api/v1/rankings").headers["etag"]
    assert client.get("/api/v1/rankings", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/api/v1/rankings?limit=3").headers["etag"] != etag
    assert client.head("/api/v1/rankings").content == b""
