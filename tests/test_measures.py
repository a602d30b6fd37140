"""What a run was like and what was thought of it, kept with its record and read back."""

from __future__ import annotations

from dataclasses import replace

from alerting import NOW, problem, run_id
from archived import carry_out

from portalcrawler.store.connection import Store
from portalcrawler.store.measures import Measures, Part, Share, keep_measures
from portalcrawler.store.run_query import get_run
from portalcrawler.store.runs import RunRecord
from portalcrawler.store.verdicts import Verdict, keep_verdict

MEASURES = Measures(
    seconds=12.5,
    size=40_000,
    requests=17,
    parked=2,
    pages={"fetched": Share(17, 16, ("http://a.example/1",)), "error": Share(17, 1, ("http://a.example/2",))},
    article_pages={"fetched": Share(9, 9), "error": Share(10, 1, ("http://a.example/2",))},
    statuses={"200": 16, "503": 1},
    shapes={"/article-N-N.html": Share(9, 9)},
    parts={
        "": Part(9, 3, {"source": Share(9, 8, ("http://a.example/3",))}, lists=2, items=20, pagers=Share(2, 2)),
        "城事.$资讯/上栗县": Part(4, lost={"title": Share(4, 1)}, altered={"text": Share(3, 1)}, captions=Share(6, 5)),
    },
)


def test_measures_and_verdict_are_those_that_were_kept(store: Store) -> None:
    record = RunRecord(
        lambda op: carry_out(store, [op]),
        site="sample",
        spider="portal",
        arguments={},
        versions={},
        now=NOW,
        run=run_id(1),
    )
    record.finish("finished", NOW)
    before = get_run(store, run_id(1))
    assert before is not None
    assert (before.measures, before.verdict) == (None, None)
    verdict = Verdict("alarm", NOW, (problem("layout"),), ("layout", "reach"))
    keep_measures(store, run_id(1), MEASURES)
    keep_verdict(store, run_id(1), verdict)
    record.finish("finished", NOW)  # which may come again, out of the spool
    kept = get_run(store, run_id(1))
    assert kept is not None
    assert kept.measures == MEASURES
    assert kept.verdict == verdict
    assert MEASURES.site.new == 3
    old = MEASURES.document()
    del old["article_pages"], old["parked"]
    assert Measures.from_document(old) == replace(MEASURES, article_pages={}, parked=0)
