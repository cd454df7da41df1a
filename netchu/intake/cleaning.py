"""Checks of labelled lines: their texts, copies of images, and the images themselves."""

import collections
import dataclasses
import hashlib
import zipfile
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from netchu.core.charset import has_mapped_signs, map_signs, normalise, unknown_characters
from netchu.core.errors import NetchuError
from netchu.core.parallel import ordered_map
from netchu.core.params import Section
from netchu.core.printing import escape_unprintable
from netchu.core.progress import progress
from netchu.core.tables import SUBSETS
from netchu.intake.archives import read_entry
from netchu.intake.labels import Fault, Label, list_lines
from netchu.pictures.illumination import to_grey
from netchu.pictures.images import decode_image
from netchu.pictures.ink import has_ink

REASONS = (
    "blank",
    "conflicting_text",
    "duplicate_image",
    "empty_text",
    "malformed_label",
    "no_image",
    "no_label",
    "too_small",
    "undecodable",
    "unknown_character",
    "unknown_subset",
)
"""Reasons to reject a line."""


class CleanParams(Section):
    """Requirements for lines, the `clean` group of params.yaml."""

    min_height: int = Field(ge=1, le=1000)  # pixels
    min_width: int = Field(ge=1, le=1000)  # pixels
    max_rejected: float = Field(ge=0, le=1)  # fraction of the lines
    encoding: Literal["unicode", "tcvn3", "vni", "cp1258"] = "unicode"  # of the labels


def clean_lines(
    archives: dict[str, zipfile.ZipFile],
    params: CleanParams,
    rejected: list[Fault],
    mapped: list[str] | None = None,
) -> Iterator[dict]:
    """Yield a row of CLEAN_COLUMNS for each good line of `archives`, and append all other lines to `rejected`.

    Args:
        archives: opened archives by the name of their source.
        mapped: receives the ids of the good lines in whose text typographic signs were replaced.

    The order is that of the hashes of the lines' ids, which is as good as shuffled. So any row group of the table is a
    fair sample of sources and writers, and later stages can stream groups without shuffling across the whole table.

    Raises:
        NetchuError: an archive is damaged or has no labels.
    """
    labels: list[Label] = []
    for archive in archives.values():
        listed, faults = list_lines(archive, params.encoding)
        labels += listed
        rejected += faults
    labels = _reject_empty_texts(labels, rejected)
    labels = _reject_copies(labels, archives, rejected)
    labels.sort(key=lambda label: hashlib.sha256(label.id.encode()).digest())
    # Read in this thread: an open zip file must not be read from several threads.
    items = ((label, read_entry(archives[label.source], label.path)) for label in labels)
    checked = ordered_map(lambda item: (*item, _find_image_fault(item[1], params)), items)
    for label, data, fault in progress(checked, "clean: decoding", len(labels)):
        if fault:
            rejected.append(Fault(label.id, *fault))
            continue
        if mapped is not None and has_mapped_signs(label.text):
            mapped.append(label.id)
        yield {
            "id": label.id,
            "source": label.source,
            "writer": label.writer,
            "subset": label.subset,
            "text": _clean_text(label),
            "image": data,
        }


def _reject_empty_texts(labels: list[Label], rejected: list[Fault]) -> list[Label]:
    """Return the labels that have text; done first, so that an empty text does not conflict with a copy's text."""
    kept = []
    for label in labels:
        if _clean_text(label):
            kept.append(label)
        else:
            rejected.append(Fault(label.id, "empty_text", ""))
    return kept


def _reject_copies(labels: list[Label], archives: dict[str, zipfile.ZipFile], rejected: list[Fault]) -> list[Label]:
    """Return one label for each image, the best described; files with equal bytes are one image, whatever their name.

    If only a copy names the writer, the label takes the writer from there. Otherwise a writer could be in two subsets
    unnoticed.

    All copies are rejected if their texts differ. Labels with characters outside the charset are compared too, and
    rejected afterwards.
    """
    copies: dict[bytes, list[Label]] = collections.defaultdict(list)
    for label in progress(labels, "clean: comparing", len(labels)):
        copies[hashlib.sha256(read_entry(archives[label.source], label.path)).digest()].append(label)
    kept = []
    for same in copies.values():
        same.sort(key=_rank_description)
        texts = sorted({_clean_text(label) for label in same})
        if len(texts) > 1:
            detail = " | ".join(map(escape_unprintable, texts))
            rejected += [Fault(label.id, "conflicting_text", detail) for label in same]
            continue
        rejected += [Fault(label.id, "duplicate_image", f"of {same[0].id}") for label in same[1:]]
        if unknown := unknown_characters(texts[0]):
            rejected.append(Fault(same[0].id, "unknown_character", escape_unprintable(unknown)))
        else:
            writer = next((label.writer for label in same if label.writer), None)
            kept.append(dataclasses.replace(same[0], writer=writer))
    return kept


def _clean_text(label: Label) -> str:
    return normalise(map_signs(label.text))


def _rank_description(label: Label) -> tuple:
    """Return a sort key that puts the best described copy first: by subset, then known writers, then by id."""
    # Test lines first: the official test set must not lose a line to a copy elsewhere.
    return (*reversed(SUBSETS), None).index(label.subset), label.writer is None, label.id


def _find_image_fault(data: bytes, params: CleanParams) -> tuple[str, str] | None:
    """Return reason and detail if the image file `data` must be rejected, else None."""
    try:
        image = decode_image(data)
    except NetchuError as error:
        return "undecodable", str(error)
    height, width = image.shape[:2]
    if height < params.min_height or width < params.min_width:
        return "too_small", f"{width} x {height} pixels"
    return None if has_ink(to_grey(image)) else ("blank", "")
