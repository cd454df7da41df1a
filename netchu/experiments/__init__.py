"""Two runs side by side: where their figures lie, and whether they differ. No stage needs it."""
