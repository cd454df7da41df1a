"""Prints Markdown tables."""

from collections.abc import Iterable, Sequence


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, each row as soon as `rows` yields it; the first column holds names, the others numbers."""
    _print_row(columns)
    _print_row(["-" * 36, *("-" * 9 + ":" for _ in columns[1:])])
    for row in rows:
        _print_row(row)


def _print_row(cells: Sequence[str]) -> None:
    name, *numbers = cells
    print(f"| {name:36} | {' | '.join(f'{number:>10}' for number in numbers)} |", flush=True)
