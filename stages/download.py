"""Puts the raw archives in data/raw/, one zip each, checked: from our own generator, Google Drive, disk or the web."""

import hashlib
import os
import re
import shutil
import unicodedata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import field_validator

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.core.params import Section
from netchu.core.stage import Paths, run_stage
from netchu.core.state import state_folder
from netchu.intake import sources
from netchu.intake.archives import check_contents, open_archive, pack_folder
from netchu.intake.labels import list_lines
from netchu.intake.stroke_files import STROKE_SUFFIXES, is_stroke_file
from netchu.synthetic.dataset import SyntheticParams, write_archive
from netchu.synthetic.stroke_archive import StrokeParams, write_stroke_archive

INPUTS: dict[str, Path] = {}
OUTPUTS = {"raw": Path("data/raw")}

CINNAMON_IDS = ("15ULMGkXxPRadFOqUs1-7BUiZv-_QNpGx", "1-hAGX91o45NA4nv1XUYw5pMw4jMmhsh5")
"""Two copies of the 1,838 public images on Google Drive."""

CINNAMON_MANIFEST = Path(__file__).parents[1] / "netchu" / "intake" / "cinnamon_originals.sha256"
"""SHA-256 of every file of the two public sets, as `sha256sum` writes it, spaces in folder names as underscores."""


class DownloadParams(Section):
    """Where the archives come from, the `download` group of params.yaml."""

    source: Literal["synthetic", "cinnamon", "archive"]
    archives: list[str]  # for `archive`: zip files, folders, files of pen strokes or http(s) URLs, each optionally
    # with #sha256=<64 hex>
    strokes: StrokeParams
    synthetic: SyntheticParams

    @field_validator("archives")
    @classmethod
    def _check_archives(cls, archives: list[str]) -> list[str]:
        for archive in archives:
            place, mark, digest = archive.partition("#sha256=")
            if not place.strip() or "\0" in place:
                raise ValueError("an entry names no file, folder or URL")
            if mark and not re.fullmatch("[0-9a-fA-F]{64}", digest):
                raise ValueError("#sha256= should be followed by 64 hexadecimal digits")
            if re.match("[A-Za-z][A-Za-z0-9+.-]+://", place) and not _is_url(place):
                raise ValueError("a URL should begin with http:// or https://")
            if _is_url(place):
                urlsplit(place)  # raises ValueError where a host's brackets are not closed
        return archives


class Params(Section):
    download: DownloadParams


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Write the folder `outputs["raw"]`, whole or not at all.

    Raises:
        NetchuError: an archive cannot be had, is damaged or unsafe, has another hash than told, or holds no labels.
    """
    download = params.download
    fetched: list[Path] = []
    with atomic_path(outputs["raw"]) as raw:
        raw.mkdir()
        if download.source == "synthetic":
            write_archive(raw / "synthetic.zip", download.synthetic)
            lines = _check(raw / "synthetic.zip", "the synthetic archive")
        elif download.source == "cinnamon":
            fetched.append(_fetch_cinnamon())
            _copy(fetched[0], raw / "cinnamon.zip")
            lines = _check(raw / "cinnamon.zip", "the Cinnamon archive")
        else:
            lines = _gather(download, raw, fetched)
        sizes = [path.stat().st_size for path in raw.iterdir()]
    for path in fetched:
        path.unlink()
    return f"{len(sizes)} archive{'s' * (len(sizes) != 1)}, {lines:,} labelled lines, {sum(sizes) / 1e6:.1f} MB"


def _gather(download: DownloadParams, raw: Path, fetched: list[Path]) -> int:
    """Put `download.archives` in the folder `raw`, and what came from the web in `fetched`; return the lines in all."""
    if not download.archives:
        raise NetchuError("params.yaml: download.archives: empty; list zip files, folders or URLs")
    names, lines = set(), 0
    for archive in download.archives:
        place, _, digest = archive.partition("#sha256=")
        name = _zip_name(place)
        # Names become parts of line ids; capitals do not tell files apart on every system.
        if name.casefold() in names:
            raise NetchuError(f"params.yaml: download.archives: two would be named {name}; rename one of them")
        names.add(name.casefold())
        path = Path(os.path.expanduser(place))  # noqa: PTH111 (Path's own raises for an unknown user)
        if _is_url(place):
            fetched.append(sources.fetch_url(place, digest.lower() or None))
            path = fetched[-1]
        if is_stroke_file(path.name):
            write_stroke_archive(path, raw / name, download.strokes)
        elif path.is_dir():
            pack_folder(path, raw / name)
        else:
            _copy(path, raw / name)
        published = path if is_stroke_file(path.name) else raw / name
        if digest and (found := _sha256(published)) != digest.lower():
            raise NetchuError(f"{place}: its SHA-256 is {found}, not the one in download.archives; fetch it again")
        lines += _check(raw / name, place)
    return lines


def _check(path: Path, place: str) -> int:
    """Check the archive at `path`, its entries' checksums included, naming it `place`; returns its labelled lines."""
    try:
        with open_archive(path) as archive:
            labels, _ = list_lines(archive)
            for _ in check_contents(archive):
                pass
    except NetchuError as error:
        raise NetchuError(str(error).replace(str(path), place)) from None
    return len(labels)


