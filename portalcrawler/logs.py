"""Logs without secrets."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from portalcrawler.store.redact import redact

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

# To the last @ of the line: a password with an unescaped quote, blank or @ is no reason to show a piece of
# it.
_MONGODB = re.compile(r"mongodb(?:\+srv)?://(?:[^\n]*@)?\S*", re.IGNORECASE)
_USER_INFO = re.compile(r"(://[^\s/:@'\"]*):[^\s/@'\"]+@")
_SETTING = re.compile(
    r"((['\"])\w*(?:PASS|PASSWORD|SECRET|SECRET_ACCESS_KEY|SESSION_TOKEN|API_KEY)\2: )(['\"]).*?\3(?=[,}\n])"
)


def without_secrets(text: str) -> str:
    """A log message with the passwords of URLs, and settings named as secrets, as ``***``."""
    if "://" in text:
        text = _MONGODB.sub(lambda found: redact(found[0]), text)
        text = _USER_INFO.sub(r"\1:***@", text)
    return _SETTING.sub(r"\1'***'", text)


class SafeRecord(logging.LogRecord):
    """A log record whose message and traceback hold no secrets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0] is not None:
            # A formatter uses the text that is there; it would format the exception itself otherwise.
            self.exc_text = without_secrets(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:  # noqa: N802 - the standard library's name
        """The message with its arguments, without secrets."""
        return without_secrets(super().getMessage())


class SafeLogs:
    """An add-on that makes every log record of the process a :class:`SafeRecord`.

    Scrapy logs settings that differ from its defaults when a crawl starts, passwords among them, and libraries
    quote URIs in their errors. Scrapy puts its log handlers in anew several times, which would lose a filter on
    them; the record's factory stays.
    """

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:  # noqa: ARG003 - Scrapy's signature
        """Called by Scrapy before it sets its logging up."""
        logging.setLogRecordFactory(SafeRecord)
