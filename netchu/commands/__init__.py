"""Subcommands of `python -m netchu`, one module each."""
