"""How long the property tests search: the same examples every time, or a random and longer search on request.

``PORTALCRAWLER_FUZZ`` is how many broken pages ``test_fuzz.py`` makes (1,000). If it is set, hypothesis draws other examples in
every run, and as many times more of them as there are more broken pages.
"""

from __future__ import annotations

import os

from hypothesis import settings

_USUAL = 1000
_ASKED_FOR = os.environ.get("PORTALCRAWLER_FUZZ")

BROKEN_PAGES = int(_ASKED_FOR or _USUAL)


def examples(usual: int) -> int:
    """How many examples a property test tries that usually tries so many."""
    return max(1, usual * BROKEN_PAGES // _USUAL)


settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=examples(100), deadline=None, print_blob=True)
settings.load_profile("search" if _ASKED_FOR else "fixed")
