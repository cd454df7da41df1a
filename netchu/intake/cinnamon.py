"""Download and verification of Cinnamon's public data: 1,838 images of handwritten lines on Google Drive."""

from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.state import state_folder
from netchu.intake import sources
from netchu.intake.archives import check_contents, open_archive

DRIVE_IDS = ("15ULMGkXxPRadFOqUs1-7BUiZv-_QNpGx", "1-hAGX91o45NA4nv1XUYw5pMw4jMmhsh5")
"""Two copies of the archive."""

MANIFEST = Path(__file__).with_name("cinnamon.sha256")
"""SHA-256 of every published file, in the format of `sha256sum`, with underscores for spaces in folder names."""


def fetch_cinnamon() -> Path:
    """Fetch the archive from Google Drive into the state folder and verify it; try the second copy if the first fails.

    Raises:
        NetchuError: both copies fail; the message explains how to use a file fetched in a browser instead.
    """
    problems = []
    for file_id in DRIVE_IDS:
        try:
            path = sources.fetch_drive(file_id)
        except NetchuError as error:
            problems.append(str(error))
            continue
        try:
            verify_cinnamon(path)
            return path
        except NetchuError as error:
            path.unlink()  # otherwise the next run would use it as a complete download
            problems.append(str(error))
    raise NetchuError(
        f"{'; '.join(problems)}; delete {state_folder() / sources.DOWNLOADS} and try again, or fetch "
        f"https://drive.google.com/file/d/{DRIVE_IDS[0]}/view in a browser, then set download.source=archive and "
        "download.archives=[<that file>]"
    )


def verify_cinnamon(path: Path) -> None:
    """Raise NetchuError unless the archive contains every file of the manifest, unchanged, at any depth."""
    with open_archive(path) as archive:
        digests = {_manifest_name(name): digest for name, digest in check_contents(archive)}
    published = [line.split("  ", 1) for line in MANIFEST.read_text(encoding="utf-8").splitlines()]
    wrong = [
        f"{name} ({'differs' if name in digests else 'missing'})"
        for digest, name in published
        if digests.get(name) != digest
    ]
    if wrong:
        raise NetchuError(
            f"{path.name}: {len(wrong):,} of {len(published):,} files are not as published: {', '.join(wrong[:5])}"
            + (f" and {len(wrong) - 5:,} more" if len(wrong) > 5 else "")
        )


def _manifest_name(name: str) -> str:
    """Return the name of an entry as in the manifest: `folder/file`, with underscores for spaces."""
    return "/".join(name.split("/")[-2:]).replace(" ", "_")
