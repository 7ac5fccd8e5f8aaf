"""A small site, served and exported, and Chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit"))

import small_world as world
import uvicorn
from playwright.sync_api import Browser, sync_playwright

import sciencecities as sc
from sciencecities.publish.export import export_site
from sciencecities.publish.site import Site
from sciencecities.web.app import application


@pytest.fixture(scope="session")
def editions(tmp_path_factory: pytest.TempPathFactory) -> list[sc.Edition]:
    built = sc.open(world.build(tmp_path_factory.mktemp("world")))
    return [built, sc.open("natureindex-2024")]


@pytest.fixture(scope="session")
def site(editions: list[sc.Edition]) -> Site:
    return Site(editions, n_cities=5)


@pytest.fixture(scope="session")
def folder(editions: list[sc.Edition], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported site."""
    out = tmp_path_factory.mktemp("export") / "site"
    export_site(Site(editions, n_cities=2, is_static=True), out)
    return out


@pytest.fixture(scope="session")
def served(site: Site) -> Iterator[str]:
    """The address of the served site."""
    config = uvicorn.Config(application(site), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        reason = "no chromium; install Debian's package or name one in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
