"""What has to be so when the year is over: nothing lost, nobody told too much or too little, nothing done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.request import Request, urlopen

from benchmarks.report import Report
from benchmarks.year.living import SITE, Year
from benchmarks.year.story import Kill, Told, Trouble, utc
from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.items import Article, key_of
from portalcrawler.normalize.fingerprint import edition_hash
from portalcrawler.store import articles, revisions
from portalcrawler.store.connection import Document
from portalcrawler.store.fires import find_fires
from portalcrawler.store.incidents import Incident, find_incidents

_BUSY = 5
_GRACE, _GRACE_AFTER_TROUBLE = timedelta(days=1), timedelta(days=4)
"""How late a visit may be: the nights, schedulers that are down; and the waits after visits that have failed."""


def check(report: Report, year: Year) -> None:
    """Everything, into the report's figures and faults."""
    _check_articles(report, year)
    _check_schedule(report, year)
    _check_alerts(report, year)


def _check_articles(report: Report, year: Year) -> None:
    stored: dict[int, Document] = {
        int(key_of(row["_id"])): row for row in year.store.collection(articles.COLLECTION).find()
    }
    found, told = stored.keys() & year.story.articles.keys(), year.story.articles
    never = {aid for aid in told.keys() - found if not _too_soon_gone(year, told[aid])}
    report.figures["articles published"] = len(told)
    report.check("articles that are not in the archive", sorted(never), [])
    report.figures["articles that were deleted before any crawl"] = len(told) - len(found) - len(never)

    shown = [aid for aid in found if told[aid].deleted is None]
    other = {aid for aid in shown if _edition(year, aid) != stored[aid]["edition_hash"]}
    waiting = {aid for aid in other if any(not _seen(year, told[aid], when) for when, _ in told[aid].edits)}
    report.check("articles that are not stored as the portal shows them now", sorted(other - waiting), [])
    report.figures["articles as the portal shows them at the end"] = len(shown) - len(other)

    edits = [(aid, when, words) for aid in found for when, words in told[aid].edits]
    lost = {
        (aid, when)
        for aid, when, words in edits
        if not any(words in text for text in _texts(year, stored[aid])) and not _gone_unseen(year, told[aid], when)
    }
    due = {(aid, when) for aid, when in lost if _seen(year, told[aid], when)}
    first = {aid for aid, _, _ in edits if not _was_stored_before(year, told[aid])}
    without = [aid for aid, _, words in edits if aid not in first and _only_with(year, stored[aid], words)]
    report.figures["articles edited"] = len(edits)
    report.figures["edits made before any crawl saw the article"] = len(first)
    report.figures["edits that no visit was due for until the end"] = _ages(told, lost - due)
    report.check("edits that are not in the archive", sorted(due), [])
    report.check("articles whose state before the edit is not in the archive", sorted(without), [])

    gone = {aid: when for aid in found if (when := told[aid].deleted) is not None}
    unnoticed = {(aid, when) for aid, when in gone.items() if stored[aid]["missing_since"] is None}
    overdue = {(aid, when) for aid, when in unnoticed if _seen(year, told[aid], when)}
    report.figures["articles deleted, and noticed"] = f"{len(gone)}, {len(gone) - len(unnoticed)}"
    report.figures["deletions that no visit was due for until the end"] = _ages(told, unnoticed - overdue)
    report.check("deleted articles that are not known as missing", sorted(overdue), [])
    # Read without its body and deleted before it could be read again: its text stands in the revision before.
    earlier = [aid for aid in gone if not stored[aid]["text"]]
    report.figures["deleted articles whose text stands in an earlier revision alone"] = len(earlier)
    lost_text = [aid for aid in earlier if not any(_texts(year, stored[aid]))]
    report.check("text lost of deleted articles", lost_text, [])


def _check_schedule(report: Report, year: Year) -> None:
    fires = [fire for fire in find_fires(year.store) if fire.state != "first"]
    report.figures["moments at which the site was due"] = len(year.dues)
    report.figures["of them with no scheduler alive"] = len(year.down)
    report.figures["crawls begun by schedule, made up for what was missed"] = len(fires)
    report.figures["schedulers killed"] = f"{sum(year.killed.values())} ({_counted(year.killed)})"
    report.figures["crawls taken over from a dead scheduler"] = sum(fire.attempts > 1 for fire in fires)
    report.check("how crawls ended", {fire.state for fire in fires}, {"done"})
    due = {fire.due_at for fire in fires}
    report.check("due moments that were not crawled though a scheduler lived", sorted(_missed(year, due)), [])
    report.check("crawls at moments that were none", sorted(due - set(year.dues)), [])
    crawls = [each for each in year.crawls() if each[2] != _BUSY]
    ended = sum(code in (0, 3, 4, 6) for _, _, code in crawls)
    report.check("crawls that came to an end, one for each moment", ended, len(fires))
    overlaps = [(before, after) for before, after in pairwise(crawls) if after[0] < before[1]]
    report.check("crawls that overlap", overlaps, [])
    report.check("leases that are held", year.store.collection("leases").count_documents({"_id": SITE}), 0)


