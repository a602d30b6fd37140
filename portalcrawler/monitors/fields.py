"""Whether articles have what they had: fields that are gone, and fields that hold something else all at once."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from portalcrawler.monitors.case import ENOUGH, Case
from portalcrawler.monitors.chance import SELDOM, Usual, ratio, together, usual
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import FIELDS, Part, Share
from portalcrawler.store.verdicts import Problem

_GONE, _GONE_IN_SECTION = 1e-5, 1e-6
"""How unlikely it has to be: a site has thousands of runs in its life, each of seventeen fields, and many sections."""
_FEW_KNOWN = 3
_WITHOUT_WHICH_NOTHING = ("title", "text")
_AT_FIRST = (*_WITHOUT_WHICH_NOTHING, "published_at")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of a field in a section: how many articles have it, how many known ones have lost it, how many of the others
    have it; what is usual of each, and how likely it is that all is as ever."""

    all: Share
    lost: Share
    others: Share
    before: Usual
    chance: float

    @property
    def lacking(self) -> int:
        """How many articles do not have it."""
        return self.all.of - self.all.count


def gone(case: Case) -> list[Problem]:
    """Fields that articles do not have any more, of the whole site, or of single sections.

    Two things tell: known articles, read again, that had the field and have it no more; and that other articles have it
    less often than usual. Where known articles still have it, the portal shows it and authors do not fill it in.
    """
    if not case.known("layout"):
        return _none_at_first(case)
    found = []
    for field in FIELDS:
        everywhere = _gone(case, "", field, _GONE)
        if everywhere is not None:
            found.append(everywhere)
            continue
        found += [
            problem
            for name, part in case.sections()
            if part.articles >= 2 and (problem := _gone(case, name, field, _GONE_IN_SECTION)) is not None
        ]
    return found


def altered(case: Case) -> list[Problem]:
    """Fields that many known articles have with other content all at once; single edits are ordinary."""
    if not case.known("layout"):
        return []
    found = []
    for field, now in case.measures.site.altered.items():
        # Of photos it is their captions that change with the layout, which is told of for itself.
        if field == "photos" or now.count < 3 or ratio(now) < 0.6:
            continue
        before = usual((each.measures.site.altered.get(field, Share()) for each in case.past("layout")), SELDOM)
        if before.at_least(now) < 1e-6 and ratio(now) > before.highest(now.of):
            facts = {"field": field, "count": now.count, "of": now.of, "before": before.share or 0.0}
            found.append(Problem("field altered", "layout", "alarm", None, facts, now.examples))
    return found


def gone_over(problem: Problem, case: Case) -> bool:
    """Whether a run shows that a field is there again: about as often as it was."""
    part = case.measures.parts.get(problem.section or "")
    if part is None:
        return False
    now, before = part.fields.get(problem.facts["field"], Share()), problem.facts["before"]
    return now.of > 0 and now.count >= min(2, ceil(before * now.of)) and ratio(now) >= before / 2


def never_over(problem: Problem, case: Case) -> bool:
    """Whether any article has the field."""
    return case.measures.site.fields.get(problem.facts["field"], Share()).count > 0


def altered_over(problem: Problem, case: Case) -> bool:
    """Whether nothing of the kind was seen in three runs one after the other, this one the last of them.

    One run would not do: it may have read just those articles again that had been altered already.
    """
    field = problem.facts["field"]
    runs = (case.measures, *(past.measures for past in case.history))
    looks = [look for measures in runs if (look := measures.site.altered.get(field, Share())).of]
    return len(looks) >= ENOUGH and all(ratio(look) < 0.3 for look in looks[:ENOUGH])


def evidence(case: Case, section: str, field: str) -> Evidence | None:
    """What a run says of a field in a section; ``None`` where there is nothing to hold it against."""
    part = case.measures.parts.get(section, Part())
    past = [each.measures.parts[section] for each in case.past("layout") if section in each.measures.parts]
    if len(past) < ENOUGH:
        return None
    all_of, lost, others = _shares(part, field)
    looks = [_shares(each, field) for each in past]
    before = usual(look[0] for look in looks)
    if not all_of.of or not before.share:
        return None
    unlikely = usual((look[1] for look in looks), SELDOM).at_least(lost) if lost.count else 1.0
    return Evidence(all_of, lost, others, before, unlikely * _among_others(others, [look[2] for look in looks]))


def _gone(case: Case, section: str, field: str, limit: float) -> Problem | None:
    seen = evidence(case, section, field)
    if seen is None or seen.before.share is None or ratio(seen.all) >= seen.before.share / 2:
        return None
    facts = {
        "field": field,
        "count": seen.all.count,
        "of": seen.all.of,
        "before": seen.before.share,
        "lost": seen.lost.count,
        "known": seen.lost.of,
    }
    examples = seen.lost.examples or seen.all.examples
    if seen.lost.of >= _FEW_KNOWN and ratio(seen.lost) < 0.3:
        return None
    if seen.chance >= limit or (seen.lost.count < 2 and seen.lacking < 4):
        return None
    kind = "field gone" if ratio(seen.all) < 0.1 * seen.before.share else "field rarer"
    return Problem(kind, "layout", "alarm", section or None, facts, examples)


def _among_others(now: Share, looks: list[Share]) -> float:
    """How likely it is that of the others as few have a field.

    Where none has, those of the runs directly before that had none either are counted with them: of a section that
    brings one article a day one run alone tells nothing.
    """
    looks = [look for look in looks if look.of]
    same = 0
    if not now.count:
        while same < len(looks) and not looks[same].count:
            same += 1
    if not now.of or len(looks) - same < ENOUGH:
        return 1.0
    whole, before = together([now, *looks[:same]]), usual(looks[same:])
    # A run of quite another nature, as the first that goes back ten years.
    if now.of > 5 * max(look.of for look in looks) or ratio(whole) >= before.lowest(whole.of):
        return 1.0
    return before.at_most(whole)


def _shares(part: Part, field: str) -> tuple[Share, Share, Share]:
    """Of all articles, how many have it; of the known ones that had it, how many lost it; of the others."""
    everyone, lost = part.fields.get(field, Share()), part.lost.get(field, Share())
    kept = lost.of - lost.count
    others = Share(max(0, everyone.of - lost.of), max(0, min(everyone.count - kept, everyone.of - lost.of)))
    return everyone, lost, others


def _none_at_first(case: Case) -> list[Problem]:
    """Of a site that is new: what no article at all has, without which it is not one."""
    found = []
    for field in _AT_FIRST:
        now = case.measures.site.fields.get(field, Share())
        if now.of >= 5 and not now.count:
            facts = {"field": field, "of": now.of}
            level: Severity = "alarm" if field in _WITHOUT_WHICH_NOTHING else "warning"
            found.append(Problem("field never", "layout", level, None, facts, now.examples))
    return found
