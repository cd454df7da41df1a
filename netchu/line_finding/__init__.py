"""Lines of handwriting on photographed or scanned pages: finding them and cropping each of them."""
