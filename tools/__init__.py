"""Tools that draw the pictures of the documentation and the examples: each runs as `python -m tools.NAME`."""
