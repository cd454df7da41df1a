"""Feed damaged files to everything that reads files of users: `python -m benchmarks.fuzzing FOLDER`, about an hour.

Each input is a valid file with random damage. It must be read, or rejected with a NetchuError of one line, within 10
seconds. Everything else is a finding: another exception, a process that dies, a hang. Findings are printed, and the
inputs written into FOLDER. The table shows the peak memory of the process that read the inputs of a kind.
"""

import argparse
import functools
import io
import json
import multiprocessing
import resource
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from netchu.core.errors import NetchuError
from netchu.core.params import read_params
from netchu.intake.archives import open_archive
from netchu.intake.cleaning import CleanParams, clean_lines
from netchu.intake.gathering import check_archive
from netchu.intake.page_archives import cut_pages
from netchu.intake.stroke_files import read_strokes
from netchu.pages.image_files import PageFile, count_pages, decode_file_page
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.page import Line, Page, Word
from netchu.reading.reader import Reader
from stages import clean, decoder, download, evaluate, preprocess, split

PATIENCE, START_PATIENCE = 10, 60
"""Seconds for one input, and for the first one of a process, which waits for the imports."""

SHARES = {"pictures": 0.4, "archives": 0.1, "labels": 0.25, "strokes": 0.1, "parameters": 0.13, "models": 0.02}
"""Fraction of the inputs of each kind; a model takes much longer to load than the others."""

_MOST_DAMAGES = 8

_SIGNS = (
    b"\x00",
    b"\xff",
    b"\n",
    b'"',
    b"{",
    b"}",
    b"[",
    b",",
    b"-1",
    b"1e999",
    b"999999999999",
    b"null",
    "ệ".encode(),
)


class Kind(NamedTuple):
    """Files of one kind."""

    samples: Callable[[Path], list[bytes]]  # valid files; given the folder of a reader
    use: Callable[[bytes, Path, Path], None]  # given a file, a folder to write to and the folder of the reader


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Return `data` with one to eight random changes: bits, cuts, copies, and signs that formats give a meaning."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, _MOST_DAMAGES + 1))):
        start, end = sorted(int(position) for position in rng.integers(0, len(changed) + 1, 2))
        end = min(end, start + int(rng.choice([1, 4, 64, 4096])))
        kind = rng.integers(5)
        if kind == 0 and changed:
            changed[min(start, len(changed) - 1)] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del changed[start:end]
        elif kind == 2:
            changed[start:start] = changed[start:end]
        elif kind == 3:
            changed[start:end] = rng.bytes(end - start)
        else:
            changed[start:end] = _SIGNS[int(rng.integers(len(_SIGNS)))]
    return bytes(changed)


def make_pictures(reader: Path) -> list[bytes]:
    """Return a small picture in each format."""
    pixels = np.full((40, 120, 3), 255, np.uint8)
    pixels[15:25, 20:100:6] = 30
    picture = Image.fromarray(pixels)
    files = []
    for format_name in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "AVIF", "PDF"):
        buffer = io.BytesIO()
        picture.save(buffer, format_name)
        files.append(buffer.getvalue())
    deep = io.BytesIO()
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 257).save(deep, "TIFF")
    return [*files, deep.getvalue()]


def decode_picture(data: bytes, folder: Path, reader: Path) -> None:
    for number in range(min(count_pages(data), 3)):
        decode_file_page(data, number, lambda message: None)


