"""What ``doctor`` finds: how one thing stands, in a line for people and in facts for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands: ``told`` is a line for people, ``todo`` what they can do, ``facts`` are for programs."""

    check: str
    level: Level
    told: str
    todo: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
