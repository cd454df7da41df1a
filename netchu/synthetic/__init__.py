"""The default data: synthetic Vietnamese addresses, written as pen strokes by writers that a seed makes up."""
