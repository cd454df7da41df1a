"""The web page, which `make app` serves."""
