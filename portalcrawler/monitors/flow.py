"""Whether as much comes as did: new articles against the site's own rhythm, time and size of a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from statistics import median

from portalcrawler.monitors.case import Case
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import Measures
from portalcrawler.store.verdicts import Problem

_SILENCE, _LONG_SILENCE = timedelta(days=14), timedelta(days=30)
"""Longer than any holiday, and than any summer break."""
_ARRIVALS = 5
_ANSWERS = 10
_RUNS = 5
_FAR = 5.0
_SECONDS, _BYTES = 2.0, 20_000.0
"""By how much a page has to be slower, or larger, at least, for anybody to care."""


def silence(case: Case) -> list[Problem]:
    """Nothing new for far longer than ever: holidays and summer breaks are ordinary."""
    measures = case.measures
    if not judged(case) or measures.site.new or len(case.arrivals) < _ARRIVALS:
        return []
    longest = max(later - earlier for later, earlier in pairwise(case.arrivals))
    now = case.now - case.arrivals[0]
    if now <= max(_SILENCE, 3 * longest):
        return []
    level: Severity = "alarm" if now > max(_LONG_SILENCE, 6 * longest) else "warning"
    facts = {"days": now.days, "longest": round(longest / timedelta(days=1), 1)}
    return [Problem("silence", "flow", level, None, facts)]


def costs(case: Case) -> list[Problem]:
    """Pages that take far longer to come than they did, or are far larger or smaller."""
    found = []
    for kind, (measure, least) in _COSTS.items():
        now, looks = measure(case.measures), _past(case, measure)
        if now is None or len(looks) < _RUNS:
            continue
        before = median(looks)
        more = now > max(_FAR * before, 2 * max(looks), before + least)
        less = kind == "page size" and now < min(before / _FAR, min(looks) / 2, before - least)
        if more or less:
            facts = {"now": round(now, 2), "before": round(before, 2)}
            found.append(Problem(kind, "flow", "warning", None, facts))
    return found


def judged(case: Case) -> bool:
    """Whether a run that nobody cut short has reached the portal."""
    return case.measures.whole and case.measures.reached


def silence_over(_problem: Problem, case: Case) -> bool:
    """Whether something new came."""
    return case.measures.site.new > 0


def costs_over(problem: Problem, case: Case) -> bool:
    """Whether pages cost less than three times what they did, or more than a third."""
    now, before = _COSTS[problem.kind][0](case.measures), problem.facts["before"]
    return now is not None and before / 3 <= now + 1e-9 and now <= max(3 * before, before + _COSTS[problem.kind][1])


def _past(case: Case, measure: Callable[[Measures], float | None]) -> list[float]:
    found = (measure(past.measures) for past in case.past("flow"))
    return [value for value in found if value is not None]


def _seconds(measures: Measures) -> float | None:
    return measures.seconds / measures.requests if measures.requests >= _ANSWERS else None


def _bytes(measures: Measures) -> float | None:
    return measures.size / measures.requests if measures.requests >= _ANSWERS else None


_COSTS: dict[str, tuple[Callable[[Measures], float | None], float]] = {
    "page time": (_seconds, _SECONDS),
    "page size": (_bytes, _BYTES),
}
