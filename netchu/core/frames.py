"""CTC frames: their width in pixels, and the number of frames that a text needs."""

import itertools

FRAME_WIDTH = 4
"""Pixels of a line image's width per frame, fixed by the network's pooling."""


def required_frames(text: str) -> int:
    """Return the number of frames that `text` needs: one per character, and a blank between equal neighbours.

    Graves et al. 2006.

    >>> required_frames("Hòaa")
    5
    """
    return len(text) + sum(left == right for left, right in itertools.pairwise(text))
