"""What an archive takes on disk: an article in each collection, with indexes, and a crawl that finds nothing new."""

from __future__ import annotations

from benchmarks.archives import database, declare_site, workspace
from benchmarks.crawl import crawl
from benchmarks.invented import fill
from benchmarks.report import Report
from benchmarks.server import serving
from portalcrawler.store.connection import Store

_SITE = "benchmark"
_BY_ARTICLE = ("frontier", "fingerprints", "observations", "pages", "run_urls")
_BY_RUN = ("runs", "run_urls")


def run(*, articles: int = 20_000, rounds: int = 50) -> Report:
    """``articles`` invented ones for the collection of that name; for the others a crawl of a tenth as many of the
    sample portal's, and ``rounds`` crawls more that find nothing new."""
    report = Report("sizes", "bytes on disk, compressed, indexes included")
    with workspace() as uri:
        with database(uri) as store:
            report.check("articles that differ from stored ones", fill(store, articles), [])
            stored = _sizes(store)
            report.figures["articles: BSON"] = stored["articles"][0] / articles
            report.figures["articles: documents on disk"] = stored["articles"][1] / articles
            report.figures["articles: indexes"] = stored["articles"][2] / articles
        with serving(None, articles // 10, sections=20, keep=False) as server, database(uri) as store:
            declare_site(_SITE, server.url)
            task = {"kind": "full", "site": _SITE, "mongodb_uri": uri, "database": store.database_name}
            crawl(task)
            count = store.collection("articles").count_documents({})
            first = _sizes(store)
            for name in _BY_ARTICLE:
                report.figures[f"{name}: an article"] = sum(first[name][1:]) / count
            crawl(task)  # what only a first look finds is found now
            before = _sizes(store)
            for _ in range(rounds):
                crawl(task)
            after = _sizes(store)
            report.check("articles after all crawls", store.collection("articles").count_documents({}), count)
            for name in _BY_RUN:
                grown = sum(after[name][1:]) - sum(before[name][1:])
                report.figures[f"{name}: a crawl with nothing new"] = grown / rounds
            # Not on disk: rewritten documents leave room in the files, which later ones take.
            grown = sum(after[name][0] - before[name][0] for name in before if name not in _BY_RUN)
            report.figures["all others: BSON, a crawl with nothing new"] = grown / rounds
    return report


def _sizes(store: Store) -> dict[str, tuple[int, int, int]]:
    """Bytes of each collection: of its documents as BSON, of these on disk, of its indexes on disk."""
    store.database.client.admin.command("fsync")
    found = {}
    for name in store.database.list_collection_names():
        told = store.database.command("collStats", name)
        found[name] = (told["size"], told["storageSize"], told["totalIndexSize"])
    return found
