"""The parts of training that depend on Keras's backend: TensorFlow, the default, or PyTorch (KERAS_BACKEND=torch).

Import this module before Keras: it hides TensorFlow's messages about missing GPUs.
"""

from netchu.training.keras_start import import_keras

BACKENDS = ("tensorflow", "torch")
"""The backends of Keras for which there is a training step, imported below."""

BACKEND = import_keras(BACKENDS)
"""`tensorflow` or `torch`."""

if BACKEND == "torch":
    from keras.optimizers import AdamW

    from netchu.training.torch_backend import make_predictor, make_training_step
    from netchu.training.torch_lstm import BidirectionalLSTM
    from netchu.training.torch_reduction import SynchronizedBatchNormalization as TrainingBatchNormalization
else:
    from netchu.training.tensorflow_backend import make_predictor, make_training_step
    from netchu.training.tensorflow_lstm import BidirectionalLSTM
    from netchu.training.tensorflow_normalization import FusedBatchNormalization as TrainingBatchNormalization
    from netchu.training.tensorflow_optimizer import FusedAdamW as AdamW

__all__ = [
    "BACKEND",
    "AdamW",
    "BidirectionalLSTM",
    "TrainingBatchNormalization",
    "make_predictor",
    "make_training_step",
]
