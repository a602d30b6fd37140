"""What the sample portal holds, declared in ``content/*.toml``: sections, articles, photos, captions.

The pages are rendered from this, and so is the truth (:mod:`portalcrawler.sample.truth`): neither is read
from the other.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from typing import Any

CHINA = timezone(timedelta(hours=8))
REACTIONS = ("鲜花", "握手", "雷人", "路过", "鸡蛋")


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption by its parts. ``form`` is how they are printed: ``{c}`` the words, ``{k}`` the credit.

    ``role`` is declared where one title is printed. Not ``settled``: a note like 资料图, which one may take for a
    credit or not, is among the words.
    """

    words: str = ""
    credit: str = ""
    form: str = "{c}"
    role: str | None = None
    provider: str | None = None
    names: tuple[str, ...] = ()
    settled: bool = True

    @property
    def printed(self) -> str:
        return self.form.format(c=self.words, k=self.credit)


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo: where its caption stands (``shape``) and how the picture itself is put in (``img``)."""

    url: str
    caption: Caption
    shape: str = "none"
    img: str = "plain"
    alt: str | None = None
    shares_caption_with_next: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a body. ``kind`` says which of the rest is used; see :mod:`portalcrawler.sample.blocks`.

    ``text`` holds the visible words, a line a paragraph; ``html`` is markup that shows them in another way.
    """

    kind: str
    text: str = ""
    html: str = ""
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    pictures: tuple[Picture, ...] = ()
    how: str = ""
    url: str = ""
    ignore_photos: tuple[str, ...] = ()
    ignore_text: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InnerPage:
    """One page of an article, and its title where it has one."""

    blocks: tuple[Block, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class SampleComment:
    """One reader's comment; ``quoted``: the one that it answers; ``pending``: a guest's that waits for approval."""

    number: int
    author: str
    uid: int
    published: datetime
    words: str
    quoted: str = ""
    pending: bool = False

    @property
    def text(self) -> str:
        return self.quoted + self.words


@dataclass(frozen=True, slots=True)
class ArticleSpec:
    """One article as declared. ``paste``: how paragraphs are marked up; ``meta``: how the meta line reads.

    ``comments`` is how many it has; they are made up by number unless ``comment_list`` holds them, newest first.
    ``missing``: no longer there or not yet approved; ``lingers``: lists show it all the same.
    """

    aid: int
    section: str
    title: str
    published: datetime
    pages: tuple[InnerPage, ...]
    summary: str
    author: str | None = None
    publisher: str = "云溪编辑部"
    source: tuple[str, str | None] | None = None
    views: int = 0
    comments: int = 0
    reactions: tuple[int, ...] = (0, 0, 0, 0, 0)
    related: tuple[int, ...] = ()
    reporters: tuple[str, ...] | None = None
    paste: str = "p"
    meta: str = "stock"
    title_mark: str = ""
    pinned: bool = False
    highlight: bool = False
    inner_nav: bool = False
    missing: bool = False
    lingers: bool = False
    redirect: str | None = None
    forum: int | None = None
    comment_list: tuple[SampleComment, ...] | None = None

    @property
    def shown(self) -> bool:
        """Whether the portal shows an article of its own under this number."""
        return not self.missing and self.redirect is None

    @property
    def listed(self) -> bool:
        """Whether the lists of its section show it."""
        return self.lingers or not self.missing


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """One section as declared; ``path`` holds the names from outermost to its own."""

    catid: int
    key: str
    name: str
    folder: str
    path: tuple[str, ...]
    parent: int | None = None
    template: str = "stock"
    max_pages: int | None = None
    closed: bool = False
    external: str | None = None
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is declared."""

    name: str
    slogan: str
    sections: tuple[SectionSpec, ...]
    articles: tuple[ArticleSpec, ...]


def _picture(data: dict[str, Any], name: str, when: datetime) -> Picture:
    folder = f"data/attachment/portal/{when:%Y%m/%d}/{when:%H%M%S}"
    img = data.get("img", "plain")
    if img == "external":
        folder = f"http://img.example.com/pic/{when:%Y-%m}/"
    elif img == "forum":
        folder = f"data/attachment/forum/{when:%Y%m/%d}/{when:%H%M%S}"
    words, credit = data.get("c", ""), data.get("k", "")
    caption = Caption(
        words,
        credit,
        form=data.get("form", "{c}"),
        role=data.get("role"),
        provider=data.get("provider"),
        names=tuple(data.get("names", ())),
        settled=data.get("settled", True),
    )
    shape = data.get("shape", "none")
    return Picture(f"{folder}{name}.jpg", caption, shape, img, data.get("alt"))


def _block(data: str | dict[str, Any], when: datetime) -> Block:
    if isinstance(data, str):
        return Block("p", data)
    links = tuple((text, url) for text, url in data.get("links", ()))
    if "p" in data:
        return Block("p", data["p"], data["html"], links=links)
    if "pic" in data:
        return Block("photo", pictures=(_picture(data, data["pic"], when),))
    if "pair" in data:
        first, second = data["pair"]
        bare = Picture(_picture(data, first, when).url, Caption(), "after", shares_caption_with_next=True)
        return Block("pair", pictures=(bare, _picture({**data, "shape": "after"}, second, when)))
    if "grid" in data:
        return Block("grid", pictures=tuple(_picture(d, d["pic"], when) for d in data["grid"]))
    if "raw" in data:
        return Block(
            "raw",
            data.get("text", ""),
            data["raw"],
            ignore_photos=tuple(data.get("ignore_photos", ())),
            ignore_text=tuple(data.get("ignore_text", ())),
            links=links,
        )
    if "rows" in data:
        return Block("rows", rows=tuple(tuple(row) for row in data["rows"]))
    if "media" in data:
        return Block("media", how=data["media"], url=data["url"])
    for kind in ("ul", "ol"):
        if kind in data:
            return Block(kind, items=tuple(data[kind]))
    for kind in ("h", "h2", "h3", "quote"):
        if kind in data:
            return Block(kind, data[kind])
    raise ValueError(f"not a block: {data}")


def _summary(pages: tuple[InnerPage, ...]) -> str:
    """What Discuz! makes of a body where the editor wrote none: its first letters, cut with `` ...``."""
    words = " ".join(b.text.replace("\n", " ") for b in pages[0].blocks if b.text) if pages else ""
    return words if len(words) <= 60 else words[:60] + " ..."


def _article(data: dict[str, Any]) -> ArticleSpec:
    day, clock = data.pop("date").split(" ")
    year, month, date = map(int, day.split("-"))
    hour, minute = map(int, clock.split(":"))
    when = datetime(year, month, date, hour, minute, tzinfo=CHINA)
    raw_pages = data.pop("pages", None) or [{"body": data.pop("body")}]
    pages = tuple(InnerPage(tuple(_block(b, when) for b in page["body"]), page.get("title", "")) for page in raw_pages)
    source = data.pop("source", None)
    reporters = data.pop("reporters", None)
    return ArticleSpec(
        published=when,
        pages=pages,
        summary=data.pop("summary", _summary(pages)),
        source=(source[0], source[1] if len(source) > 1 else None) if source else None,
        reporters=tuple(reporters) if reporters is not None else None,
        views=data.pop("views", data["aid"] * 37 % 9001),
        reactions=tuple(data.pop("reactions", (0, 0, 0, 0, 0))),
        related=tuple(data.pop("related", ())),
        **data,
    )


@cache
def content() -> Content:
    """All that ``content/*.toml`` declares; TypeError or ValueError where a file says what it may not."""
    sections: list[SectionSpec] = []
    articles: list[ArticleSpec] = []
    portal: dict[str, str] = {}
    for file in sorted(files("portalcrawler.sample").joinpath("content").iterdir(), key=lambda f: f.name):
        data = tomllib.loads(file.read_text("utf-8"))
        portal |= data.get("portal", {})
        articles += map(_article, data.get("article", ()))
        for section in data.get("section", ()):
            outer = next((s.path for s in sections if s.catid == section.get("parent")), ())
            sections.append(SectionSpec(path=(*outer, section["name"]), **section))
    return Content(portal["name"], portal["slogan"], tuple(sections), tuple(sorted(articles, key=lambda a: a.aid)))