def _check_alerts(report: Report, year: Year) -> None:
    incidents = find_incidents(year.store)
    alarms = [each for each in incidents if each.level == "alarm"]
    counts = Counter((message["incident"], message["event"]) for message in year.messages())
    for trouble in year.story.troubles:
        mine = [each for each in alarms if _tells_of(each, trouble)]
        report.check(f"alarms of: {trouble.name}", len(mine), 1)
        for incident in mine:
            alarms.remove(incident)
            told = counts[incident.id, "raised"] + counts[incident.id, "worsened"], counts[incident.id, "recovered"]
            report.check(f"times told of its beginning and end: {trouble.name}", told, (1, 1))
            next_due = min(due for due in year.dues if due >= utc(trouble.begin) and due not in year.down)
            late = incident.opened_at - next_due
            report.check(f"alarm in the first crawl after it: {trouble.name}", late < timedelta(minutes=12), True)
            report.figures[f"{trouble.name}: told after, over after"] = (
                f"{_hours(incident.opened_at - utc(trouble.begin))}, "
                f"{_hours((incident.closed_at or year.dues[-1]) - utc(trouble.end))}"
            )
    report.check("false alarms", [_shown(each) for each in alarms], [])
    warnings = [each for each in incidents if each.level == "warning"]
    report.figures["warnings"] = "; ".join(_shown(each) for each in warnings) or "none"
    report.figures["messages sent"] = len(year.messages())
    report.figures["minutes that the simulation took"] = round(year.seconds / 60, 1)


def _tells_of(incident: Incident, trouble: Trouble) -> bool:
    return incident.group == trouble.group and utc(trouble.begin) <= incident.opened_at <= utc(trouble.end)


def _missed(year: Year, crawled: set[datetime]) -> Iterator[datetime]:
    """Due moments without a crawl of their own, but those that were made up for by a later one."""
    for due, following in pairwise(year.dues):
        if due not in crawled and due not in year.down and following not in year.down:
            yield due


def _edition(year: Year, aid: int) -> str:
    """The hash of an article as the portal shows it now, read as the crawl reads it."""
    return edition_hash(_read(year, aid))


def _read(year: Year, aid: int) -> Article:
    url = f"{year.portal.url}portal.php?mod=view&aid={aid}"
    with urlopen(Request(url, headers={"User-Agent": "Mozilla/5.0"}), timeout=30) as answer:
        page = Page.from_bytes(answer.read(), url, content_type=answer.headers["Content-Type"])
    reading = cms_of(year.site).read(page, year.site)
    if not isinstance(reading, ArticlePage):
        raise TypeError(f"article {aid} cannot be read")
    return assemble(reading)


def _texts(year: Year, now: Document) -> Iterator[str]:
    """The texts of all states of an article that are kept."""
    yield now["text"]
    for row in year.store.collection(revisions.COLLECTION).find({"article": now["_id"]}, {"text": 1}):
        yield row["text"]


def _was_stored_before(year: Year, told: Told) -> bool:
    """Whether a crawl saw the article before it was edited."""
    edited = utc(told.edits[0][0])
    return any(utc(told.published) <= due < edited for due in _seeing(year))


def _too_soon_gone(year: Year, told: Told) -> bool:
    """Whether no crawl could see it: deleted before one that reached the portal."""
    if told.deleted is None:
        return False
    return not any(utc(told.published) <= due < utc(told.deleted) for due in _seeing(year))


def _seeing(year: Year) -> list[datetime]:
    """The moments at which somebody crawled, and the portal showed its pages, with bodies."""
    blind = [(utc(each.begin), utc(each.end)) for each in year.story.troubles[1:]]
    return [due for due in year.dues if due not in year.down and not any(begin <= due < end for begin, end in blind)]


def _visited_by(year: Year, told: Told, changed: datetime) -> datetime:
    """The latest time at which an article was to be visited again after a change, by its site's rules."""
    rules, age = year.site.revisit, (changed - told.published).total_seconds()
    step = next((after for after in rules.after if after > age), None)
    if step is not None:
        latest = utc(told.published) + timedelta(seconds=step)
    elif rules.every is not None:
        latest = utc(changed) + timedelta(seconds=1.2 * rules.every)
    else:
        return datetime.max.replace(tzinfo=UTC)
    for trouble in year.story.troubles[1:]:
        if utc(trouble.begin) - _GRACE <= latest < utc(trouble.end):
            latest = utc(trouble.end) + _GRACE_AFTER_TROUBLE
    return latest + _GRACE


def _seen(year: Year, told: Told, changed: datetime) -> bool:
    """Whether a change must be known when all is over."""
    return _visited_by(year, told, changed) <= year.dues[-1]


def _gone_unseen(year: Year, told: Told, edited: datetime) -> bool:
    """Whether an article was deleted before a visit had to find that it was edited."""
    return told.deleted is not None and utc(told.deleted) < _visited_by(year, told, edited)


def _only_with(year: Year, stored: Document, words: str) -> bool:
    return all(words in text for text in _texts(year, stored))


def _ages(told: Mapping[int, Told], changes: Set[tuple[int, datetime]]) -> str:
    """How many, and how old the articles were that were changed: ``3 (41 to 80 days old)``."""
    days = sorted((when - told[aid].published).days for aid, when in changes)
    return f"{len(days)} ({days[0]} to {days[-1]} days old)" if days else "0"


def _hours(length: timedelta) -> str:
    return f"{length / timedelta(hours=1):.1f} h"


def _counted(killed: Mapping[Kill, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in killed.items())


def _shown(incident: Incident) -> str:
    kinds = ", ".join(sorted({problem.kind for problem in incident.began}))
    return f"{incident.group} {incident.opened_at:%Y-%m-%d %H:%M} ({kinds})"
