"""Names of the decoders, which the command line offers before it imports them."""

DECODER_NAMES = ("greedy", "beam")

DEFAULT_DECODER = "beam"
