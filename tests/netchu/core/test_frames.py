"""Tests of the number of frames that a text needs."""

import pytest

from netchu.core.frames import required_frames


@pytest.mark.parametrize(
    ("text", "frames"),
    [("", 0), ("a", 1), ("ab", 2), ("aa", 3), ("aaa", 5), ("Aa", 2), ("Nguyễễn", 8), ("111/1", 7)],
)
def test_counts_required_frames(text, frames):
    assert required_frames(text) == frames
