"""Why nothing was found, in a line: whoever mistypes a name is told so, and not that nothing matches."""

from __future__ import annotations

import difflib
from typing import Any

from portalcrawler.archive import Archive
from portalcrawler.store.names import NAME_KINDS, NameKind

_FEW = 12


def why_nothing(archive: Archive, chosen: dict[str, Any], what: str = "article") -> str:
    """What to say where no article, or none of ``what`` belongs to it, met the filters that were chosen.

    Names the first filter whose name no article in the archive bears, with the nearest that one does.
    """
    where = archive.describe()
    if not archive.count(limit=1):
        return f"No article is in {where} yet; portalcrawler crawl fetches some."
    for kind in NAME_KINDS:
        name = chosen.get(kind)
        if name is not None and not archive.count(**{kind: name}, limit=1):
            return f"No article in {where} has the {kind} {name!r}{_instead(archive, kind, name)}"
    return f"No {what} matches in {where}."


def _instead(archive: Archive, kind: NameKind, name: str) -> str:
    known = archive.names(kind)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(known)}." if 0 < len(known) <= _FEW else "."
