"""Archives to labelled lines: fetch, unpack, list, check and split them."""
