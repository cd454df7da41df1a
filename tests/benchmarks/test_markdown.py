"""Tables that the benchmarks print."""

from benchmarks.markdown import print_table


def test_prints_markdown_table(capsys):
    print_table(["name", "seconds"], [["a", "1.00"], ["b", "12.00"]])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["name", "seconds"] and rows[2:] == [["a", "1.00"], ["b", "12.00"]]
    assert [set(cell) for cell in rows[1]] == [{"-"}, {"-", ":"}]


def test_prints_rows_as_they_come(capsys):
    def rows():
        yield ["a", "1"]
        assert "| a" in capsys.readouterr().out
        yield ["b", "2"]

    print_table(["name", "number"], rows())
