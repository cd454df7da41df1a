"""From archives to labelled lines: where they come from and how they are laid out."""
