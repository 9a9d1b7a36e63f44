"""Lossless readers of the formats in which callers are written: every value with its exact bytes, and how new text is written there."""
