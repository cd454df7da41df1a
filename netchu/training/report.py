"""The report of a training: a table on standard output and the progress log."""

import time

from netchu.core.progress_log import log_progress


class TrainingReport:
    """The report of a training: one line per validated epoch, printed and logged as JSON (`log_progress`)."""

    def __init__(self, epochs: int, start: int):
        """Print the header; the training has `epochs` epochs and starts after epoch `start`."""
        self._epochs = epochs
        self._timed_from = start, time.perf_counter()
        self._is_first = True
        print("epoch      loss  val CER %   lines/s     left", flush=True)

    def add(self, row: dict, is_best: bool, lines_per_second: float) -> None:
        """Report `row`, the last row of the history."""
        epoch, loss, cer = row["epoch"], row["loss"], row["validation_cer"]
        minutes = self._minutes_left(epoch)
        mark = "*" if is_best else " "
        print(f"{epoch:5d} {loss:9.3f} {cer:9.2f}{mark} {lines_per_second:9.1f} {minutes:7.1f}m", flush=True)
        log_progress(
            stage="train",
            epoch=epoch,
            epochs=self._epochs,
            loss=loss,
            validation_cer=round(cer, 2),
            minutes_left=round(minutes, 1),
        )

    def _minutes_left(self, epoch: int) -> float:
        start, started = self._timed_from
        now = time.perf_counter()
        if self._is_first:  # later estimates ignore the first epochs, which include the compilation
            self._timed_from, self._is_first = (epoch, now), False
        return (now - started) / (epoch - start) * (self._epochs - epoch) / 60
