"""What a run of the sample portal can be told: its URLs, its encoding, its size and its faults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

UrlMode = Literal["dynamic", "rewritten", "static"]
Encoding = Literal["utf-8", "gbk", "big5"]
FaultKind = Literal["error", "drop", "truncate", "slow", "mislabel", "empty", "notice", "antitheft", "redirect-out"]
Validators = Literal["none", "etag", "last-modified", "both"]
Mislabel = Literal["header", "meta", "both", "none"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of misbehaviour, for the requests that it is meant for.

    ``rate`` is the share of matching requests that suffer (0 to 1). ``pattern`` is searched for in path and
    query. ``first`` limits the fault to the first so many hits of each URL, so that a retry succeeds;
    ``after`` spares the first so many matching requests of the whole run, as a site's antitheft does.

    ``error`` answers ``status`` (503), with ``retry_after`` seconds if given. ``slow`` spreads the body over
    ``seconds``. ``mislabel`` says a wrong charset in the ``header`` (the meta stays right), in the ``meta``
    (the header says nothing), in ``both``, or declares ``none`` anywhere: ``wrong``. The other kinds need nothing.
    """

    kind: FaultKind
    rate: float = 1.0
    pattern: str = ""
    first: int | None = None
    after: int = 0
    status: int = 503
    retry_after: int | None = None
    seconds: float = 20.0
    wrong: Mislabel = "header"

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(get_args(FaultKind))}")
        if self.wrong not in get_args(Mislabel):
            raise ValueError(f"unknown mislabel {self.wrong!r}; known: {', '.join(get_args(Mislabel))}")
        if not 0 <= self.rate <= 1:
            raise ValueError(f"a fault's rate is a share from 0 to 1, not {self.rate}")

    def concerns(self, path: str) -> bool:
        """Whether a request for this path and query is one that the fault is meant for."""
        return re.search(self.pattern, path) is not None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """``KIND``, ``KIND=RATE`` or ``mislabel:WRONG=RATE``, as the command line takes it.

        ValueError for anything else.
        """
        kind, _, rate = text.partition("=")
        kind, _, wrong = kind.partition(":")
        return cls(kind, float(rate or 1), wrong=wrong or "header")  # type: ignore[arg-type]  # checked above


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """How the sample portal is served. Everything has a default that a plain Discuz! X3.5 has.

    ``port`` 0 takes a free one. ``missing_status`` is 404 as X3.5 answers for a deleted article, or 200 as
    older ones do. ``articles`` adds so many plain articles in ``sections`` sections of their own (keys ``rolling``,
    ``rolling2``, …), made when they are asked for; the section of a number goes round.
    ``crawl_delay`` (seconds) and ``disallow`` go into robots.txt. ``seed`` makes faults repeatable.

    ``noise`` False: every page is the same until its content changes. ``ads`` puts another advertisement into each
    answer. ``count_views``: every hit of an article's first page counts as a view, and the page shows it counted.
    ``validators``: article and list pages come with an ETag, a Last-Modified, or both, and a request that has the
    present one gets 304; the noise stands still then, and the ads with it.
    """

    port: int = 0
    encoding: Encoding = "utf-8"
    urls: UrlMode = "dynamic"
    missing_status: Literal[200, 404] = 404
    articles: int = 0
    sections: int = 1
    faults: tuple[Fault, ...] = ()
    seed: int = 1
    crawl_delay: float | None = None
    disallow: tuple[str, ...] = field(default=())
    noise: bool = True
    ads: bool = False
    count_views: bool = False
    validators: Validators = "none"
