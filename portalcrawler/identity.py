"""Who the crawler says it is."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from portalcrawler import __version__

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

BOT_NAME = "portalcrawler"
logger = logging.getLogger(__name__)

# What Discuz! X (function_core.php, checkmobile) takes for a telephone, anywhere in the User-Agent, as far as
# the words can turn up in an address: pages for telephones have other markup at the same URL.
_TELEPHONES = re.compile(
    "iphone|android|phone|mobile|wap|netfront|java|ucweb|symbian|series|webos|sony|blackberry|dopod|nokia|samsung|"
    r"palmsource|xda|pieplus|meizu|midp|cldc|motorola|foma|docomo|up\.browser|up\.link|blazer|helio|hosin|huawei|"
    "novarra|coolpad|techfaith|alcatel|amoi|ktouch|nexian|ericsson|philips|sagem|wellcom|bunjalloo|maui|spice|bird|"
    "zte|longcos|pantech|gionee|portalmmm|hiptop|benq|haier|320x320|240x320|176x220|cect|compal|ctl|lg|nec|tcl|"
    "daxian|dbtel|eastcom|konka|kejian|lenovo|mot|soutec|sgh|sed|capitel|panasonic|sharp|panda",
    re.IGNORECASE,
)


def user_agent(contact: str | None = None) -> str:
    """The User-Agent: a desktop browser's beginning, the crawler's name and version, and whom to write to.

    Discuz! adds a box to pages for agents without ``Mozilla``, and sends other markup to telephones. A
    ``contact`` (an e-mail address or a URL) in which Discuz! would find the name of a telephone, as ``nec``
    in ``connect``, has a character percent-encoded: it still opens in a browser.

    Raises ``ValueError`` for a contact with spaces, brackets or characters outside ASCII.
    """
    text = (contact or "").strip()
    if not re.fullmatch(r"[!-~]*", text) or re.search(r"[()<>;\"\\]", text):
        raise ValueError(f"PORTALCRAWLER_CONTACT must be an e-mail address or a URL, not {text!r}")
    while found := _TELEPHONES.search(text):
        second = found.start() + 1
        text = f"{text[:second]}%{ord(text[second]):02X}{text[second + 1 :]}"
    whom = f"; +{text}" if text else ""
    name = f"{BOT_NAME}/{__version__}"
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; {name}{whom})"


class Identity:
    """An add-on that puts the setting ``PORTALCRAWLER_CONTACT`` into ``USER_AGENT``.

    It has the priority of the project's settings: a ``USER_AGENT`` of a site, a spider or the command line
    wins.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy before the crawl's components are made.

        Exits the process with code 2 and one line of log for a contact that cannot be one.
        """
        try:
            agent = user_agent(settings.get("PORTALCRAWLER_CONTACT"))
        except ValueError as error:
            logger.critical("%s", error)
            raise SystemExit(2) from error
        settings.set("USER_AGENT", agent, priority="project")
