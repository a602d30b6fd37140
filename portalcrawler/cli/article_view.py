"""An article in full as text: breadcrumb, title, meta line, summary, and the body with its photos in their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from portalcrawler.cli.output import counted, local_time, styled
from portalcrawler.items import Article, Block, Comment, Photo
from portalcrawler.normalize.text import printable

_WIDTH = 100
"""Lines of text longer than this tire the eye."""


def print_article(console: Console, article: Article) -> None:
    """The whole article, at most 100 columns wide."""
    head = Panel(
        Group(*_head(article)),
        title=styled(f" {article.id} "),
        title_align="left",
        box=box.ROUNDED,
        border_style="cyan",
        padding=(0, 1),
    )
    width = min(console.width, _WIDTH)
    console.print(head, width=width)
    for part in _body(article):
        console.print(part, width=width)
    if article.missing_since is not None:
        gone = f"gone from the portal: noticed {local_time(article.missing_since)} ({article.missing_reason})"
        console.print(styled(gone, "red"), width=width)
    for line in _foot(article):
        console.print(line, width=width)


def print_comments(console: Console, comments: Sequence[Comment]) -> None:
    """Readers' comments, at most 100 columns wide; a line about each that the portal shows no more."""
    width = min(console.width, _WIDTH)
    if comments:
        console.print(Text(f"\n{counted(len(comments), 'comment')}", style="bold"), width=width)
    for comment in comments:
        when = comment.published_at.strftime("%Y-%m-%d %H:%M") if comment.published_at else "no date"
        gone = f"gone since {comment.missing_since:%Y-%m-%d}" if comment.missing_since else None
        marks = [when, "待审核" if comment.pending else None, "edited" if comment.earlier else None, gone]
        head = Text("\n").append(styled(comment.author or "(no author)", "cyan"))
        console.print(head.append(Text(" · ".join(["", *filter(None, marks)]), style="dim")), width=width)
        console.print(Padding(styled(comment.text), (0, 0, 0, 2)), width=width)


def _head(article: Article) -> Iterator[RenderableType]:
    if article.section:
        yield styled(" › ".join(article.section), "dim")
    yield styled(article.title or "(no title)", "bold")
    yield styled(" · ".join(_meta(article)), "dim")
    yield styled(article.url, "blue")
    if article.summary:
        yield Text()
        yield styled(article.summary, "italic")


def _meta(article: Article) -> Iterator[str]:
    yield article.published_at.strftime("%Y-%m-%d %H:%M") if article.published_at else "no date"
    labelled = (
        ("发布者", article.publisher),
        ("原作者", article.author),
        ("来自", article.source.name if article.source else None),
        ("记者", " ".join(article.reporters)),
        ("查看", article.views),
        ("评论", article.comment_count),
    )
    for label, value in labelled:
        if value not in (None, ""):
            yield f"{label}: {value}"


def _body(article: Article) -> Iterator[RenderableType]:
    for block in article.body:
        yield Text()
        yield from _block(block, article.photos)


def _block(block: Block, photos: list[Photo]) -> Iterator[RenderableType]:
    if block.type == "photo" and block.photo is not None:
        yield _photo(photos[block.photo], block.photo + 1, len(photos))
    elif block.type == "heading":
        yield styled(block.text, "bold")
    elif block.type == "page":
        yield styled(f"── {block.text or ''} ──", "dim")
    elif block.type == "quote":
        yield Padding(styled(block.text, "italic"), (0, 0, 0, 4))
    elif block.type == "list":
        for item in block.items or []:
            yield Padding(styled(f"• {item}"), (0, 0, 0, 2))
    elif block.type == "table":
        yield _table(block.rows or [])
    elif block.type == "paragraph":
        yield styled(f"\u3000\u3000{block.text or ''}")
    else:
        yield styled(f"[{block.type}] {block.text or ''} {block.url or ''}", "magenta")


def _photo(photo: Photo, number: int, count: int) -> Panel:
    lines: list[RenderableType] = [styled(photo.url, "blue")]
    if photo.caption:
        lines.append(styled(photo.caption))
    if photo.credit:
        lines.append(styled(_credit_line(photo), "green"))
    if not photo.caption and not photo.credit:
        lines.append(styled(f"alt: {photo.alt}" if photo.alt else "(no caption)", "dim"))
    return Panel(
        Group(*lines),
        title=styled(f" photo {number} of {count} "),
        title_align="left",
        box=box.ROUNDED,
        border_style="green",
        padding=(0, 1),
    )


def _credit_line(photo: Photo) -> str:
    credit = photo.credit
    if credit is None:
        return ""
    parts = [("names", " ".join(credit.names)), ("role", credit.role), ("provider", credit.provider)]
    known = ", ".join(f"{label} {value}" for label, value in parts if value)
    return f"credit: {credit.text}" + (f"   → {known}" if known else "")


def _table(rows: list[list[str]]) -> Table:
    made = Table(show_header=False, box=box.SIMPLE)
    for _ in range(max(map(len, rows), default=0)):
        made.add_column(overflow="fold")
    for row in rows:
        made.add_row(*(Text(printable(cell)) for cell in row))
    return made


def _foot(article: Article) -> Iterator[RenderableType]:
    lines = [
        ("tags", " ".join(article.tags)),
        ("reactions", " ".join(f"{name} {count}" for name, count in article.reactions.items())),
        ("previous", article.previous and f"{article.previous.title or ''} {article.previous.url}"),
        ("next", article.next and f"{article.next.title or ''} {article.next.url}"),
        *(("related", f"{link.title or ''} {link.url}") for link in article.related),
        *(("link", f"{link.text} {link.url}") for link in article.links),
        ("pages", f"{article.page_count} joined" if article.page_count > 1 else None),
        ("problem", "; ".join(article.problems)),
    ]
    shown = [(label, value) for label, value in lines if value]
    if shown:
        yield Text()
    for label, value in shown:
        yield styled(f"{label}: {value}", "dim")
