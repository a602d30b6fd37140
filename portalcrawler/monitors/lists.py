"""Whether the portal's lists still lead to its articles, and its pages can still be read."""

from __future__ import annotations

from collections.abc import Callable

from portalcrawler.monitors.case import ENOUGH, Case
from portalcrawler.monitors.chance import ratio, together
from portalcrawler.monitors.reach import of_either, ordinary, pages
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import Measures, Part, Share
from portalcrawler.store.verdicts import Problem

_SURE = 5
"""Looks at a list; what was so in all of them and is not now is no accident."""
_LOOKS = 20
_MOST_NAMED = 50


def pagers_gone(case: Case) -> list[Problem]:
    """Lists that always had further pages have none, and as many articles on the first as ever."""

    def stayed(part: Part, past: list[Part]) -> bool:
        usually = sorted(_items(each) for each in past)[len(past) // 2]
        return _items(part) >= 0.8 * usually

    return _always_had(case, "lists without pager", lambda part: part.pagers, stayed, telling=True)


def lists_empty(case: Case) -> list[Problem]:
    """Lists that always had articles have none."""
    found = _always_had(case, "lists empty", _filled, lambda _part, _past: True, telling=False)
    return found if any(problem.level == "alarm" for problem in found) else _nameless_empty(case) or found


def no_lists(case: Case) -> list[Problem]:
    """The portal's home was read and led to no list, where all runs before found some."""
    measures, past = case.measures, case.past("layout")
    if not measures.reached or not measures.whole or measures.site.lists:
        return []
    if not past:
        return [] if measures.site.articles else [_no_lists(0)]
    looks = [each.measures.site.lists for each in past if each.measures.reached and each.measures.whole]
    # One list, or few runs: perhaps it was only not due. Those that wait after they were closed or missing are there.
    return [_no_lists(min(looks))] if len(looks) >= _SURE and min(looks) - measures.parked >= 2 else []


def unreadable(case: Case) -> list[Problem]:
    """Pages that came and are none that the portal had: neither article nor list."""
    if not case.known("layout"):
        return []
    return of_either(case, "pages unreadable", "layout", _unreadable, lambda now, before: before.at_least(now))


def new_addresses(case: Case) -> list[Problem]:
    """Articles have addresses of a form that no earlier run has seen. It is told once."""
    known = {shape for past in case.history for shape in past.measures.shapes}
    if len(case.history) < ENOUGH or not known:
        return []
    found = []
    for shape, now in case.measures.shapes.items():
        if shape not in known and now.count >= 3 and ratio(now) >= 0.2:
            level: Severity = "alarm" if unreadable(case) else "warning"
            facts = {"form": shape, "count": now.count, "of": now.of}
            found.append(Problem("new addresses", "layout", level, None, facts, now.examples))
    return found


def pagers_over(problem: Problem, case: Case) -> bool:
    """Whether the lists that a run has looked at have further pages again."""
    return _there_again(problem, case, lambda part: part.pagers)


def lists_over(problem: Problem, case: Case) -> bool:
    """Whether the lists that a run has looked at have articles again."""
    return _there_again(problem, case, _filled)


def no_lists_over(_problem: Problem, case: Case) -> bool:
    """Whether there are lists again."""
    return case.measures.site.lists > 0


def unreadable_over(problem: Problem, case: Case) -> bool:
    """Whether no more pages than usual are unreadable, of a handful at least."""
    return pages(case.measures) >= 3 and ordinary(problem, case, _unreadable, 0.05)


def _always_had(
    case: Case, kind: str, pick: Callable[[Part], Share], stayed: Callable[[Part, list[Part]], bool], *, telling: bool
) -> list[Problem]:
    """Of the sections that had something in all of their last looks, those that have it no more.

    ``telling``: one section alone may be enough, if it is all that the run has looked at.
    """
    looked: set[str] = set()
    lost: list[str] = []
    examples: list[str] = []
    sure = False
    for name, part in case.sections():
        looks = _looks(case, name)[:_LOOKS]
        if not part.lists or len(looks) < ENOUGH or any(pick(each).count < each.lists for each in looks):
            continue
        looked.add(name)
        if not pick(part).count and stayed(part, looks):
            lost.append(name)
            examples += pick(part).examples
            sure = sure or len(looks) >= _SURE
    if not lost:
        return []
    # A run that looks only at what is due sees a portal's lists one by one.
    before = [problem for problem in case.standing if problem.kind == kind]
    lost += [
        name for problem in before for name in problem.facts["sections"] if name not in looked and name not in lost
    ]
    of = len(looked.union(lost))
    alone = sure and of == 1 and (telling or len(_listed(case)) == 1)
    level: Severity = "alarm" if len(lost) >= of / 2 and (len(lost) > 1 or alone) else "warning"
    facts = {"sections": lost[:_MOST_NAMED], "count": len(lost), "of": of}
    return [Problem(kind, "layout", level, None, facts, tuple(examples[:3]))]


def _nameless_empty(case: Case) -> list[Problem]:
    """Where it cannot be told which sections the lists are of: nearly all of the site's are empty, as never before."""
    site, looks = case.measures.site, _looks(case, "")[:_LOOKS]
    nameless = site.lists - sum(part.lists for _, part in case.sections())
    if site.lists < 3 or nameless < site.lists / 2 or ratio(site.empty) < 0.9 or len(looks) < ENOUGH:
        return []
    if any(ratio(look.empty) >= 0.5 for look in looks):
        return []
    facts = {"sections": [], "count": site.empty.count, "of": site.lists}
    return [Problem("lists empty", "layout", "alarm", None, facts, site.empty.examples)]


def _looks(case: Case, section: str) -> list[Part]:
    """A section as the runs before saw it that read its list, newest first."""
    return [part for part in case.parts("layout", section) if part.lists]


def _listed(case: Case) -> set[str]:
    """The sections whose lists earlier runs have read."""
    return {name for past in case.history for name, part in past.measures.parts.items() if name and part.lists}


def _there_again(problem: Problem, case: Case, pick: Callable[[Part], Share]) -> bool:
    named = problem.facts["sections"]
    parts = case.sections() if named else [("", case.measures.site)]
    looks = [part for name, part in parts if (name in named or not named) and part.lists]
    now = together([pick(part) for part in looks])
    return bool(looks) and now.count >= sum(part.lists for part in looks) / 2


def _items(part: Part) -> float:
    return part.items / part.lists if part.lists else 0.0


def _filled(part: Part) -> Share:
    """The lists with articles on them; the examples are those without."""
    return Share(part.lists, part.lists - part.empty.count, part.empty.examples)


def _unreadable(measures: Measures) -> Share:
    share = measures.pages.get("unreadable", Share())
    return Share(pages(measures), share.count, share.examples)


def _no_lists(before: int) -> Problem:
    return Problem("no lists", "layout", "alarm", None, {"before": before})
