"""Pure functions from printed text to values: no HTML, no I/O, no settings."""
