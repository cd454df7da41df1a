"""Corrected lines as a data set, and a model that learns from them."""
