"""Synthetic handwriting: random texts and recorded pen strokes, drawn with random pens on random papers."""
