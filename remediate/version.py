"""The version, as a constant: asking the installed metadata for it costs more than the rest of the start-up."""

__version__ = "0.1.0"
