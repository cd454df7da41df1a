"""Stage download: draw synthetic lines, or fetch archives from Google Drive, the web or the disk, into data/raw."""

import contextlib
import functools
import os
import re
import sys
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from netchu.core.files import atomic_path
from netchu.core.params import Section
from netchu.core.stage import Paths, run_stage
from netchu.intake.cinnamon import fetch_cinnamon
from netchu.intake.gathering import check_archive, copy_archive, gather_archives, validate_location
from netchu.synthetic.dataset import SyntheticParams, write_archive
from netchu.synthetic.stroke_archive import StrokeParams, write_stroke_archive


class DownloadParams(Section):
    """Group `download` of params.yaml: the source of the archives."""

    source: Literal["synthetic", "cinnamon", "archive"]
    archives: list[str]  # for `archive`: zip files, folders, pen strokes or URLs, each optionally with #sha256=<64 hex>
    strokes: StrokeParams
    synthetic: SyntheticParams

    @field_validator("archives")
    @classmethod
    def _validate_archives(cls, archives: list[str]) -> list[str]:
        for archive in archives:
            validate_location(archive)
        return archives


class Params(Section):
    """Groups of params.yaml."""

    download: DownloadParams


INPUTS: dict[str, Path] = {}
OUTPUTS = {"raw": Path("data/raw")}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Write the folder `outputs["raw"]` of zip archives, completely or not at all.

    Raises:
        NetchuError: an archive is missing, damaged or unsafe, differs from its SHA-256, or contains no labels.
    """
    if warning := find_unsuitable_path(Path(os.environ.get("DVC_ROOT", "."))):
        print(f"download: warning: {warning}", file=sys.stderr, flush=True)
    download = params.download
    downloads: list[Path] = []
    with atomic_path(outputs["raw"]) as raw:
        raw.mkdir()
        if download.source == "synthetic":
            write_archive(raw / "synthetic.zip", download.synthetic)
            lines = check_archive(raw / "synthetic.zip", "the synthetic archive")
        elif download.source == "cinnamon":
            downloads = [fetch_cinnamon()]
            copy_archive(downloads[0], raw / "cinnamon.zip")
            lines = check_archive(raw / "cinnamon.zip", "the Cinnamon archive")
        else:
            draw_strokes = functools.partial(write_stroke_archive, params=download.strokes)
            lines, downloads = gather_archives(download.archives, raw, draw_strokes)
        sizes = [path.stat().st_size for path in raw.iterdir()]
    for path in downloads:
        path.unlink()
    return f"{len(sizes)} archive{'s' * (len(sizes) != 1)}, {lines:,} labelled lines, {sum(sizes) / 1e6:.1f} MB"


def find_unsuitable_path(project: Path) -> str:
    """Return why DVC cannot run experiments in copies of `project`, and what to do; an empty string where it can.

    For the copies, DVC writes the path of its cache and the settings of git into files, in ASCII.
    """
    texts = []
    for name in (".dvc/config", ".dvc/config.local", ".git/config"):
        with contextlib.suppress(OSError):
            texts.append((project / name).read_text(encoding="utf-8", errors="replace"))
    cache = re.search(r"^\s*\[cache\]\s*^\s*dir\s*=\s*[\"']?([~/].*)$", "\n".join(texts), re.MULTILINE)
    path = cache[1] if cache else str(project.absolute())
    if path.isascii() and all(text.isascii() for text in texts):
        return ""
    remedy = (
        "write the settings of .git/config without accents, such as user.name"
        if path.isascii()
        else "run `dvc config --local cache.dir DIR` once, where DIR is an absolute path without accents"
    )
    return (
        f"`dvc exp run --temp` and `dvc queue start` fail in this project, because a path or name has accents; {remedy}"
    )


if __name__ == "__main__":
    run_stage("download", run, Params, INPUTS, OUTPUTS)
