"""Dead letters: one record a failure, with its page, until it succeeds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from archived import NOW, carry_out

from portalcrawler.items import Failure
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import MAX_BODY_BYTES, StoredFailure, find_failures, resolve_failures, upsert_failure

HOUR = timedelta(hours=1)
URL = "https://sample.example/article-1-1.html"


def failure(**changes: Any) -> Failure:
    facts = {
        "site": "sample",
        "url": URL,
        "step": "fetch",
        "reason": "http 500",
        "body": b"<p>sorry</p>",
        "status": 500,
    }
    return Failure(**{**facts, **changes})


def found(store: Store, **filters: Any) -> list[StoredFailure]:
    return list(find_failures(store, **{"resolved": None, "bodies": True, **filters}))


def test_a_failure_comes_out_as_it_went_in(store: Store) -> None:
    letter = failure(content_type="text/html", article_id="sample:1", body=bytes(range(256)) * 100)
    carry_out(store, [upsert_failure(letter, "run-1", NOW)])
    expected = StoredFailure(letter, NOW, NOW, 1, "run-1", False, len(letter.body), False)
    assert found(store) == [expected]
    assert found(store, bodies=False)[0].failure.body == b""


def test_the_page_is_kept_small(store: Store) -> None:
    carry_out(store, [upsert_failure(failure(body=b"a" * (MAX_BODY_BYTES + 1)), None, NOW)])
    (record,) = found(store)
    assert (len(record.failure.body), record.body_size, record.body_cut) == (MAX_BODY_BYTES, MAX_BODY_BYTES + 1, True)
    document = store.collection("failures").find_one()
    assert document is not None
    assert len(document["body"]) < MAX_BODY_BYTES // 100


def test_repeats_count_and_the_same_failure_does_not(store: Store) -> None:
    first, second = (upsert_failure(failure(), "run-1", NOW + n * HOUR) for n in range(2))
    for op in (first, first, second, first, second):
        carry_out(store, [op])
    carry_out(store, [upsert_failure(failure(reason="http 404", body=b""), "run-2", NOW + 2 * HOUR)])
    (record,) = found(store)
    assert (record.count, record.failure.reason, record.run) == (3, "http 404", "run-2")
    assert (record.first_seen_at, record.last_seen_at) == (NOW, NOW + 2 * HOUR)


def test_each_step_of_each_url_of_each_site_has_its_own_record(store: Store) -> None:
    letters = [failure(), failure(step="extract"), failure(url=URL + "?2"), failure(site="other")]
    carry_out(store, [upsert_failure(letter, None, NOW) for letter in letters])
    assert len(found(store)) == 4
    assert len(found(store, site="sample")) == 3
    assert len(found(store, step="extract")) == 1
    assert len(found(store, limit=2)) == 2


def test_success_resolves_what_failed_before_it(store: Store) -> None:
    carry_out(
        store,
        [
            upsert_failure(failure(), "r", NOW),
            upsert_failure(failure(url=URL + "?page=2", article_id="sample:1"), "r", NOW),
            upsert_failure(failure(url="https://sample.example/other"), "r", NOW),
            resolve_failures("sample", [URL, "https://sample.example/?aid=1"], "sample:1", NOW + HOUR),
        ],
    )
    assert [r.failure.url for r in found(store, resolved=False)] == ["https://sample.example/other"]
    assert len(found(store, resolved=True)) == 2
    carry_out(store, [upsert_failure(failure(), "r", NOW + 2 * HOUR)])
    assert len(found(store, resolved=False)) == 2
    carry_out(store, [resolve_failures("sample", [URL], None, NOW + HOUR)])
    assert len(found(store, resolved=False)) == 2, "a success before the failure resolved it"


def test_text_that_looks_like_an_expression_is_only_text(store: Store) -> None:
    letter = failure(reason="$reason", url="$$ROOT", content_type="$x")
    carry_out(store, [upsert_failure(letter, "$run", NOW)])
    (record,) = found(store, run="$run")
    assert record.failure == letter
