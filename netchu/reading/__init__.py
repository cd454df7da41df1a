"""From line images to text: the exported network, decoding, language model, confidence."""