def make_archive(labels: dict[str, bytes], picture: bytes) -> bytes:
    """Return a zip archive of label files, and of a picture under the names a.png to c.png."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in labels.items():
            archive.writestr(name, content)
        for name in ("a.png", "b.png", "c.png"):
            archive.writestr(name, picture)
    return buffer.getvalue()


def make_labels(reader: Path) -> list[bytes]:
    """Return label files of every layout, each after its name in the archive and a line feed."""
    texts = {"a.png": "Số 8, Đường Láng", "b.png": "12/3 Lê Lợi", "c.png": "Huế"}
    table = "file,text,writer,subset\n" + "".join(f'{file},"{text}",An,\n' for file, text in texts.items())
    files = {"labels.json": json.dumps(texts, ensure_ascii=False).encode(), "lines.csv": table.encode()}
    box = ((5, 5), (100, 5), (100, 35), (5, 35))
    page = Page(120, 40, (Line((Word("Huế", 0.9, box),), box),))
    for name in ("page", "alto"):
        files[f"{name}.xml"] = OUTPUT_FORMATS[name].write(PageFile(Path("a.png")), page).encode()
    return [name.encode() + b"\n" + content for name, content in files.items()]


def read_labels(data: bytes, folder: Path, reader: Path) -> None:
    name, _, content = data.partition(b"\n")
    labels = {name.decode("utf-8", "replace").replace("\0", "") or "x": content}
    read_archive(make_archive(labels, list_samples(KINDS["pictures"], reader)[0]), folder, reader)


def make_archives(reader: Path) -> list[bytes]:
    name, _, content = make_labels(reader)[1].partition(b"\n")
    return [make_archive({name.decode(): content}, make_pictures(reader)[0])]


def read_archive(data: bytes, folder: Path, reader: Path) -> None:
    """Do what the stages download and clean do with an archive."""
    path = folder / "lines.zip"
    path.write_bytes(data)
    cut_pages(path)
    check_archive(path, path.name)
    params = CleanParams(min_height=16, min_width=16, max_rejected=1.0, encoding="unicode")
    with open_archive(path) as archive:
        list(clean_lines({"lines": archive}, params, [], []))


def make_strokes(reader: Path) -> list[bytes]:
    line = {"id": "a-1", "writer": "An", "text": "Huế", "strokes": [[[0, 0], [5, 9], [9, 3]], [[12, 1], [14, 7]]]}
    rows = [json.dumps({**line, "id": f"a-{number}"}, ensure_ascii=False) for number in range(5)]
    return ["\n".join(rows).encode()]


def parse_strokes(data: bytes, folder: Path, reader: Path) -> None:
    path = folder / "lines.jsonl"
    path.write_bytes(data)
    list(read_strokes(path))


def make_parameters(reader: Path) -> list[bytes]:
    return [Path("params.yaml").read_bytes()]


def parse_parameters(data: bytes, folder: Path, reader: Path) -> None:
    path = folder / "params.yaml"
    path.write_bytes(data)
    for stage in (clean, decoder, download, evaluate, preprocess, split):
        read_params(stage.Params, path)


def make_models(reader: Path) -> list[bytes]:
    """Return the files of a reader, each after its name and a line feed."""
    return [
        file.name.encode() + b"\n" + file.read_bytes()
        for file in sorted(reader.iterdir())
        if file.suffix in (".json", ".bin", ".onnx")
    ]


def load_model(data: bytes, folder: Path, reader: Path) -> None:
    name, _, content = data.partition(b"\n")
    shutil.copytree(reader, folder / "reader")
    if name in {file.name.encode() for file in reader.iterdir()}:  # the name may be damaged, too
        (folder / "reader" / name.decode()).write_bytes(content)
    Reader.load(folder / "reader").read_line(np.full((48, 96), 255, np.uint8))


KINDS = {
    "pictures": Kind(make_pictures, decode_picture),
    "archives": Kind(make_archives, read_archive),
    "labels": Kind(make_labels, read_labels),
    "strokes": Kind(make_strokes, parse_strokes),
    "parameters": Kind(make_parameters, parse_parameters),
    "models": Kind(make_models, load_model),
}


@functools.cache
def list_samples(kind: Kind, reader: Path) -> list[bytes]:
    """Return the valid files of a kind."""
    return kind.samples(reader)


def make_input(kind: Kind, seed: int, index: int, reader: Path) -> bytes:
    """Return input `index` of a kind of files; it depends on nothing else."""
    samples = list_samples(kind, reader)
    return damage(samples[index % len(samples)], np.random.default_rng((seed, index)))


def divide_inputs(inputs: int) -> dict[str, int]:
    """Return the number of inputs of each kind, at least 1."""
    return {name: max(1, round(share * inputs)) for name, share in SHARES.items()}


def run_inputs(kind: Kind, seed: int, indices: range, reader: Path, results: Connection) -> None:
    """Use inputs one after the other; send the problem with each, "" for none, and at last the peak memory in bytes."""
    for index in indices:
        data, problem = make_input(kind, seed, index, reader), ""
        try:
            with tempfile.TemporaryDirectory() as folder:
                kind.use(data, Path(folder), reader)
        except NetchuError as error:
            problem = "an error of several lines" if "\n" in str(error) else ""
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        results.send(problem)
    results.send(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def fuzz(kind: Kind, inputs: int, seed: int, reader: Path) -> Iterator[tuple[int, str] | int]:
    """Yield the index and the problem of each finding, and the peak memory in bytes of every process that ended."""
    spawn = multiprocessing.get_context("spawn")
    index = 0
    while index < inputs:
        results, sender = spawn.Pipe(duplex=False)
        process = spawn.Process(target=run_inputs, args=(kind, seed, range(index, inputs), reader, sender))
        process.start()
        sender.close()
        patience = START_PATIENCE
        try:
            while results.poll(patience):
                patience = PATIENCE
                if isinstance(result := results.recv(), int):
                    yield result
                    break
                if result:
                    yield index, result
                index += 1
            else:
                yield index, f"takes more than {patience} seconds"
                index += 1
        except EOFError:
            process.join()
            yield index, f"the process died with exit code {process.exitcode}"
            index += 1
        process.kill()
        process.join()


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--inputs", type=int, default=20_000, help="of all kinds, at least one of each (default: 20000)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", type=Path, default=Path("models/pretrained"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, inputs in divide_inputs(arguments.inputs).items():
        findings, memory = 0, 0
        for result in fuzz(KINDS[name], inputs, arguments.seed, arguments.reader):
            if isinstance(result, int):
                memory = max(memory, result)
                continue
            index, problem = result
            findings += 1
            file = arguments.folder / f"{name}-{index}.bin"
            file.write_bytes(make_input(KINDS[name], arguments.seed, index, arguments.reader))
            print(f"{file}: {problem}", flush=True)
        rows.append([name, f"{inputs:,}", str(findings), f"{memory / 1e9:.2f}"])
    print_table(["files", "inputs", "findings", "peak memory, GB"], rows)


if __name__ == "__main__":
    main()
