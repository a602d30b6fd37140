"""An archive for the tests of reports: nine weeks and a bit of a town's news, with all that a report tells of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from archived import CHINA, carry_out
from editions import edition
from picture_portal import image
from web_archive import QUOTES, SCRIPT, TURNED

from portalcrawler.alerts import observe_run
from portalcrawler.items import Article, Block, Credit, Failure, Photo, Source
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import upsert_failure
from portalcrawler.store.fires import claim, finish
from portalcrawler.store.measures import FIELDS, Measures, Part, Share, keep_measures
from portalcrawler.store.ops import Op
from portalcrawler.store.revisions import keep_superseded
from portalcrawler.store.runs import RunRecord, RunUrl
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.verdicts import Problem, Verdict, keep_verdict

SITE, HOSTILE_SITE = "sample", "hostile"
WEEK = "2026-W02"
MONDAY = date(2026, 1, 5)
SECTIONS = (("城事", "青石镇"), ("社会",), ("汽车/房产",))
SILENT = ("文化", "读书")
LONG_TITLE = "青石镇的一篇标题特别特别长的报道，" * 12 + "到此为止"
FILE = "ab/ab{number:062}.jpg"
HOUR = timedelta(hours=1)


def at(day: int, hour: int = 9) -> datetime:
    """So many days after the week's Monday, in the portal's zone; Monday itself is 0."""
    return datetime.combine(MONDAY, datetime.min.time(), CHINA) + timedelta(days=day, hours=hour)


def fill(store: Store, folder: Path) -> str:
    """Make the archive, in an empty database, its pictures in ``folder``; the id of the week's last run."""
    ensure_schema(store)
    ops: list[Op] = []
    number = 100
    for day in range(-63, 7):
        for section in SECTIONS[: 3 if day % 2 else 2]:
            number += 1
            ops.append(_stored(news(number, day, section)))
        if day < 0 and day % 7 in (1, 4):
            number += 1
            ops.append(_stored(news(number, day, SILENT)))
    carry_out(store, ops)
    for picture in range(6):
        path = folder / FILE.format(number=picture)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image(size=(640, 480), colour=("teal", "olive", "maroon", "navy", "gray", "tan")[picture]))
    _changes(store)
    last = _runs(store)
    _fires(store)
    return last


def news(number: int, day: int, section: Iterable[str], **changes: Any) -> Article:
    """A short article of a day, with a photo whose file is one of six."""
    name = ("简宁", "闻一舟", "于晚晴")[number % 3]
    photo = Photo(
        f"https://sample.example/{number}.jpg",
        f"渡口的第{number}个清晨",
        Credit(f"记者{name} 摄", "记者", [name]),
        None,
        "after",
        file=FILE.format(number=number % 6) if number % 4 else None,
    )
    fields: dict[str, Any] = {
        "title": f"青石镇见闻之{number}",
        "section": list(section),
        "source": Source("青石日报"),
        "published_at": at(day),
        "photos": [photo],
        "body": [Block("paragraph", text="河水绕城而过。"), Block("photo", photo=0)],
        "text": f"河水绕城而过。第{number}号渡船停在岸边，船工们正在收拾缆绳，准备明天一早的第一班。",
        "problems": [],
        **changes,
    }
    return edition(number, **fields)


def hostile(store: Store) -> None:
    """A portal whose every text wants to be more than a text; its file names lead out of the folder."""
    bad = "javascript:alert(3)"
    fields: dict[str, Any] = {
        "id": f"{HOSTILE_SITE}:1",
        "site": HOSTILE_SITE,
        "url": bad,
        "title": f"{SCRIPT}{TURNED}",
        "section": [QUOTES, f"a/b{SCRIPT}"],
        "source": Source(f"{QUOTES}{SCRIPT}"),
        "published_at": at(2),
        "photos": [
            Photo(bad, f"{SCRIPT}{QUOTES}", Credit(f"{QUOTES} 摄", None, [f"{SCRIPT}&x=1"]), QUOTES, file="../../etc/passwd"),
        ],
    }  # fmt: skip
    first = edition(1, **fields)
    second = edition(
        1, **{**fields, "title": "</title><style>*{display:none}</style>{{ 7 * 7 }}", "text": f"<!--{SCRIPT}"}
    )
    edited(store, first, second, at(2), at(3))
    carry_out(store, [mark_missing(first.id, SCRIPT, at(4))])
    carry_out(
        store, [upsert_failure(Failure(HOSTILE_SITE, f"{bad}//{SCRIPT}", "fetch", f"{SCRIPT}{TURNED}"), "r", at(3))]
    )
    run = RunRecord(
        lambda op: carry_out(store, [op]), site=HOSTILE_SITE, spider="portal", arguments={"site": SCRIPT}, versions={}, now=at(1)
    )  # fmt: skip
    run.record(RunUrl(bad, "failed", SCRIPT))
    run.record(RunUrl("https://sample.example/\"onclick='alert(6)'", "failed", SCRIPT))
    run.finish("finished", at(5), {"articles": 1})
    problem = Problem(
        "field gone",
        "layout",
        "alarm",
        section=SCRIPT,
        facts={"field": SCRIPT, "before": 1.0, "now": 0.0},
        examples=(bad,),
    )
    verdict = Verdict("alarm", at(5), (problem,))
    keep_measures(store, run.id, Measures(parts={"": Part(1, 1), SCRIPT: Part(1, 1)}))
    keep_verdict(store, run.id, verdict)
    observe_run(store, run.id, verdict, now=at(5))


