"""Invented articles for the tests of the store, and the ways to write and read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from portalcrawler.items import Article, Block, Credit, Link, Photo, Reference, Source
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2019, 12, 16, 11, 8, tzinfo=UTC)


def make_article(number: int = 1, **changes: Any) -> Article:
    """An article with every field set."""
    fields: dict[str, Any] = {
        "id": f"sample:{number}",
        "site": "sample",
        "url": f"https://sample.example/article-{number}-1.html",
        "aliases": [f"https://sample.example/portal.php?mod=view&aid={number}"],
        "cms": "discuz/stock",
        "extractor_version": 1,
        "title": "青石镇办起读书会",
        "section": ["城事", "青石镇"],
        "summary": "摘要",
        "author": "编辑部",
        "publisher": "小站",
        "source": Source("青石日报", "https://paper.example/"),
        "published_at": datetime(2019, 12, 16, 19, 8, tzinfo=CHINA),
        "modified_at": None,
        "reporters": ["柳青禾", "阿依·古丽"],
        "body": [
            Block("paragraph", text="第一段。"),
            Block("photo", photo=0),
            Block("list", items=["一", "二"]),
            Block("table", rows=[["甲", "乙"], ["丙", ""]]),
            Block("video", url="https://sample.example/v.mp4", text=None),
            Block("page", text="第二页"),
        ],
        "text": "第一段。\n一\n二\n甲\n乙\n丙",
        "photos": [
            Photo("https://sample.example/1.jpg", "会场", Credit("记者柳青禾 摄", "记者", ["柳青禾"]), None, "after"),
            Photo("https://sample.example/2.jpg"),
        ],
        "links": [Link("日报", "https://paper.example/1")],
        "tags": ["读书"],
        "related": [Reference("旧闻", "https://sample.example/article-9-1.html")],
        "previous": None,
        "next": Reference(None, "https://sample.example/article-2-1.html"),
        "views": 12,
        "comment_count": 0,
        "reactions": {"鲜花": 0, "握手": 3},
        "page_count": 2,
        "content_hash": "a" * 32,
        "problems": ["an example"],
    }
    return Article(**{**fields, **changes})


def put(store: Store, article: Article, run: str | None = "run-1", now: datetime = NOW) -> dict[str, Any]:
    """Store an article at once; its document as it is afterwards."""
    carry_out(store, [upsert_article(article, run, now)])
    found = store.collection("articles").find_one({"_id": article.id})
    assert found is not None
    return found


def carry_out(store: Store, ops: Iterable[Op]) -> None:
    """Carry operations out; none may be refused."""
    assert write_ops(store, list(ops)) == []
