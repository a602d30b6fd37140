"""The archive over HTTP, for other programs: read only."""
