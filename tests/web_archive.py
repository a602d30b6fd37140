"""An archive for the tests of the web pages: a town's news, an edited article with everything, and one that is hostile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from archived import CHINA, NOW, carry_out, make_article, put
from editions import edition

from portalcrawler.items import Article, Block, Comment, Credit, Link, Photo, Reference, Section, Source
from portalcrawler.normalize.fingerprint import content_hash
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.observations import observe
from portalcrawler.store.runs import RunRecord, RunUrl
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.sections import StoredSection, upsert_section

FULL, HOSTILE, GONE, COPY = "sample:1", "sample:2", "sample:3", "sample:4"
PLAIN = range(10, 70)
"""Numbers of articles with nothing special: sixty, a day apart, the newest the last."""
SCRIPT = "<script>alert(1)</script>"
QUOTES = "\" onmouseover='alert(2)' x=\""
TURNED = "甲\u202e乙\u2066丙\x07丁"
FILE = f"ab/ab{'0' * 62}.png"
HOUR = timedelta(hours=1)


def fill(store: Store) -> str:
    """Make the archive, in an empty database; the id of its one crawl."""
    ensure_schema(store)
    for number in PLAIN:
        put(store, plain(number))
    _full(store)
    put(store, hostile())
    carry_out(store, [upsert_comment(_comment(HOSTILE, 1, author=SCRIPT, text=f"{QUOTES}{TURNED}{SCRIPT}"), NOW)])
    put(store, plain(3, title="已经撤下的一篇"))
    carry_out(store, [mark_missing(GONE, "HTTP 404", NOW + HOUR)])
    put(store, plain(4, title="一篇转载", complete=False))
    store.collection("articles").update_one({"_id": COPY}, {"$set": {"duplicate_of": FULL}})
    for path in (["城事"], ["城事", "青石镇"], ["社会"], [SCRIPT]):
        section = Section("sample", "/".join(path), f"https://sample.example/{len(path)}/", path)
        carry_out(store, [upsert_section(StoredSection(section, NOW, NOW))])
    return _run(store)


def plain(number: int, **changes: Any) -> Article:
    """A short article with a photo, of a photographer and a section that depend on its number."""
    photographer = ("简宁", "闻一舟")[number % 2]
    fields: dict[str, Any] = {
        "title": f"青石镇见闻之{number}",
        "section": [["城事", "青石镇"], ["社会"]][number % 2],
        "summary": f"第{number}次走进青石镇的读书会。",
        "source": Source("青石日报"),
        "published_at": datetime(2019, 10, 1, 9, 30, tzinfo=CHINA) + timedelta(days=number),
        "reporters": [],
        "author": None,
        "body": [Block("paragraph", text="河水绕城而过。"), Block("photo", photo=0)],
        "text": f"河水绕城而过。第{number}号渡船停在岸边。",
        "photos": [_photo(number, photographer)],
        "links": [],
        "related": [],
        "next": None,
        "problems": [],
        "page_count": 1,
        "duplicate_of": None,
        **changes,
    }
    return edition(number, **fields)


def full_article(**changes: Any) -> Article:
    """Every kind of block; neighbours of which one is stored."""
    body = [
        Block("page", text="上篇"),
        Block("paragraph", text="三月五日上午，读书会在青石镇开场。"),
        Block("heading", text="开场"),
        Block("photo", photo=0),
        Block("quote", text="书是借来的，话是自己的。"),
        Block("list", items=["一等奖", "二等奖"]),
        Block("table", rows=[["书名", "册数"], ["河流志", "12"]]),
        Block("video", url="https://sample.example/v.mp4", text="现场视频"),
        Block("audio", url="https://sample.example/a.mp3", text=None),
        Block("attachment", url="https://sample.example/a.pdf", text="书单"),
        Block("photo", photo=1),
    ]
    fields: dict[str, Any] = {
        "body": body,
        "text": "三月五日上午，读书会在青石镇开场。\n开场",
        "photos": [
            _photo(1, "柳青禾", file=FILE, width=40, height=30),
            Photo("https://sample.example/2.jpg", alt="河岸"),
        ],
        "related": [
            Reference("青石镇见闻之12", "https://sample.example/article-12-1.html"),
            Reference("没有存下的一篇", "https://sample.example/article-999-1.html"),
        ],
        "next": Reference(None, "https://sample.example/article-11-1.html"),
        "links": [Link("日报", "https://paper.example/1")],
        **changes,
    }
    article = make_article(1, **fields)
    article.content_hash = content_hash(article.title, article.text, article.photos)
    return article


def hostile() -> Article:
    """An article whose every text wants to be more than a text."""
    bad = "javascript:alert(3)"
    return make_article(
        2,
        url=bad,
        title=f"{SCRIPT}{TURNED}",
        section=[QUOTES, f"a/b{SCRIPT}"],
        summary=f"</p>{SCRIPT}",
        author=QUOTES,
        publisher=SCRIPT,
        source=Source(f"{QUOTES}{SCRIPT}", "data:text/html,<script>alert(4)</script>"),
        reporters=[SCRIPT, QUOTES],
        published_at=datetime(2019, 12, 20, tzinfo=CHINA),
        body=[
            Block("paragraph", text=f"{SCRIPT} & &amp; <b>{TURNED}"),
            Block("heading", text="</h2><img src=x onerror=alert(5)>"),
            Block("photo", photo=0),
            Block("photo", photo=1),
            Block("list", items=["</ul>", "{{ 7 * 7 }}"]),
            Block("table", rows=[["</table>", QUOTES]]),
            Block("quote", text="</blockquote><style>*{display:none}</style>"),
            Block("video", url=bad, text=SCRIPT),
            Block("attachment", url="https://sample.example/\"onclick='alert(6)'", text="文件"),
            Block("page", text="<!--"),
        ],
        text=f"{SCRIPT}{TURNED}",
        photos=[
            Photo(bad, f"{SCRIPT}{QUOTES}", Credit(f"{QUOTES} 摄", None, [f"{SCRIPT}&x=1"]), QUOTES),
            Photo("https://sample.example/\"'><script>alert(7)</script>.jpg", alt=QUOTES, file="../../etc/passwd"),
        ],
        links=[Link(SCRIPT, bad), Link("甲", " java\tscript:alert(8)"), Link("乙", "//evil.example/")],
        tags=[SCRIPT, QUOTES],
        related=[Reference(SCRIPT, bad)],
        previous=Reference(QUOTES, "vbscript:alert(9)"),
        next=None,
        problems=[SCRIPT],
        reactions={SCRIPT: 1},
        content_hash="f" * 32,
    )


def _full(store: Store) -> None:
    first = full_article()
    second = full_article(
        title="青山镇办起了读书会",
        text="三月六日下午，读书会在青石镇开场。\n开场",
        section=["城事"],
        photos=first.photos[:1],
    )
    second.content_hash = content_hash(second.title, second.text, second.photos)
    for number, (article, views, flowers) in enumerate(((first, 12, 0), (first, 90, 4), (second, 1234, 9))):
        now = NOW + number * HOUR
        article.views, article.reactions = views, {"鲜花": flowers, "握手": 3}
        seen = observe(article, "run-1", now)
        assert seen is not None
        carry_out(store, [upsert_article(article, "run-1", now)])
        carry_out(store, [seen])
    carry_out(store, [upsert_comment(_comment(FULL, 1, text="说得好\n下次还来", quote="说得好", pending=True), NOW)])


def _comment(article: str, number: int, **changes: Any) -> Comment:
    fields = {"author": "小米粉", "published_at": datetime(2019, 12, 17, 8, 0, tzinfo=CHINA), **changes}
    return Comment(id=str(number), article=article, **fields)


def _photo(number: int, photographer: str, **changes: Any) -> Photo:
    credit = Credit(f"记者{photographer} 摄", "记者", [photographer])
    return Photo(f"https://sample.example/{number}.jpg", f"渡口的第{number}个清晨", credit, None, "after", **changes)


def _run(store: Store) -> str:
    record = RunRecord(
        lambda op: carry_out(store, [op]),
        site="sample",
        spider="portal",
        arguments={"site": SCRIPT},
        versions={"scrapy": "2.19"},
        now=NOW,
    )
    for number in range(25):
        record.record(RunUrl(f"https://sample.example/{number}", "fetched", "article", 200))
    record.record(RunUrl("javascript:alert(10)", "skipped", SCRIPT))
    record.record(RunUrl("https://sample.example/x", "failed", "http 500", 500))
    record.finish("finished", NOW + HOUR, {"articles": 25})
    return record.id
