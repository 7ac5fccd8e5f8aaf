"""What several modules look at: the small world's edition, and its sites. Read only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import small_world as world
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.publish.export import export_site
from sciencecities.publish.site import Site
from sciencecities.web.app import application


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world")))


@pytest.fixture(scope="module")
def site(edition: sc.Edition) -> Site:
    """The small world and the published ranking, as a server has them."""
    return Site([edition, sc.open("natureindex-2024")])


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(application(site), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def exported(edition: sc.Edition, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static site of the small world and the published ranking, with four leading cities."""
    out = tmp_path_factory.mktemp("export") / "site"
    editions = [edition, sc.open("natureindex-2024")]
    export_site(Site(editions, n_cities=4, is_static=True, on=world.DAY), out)
    return out
