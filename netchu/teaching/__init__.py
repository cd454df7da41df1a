"""Corrected lines as a data set, and the fine-tuning of the shipped reader on them."""
