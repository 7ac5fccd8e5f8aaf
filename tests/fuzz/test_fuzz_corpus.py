"""Every reader on hostile bytes, on cases that fuzzing found, and on seeds with bytes changed."""

from __future__ import annotations

import random

import pytest
from fuzz_targets import CORPUS, TARGETS, Target, hostile

HOSTILE = hostile()
CHANGES = 40


@pytest.fixture(params=list(TARGETS))
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


def test_hostile_bytes(target: Target) -> None:
    for name, data in HOSTILE.items():
        try:
            target(data)
        except Exception as error:
            raise AssertionError(f"{target.name}, {name}: {error!r}") from error


def test_cases_that_were_found(target: Target) -> None:
    for path in target.corpus():
        try:
            target(path.read_bytes())
        except Exception as error:
            raise AssertionError(f"{path.name}: {error!r}") from error


def test_changed_seeds(target: Target) -> None:
    chance = random.Random(target.name)
    for seed in target.seeds():
        target(seed)
        for _ in range(CHANGES // len(target.seeds())):
            data = bytearray(seed)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(data))
                how = chance.randrange(4)
                if how == 0:
                    data[at] ^= 1 << chance.randrange(8)
                elif how == 1:
                    del data[at : at + chance.randint(1, 30)]
                elif how == 2 and target.words:
                    data[at:at] = chance.choice(target.words).encode()
                else:
                    data[at:at] = data[at : at + chance.randint(1, 30)]
                if not data:
                    break
            try:
                target(bytes(data))
            except Exception as error:
                raise AssertionError(f"{target.name}, {bytes(data)!r}: {error!r}") from error


def test_the_corpus_is_of_known_targets() -> None:
    assert {p.name for p in CORPUS.glob("*")} <= set(TARGETS)
