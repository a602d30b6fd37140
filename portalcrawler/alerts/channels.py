"""Who is told, and of what: the channels that ``HOME/alerts.toml`` declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, get_args

from portalcrawler.alerts.command import COMMAND_KEYS, read_command
from portalcrawler.alerts.errors import ChannelError
from portalcrawler.alerts.formats import Format
from portalcrawler.alerts.mail import MAIL_KEYS, read_mail
from portalcrawler.alerts.message import Message
from portalcrawler.alerts.secret import read_secret, secret_keys
from portalcrawler.alerts.webhook import Webhook, check_url
from portalcrawler.alerts.words import Choice
from portalcrawler.home import home
from portalcrawler.sites.declaration import read_table
from portalcrawler.sites.errors import did_you_mean
from portalcrawler.sites.table import Table
from portalcrawler.store.incidents import Severity

NAME = re.compile(r"[\w.\-]{1,60}")
COMMON_KEYS = ("name", "type", "level", "sites", "language", "digest")
WEBHOOK_KEYS = ("format", "url", *secret_keys("url"), *secret_keys("secret"), *secret_keys("token"))


class Way(Protocol):
    """How a message leaves."""

    def send(self, message: Message, choice: Choice, seconds: float) -> None:
        """Send a message within so many seconds. Raises :class:`~portalcrawler.alerts.errors.ChannelError`."""


@dataclass(frozen=True, slots=True)
class Channel:
    """``level`` is the least that it hears of; ``sites`` are names, none for all sites. With ``digest`` it is sent the
    weekly digest of these sites, too."""

    name: str
    way: Way
    kind: str
    level: Severity = "alarm"
    sites: tuple[str, ...] = ()
    language: Choice = "zh"
    digest: bool = False

    def wants(self, site: str, level: Severity) -> bool:
        """Whether it hears of such an incident."""
        return (level == "alarm" or self.level == "warning") and (not self.sites or site in self.sites)


def alerts_file() -> Path:
    """The file that declares the channels; it need not be there."""
    return home() / "alerts.toml"


def read_channels(path: Path | None = None) -> list[Channel]:
    """The channels that a file declares, by default :func:`alerts_file`; none where there is no file.

    Raises :class:`~portalcrawler.sites.SiteError`, which says where the file is wrong.
    """
    path = path or alerts_file()
    if not path.exists():
        return []
    table = read_table(path)
    table.check_keys(("channel",))
    channels: list[Channel] = []
    for entry in table.tables("channel"):
        channel = _channel(entry)
        if any(channel.name == other.name for other in channels):
            entry.fail("name", f"{channel.name!r} is the name of another channel")
        channels.append(channel)
    return channels


def wanting(channels: Collection[Channel], site: str, level: Severity) -> list[str]:
    """The names of the channels that hear of such an incident."""
    return [channel.name for channel in channels if channel.wants(site, level)]


def wanting_digest(channels: Collection[Channel], sites: tuple[str, ...]) -> list[str]:
    """The names of the channels that are sent the weekly digest of exactly these sites."""
    return [channel.name for channel in channels if channel.digest and channel.sites == sites]


def _channel(table: Table) -> Channel:
    name = table.required_text("name", "a name for the channel, as ops")
    if not NAME.fullmatch(name):
        table.fail("name", f"{name!r} cannot be a name; allowed: letters, digits, dots, hyphens and underscores")
    kind = table.required_text("type", ", ".join(_KINDS))
    if kind not in _KINDS:
        table.fail("type", f"{kind!r} is unknown; {did_you_mean(kind, _KINDS)}")
    read, keys = _KINDS[kind]
    table.check_keys((*COMMON_KEYS, *keys))
    return Channel(
        name=name,
        way=read(table),
        kind=kind,
        level=table.one_of("level", get_args(Severity), "alarm"),
        sites=table.texts("sites"),
        language=table.one_of("language", get_args(Choice), "zh"),
        digest=table.flag("digest") is True,
    )


def _webhook(table: Table) -> Webhook:
    form: Format = table.one_of("format", get_args(Format), "generic")
    url = read_secret(table, "url", plain=True)
    if url is None:
        table.fail("url", "missing; allowed: the address to post to, or url_env or url_file")
    secret, token = read_secret(table, "secret"), read_secret(table, "token")
    if secret is not None and form not in ("dingtalk", "feishu"):
        table.fail(_given(table, "secret"), f"messages to {form} are not signed; leave it out")
    if token is not None and form != "generic":
        table.fail(_given(table, "token"), f"{form} has its token in the address; leave it out")
    if url.value is not None:
        try:
            check_url(url.value)
        except ChannelError as error:
            table.fail("url", str(error).removeprefix("its URL "))
    return Webhook(url, form, secret, token)


def _given(table: Table, key: str) -> str:
    return next(name for name in secret_keys(key) if name in table.data)


_KINDS: dict[str, tuple[Callable[[Table], Way], tuple[str, ...]]] = {
    "command": (read_command, COMMAND_KEYS),
    "email": (read_mail, MAIL_KEYS),
    "webhook": (_webhook, WEBHOOK_KEYS),
}
