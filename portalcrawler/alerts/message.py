"""What a channel is given to tell: the same in words, in either language, and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portalcrawler.alerts.words import LANGUAGES, Choice, Language, languages, length, moment, sentence, word
from portalcrawler.monitors.telling import problem_data
from portalcrawler.normalize.text import printable
from portalcrawler.store.digests import Digest
from portalcrawler.store.incidents import Event, Incident, Severity
from portalcrawler.store.verdicts import Problem

_NO_LIKENESS = {"home unread", "pages failing"}
"""Of these nobody says that the portal is meant to be like that."""
_MOST_PROBLEMS = 6
"""A message is read on a telephone; all of them are in the archive."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message; with ``link`` it is a URL and nothing else."""

    text: str
    link: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of HTML that goes with a message where that is possible, under a file's name."""

    name: str
    html: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """``id`` is the same whenever the message is sent again. ``data`` is what it is made of, ready for JSON. ``page``
    goes with mails."""

    id: str
    titles: dict[Language, str]
    lines: dict[Language, list[Line]]
    data: dict[str, Any]
    page: Page | None = None

    def title(self, choice: Choice) -> str:
        """Its first line, on one line."""
        return " / ".join(self.titles[language] for language in languages(choice))

    def text(self, choice: Choice) -> str:
        """All of it: in each language the title, then the lines."""
        parts = [[self.titles[lang], *(line.text for line in self.lines[lang])] for lang in languages(choice)]
        return "\n\n".join("\n".join(part) for part in parts)

    def json(self, choice: Choice) -> dict[str, Any]:
        """As data, the words with it."""
        return {"id": self.id, **self.data, "title": self.title(choice), "text": self.text(choice)}


def message_of(incident: Incident, event: Event, message_id: str) -> Message:
    """What is told of an event of an incident.

    Of its beginning what was wrong at first, unless it is worse by now; else what was wrong when it was last seen.
    """
    began = event == "raised" and _worst(incident.began) == incident.level
    problems = incident.began if began else incident.problems
    run = incident.closed_by or incident.last_seen_by if event == "recovered" else incident.opened_by
    data = {
        "event": "accepted" if event == "recovered" and incident.accepted_at else event,
        "incident": incident.id,
        "site": incident.site,
        "group": incident.group,
        "level": incident.level,
        "opened_at": incident.opened_at.isoformat(),
        "closed_at": incident.closed_at.isoformat() if event == "recovered" and incident.closed_at else None,
        "run": run,
        "problems": [problem_data(problem) for problem in problems],
    }
    titles = {language: _title(incident, event, language) for language in LANGUAGES}
    lines = {language: _lines(incident, event, problems, run, language) for language in LANGUAGES}
    return Message(message_id, titles, lines, data)


def incident_data(incident: Incident) -> dict[str, Any]:
    """An incident as programs are given it; times as they are."""
    return {
        "id": incident.id,
        "site": incident.site,
        "group": incident.group,
        "level": incident.level,
        "open": incident.open,
        "opened_at": incident.opened_at,
        "opened_by": incident.opened_by,
        "last_seen_at": incident.last_seen_at,
        "last_seen_by": incident.last_seen_by,
        "closed_at": incident.closed_at,
        "closed_by": incident.closed_by,
        "accepted_at": incident.accepted_at,
        "problems": [problem_data(problem) for problem in incident.problems],
    }


def digest_message(digest: Digest, message_id: str) -> Message:
    """What is told of a weekly digest."""
    titles = {language: printable(digest.titles[language]) for language in LANGUAGES}
    lines = {language: [Line(printable(line)) for line in digest.lines[language]] for language in LANGUAGES}
    page = None if digest.html is None else Page(f"week-{digest.week}.html", digest.html)
    return Message(message_id, titles, lines, dict(digest.data), page)


def test_message(channel: str, message_id: str) -> Message:
    """What a channel is tried with."""
    titles = {language: f"【{word(language, 'test')}】portalcrawler" for language in LANGUAGES}
    lines = {language: [Line(word(language, "test_line", channel=channel))] for language in LANGUAGES}
    return Message(message_id, titles, lines, {"event": "test"})


def _title(incident: Incident, event: Event, language: Language) -> str:
    name: str = incident.level if event == "raised" else event
    if event == "recovered" and incident.accepted_at:
        name = "accepted"
    return printable(f"【{word(language, name)}】{incident.site}: {word(language, incident.group)} (portalcrawler)")


def _lines(
    incident: Incident, event: Event, problems: tuple[Problem, ...], run: str | None, language: Language
) -> list[Line]:
    lines = []
    over = event == "recovered"
    if over and incident.accepted_at:
        lines.append(Line(word(language, "accepted_line")))
    since = moment(incident.opened_at)
    if over and incident.closed_at:
        lasted = length(incident.closed_at - incident.opened_at, language)
        lines.append(Line(word(language, "lasted", since=since, until=moment(incident.closed_at), lasted=lasted)))
        lines.append(Line(word(language, "was")))
    for problem in problems[:_MOST_PROBLEMS]:
        lines.append(Line(f"- {sentence(problem, language)}"))
        if not over:
            lines += [Line(printable(url), link=True) for url in problem.examples]
    if len(problems) > _MOST_PROBLEMS:
        lines.append(Line(f"- … {len(problems) - _MOST_PROBLEMS}"))
    if not over:
        lines.append(Line(word(language, "since", since=since)))
    if run is not None:
        lines.append(Line(word(language, "run", run=run)))
    if not over and not {problem.kind for problem in problems} <= _NO_LIKENESS:
        lines.append(Line(word(language, "accept", incident=incident.id)))
    return lines


def _worst(problems: tuple[Problem, ...]) -> Severity:
    return "alarm" if any(problem.level == "alarm" for problem in problems) else "warning"
