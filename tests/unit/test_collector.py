from __future__ import annotations

import gc

import pytest

from sciencecities.collector import paused_collector


@pytest.fixture(params=[True, False], ids=["on", "off"])
def state(request):
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_the_collector_rests_and_is_as_it_was(state):
    with paused_collector():
        assert not gc.isenabled()
        with paused_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled() == state


def test_an_error_changes_nothing_of_it(state):
    with pytest.raises(ValueError), paused_collector():
        raise ValueError
    assert gc.isenabled() == state
