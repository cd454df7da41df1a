"""How well was read: error rates, their kinds, and whether the confidence can be trusted."""
