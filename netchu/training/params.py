"""The parameters of training: group `train` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from netchu.core.params import Section
from netchu.training.augment import AugmentParams


class TrainParams(Section):
    """Group `train` of params.yaml."""

    seed: int = Field(ge=0, lt=2**31)
    init_from: str | None
    sampling: dict[str, Annotated[float, Field(gt=0, le=100)]]
    epochs: int = Field(ge=1, le=10_000)
    batch_size: int = Field(ge=1, le=1024)
    processes: int = Field(ge=1, le=64)
    precision: Literal["float32", "bfloat16"]
    learning_rate: float = Field(gt=0, le=1)
    warmup: float = Field(ge=0, le=100)
    weight_decay: float = Field(ge=0, le=1)
    clip_norm: float = Field(gt=0)
    average: float = Field(ge=0, lt=1)
    auxiliary: float = Field(ge=0, le=1)
    patience: int = Field(ge=1)
    augment: AugmentParams

    @model_validator(mode="after")
    def _require_model_for_shuffling(self) -> "TrainParams":
        if self.augment.shuffle and not self.init_from:
            raise ValueError("augment.shuffle needs init_from, a model that finds the words to shuffle")
        return self
