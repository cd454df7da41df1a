"""Review of read words, the least certain first, with an estimate of the errors that are left."""
