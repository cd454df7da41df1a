"""Whole pages: image files in, text with positions and confidences out. No stage depends on it."""
