"""What is to be told is told: each thing once, in order, again later where a channel does not take it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from portalcrawler.alerts.channels import Channel, read_channels, wanting, wanting_digest
from portalcrawler.alerts.errors import ChannelError
from portalcrawler.alerts.message import Message, digest_message, message_of
from portalcrawler.store.connection import Store
from portalcrawler.store.deliveries import (
    Delivery,
    due_deliveries,
    enqueue,
    forget_untold,
    give_up_old,
    mark_delivered,
    mark_failed,
)
from portalcrawler.store.digests import enqueue_digests, find_digest
from portalcrawler.store.errors import LeaseHeld
from portalcrawler.store.incidents import get_incident
from portalcrawler.store.leases import Lease

logger = logging.getLogger(__name__)

SEND_SECONDS, WHOLE_SECONDS = 10.0, 20.0
"""For each step of a message, and for all of it."""
_LEASE = "alerts:deliver"  # no site can have this name
_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages were sent now, how many could not be, and how many wait for another time."""

    sent: int = 0
    failed: int = 0
    left: int = 0


def deliver(store: Store, *, now: datetime | None = None, limit_seconds: float = 10.0) -> Delivered:
    """Send what is due to the channels of this machine's ``alerts.toml``.

    No new message is begun after ``limit_seconds``; one takes :data:`WHOLE_SECONDS` at most. One
    process at a time sends, on whatever machine: another waits, as long as its own limit allows, and leaves the rest to
    the first. After a channel has failed its other messages wait for the next call.

    Raises :class:`~portalcrawler.sites.SiteError` for a wrong ``alerts.toml`` and ``StoreError``. What a channel
    refuses raises nothing: it stands in ``deliveries``.
    """
    end = time.monotonic() + limit_seconds
    channels = {channel.name: channel for channel in read_channels()}
    if not channels:
        forget_untold(store, now=now or datetime.now(UTC))
        return Delivered()
    enqueue(store, lambda site, level: wanting(channels.values(), site, level))
    enqueue_digests(store, lambda sites: wanting_digest(channels.values(), sites), now=now or datetime.now(UTC))
    give_up_old(store, now=now or datetime.now(UTC))
    while due := due_deliveries(store, channels, now=now or datetime.now(UTC)):
        try:
            with Lease.acquire(store, _LEASE, "deliver", work="told"):
                return _send_all(store, channels, now, end)
        except LeaseHeld:
            if time.monotonic() + _PAUSE > end:
                return Delivered(left=len(due))
            time.sleep(_PAUSE)
    return Delivered()


def _send_all(store: Store, channels: dict[str, Channel], now: datetime | None, end: float) -> Delivered:
    sent = failed = 0
    down: set[str] = set()
    while True:
        # Asked anew each time: what was delivered may have been waited for.
        due = due_deliveries(store, channels, now=now or datetime.now(UTC))
        ready = [each for each in due if each.channel not in down]
        if not ready or time.monotonic() >= end:
            return Delivered(sent, failed, len(due))
        if _send(store, channels[ready[0].channel], ready[0], now):
            sent += 1
        else:
            failed += 1
            down.add(ready[0].channel)


def _send(store: Store, channel: Channel, delivery: Delivery, now: datetime | None) -> bool:
    try:
        _within(channel, _message(store, delivery))
    except ChannelError as error:
        state = mark_failed(store, delivery, str(error), now=now or datetime.now(UTC))
        more = "it is tried again later" if state == "waiting" else "it is given up"
        logger.warning("The alert %s was not delivered, %s: %s", delivery.id, more, error)
        return False
    mark_delivered(store, delivery, now=now or datetime.now(UTC))
    logger.info("The alert %s was delivered", delivery.id)
    return True


def _within(channel: Channel, message: Message) -> None:
    """Send it, on a thread that is not waited for longer than :data:`WHOLE_SECONDS`: a server that answers byte by byte
    keeps every limit of a single step. Raises :class:`ChannelError`, whatever goes wrong."""
    ended: SimpleQueue[ChannelError | None] = SimpleQueue()

    def send() -> None:
        try:
            channel.way.send(message, channel.language, SEND_SECONDS)
        except ChannelError as error:
            ended.put(error)
        except Exception as error:
            # An error of ours; the message waits as if the channel had not taken it, and no other is held up.
            logger.exception("The channel %s failed", channel.name)
            ended.put(ChannelError(f"an error of portalcrawler: {type(error).__name__}; its log has more"))
        else:
            ended.put(None)

    threading.Thread(target=send, name="portalcrawler-alert", daemon=True).start()
    try:
        error = ended.get(timeout=WHOLE_SECONDS)
    except Empty:
        raise ChannelError(f"it was not taken within {WHOLE_SECONDS:.0f} s") from None
    if error is not None:
        raise error


def _message(store: Store, delivery: Delivery) -> Message:
    if delivery.event == "digest":
        digest = find_digest(store, delivery.incident)
        if digest is None:
            raise ChannelError("its digest is no longer in the archive")
        return digest_message(digest, delivery.id)
    incident = get_incident(store, delivery.incident)
    if incident is None:
        raise ChannelError("its incident is no longer in the archive")
    return message_of(incident, delivery.event, delivery.id)
