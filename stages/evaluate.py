"""Stage evaluate: reads the test lines with the exported model and measures CER, WER and SER."""

import functools
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from netchu.core.files import write_json, write_text
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.core.stage import Paths, run_stage
from netchu.decoding import beam, greedy
from netchu.metrics import error_rates
from netchu.recognizer import Recognizer
from netchu.subsets import Subset


class EvaluateParams(Section):
    """Group `evaluate` of params.yaml."""

    decoder: Literal["greedy", "beam"]
    beam_width: int = Field(ge=1, le=1000)


class Params(Section):
    """Groups of params.yaml."""

    evaluate: EvaluateParams


INPUTS = {
    "lines": Path("data/preprocess/lines.parquet"),
    "split": Path("data/split/lines.csv"),
    "model": Path("models/crnn"),
}
OUTPUTS = {"metrics": Path("metrics/metrics.json"), "predictions": Path("metrics/predictions.csv")}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Read every test line once; write error rates with intervals, and each line's reference and prediction."""
    lines = Subset(inputs["lines"], inputs["split"], "test")
    recognizer = Recognizer(inputs["model"])
    decode = greedy
    if params.evaluate.decoder == "beam":
        decode = functools.partial(beam, width=params.evaluate.beam_width)
    described: list[dict] = []

    def images():
        for row in lines:
            described.append({key: row[key] for key in ("id", "source", "writer", "text")})
            yield row["image"]

    predictions = list(progress(recognizer.read(images(), decode), "evaluate", len(lines)))
    rates = error_rates([row["text"] for row in described], predictions)
    write_json(outputs["metrics"], rates)
    table = pd.DataFrame(described).rename(columns={"text": "reference"}).assign(prediction=predictions)
    write_text(outputs["predictions"], table.sort_values("id").to_csv(index=False))
    return f"{len(lines)} lines, CER {rates['cer']} %, WER {rates['wer']} %, SER {rates['ser']} %"


if __name__ == "__main__":
    run_stage("evaluate", run, Params, INPUTS, OUTPUTS)
