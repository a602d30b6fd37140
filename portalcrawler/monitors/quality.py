"""Whether what is read off the pages is as good as it was: captions, credits, characters, inner pages."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from portalcrawler.monitors.case import ENOUGH, Case
from portalcrawler.monitors.chance import SELDOM, ratio, together, usual
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import Part, Share
from portalcrawler.store.verdicts import Problem

_FEWER, _FEWER_IN_SECTION = 1e-5, 1e-7
_LATELY = 20
"""Runs, in which all articles that are looked at again have been looked at."""
_PER_PHOTO: dict[str, Callable[[Part], Share]] = {
    "captions fewer": lambda part: part.captions,
    "credits fewer": lambda part: part.credits,
}
_PER_ARTICLE: dict[str, Callable[[Part], Share]] = {
    "characters undecoded": lambda part: part.undecoded,
    "articles incomplete": lambda part: part.incomplete,
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


def worse(case: Case) -> list[Problem]:
    """Articles with characters that could not be decoded, or without their inner pages, far more than usual."""
    if not case.known("quality"):
        return []
    found = []
    for kind, pick in _PER_ARTICLE.items():
        now, before = pick(case.measures.site), usual(map(pick, case.parts("quality", "")), SELDOM)
        if now.count < 3 or ratio(now) < 0.2 or before.at_least(now) >= 1e-6 or ratio(now) <= before.highest(now.of):
            continue
        level: Severity = "alarm" if ratio(now) >= 0.5 else "warning"
        facts = {"count": now.count, "of": now.of, "before": before.share or 0.0}
        found.append(Problem(kind, "quality", level, None, facts, now.examples))
    return found


def fewer_over(problem: Problem, case: Case) -> bool:
    """Whether photos have captions, or credits, about as often as they had."""
    part = case.measures.parts.get(problem.section or "", Part())
    now, before = _by_article(part, _PER_PHOTO[problem.kind](part)), problem.facts["before"]
    return now.of > 0 and now.count >= min(2, ceil(before * now.of)) and ratio(now) >= before / 2


def worse_over(problem: Problem, case: Case) -> bool:
    """Whether no more articles than usual are so, of a handful at least."""
    now = _PER_ARTICLE[problem.kind](case.measures.site)
    return now.of >= 3 and ratio(now) <= max(0.1, 2 * problem.facts["before"])


def _fewer(case: Case, section: str, kind: str, limit: float) -> Problem | None:
    part, pick = case.measures.parts.get(section, Part()), _PER_PHOTO[kind]
    photos = pick(part)
    if not photos.of or ratio(photos) >= 0.5:
        return None
    looks = [
        (_by_article(each, pick(each)), each.altered.get("photos", Share())) for each in case.parts("quality", section)
    ]
    # Those directly before it in which no photo had one either are counted with it.
    same = 0 if photos.count else next((number for number, look in enumerate(looks) if look[0].count), len(looks))
    past = looks[same:]
    now = together([_by_article(part, photos), *(look[0] for look in looks[:same])])
    # Captions and credits belong to the photos: of known articles with other photos than before it is no chance.
    changed = together([part.altered.get("photos", Share()), *(look[1] for look in looks[:same])])
    before = usual(look[0] for look in past)
    if len(before.looks) < ENOUGH or not before.share or ratio(photos) >= before.share / 2:
        return None
    if ratio(now) >= before.lowest(now.of) or (now.of - now.count < 4 and changed.count < 2):
        return None
    chance = before.at_most(now)
    # Soon after the layout was mended they change for the better.
    lately = any("quality" in each.troubled for each in case.history[:_LATELY])
    if changed.count and not lately:
        chance *= usual((look[1] for look in past), SELDOM).at_least(changed)
    if chance >= limit:
        return None
    facts = {"count": photos.count, "of": photos.of, "before": before.share}
    return Problem(kind, "quality", "alarm", section or None, facts, photos.examples)


def _by_article(part: Part, photos: Share) -> Share:
    """A share of photos as one of articles with photos: the photos of one article are by one hand."""
    articles = min(part.fields.get("photos", Share()).count, photos.of)
    return Share(articles, round(articles * ratio(photos)), photos.examples)
