"""`python -m netchu bulk`: read very many images into Parquet files, on one machine or on many."""

import argparse
import functools
import sys
from collections.abc import Callable
from pathlib import Path

from netchu.commands.common_options import add_layout_and_decoder, add_model, filled
from netchu.commands.language import BULK_EPILOG
from netchu.core.errors import NetchuError
from netchu.core.progress import progress
from netchu.reading.reader_folders import find_default_reader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`; their help has a translation in netchu.commands.language."""
    parser.epilog = BULK_EPILOG
    parser.add_argument(
        "input",
        type=filled,
        metavar="INPUT",
        help="folder, file or glob of images, or of Parquet files with a column image; s3:// and the like, too",
    )
    parser.add_argument(
        "output",
        type=filled,
        metavar="OUTPUT",
        help="folder of the Parquet files; a run in it can be continued",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="local (default): the cores of this machine; ray: those of a Ray cluster",
    )
    parser.add_argument(
        "--address",
        type=filled,
        help="address of the Ray cluster, auto for the running one (default: start Ray on this machine)",
    )
    parser.add_argument(
        "--processes",
        type=_positive,
        metavar="N",
        help="processes that read, with one thread each (default: one per core)",
    )
    parser.add_argument(
        "--shard-size",
        type=_positive,
        default=500,
        metavar="N",
        help="images per Parquet file, the unit of work that an interruption can lose (default 500)",
    )
    add_layout_and_decoder(parser)
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read all images that the output folder lacks; return the exit status, 1 if some of them have an error."""
    if arguments.address and arguments.engine != "ray":
        raise NetchuError("--address needs --engine ray")
    read_shards = _choose_engine(arguments)
    from netchu.bulk.inputs import locate_input
    from netchu.bulk.job import Job, hash_reader, prepare_job
    from netchu.pages.recognizer import Recognizer

    reader = arguments.model or find_default_reader()
    Recognizer.load(reader, threads=1)  # raises NetchuError if it is damaged
    source = locate_input(arguments.input)
    job = Job(
        base=source.base if "://" in source.base else str(Path(source.base).absolute()),
        output=arguments.output if "://" in arguments.output else str(Path(arguments.output).absolute()),
        reader=str(reader.absolute()) if arguments.model else None,
        reader_hash=hash_reader(reader),
        layout=arguments.layout,
        decoder=arguments.decoder,
    )
    shards, missing = prepare_job(job, source, arguments.shard_size)
    if len(missing) < shards:
        print(f"netchu bulk: {shards - len(missing)} of {shards} shards exist", file=sys.stderr)
    rows = failed = 0
    for result in progress(read_shards(job, missing) if missing else [], "shards", len(missing)):
        rows += result.rows
        failed += result.failed
    print(f"netchu bulk: {rows} rows written, {failed} of them with an error", file=sys.stderr)
    return int(failed > 0)


def _choose_engine(arguments: argparse.Namespace) -> Callable:
    """Return the function that reads shards; raise NetchuError if its packages are missing."""
    try:
        if arguments.engine == "ray":
            from netchu.bulk.ray_engine import read_with_ray

            return functools.partial(read_with_ray, processes=arguments.processes, address=arguments.address)
        from netchu.bulk.local_engine import read_locally

        return functools.partial(read_locally, processes=arguments.processes)
    except ImportError as error:
        extra = "ray" if arguments.engine == "ray" else "bulk"
        raise NetchuError(
            f"--engine {arguments.engine} needs the package {error.name.partition('.')[0]}; install netchu with its "
            f"extra: pip install '.[{extra}]'"
        ) from None


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000000")
    return int(text)
