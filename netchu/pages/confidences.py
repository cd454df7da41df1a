"""The form of confidences in all output formats."""


def round_confidence(confidence: float) -> float:
    """Return a confidence with four decimals."""
    return round(confidence, 4)
