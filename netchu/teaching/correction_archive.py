"""Exports corrected lines as a zip archive that the pipeline reads, and imports such archives."""

import contextlib
import io
import stat
import tempfile
import zipfile
from pathlib import Path

from netchu.core.charset import has_mapped_signs
from netchu.core.errors import NetchuError
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.gathering import copy_archive, name_in_errors
from netchu.intake.labels import list_lines
from netchu.intake.page_archives import cut_pages
from netchu.pictures.images import decode_image
from netchu.teaching.correction_table import COLUMNS, TABLE, format_table
from netchu.teaching.corrections import add_lines, make_line, read_corrections


def export_zip(folder: Path, writers: bool = True) -> bytes:
    """Return the data set in `folder` as a zip archive for the pipeline; the same lines give the same bytes.

    Args:
        writers: whether the table has the column writer. Leave it out to train and test on one person's handwriting,
            because the pipeline keeps all lines of a writer in one subset.

    Raises:
        NetchuError: there is no line, or `read_corrections` raises it.
    """
    lines = sorted(read_corrections(folder))
    if not lines:
        raise NetchuError(f"{folder}: holds no corrected lines yet; save some first")
    files = {TABLE: format_table(COLUMNS if writers else COLUMNS[:2], lines).encode()}
    try:
        files |= {line.file: (folder / line.file).read_bytes() for line in lines}
    except OSError as error:
        raise NetchuError(f"{folder}: cannot be read ({error.strerror}); choose another folder") from None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            # With a fixed date and mode. Not compressed, because PNG is compressed already.
            info = zipfile.ZipInfo(f"netchu-lines/{name}")
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return packed.getvalue()


def import_archive(folder: Path, archive: Path, mapped: list[str] | None = None) -> int:
    """Add the lines of `archive` to the data set in `folder`, all or none.

    The archive is one of `export_zip`, or any other that the pipeline reads. Lines that are in the data set keep their
    text, because it may have been corrected after the archive was made. Lines of transcribed pages that nobody has
    transcribed yet are skipped.

    Args:
        mapped: receives the texts of the archive in which typographic signs were replaced.

    Returns:
        The number of new lines.

    Raises:
        NetchuError: the archive, an image or a text in it is damaged or unsuitable; no label in it has an image; or as
            `save_lines` does.
    """
    lines = []
    with contextlib.ExitStack() as resources:
        path = Path(resources.enter_context(tempfile.TemporaryDirectory())) / archive.name
        resources.enter_context(name_in_errors(path, str(archive)))
        copy_archive(archive, path)
        has_pages = cut_pages(path)
        opened = resources.enter_context(open_archive(path))
        labels, _ = list_lines(opened)
        if has_pages:
            labels = [label for label in labels if label.text.strip()]
        if mapped is not None:
            mapped += [label.text for label in labels if has_mapped_signs(label.text)]
        for label in labels:
            writer = (label.writer or "").removeprefix(f"{label.source}/")
            try:
                lines.append(make_line(decode_image(read_entry(opened, label.path)), label.text, writer))
            except NetchuError as error:
                raise NetchuError(f"{label.path}: {error}") from None
    if not lines:
        raise NetchuError(f"{archive.name}: holds no image with a label; choose another archive")
    return add_lines(folder, lines, replace_texts=False)
