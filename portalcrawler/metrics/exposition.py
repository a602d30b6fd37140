"""Numbers as Prometheus reads them, and health as JSON: what is answered under which address, whoever serves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from portalcrawler import __version__
from portalcrawler.metrics import METRICS
from portalcrawler.metrics.families import FAMILIES
from portalcrawler.metrics.health import health_of
from portalcrawler.metrics.reading import Reading, Readings

_PREFIX = "portalcrawler_"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered over HTTP."""

    status: int
    media_type: str
    body: bytes


def answer(readings: Readings, path: str, accept: str) -> Answer:
    """What is answered under one of :data:`~portalcrawler.metrics.PATHS`; ``accept`` is the request's header, by which
    Prometheus says which of its formats it takes. May take some seconds: not for an event loop."""
    reading = readings.read()
    if path == METRICS:
        media_type, body = exposition(reading, accept)
        return Answer(200, media_type, body)
    health = health_of(reading)
    body = json.dumps(health.data(), ensure_ascii=False).encode()
    return Answer(200 if health.ok else 503, "application/json", body)


def exposition(reading: Reading, accept: str = "") -> tuple[str, bytes]:
    """All numbers of a reading: the media type, and the text."""
    registry = CollectorRegistry()
    registry.register(_Told(reading))
    encode, media_type = choose_encoder(accept)
    return media_type, encode(registry)


class _Told(Collector):
    """One reading as the library wants it."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        held = self._reading.held
        server = held.server.version if held is not None else ""
        yield InfoMetricFamily(
            f"{_PREFIX}build",
            "Which version tells this, and of which server.",
            {"version": __version__, "mongodb": server},
        )
        for family in FAMILIES:
            told = GaugeMetricFamily(_PREFIX + family.name, family.help, labels=family.labels)
            for labels, value in family.read(self._reading):
                told.add_metric(labels, value)
            yield told
