"""What is thought of a run, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portalcrawler.cli.output import table
from portalcrawler.monitors.telling import Row
from portalcrawler.monitors.words import percent, row_name, sentence, what_to_do
from portalcrawler.store.verdicts import Verdict


def told(verdict: Verdict) -> Iterator[str]:
    """Each problem on a line, with what to do about it, then where to look; nothing of a run that is well."""
    for problem in verdict.problems:
        yield f"{problem.level}: {sentence(problem, 'en')}"
        for url in problem.examples:
            yield f"  for example {url}"
        if do := what_to_do(problem, "en"):
            yield f"  {do}"


def measured(rows: list[Row]) -> Any:
    """A table of what was measured beside what is usual."""
    made = table("Measured", "Have it", "Of", "Now", "Usually", right=("Have it", "Of", "Now", "Usually"))
    for row in rows:
        before = "" if row.before is None else percent(row.before)
        share = percent(row.now.count / row.now.of)
        made.add_row(row_name(row.name, "en"), str(row.now.count), str(row.now.of), share, before)
    return made
