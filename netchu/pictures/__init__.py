"""From the bytes of a picture to the line image that the network sees."""
