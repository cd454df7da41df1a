"""Measurements that are too slow or too machine-dependent for tests: each runs as `python -m benchmarks.NAME`."""
