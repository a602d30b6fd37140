"""What is wrong, in words, in either language: from ``words.toml``."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from portalcrawler.normalize.text import printable
from portalcrawler.store.verdicts import Problem

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_MOST_SECTIONS = 5


def sentence(problem: Problem, language: Language) -> str:
    """What is wrong, and in which section; on one line. Of a kind that is not known, its name and its facts."""
    where = "" if problem.section is None else f"[{problem.section}] "
    try:
        told = _table()[language]["kinds"][problem.kind].format(**_facts(problem, language))
    except (KeyError, IndexError, ValueError, TypeError):  # of another version, or of somebody's own
        facts = ", ".join(f"{name} {value}" for name, value in problem.facts.items())
        told = f"{problem.kind} ({facts})" if facts else problem.kind
    return printable(f"{where}{told}")


def what_to_do(problem: Problem, language: Language) -> str:
    """What the person who is told of a problem does about it, in one line; empty for a kind that is not known."""
    return str(_table()[language]["do"].get(problem.kind, ""))


def field_name(field: str, language: Language) -> str:
    """A field of an article in words."""
    return str(_table()[language]["fields"].get(field, field))


def row_name(name: str, language: Language) -> str:
    """What was measured of a run, in words."""
    table = _table()[language]
    return str(table["rows"].get(name) or table["fields"].get(name, name))


def percent(share: float) -> str:
    """A share as people read it; never 0 % of what there was, nor 100 % of what was not all."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{share:.0%}".replace("%", " %")


def _facts(problem: Problem, language: Language) -> dict[str, Any]:
    facts = dict(problem.facts)
    if "before" in facts and {"count", "of"} <= facts.keys():
        facts["before"] = percent(facts["before"])
    if "field" in facts:
        facts["field"] = field_name(facts["field"], language)
    if "lost" in facts:
        facts["lost"] = _table()[language]["parts"]["lost"].format(**facts) if facts["lost"] else ""
    if "why" in facts:
        facts["why"] = _table()[language]["reasons"][facts["why"] or "unknown"]
    if "sections" in facts:
        more = "…" if len(facts["sections"]) > _MOST_SECTIONS else ""
        facts["sections"] = ("、" if language == "zh" else ", ").join(facts["sections"][:_MOST_SECTIONS]) + more
        facts["sections"] = facts["sections"] or "—"
    if "due" in facts:
        facts["due"] = datetime.fromisoformat(facts["due"]).astimezone().strftime("%Y-%m-%d %H:%M %z")
    if problem.kind == "page size":
        facts |= {name: f"{facts[name] / 1000:.0f} KB" for name in ("now", "before")}
    return facts


@cache
def _table() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
