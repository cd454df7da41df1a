"""The training step under TensorFlow: the averaged weights. The loss is tested in test_ctc.py."""

import keras
import numpy as np
import pytest

from netchu.training.averaging import averaging_decay
from netchu.training.backend import make_training_step
from netchu.training.batches import make_batch
from netchu.training.network import add_auxiliary_output, build_network
from netchu.training.optimizer import build_optimizer
from tests.netchu.training.test_loop import PARAMS
from tests.netchu.training.test_network import TINY


@pytest.mark.parametrize(
    ("average", "steps", "share"), [(0.99, 1, 2 / 11), (0.99, 8, 9 / 18), (0.2, 8, 0.2), (0, 1, 0)]
)
def test_increases_the_decay_up_to_the_average(average, steps, share):
    assert float(averaging_decay(average, float(steps))) == pytest.approx(share)


def test_averages_the_weights_of_all_steps():
    network = build_network(TINY, 16, seed=1)
    averaged = keras.models.clone_model(network)
    averaged.set_weights(network.get_weights())
    branched = add_auxiliary_output(network)
    optimizer = build_optimizer(PARAMS, steps=10)
    optimizer.build(branched.trainable_variables)
    step = make_training_step(network, branched, averaged, optimizer, auxiliary=0.1, average=0.25)
    images = list(np.random.default_rng(2).integers(0, 256, (2, 16, 64), np.uint8))
    batch = make_batch(images, ["ab", "c"], [False, False])
    expected = network.get_weights()
    for share in (2 / 11, 3 / 12, 0.25):
        step(batch)
        expected = [
            share * mean + (1 - share) * weight for mean, weight in zip(expected, network.get_weights(), strict=True)
        ]
        for mean, weight in zip(expected, averaged.get_weights(), strict=True):
            assert np.allclose(mean, weight, atol=1e-6)
    raw = zip(network.get_weights(), averaged.get_weights(), strict=True)
    assert max(np.abs(weight - mean).max() for weight, mean in raw) > 1e-4
