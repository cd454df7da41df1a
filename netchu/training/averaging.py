"""The decay of the averaged weights (an exponential moving average), for both backends."""

from keras import ops


def averaging_decay(average: float, steps):
    """Return the decay of a step: averaged weights become `decay * averaged + (1 - decay) * trained`.

    It grows from 2/11 to at most `average`, so that the random weights of the first steps soon lose their influence.

    Args:
        steps: number of steps until now, this one included: a number or a tensor of floats.
    """
    return ops.minimum(average, (1 + steps) / (10 + steps))
