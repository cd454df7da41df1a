"""The web page: `make app`."""
