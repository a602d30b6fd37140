"""Whether photos have the captions and credits that they had."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from portalcrawler.monitors.case import ENOUGH, Case
from portalcrawler.monitors.chance import RARELY, ratio, together, usual
from portalcrawler.store.measures import Part, Share
from portalcrawler.store.verdicts import Problem

_FEWER, _FEWER_IN_SECTION = 1e-5, 1e-7
_OF_NEW = 1e-3
"""How much less likely it has to be where no known article has lost any: only new ones tell."""
_PER_PHOTO: dict[str, tuple[str, Callable[[Part], Share]]] = {
    "captions fewer": ("captions", lambda part: part.captions),
    "credits fewer": ("credits", lambda part: part.credits),
}


def fewer(case: Case) -> list[Problem]:
    """Photos without the captions or credits that they used to have, on the whole site or in single sections."""
    found = []
    for kind in _PER_PHOTO:
        everywhere = _fewer(case, "", kind, _FEWER)
        if everywhere is not None:
            found.append(everywhere)
            continue
        parts = [_fewer(case, name, kind, _FEWER_IN_SECTION) for name, _ in case.sections()]
        found += [problem for problem in parts if problem is not None]
    return found


def fewer_over(problem: Problem, case: Case) -> bool:
    """Whether photos have captions, or credits, about as often as they had."""
    part = case.measures.parts.get(problem.section or "", Part())
    field, pick = _PER_PHOTO[problem.kind]
    now, before = _by_article(part, field, pick(part)), problem.facts["before"]
    return now.of > 0 and now.count >= min(2, ceil(before * now.of)) and ratio(now) >= before / 2


def _fewer(case: Case, section: str, kind: str, limit: float) -> Problem | None:
    part, (field, pick) = case.measures.parts.get(section, Part()), _PER_PHOTO[kind]
    photos = pick(part)
    if not photos.of or ratio(photos) >= 0.5:
        return None
    looks = [
        (_by_article(each, field, pick(each)), each.lost.get(field, Share())) for each in case.parts("layout", section)
    ]
    # Those directly before it in which no photo had one either are counted with it.
    same = 0 if photos.count else next((number for number, look in enumerate(looks) if look[0].count), len(looks))
    past = looks[same:]
    now = together([_by_article(part, field, photos), *(look[0] for look in looks[:same])])
    lost = together([part.lost.get(field, Share()), *(look[1] for look in looks[:same])])
    before = usual(look[0] for look in past)
    if len(before.looks) < ENOUGH or not before.share or ratio(photos) >= before.share / 2:
        return None
    if ratio(now) >= before.lowest(now.of) or (now.of - now.count < 4 and lost.count < 2):
        return None
    # Known articles that still have theirs say that it is the authors' doing.
    if lost.of and ratio(lost) < 0.5:
        return None
    chance = before.at_most(now)
    if lost.count:
        chance *= usual((look[1] for look in past), RARELY).at_least(lost)
    if chance >= limit * (1 if lost.count else _OF_NEW):
        return None
    facts = {"count": photos.count, "of": photos.of, "before": before.share}
    return Problem(kind, "layout", "alarm", section or None, facts, photos.examples)


def _by_article(part: Part, field: str, photos: Share) -> Share:
    """Articles with photos, and how many of them have one with a caption, or a credit: the photos of one article are by
    one hand, and tell as much as one."""
    articles, have = (part.fields.get(name, Share()).count for name in ("photos", field))
    return Share(articles, min(have, articles), photos.examples)
