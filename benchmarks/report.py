"""What a benchmark says: figures, limits that fail the command, and checks without which the figures mean nothing."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lxml import etree

_PACKAGES = ("portalcrawler", "scrapy", "twisted", "lxml", "parsel", "itemloaders", "pymongo", "tantivy")


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure that must not exceed a limit."""

    name: str
    value: float
    limit: float

    @property
    def passed(self) -> bool:
        return self.value <= self.limit


@dataclass(slots=True)
class Report:
    """The outcome of one benchmark. ``faults`` are checks that failed: the figures are then worth nothing. ``held`` are
    the others, with what was found."""

    name: str
    purpose: str
    figures: dict[str, Any] = field(default_factory=dict)
    gates: list[Gate] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.faults and all(gate.passed for gate in self.gates)

    def check(self, what: str, found: object, expected: object) -> None:
        """Notes a fault if what was found is not what was expected."""
        if found != expected:
            self.faults.append(f"{what}: {found!r}, expected {expected!r}")
        else:
            self.held[what] = _few(found)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}

    def table(self) -> list[str]:
        """The figures, then the checks, as a table in Markdown."""
        rows = [(name, _shown(value)) for name, value in self.figures.items()]
        rows += self.held.items()
        rows += [(f"**wrong**: {fault.partition(': ')[0]}", fault.partition(": ")[2]) for fault in self.faults]
        return ["| what | found |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]

    def lines(self) -> list[str]:
        out = [f"== {self.name}: {self.purpose}"]
        out += [f"   {name}: {_shown(value)}" for name, value in self.figures.items()]
        for gate in self.gates:
            verdict = "ok" if gate.passed else "EXCEEDED"
            out.append(f"   gate {gate.name}: {gate.value:.2f}, at most {gate.limit:g}: {verdict}")
        out += [f"   WRONG {fault}" for fault in self.faults]
        return out


def _few(value: object) -> str:
    """What was found, in a table: nothing is ``none``."""
    if isinstance(value, list | set | tuple):
        return ", ".join(map(str, value)) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def environment() -> dict[str, str]:
    """The machine and the versions that the figures belong to."""
    found = {
        "machine": f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "libxml2": ".".join(map(str, etree.LIBXML_VERSION)),
    }
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def spread(values: Sequence[float]) -> str:
    """Median, least and greatest of some rounds."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f}, {len(values)} rounds)"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)
