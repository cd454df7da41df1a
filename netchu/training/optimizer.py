"""The optimizer: AdamW with gradient clipping, linear warm-up and cosine decay."""

import keras

from netchu.training.backend import AdamW
from netchu.training.params import TrainParams


def build_optimizer(params: TrainParams, steps: int) -> keras.optimizers.Optimizer:
    """Return the optimizer for `params.epochs` epochs of `steps` steps each."""
    warmup = round(params.warmup * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else params.learning_rate,
        warmup_target=params.learning_rate if warmup else None,
        warmup_steps=warmup,
        decay_steps=max(1, params.epochs * steps - warmup),
        alpha=0.01,
    )
    return AdamW(schedule, weight_decay=params.weight_decay, global_clipnorm=params.clip_norm)
