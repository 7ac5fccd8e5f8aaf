"""A random fault of each kind that no other test here makes; `scripts/study_faults.py` does 200."""

from __future__ import annotations

import pytest
from fault_study import Study

KINDS = (
    "a byte of ours flipped, then --resume",
    "a file of ours cut, then --resume",
    "a file of ours removed, then --resume",
    "a file of ours removed in mid-build",
    "the registry changed in mid-build",
    "a second build of the same edition",
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("study"), seed=5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_random_fault(kind: str, study: Study) -> None:
    study.run(kind)
    assert study.figures.total() > 0
