"""portalcrawler: a news portal becomes an archive that can be queried."""

__version__ = "0.1.0"
