"""The order of the files: the longest first, so that no worker waits at the end for another."""

from __future__ import annotations

import pytest

LONGEST = (
    "test_other_engines.py",
    "test_pages.py",
    "test_fault_output.py",
    "test_generated.py",
    "test_fault_kill.py",
    "test_export_site.py",
    "test_method.py",
    "test_fault_records.py",
    "test_explain.py",
    "test_site.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))
