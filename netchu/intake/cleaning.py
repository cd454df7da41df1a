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
    """Group `clean` of params.yaml: requirements for lines."""

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
    """Yield a row of CLEAN_COLUMNS for each good line of `archives`, and append a fault for each other line.

    Rows are sorted by the hash of their ids, which shuffles them. So each row group of the table is a fair sample of
    sources and writers, and later stages can stream groups without shuffling the whole table.

    Args:
        archives: opened archives by the name of their source.
        rejected: receives the faults.
        mapped: receives the ids of the good lines in whose text typographic signs were replaced.

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
    """Return the labels that have text. Done first, because an empty text must not conflict with the text of a copy."""
    kept = []
    for label in labels:
        if _clean_text(label):
            kept.append(label)
        else:
            rejected.append(Fault(label.id, "empty_text", ""))
    return kept


def _reject_copies(labels: list[Label], archives: dict[str, zipfile.ZipFile], rejected: list[Fault]) -> list[Label]:
    """Return the best described label of each image; files with equal bytes are copies of one image.

    If only a copy names the writer, the label gets the writer from that copy. Otherwise lines of one writer could be
    in two subsets.

    All copies are rejected if their texts differ. Labels with characters outside the charset are also compared, and
    rejected afterwards.
    """
    copies: dict[bytes, list[Label]] = collections.defaultdict(list)
    for label in progress(labels, "clean: comparing", len(labels)):
        copies[hashlib.sha256(read_entry(archives[label.source], label.path)).digest()].append(label)
    kept = []
    for labels_of_image in copies.values():
        best, *others = sorted(labels_of_image, key=_rank_description)
        texts = sorted({_clean_text(label) for label in labels_of_image})
        if len(texts) > 1:
            detail = " | ".join(map(escape_unprintable, texts))
            rejected += [Fault(label.id, "conflicting_text", detail) for label in (best, *others)]
            continue
        rejected += [Fault(label.id, "duplicate_image", f"of {best.id}") for label in others]
        if unknown := unknown_characters(texts[0]):
            rejected.append(Fault(best.id, "unknown_character", escape_unprintable(unknown)))
        else:
            writer = next((label.writer for label in (best, *others) if label.writer), None)
            kept.append(best if writer == best.writer else dataclasses.replace(best, writer=writer))
    return kept


def _clean_text(label: Label) -> str:
    return normalise(map_signs(label.text))


def _rank_description(label: Label) -> tuple:
    """Return a sort key that puts the best described copy first: by subset, known writer and id."""
    # Test lines first: a copy elsewhere must not remove a line from the official test set.
    return (*reversed(SUBSETS), None).index(label.subset), label.writer is None, label.id


def _find_image_fault(data: bytes, params: CleanParams) -> tuple[str, str] | None:
    """Return the reason to reject the image file `data` and a detail, or None for a good image."""
    try:
        image = decode_image(data)
    except NetchuError as error:
        return "undecodable", str(error)
    height, width = image.shape[:2]
    if height < params.min_height or width < params.min_width:
        return "too_small", f"{width} x {height} pixels"
    return None if has_ink(to_grey(image)) else ("blank", "")
