"""A run's verdict: every rule is asked, and what stood before it stands until a run shows that it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portalcrawler.monitors import fields, flow, lists, photos, quality, reach
from portalcrawler.monitors.case import Case
from portalcrawler.store.verdicts import GROUPS, Group, Level, Problem, Verdict

_Rule = Callable[[Case], list[Problem]]
_Over = Callable[[Problem, Case], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: the group of its cause, the rule that finds it, what shows that it is over, and the facts that
    its sentences may be made of."""

    group: Group
    rule: _Rule
    over: _Over
    facts: tuple[str, ...]


def _next_run(_problem: Problem, _case: Case) -> bool:
    """What is told once is over in the next run."""
    return True


_COUNTS = ("count", "of", "before")
KINDS: dict[str, Kind] = {
    "home unread": Kind("reach", reach.home_unread, reach.over, ("why",)),
    "pages failing": Kind("reach", reach.pages_failing, reach.over, (*_COUNTS, "why")),
    "articles gone": Kind("reach", reach.articles_gone, reach.over, _COUNTS),
    "field gone": Kind("layout", fields.gone, fields.gone_over, ("field", *_COUNTS, "lost", "known")),
    "field rarer": Kind("layout", fields.gone, fields.gone_over, ("field", *_COUNTS, "lost", "known")),
    "field never": Kind("layout", fields.gone, fields.never_over, ("field", "of")),
    "field altered": Kind("layout", fields.altered, fields.altered_over, ("field", *_COUNTS)),
    "lists without pager": Kind("layout", lists.pagers_gone, lists.pagers_over, ("sections", "count", "of")),
    "lists empty": Kind("layout", lists.lists_empty, lists.lists_over, ("sections", "count", "of")),
    "no lists": Kind("layout", lists.no_lists, lists.no_lists_over, ("before",)),
    "pages unreadable": Kind("layout", lists.unreadable, lists.unreadable_over, _COUNTS),
    "new addresses": Kind("layout", lists.new_addresses, _next_run, ("form", "count", "of")),
    "captions fewer": Kind("layout", photos.fewer, photos.fewer_over, _COUNTS),
    "credits fewer": Kind("layout", photos.fewer, photos.fewer_over, _COUNTS),
    "characters undecoded": Kind("quality", quality.worse, quality.worse_over, _COUNTS),
    "articles incomplete": Kind("quality", quality.worse, quality.worse_over, _COUNTS),
    "silence": Kind("flow", flow.silence, flow.silence_over, ("days", "longest")),
    "page time": Kind("flow", flow.costs, flow.costs_over, ("now", "before")),
    "page size": Kind("flow", flow.costs, flow.costs_over, ("now", "before")),
}
"""Every kind of problem that a run may have."""

_JUDGED: dict[Group, Callable[[Case], bool]] = {
    "reach": reach.judged,
    "layout": lambda case: case.measures.reached and bool(case.measures.site.articles or case.measures.site.lists),
    "quality": lambda case: case.measures.site.articles > 0,
    "flow": flow.judged,
}


_OF_FIELD = {"captions fewer": "captions", "credits fewer": "credits"}


def judge(case: Case) -> Verdict:
    """What is to be thought of a run. Reads no clock and no archive: the same case has the same verdict."""
    found = [problem for rule in dict.fromkeys(kind.rule for kind in KINDS.values()) for problem in rule(case)]
    told = {problem.group for problem in found}
    judged: tuple[Group, ...] = tuple(
        group for group in GROUPS if group in told or (group in _JUDGED and _JUDGED[group](case))
    )
    found += _still(case, found, judged)
    # Articles without any caption have none for each photo either.
    gone = {problem.facts["field"] for problem in found if problem.kind.startswith("field ")}
    found = [problem for problem in found if _OF_FIELD.get(problem.kind) not in gone]
    found.sort(key=lambda problem: (problem.level != "alarm", GROUPS.index(problem.group)))
    level: Level = "ok"
    if found:
        level = "alarm" if any(problem.level == "alarm" for problem in found) else "warning"
    return Verdict(level, case.now, tuple(found), judged)


def _still(case: Case, found: Sequence[Problem], judged: Sequence[Group]) -> list[Problem]:
    """What stood before the run, and of which the run does not show that it is over.

    An incident closes when its group is judged and has no problem: that of a field must not do so because a run
    happened to read no article that would have it.
    """
    again = {_name(problem) for problem in found}
    everywhere = {(kind, field) for kind, section, field in again if section is None}
    return [
        problem
        for problem in case.standing
        if problem.group in judged
        and _name(problem) not in again
        and (_name(problem)[0], problem.facts.get("field")) not in everywhere
        and problem.kind in KINDS
        and not KINDS[problem.kind].over(problem, case)
    ]


def _name(problem: Problem) -> tuple[str, str | None, str | None]:
    # More or less of one thing is one thing.
    kind = "field gone" if problem.kind == "field rarer" else problem.kind
    return kind, problem.section, problem.facts.get("field")
