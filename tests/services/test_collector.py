from __future__ import annotations

import gc

import pytest

from offerd.services import collector


def test_the_collector_waits_and_goes_on_even_after_an_error() -> None:
    def fail() -> None:
        with collector.waiting():
            assert not gc.isenabled()
            raise KeyError

    assert gc.isenabled()
    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector.waiting(), collector.waiting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
