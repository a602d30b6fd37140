"""Which known articles are read again in every run, so that a change of the portal's pages is noticed in the first.

Nothing new may have come since the last run, and then no article would be read that could tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

from portalcrawler.items import Article, key_of
from portalcrawler.monitors.features import features_of

CANDIDATES = 300
"""How many of the newest articles are looked at."""

_TWICE = 2
"""How often each thing that articles may have is to be seen: one article alone may have been edited."""
_GAINS = (1.0, 0.3)
_NEW_SECTION = 1.0
_RECENT = 0.5
_CHANCE = 0.5
# More than all that an article can show.
_COSTLY, _EDITED = 100.0, 20.0
_RESTLESS = timedelta(days=7)
_MANY_COMMENTS = 10
"""Their pages would have to be read, too."""


def choose_canaries(
    articles: Sequence[Article], count: int, *, chance: str, now: datetime, read_anyway: Collection[str] = ()
) -> list[str]:
    """The keys of ``count`` articles at most, of those given, the newest first.

    Together they have as much of what articles may have as possible, and stand in different sections; recent ones are
    preferred, those that somebody edited not long ago or that are long are not. Those that are ``read_anyway``, by
    their keys, count: then fewer are chosen, but what they lack is looked for all the same. ``chance``, the run's id,
    makes others win from run to run among those that are equally good: no odd article is asked for for ever.
    """
    features = {article.id: _features(article) for article in articles}
    seen: Counter[str] = Counter()
    sections: set[tuple[str, ...]] = set()
    pool = []
    for article in articles:
        if key_of(article.id) in read_anyway:
            seen.update(features[article.id])
            sections.add(tuple(article.section))
        else:
            pool.append(article)
    # No secret: it only has to be the same for the same run.
    dice = Random(chance)  # noqa: S311
    base = {article.id: _worth(article, place, len(pool), now, dice) for place, article in enumerate(pool)}
    chosen: list[str] = []
    while len(chosen) < count:
        if len(read_anyway) + len(chosen) >= count:
            pool = [article for article in pool if not all(seen[name] for name in features[article.id])]
        if not pool:
            break
        best = max(pool, key=lambda article: base[article.id] + _gain(article, features[article.id], seen, sections))
        pool.remove(best)
        seen.update(features[best.id])
        sections.add(tuple(best.section))
        chosen.append(key_of(best.id))
    return chosen


def _features(article: Article) -> list[str]:
    return [name for name, has in features_of(article).items() if has]


def _gain(article: Article, names: Iterable[str], seen: Counter[str], sections: Collection[tuple[str, ...]]) -> float:
    unseen = tuple(article.section) not in sections
    return _NEW_SECTION * unseen + sum(_GAINS[seen[name]] for name in names if seen[name] < _TWICE)


def _worth(article: Article, place: int, of: int, now: datetime, dice: Random) -> float:
    edited = article.revision > 1 and article.changed_at is not None and now - article.changed_at < _RESTLESS
    costly = article.page_count > 1 or (article.comment_count or 0) > _MANY_COMMENTS
    return dice.random() * _CHANCE + _RECENT * (1 - place / of) - _EDITED * edited - _COSTLY * costly
