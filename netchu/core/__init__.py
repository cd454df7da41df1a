"""Shared infrastructure: parameters, errors, atomic files, tables of lines, threads, progress and the charset."""
