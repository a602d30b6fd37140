"""How likely a share is, where shares are usually so: beta-binomial tails, without tables or libraries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, lgamma

from portalcrawler.store.measures import Share

_MOST_OF_ONE_RUN = 30
"""What one run may weigh: a first crawl of ten thousand articles is one look at the portal, not ten thousand."""
_MOST_AT_ALL = 300
"""What the past may weigh: no portal keeps a share for ever, and articles of one editor are not independent."""
_MOST_NOW = 200

Prior = tuple[float, float]
UNKNOWN: Prior = (0.5, 0.5)
"""Jeffreys': nothing is known of a share."""
SELDOM: Prior = (0.2, 20.0)
"""Of what happens to one article in a hundred, as that an editor rewrites its summary, or takes it away."""
RARELY: Prior = (0.1, 40.0)
"""Of what happens to one in four hundred, as that a certain field is taken out of an article: three that are read again
and have all lost it tell enough, though no others were read again before."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What a share usually is. ``share`` is ``None`` without a past; ``looks`` are the shares it is made of."""

    share: float | None
    good: float
    bad: float
    looks: tuple[Share, ...]

    @property
    def of(self) -> int:
        """How many things its past has seen, all runs together."""
        return sum(look.of for look in self.looks)

    def at_most(self, share: Share) -> float:
        """How likely a share as low as this is."""
        of, count = _cut(share)
        return _tail(count, of, self.good, self.bad)

    def at_least(self, share: Share) -> float:
        """How likely a share as high as this is."""
        of, count = _cut(share)
        return _tail(of - count, of, self.bad, self.good)

    def lowest(self, of: int) -> float:
        """The lowest share that a run had that saw at least half as many, 1 where there was none."""
        return min((ratio(look) for look in self.looks if look.of >= max(3, of / 2)), default=1.0)

    def highest(self, of: int) -> float:
        """The highest share that a run had that saw at least half as many, 0 where there was none."""
        return max((ratio(look) for look in self.looks if look.of >= max(3, of / 2)), default=0.0)


def usual(looks: Iterable[Share], prior: Prior = UNKNOWN) -> Usual:
    """What the runs before, newest first, say of a share."""
    seen = tuple(look for look in looks if look.of)
    good = bad = 0.0
    for look in seen:
        weight = min(look.of, _MOST_OF_ONE_RUN, _MOST_AT_ALL - good - bad)
        if weight <= 0:
            break
        good += weight * ratio(look)
        bad += weight * (1 - ratio(look))
    share = good / (good + bad) if seen else None
    return Usual(share, good + prior[0], bad + prior[1], seen)


def ratio(share: Share) -> float:
    """As a number from 0 to 1; 0 of nothing."""
    return share.count / share.of if share.of else 0.0


def together(shares: Sequence[Share]) -> Share:
    """Several as one, with the examples of the first that has any."""
    examples = next((share.examples for share in shares if share.examples), ())
    return Share(sum(share.of for share in shares), sum(share.count for share in shares), examples)


def _cut(share: Share) -> tuple[int, int]:
    if share.of <= _MOST_NOW:
        return share.of, share.count
    return _MOST_NOW, round(ratio(share) * _MOST_NOW)


def _tail(count: int, of: int, good: float, bad: float) -> float:
    """How likely ``count`` of ``of`` or fewer are good, where the share of the good is a beta variable."""
    if count >= of:
        return 1.0
    whole = lgamma(of + 1) + lgamma(good + bad) - lgamma(good) - lgamma(bad) - lgamma(of + good + bad)
    return min(1.0, sum(exp(whole + _term(each, of, good, bad)) for each in range(count + 1)))


def _term(count: int, of: int, good: float, bad: float) -> float:
    ways = -lgamma(count + 1) - lgamma(of - count + 1)
    return ways + lgamma(count + good) + lgamma(of - count + bad)
