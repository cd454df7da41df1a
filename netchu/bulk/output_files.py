"""The files of an output folder: their names and columns."""

import pyarrow as pa

PLAN, MANIFEST = "_plan.parquet", "_manifest.json"
"""Files of the output folder beside the shards; `pandas.read_parquet` ignores them because of the underscore."""

COLUMNS = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),  # lines separated by line breaks; null if the image cannot be read
        ("confidence", pa.float64()),  # 0 to 1
        ("words", pa.string()),  # JSON: line (from 1), text, confidence and box of each word
        ("error", pa.string()),  # reason why the image cannot be read, or a part of it; else null
    ]
)
"""Columns of a shard's file."""

PLAN_COLUMNS = pa.schema([("path", pa.string()), ("start", pa.int64()), ("stop", pa.int64())])


def name_shard(shard: int) -> str:
    """Return the name of a shard's file.

    >>> name_shard(12)
    'part-0000012.parquet'
    """
    return f"part-{shard:07}.parquet"
