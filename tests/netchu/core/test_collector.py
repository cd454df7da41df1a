"""Tests of the pause of the garbage collector."""

import gc

import pytest

from netchu.core.collector import pause_collector


def test_pauses_collector_within_the_block_alone():
    with pause_collector():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


def test_collects_again_after_an_error():
    with pytest.raises(ImportError), pause_collector():
        raise ImportError
    assert gc.isenabled()
    gc.unfreeze()
