"""The subcommands of `python -m netchu`, one module each."""
