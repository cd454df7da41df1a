"""From line images to text: the exported network, the decoders, the language model and the confidences."""
