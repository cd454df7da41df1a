"""Pictures of single lines: decoding, and the steps to the line image, input of the network."""
