"""The rule of the averaged weights, shared by both backends."""

from keras import ops


def share_kept(average: float, steps):
    """Return the share of the averaged weights that is kept in a step, at most `average`; the rest is the new weights.

    The share grows from 2/11 with the number of `steps` taken, so that the average soon forgets the random weights of
    the first steps.

    Args:
        steps: number of steps taken, this one included: a number or a tensor of floats.
    """
    return ops.minimum(average, (1 + steps) / (10 + steps))
