"""What the monitors think of a run: the verdict that is kept with its record."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.runs import COLLECTION

Level = Literal["ok", "warning", "alarm"]
Group = Literal["reach", "layout", "quality", "flow", "schedule"]
"""What problems have one cause together, and become one incident: the portal does not answer with its pages; its pages
have changed; what is read off them is worse than it was; less comes than did; crawls do not take place."""
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was. ``kind`` is a word that stays the same from run to run (``field gone``).

    ``section`` is the path of the section that it is about, as ``城事资讯/上栗县``, ``None`` for the whole site.
    ``facts`` are what its sentence is made of, in either language; ``examples`` are three URLs at most.
    """

    kind: str
    group: Group
    level: Literal["warning", "alarm"]
    section: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A run judged. ``judged`` are the groups that could be told of at all: of a portal that does not answer nobody
    knows whether its layout has changed. ``at`` is in UTC."""

    level: Level
    at: datetime
    problems: tuple[Problem, ...] = ()
    judged: tuple[Group, ...] = GROUPS


def keep_verdict(store: Store, run: str, verdict: Verdict) -> None:
    """Write a run's verdict into its record."""
    document = {
        "level": verdict.level,
        "at": to_utc(verdict.at, "at"),
        "problems": [problem_document(problem) for problem in verdict.problems],
        "judged": list(verdict.judged),
    }
    with store.plain_errors():
        store.collection(COLLECTION).update_one({"_id": {"$eq": run}}, {"$set": {"verdict": document}})


def verdict_of(document: Document) -> Verdict:
    """A verdict from its document."""
    problems = tuple(problem_of(each) for each in document["problems"])
    return Verdict(document["level"], document["at"], problems, tuple(document["judged"]))


def problem_document(problem: Problem) -> Document:
    """A problem as MongoDB keeps it."""
    return {**asdict(problem), "examples": list(problem.examples)}


def problem_of(document: Document) -> Problem:
    """A problem from its document."""
    return Problem(**{**document, "examples": tuple(document["examples"])})
