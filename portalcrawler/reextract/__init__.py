"""The present extractor applied to the pages that stored articles were read from, without the network."""

from portalcrawler.reextract.changes import Change
from portalcrawler.reextract.work import Outcome, Result, reextract

__all__ = ["Change", "Outcome", "Result", "reextract"]
