"""Uses of each training line per epoch: lines of a small or difficult source can be used more often than others."""

from collections import defaultdict
from collections.abc import Mapping
from math import floor

from netchu.core.errors import NetchuError
from netchu.core.subsets import check_sources

_EXACT = 1e-9
"""Added before rounding down, so that 3 lines times 1/3, computed in floating point, are 1 line."""


class Sampling:
    """The number of uses of each training line in each epoch.

        sampling = Sampling({"a": "cinnamon", "b": "cinnamon", "c": "drawn"}, {"cinnamon": 0.5})
        sampling.uses(epoch=1)  # {"a": 0, "b": 1}: the other line of cinnamon is used in epoch 2

    A source with the frequency 2.5 contributes each of its lines two or three times to every epoch, and five times to
    two epochs. All epochs have the same number of lines.
    """

    def __init__(self, sources: Mapping[str, str], frequencies: Mapping[str, float]):
        """Take the source of each line by its id, and the uses per epoch of the sources that differ from 1.

        Raises:
            NetchuError: a source in `frequencies` has no line, or no line is left.
        """
        self._ids = defaultdict(list)
        for line_id, source in sources.items():
            self._ids[source].append(line_id)
        self._frequencies = frequencies
        check_sources("train.sampling", frequencies, self._ids)
        self.lines = sum(floor(len(ids) * frequencies.get(source, 1) + _EXACT) for source, ids in self._ids.items())
        """Lines per epoch, each counted as often as it is used."""
        if not self.lines:
            raise NetchuError("train.sampling leaves no line for training; increase its values")

    def uses(self, epoch: int) -> dict[str, int]:
        """Return by line id how many times to use the line in `epoch`; lines not named are used once."""
        return {
            line_id: _uses((index + epoch) % len(self._ids[source]), frequency)
            for source, frequency in self._frequencies.items()
            for index, line_id in enumerate(self._ids[source])
        }


def _uses(position: int, frequency: float) -> int:
    """Return the uses of the line at `position` if `frequency` uses per line are spread evenly over the lines."""
    return floor((position + 1) * frequency + _EXACT) - floor(position * frequency + _EXACT)