def _fetch_cinnamon() -> Path:
    problems = []
    for file_id in CINNAMON_IDS:
        try:
            path = sources.fetch_drive(file_id)
        except NetchuError as error:
            problems.append(str(error))
            continue
        try:
            _verify_cinnamon(path)
            return path
        except NetchuError as error:
            path.unlink()  # kept, it would be taken for complete by the next run
            problems.append(str(error))
    raise NetchuError(
        f"{'; '.join(problems)}; delete {state_folder() / sources.DOWNLOADS} and try again, or fetch "
        f"https://drive.google.com/file/d/{CINNAMON_IDS[0]}/view in a browser, then set download.source=archive and "
        "download.archives=[<that file>]"
    )


def _verify_cinnamon(path: Path) -> None:
    """Raises NetchuError unless the archive holds every file of the manifest, at any depth, as published."""
    with open_archive(path) as archive:
        found = {_manifest_name(name): digest for name, digest in check_contents(archive)}
    wrong = []
    published = [line.split("  ", 1) for line in CINNAMON_MANIFEST.read_text(encoding="utf-8").splitlines()]
    for digest, name in published:
        if found.get(name) != digest:
            wrong.append(f"{name} ({'differs' if name in found else 'missing'})")
    if wrong:
        raise NetchuError(
            f"{path.name}: {len(wrong):,} of {len(published):,} files are not as published: {', '.join(wrong[:5])}"
            + (f" and {len(wrong) - 5:,} more" if len(wrong) > 5 else "")
        )


def _manifest_name(name: str) -> str:
    return "/".join(name.split("/")[-2:]).replace(" ", "_")


def _zip_name(place: str) -> str:
    """The name under which the archive at `place` is kept: its own, ending in .zip."""
    path = Path(os.path.abspath(place))  # noqa: PTH100 (a link keeps its own name)
    name = sources.url_name(place) if _is_url(place) else path.name
    name = unicodedata.normalize("NFC", name).lstrip(".") or "archive"
    suffix = next((suffix for suffix in (*STROKE_SUFFIXES, ".zip") if name.lower().endswith(suffix)), "")
    return name.removesuffix(name[len(name) - len(suffix) :]) + ".zip"


def _is_url(place: str) -> bool:
    return re.match("https?://", place, re.IGNORECASE) is not None


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise NetchuError(f"{source}: cannot be copied to {OUTPUTS['raw']}: {error.strerror or error}") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    run_stage("download", run, Params, INPUTS, OUTPUTS)
