"""Tests of the Parquet tables: deterministic, atomic, streamed."""

import pytest

from netchu.core.errors import NetchuError
from netchu.core.tables import (
    CLEAN_COLUMNS,
    ROW_GROUP,
    open_lines,
    read_metadata,
    read_rows,
    write_lines,
    write_rejected,
)

ROWS = [
    {
        "id": f"a/{n}",
        "source": "a",
        "writer": None if n % 2 else "a/1",
        "subset": None,
        "text": "Số 5",
        "image": b"x" * n,
    }
    for n in range(2 * ROW_GROUP + 3)
]


def write(path, rows=ROWS):
    with write_lines(path, CLEAN_COLUMNS, {"height": 48}) as lines:
        for row in rows:
            lines.append(row)
    assert lines.count == len(rows)


def test_reads_back_rows_in_order_with_their_metadata(tmp_path):
    write(tmp_path / "lines.parquet")
    file = open_lines(tmp_path / "lines.parquet")
    assert list(read_rows(file)) == ROWS
    assert read_metadata(file) == {"height": 48}
    assert file.num_row_groups == 3
    assert list(read_rows(file, ["id"])) == [{"id": row["id"]} for row in ROWS]


def test_writes_the_same_rows_to_the_same_bytes(tmp_path):
    write(tmp_path / "one.parquet")
    write(tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_writes_and_reads_an_empty_table(tmp_path):
    write(tmp_path / "lines.parquet", [])
    assert list(read_rows(open_lines(tmp_path / "lines.parquet"))) == []


def test_leaves_no_file_when_a_write_fails(tmp_path):
    with pytest.raises(RuntimeError), write_lines(tmp_path / "lines.parquet", CLEAN_COLUMNS) as lines:
        lines.append(ROWS[0])
        raise RuntimeError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all"])
def test_rejects_damaged_table(tmp_path, content):
    path = tmp_path / "lines.parquet"
    path.write_bytes(content)
    with pytest.raises(NetchuError, match=r"lines\.parquet: not a readable Parquet file"):
        open_lines(path)


def test_writes_rejected_lines_sorted_by_id(tmp_path):
    rows = [("b/2.png", "blank", ""), ("a/1.png", "undecodable", 'damaged, "cut"'), ("a/1.png", "blank", "")]
    write_rejected(tmp_path / "rejected.csv", rows)
    assert (tmp_path / "rejected.csv").read_bytes() == (
        b'id,reason,detail\na/1.png,blank,\na/1.png,undecodable,"damaged, ""cut"""\nb/2.png,blank,\n'
    )
