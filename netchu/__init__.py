"""netchu reads lines of Vietnamese handwriting: the library under the stages, the command line and the app."""
