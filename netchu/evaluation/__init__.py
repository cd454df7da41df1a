"""Scores of predictions against references: error rates, kinds of errors, calibration of the confidence."""
