"""Comparison of two runs: where their results are stored, and whether they differ. No stage imports it."""
