"""From image files to pages of text, for people: opening, finding lines, reading, writing out. No stage needs it."""
