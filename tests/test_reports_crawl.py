"""A portal that is crawled twice, and what the second crawl's report says of what happened in between."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from crawling import crawl
from test_reports import HTML, parsed, text_of

from portalcrawler.archive import Archive
from portalcrawler.items import key_of
from portalcrawler.reports.making import make_digest, make_run_report
from portalcrawler.reports.portals import portals_of
from portalcrawler.reports.week import Week
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.article_query import CHINA
from portalcrawler.store.connection import Store
from portalcrawler.store.run_query import find_runs


def test_what_the_second_crawl_found(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    pictures = {"PORTALCRAWLER_PHOTOS": str(tmp_path)}
    with serve(SampleOptions(noise=False)) as portal:
        section = f"url={portal.url}", "section=青禾区"
        crawl(store, mongo_uri, *section, settings=pictures)
        editor = portal.editor
        first, second = (int(key_of(article.id)) for article in Archive(store).articles(section="青禾区", limit=2))
        old = editor.article(first).title
        editor.edit(first, title="改过的标题")
        editor.delete(second, listed=True)
        new = editor.publish("qinghe", title="第二次才有的一篇", text="河水绕城而过。")
        crawl(store, mongo_uri, *section, "full=1", settings=pictures)
    newer, older = find_runs(store)
    now = datetime.now(UTC)
    home = portals_of([newer.site], [], str(tmp_path))[0]
    told = parsed(make_run_report(store, home, newer, "zh", now=now).html)
    parts = {text_of(part.find(f"{HTML}h2")): part for part in told.iter(f"{HTML}section")}
    assert "首次见到 1 篇文章。" in text_of(parts["新增"])
    links = {text_of(found): found.get("href") for found in parts["新增"].iter(f"{HTML}a")}
    assert list(links) == ["第二次才有的一篇"]
    assert str(new) in links["第二次才有的一篇"]
    assert "发现 1 篇文章的 1 次修改" in text_of(parts["修改"])
    assert "改过的标题" in text_of(parts["修改"])
    removed = "".join(text_of(found) for found in parts["修改"].iter(f"{HTML}del"))
    assert removed
    assert set(removed) <= set(old)
    assert "其中 1 篇至今未恢复" in text_of(parts["消失与恢复"])
    first_report = parsed(make_run_report(store, home, older, "en", now=now).html)
    assert len(list(first_report.iter(f"{HTML}img"))) > 3
    week = Week.of(now, CHINA)
    digest = make_digest(store, [home], week.name, "en", now=now)
    assert "1 edits" not in digest.html
    assert "Edits of one article were noticed: 1." in digest.html
    assert digest.trouble is None
