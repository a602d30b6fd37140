"""The command line: arguments in, calls of the library, text out."""

from portalcrawler.cli.app import main

__all__ = ["main"]