def edited(store: Store, first: Article, second: Article, seen: datetime, changed: datetime) -> None:
    """Two states of an article, as the writer stores them."""
    for article, now in ((first, seen), (second, changed)):
        op = upsert_article(article, "run", now)
        if op.keep is not None:
            keep_superseded(store.collection("articles"), [op.keep])
        carry_out(store, [op])


def _stored(article: Article) -> Op:
    assert article.published_at is not None
    return upsert_article(article, "run", article.published_at + HOUR)


def _changes(store: Store) -> None:
    first = news(1, -20, SECTIONS[0], title="青石镇办起读书会")
    text = first.text.replace("收拾缆绳", "检修船舱")
    second = news(1, -20, SECTIONS[1], title="青石镇办起了两个读书会", text=text)
    third = news(1, -20, SECTIONS[1], title="青石镇办起了三个读书会", text=f"{text}更正：是三个。")
    edited(store, first, second, at(-20, 10), at(1))
    edited(store, second, third, at(1, 10), at(3, 12))
    edited(store, news(2, 0, SECTIONS[0]), news(2, 0, SECTIONS[0], title=LONG_TITLE), at(0, 10), at(2))
    edited(store, news(3, -30, SECTIONS[1]), news(3, -30, SECTIONS[1], title="上周改的"), at(-30, 10), at(-3))
    gone, back = news(4, -9, SECTIONS[1], title="撤下的一篇"), news(5, -9, SECTIONS[1], title="回来的一篇")
    carry_out(store, [upsert_article(each, "run", at(-9, 10)) for each in (gone, back)])
    carry_out(store, [mark_missing(each.id, "HTTP 404", at(2)) for each in (gone, back)])
    carry_out(store, [upsert_article(back, "run", at(4))])
    late = news(6, -300, SECTIONS[0], title="早年的一篇")
    undated = news(7, 0, SECTIONS[0], title="没有日期", published_at=None)
    carry_out(store, [upsert_article(each, "run", at(3)) for each in (late, undated)])
    copies = [news(number, 3, SECTIONS[1], title="转载") for number in (8, 9)]
    carry_out(store, [upsert_article(each, "run", at(3, 12)) for each in copies])
    store.collection("articles").update_many(
        {"_id": {"$in": ["sample:8", "sample:9"]}}, {"$set": {"duplicate_of": "sample:1"}}
    )
    failures = [
        Failure(SITE, f"https://sample.example/x{n}", "fetch", ("http 500", "no answer in time")[n % 3 == 0])
        for n in range(7)
    ]
    carry_out(store, [upsert_failure(each, "r", at(1)) for each in failures])
    old = Failure(SITE, "https://sample.example/old", "extract", "not an article")
    carry_out(store, [upsert_failure(old, "r", at(-20))])


def _runs(store: Store) -> str:
    for day in range(-3, 0):
        _run(store, at(day), Measures(seconds=300.0 + day, size=5_000_000, requests=90, parts=_parts(40, 3, 38)), "ok")
    _run(store, at(1), None, None, state="running")
    _run(store, at(3), Measures(seconds=70, size=900_000, requests=30, parts=_parts(30, 0, 2)), "alarm")
    return _run(store, at(6), Measures(seconds=3700, size=6_400_000, requests=95, parts=_parts(42, 5, 41)), "ok")


def _parts(articles: int, new: int, sourced: int) -> dict[str, Part]:
    fields = {name: Share(articles, sourced if name == "source" else articles - 1) for name in FIELDS}
    whole = Part(
        articles,
        new,
        fields,
        captions=Share(50, 45),
        credits=Share(50, 30),
        lists=6,
        items=120,
        empty=Share(6, 0),
        pagers=Share(6, 3),
    )
    return {
        "": whole,
        "城事/青石镇": Part(articles // 2, new, fields, lists=1, items=20),
        "社会": Part(3, 0, fields, lists=1, items=20),
    }


def _run(store: Store, now: datetime, measures: Measures | None, level: Any, state: str = "finished") -> str:
    def submit(op: Op) -> None:
        assert write_ops(store, [op]) == []

    record = RunRecord(
        submit, site=SITE, spider="portal", arguments={"site": SITE}, versions={"scrapy": "2.19"}, now=now
    )
    for number in range(25):
        record.record(RunUrl(f"https://sample.example/{number}", "fetched", "article", 200))
    for number in range(22):
        record.record(RunUrl(f"https://sample.example/x{number}", "failed", "http 500", 500))
    record.record(RunUrl("https://sample.example/z", "failed", "no answer in time"))
    record.record(RunUrl("https://sample.example/y", "skipped", "robots.txt"))
    if state == "running":
        record.heartbeat(now + HOUR)
        return record.id
    record.finish("finished", now + HOUR, {"articles": 25})
    if measures is not None:
        keep_measures(store, record.id, measures)
    problem = Problem(
        "field gone", "layout", "alarm", section="城事/青石镇", facts={"field": "source", "before": 0.98, "count": 2, "of": 40, "lost": 0},
        examples=("https://sample.example/article-101-1.html",),
    )  # fmt: skip
    verdict = Verdict(level, now + HOUR, (problem,) if level == "alarm" else ())
    keep_verdict(store, record.id, verdict)
    observe_run(store, record.id, verdict, now=now + HOUR)
    return record.id


def _fires(store: Store) -> None:
    for number, state in enumerate(("done", "done", "hung", "lost", "done")):
        due = at(number, 3).astimezone(UTC)
        fire = claim(store, SITE, due, now=due + timedelta(minutes=20 if number == 4 else 0), host="alpha")
        assert fire is not None
        finish(store, fire, state, now=due + HOUR, status=0, run=f"{due:%Y%m%dT%H%M%SZ}-abcdef")  # type: ignore[arg-type]
