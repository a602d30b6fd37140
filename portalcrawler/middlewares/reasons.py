"""Why a request brought nothing, in words that can be counted."""

from __future__ import annotations

from dataclasses import dataclass

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from portalcrawler.events import Outcome
from portalcrawler.middlewares.guard import RefusedRequest
from portalcrawler.middlewares.redirect import RedirectsAway
from portalcrawler.stopping import Stopped
from portalcrawler.store.frontier import State
from portalcrawler.store.sections import State as SectionState

_GONE = (404, 410)
_STATES: dict[str, State] = {"missing": "missing", "closed": "closed", "redirects away": "away"}
_SECTION_STATES: dict[str, SectionState] = {"missing": "missing", "closed": "closed", "redirects away": "away"}
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "no answer in time"),
    (CannotResolveHostError, "unknown host"),
    (DownloadConnectionRefusedError, "connection refused"),
    (ResponseDataLossError, "cut short"),
    (DownloadCancelledError, "too large"),
    (DownloadFailedError, "connection lost"),
    (ValueError, "redirect to no URL"),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """``words`` are counted, ``detail`` is not; ``response`` is what came, if anything did."""

    outcome: Outcome
    words: str
    detail: str | None = None
    status: int | None = None
    response: Response | None = None

    @property
    def state(self) -> State:
        """What an article's address counts as that brought nothing for this reason."""
        return _STATES.get(self.words, "failed" if self.outcome == "failed" else "refused")

    @property
    def section_state(self) -> SectionState:
        """The same for a section's address."""
        return _SECTION_STATES.get(self.words, "refused")

    @property
    def text(self) -> str:
        return f"{self.words}: {self.detail}" if self.detail else self.words


def explain(failure: Failure) -> Reason:
    """The reason behind what Scrapy gives an errback. Skipped is what the portal or its rules do not offer."""
    error = failure.value
    if isinstance(error, HttpError):
        status = error.response.status
        if status in _GONE:
            return Reason("skipped", "missing", f"HTTP {status}", status, error.response)
        return Reason("failed", f"HTTP {status}", None, status, error.response)
    if isinstance(error, RedirectsAway):
        return Reason("skipped", "redirects away", error.location)
    if isinstance(error, RefusedRequest):
        return Reason("skipped", "refused", str(error))
    if isinstance(error, Stopped):
        return Reason("skipped", "stopped")
    if isinstance(error, IgnoreRequest):
        words = str(error)
        if "robots.txt" in words:
            return Reason("skipped", "robots.txt")
        return Reason("failed", "not followed", words or None)
    words = next((words for kind, words in _FAULTS if isinstance(error, kind)), type(error).__name__)
    return Reason("failed", words, str(error)[:300] or None)
