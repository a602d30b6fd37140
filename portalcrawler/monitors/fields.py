"""Whether articles have what they had: fields that are gone, and fields that hold something else all at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from portalcrawler.monitors.case import ENOUGH, Case
from portalcrawler.monitors.chance import RARELY, SELDOM, ratio, together, usual
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import FIELDS, Part, Share
from portalcrawler.store.verdicts import Problem

_GONE, _GONE_IN_SECTION = 1e-5, 1e-6
_GONE_OF_NEW, _GONE_OF_NEW_IN_SECTION = 1e-8, 1e-9
"""How unlikely it has to be where known articles have lost it, and where only new ones lack it: a site has thousands of
runs in its life, each of seventeen fields and many sections."""
_WITHOUT_WHICH_NOTHING = ("title", "text")
_AT_FIRST = (*_WITHOUT_WHICH_NOTHING, "published_at")


@dataclass(frozen=True, slots=True)
class Seen:
    """Of a field in a section: how many articles have it, how many of the known ones that had it have lost it, how many
    of the new ones have it. Known articles that never had it tell nothing."""

    all: Share
    lost: Share
    new: Share

    @property
    def telling(self) -> Share:
        """How many of those that tell something have it."""
        return Share(self.lost.of + self.new.of, self.lost.of - self.lost.count + self.new.count)


def gone(case: Case) -> list[Problem]:
    """Fields that articles do not have any more, of the whole site, or of single sections.

    Two things tell: known articles, read again, that had the field and have it no more; and that other articles have it
    less often than usual. Where known articles still have it, the portal shows it and authors do not fill it in.
    """
    if not case.known("layout"):
        return _none_at_first(case)
    found = []
    for field in FIELDS:
        everywhere = _gone(case, "", field)
        if everywhere is not None:
            found.append(_where(case, everywhere))
            continue
        found += [problem for name, _ in case.sections() if (problem := _gone(case, name, field)) is not None]
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


def seen(part: Part, field: str) -> Seen:
    """What a run has seen of a field."""
    everyone, lost = part.fields.get(field, Share()), part.lost.get(field, Share())
    kept = lost.of - lost.count
    return Seen(everyone, lost, Share(part.new, max(0, min(everyone.count - kept, part.new))))


def _gone(case: Case, section: str, field: str) -> Problem | None:
    now = seen(case.measures.parts.get(section, Part()), field)
    if not now.all.of or ratio(now.all) >= 0.5 or (now.lost.of and ratio(now.lost) < 0.5):
        return None
    looks = [seen(each, field) for each in case.parts("layout", section)]
    # Of a section that brings an article a day one run alone tells nothing: those directly before it in which no
    # article had the field either are counted with it.
    same = 0
    if not now.telling.count:
        same = next((number for number, look in enumerate(looks) if look.telling.count), len(looks))
    past = looks[same:]
    lost = together([now.lost, *(look.lost for look in looks[:same])])
    new = together([now.new, *(look.new for look in looks[:same])])
    before, telling = usual(look.all for look in past), usual(look.telling for look in past)
    if len(past) < ENOUGH or not before.share or not telling.share:
        return None
    if ratio(now.all) >= before.share / 2 or ratio(now.telling) >= telling.share / 2:
        return None
    if lost.count < 2 and new.of - new.count + lost.count < 4:
        return None
    chance = _among_new(new, [look.new for look in past])
    if lost.count:
        chance *= usual((look.lost for look in past), RARELY).at_least(lost)
        limit = _GONE_IN_SECTION if section else _GONE
    else:
        limit = _GONE_OF_NEW_IN_SECTION if section else _GONE_OF_NEW
    if chance >= limit:
        return None
    facts = {
        "field": field,
        "count": now.all.count,
        "of": now.all.of,
        "before": before.share,
        "lost": lost.count,
        "known": lost.of,
    }
    kind = "field gone" if ratio(now.all) < 0.1 * before.share else "field rarer"
    examples = lost.examples if lost.count else now.all.examples
    return Problem(kind, "layout", "alarm", section or None, facts, examples)


def _among_new(now: Share, looks: list[Share]) -> float:
    """How likely it is that of the new articles as few have a field."""
    looks = [look for look in looks if look.of]
    if not now.of or len(looks) < ENOUGH:
        return 1.0
    before = usual(looks)
    # A run of quite another nature, as the first that goes back ten years.
    if now.of > 5 * max(look.of for look in looks) or ratio(now) >= before.lowest(now.of):
        return 1.0
    return before.at_most(now)


def _where(case: Case, problem: Problem) -> Problem:
    """Of the whole site; but of one section, if that is the only one in which all articles lack it."""
    field = problem.facts["field"]
    dark = [name for name, part in case.sections() if (now := seen(part, field)).telling.of and not now.telling.count]
    known = {name for past in case.history for name, part in past.measures.parts.items() if name and part.articles}
    return replace(problem, section=dark[0]) if len(dark) == 1 and len(known) > 1 else problem


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
