"""Section pages in three templates, the home page, and the feed."""

from __future__ import annotations

from email.utils import formatdate
from html import escape

from .frame import Context, ancestors, breadcrumb, clock, document, pager
from .portal import PER_PAGE
from .spec import ArticleSpec, SectionSpec

_CUT = 14


def _thumbnail(article: ArticleSpec) -> str | None:
    pictures = (p for page in article.pages for b in page.blocks for p in b.pictures)
    return next((p.url for p in pictures if not p.url.startswith("http")), None)


def _item(ctx: Context, article: ArticleSpec, section: SectionSpec) -> str:
    url = ctx.urls.article(article)
    thumb = _thumbnail(article)
    picture = (
        f'<div class="atc"><a href="{url}" target="_blank"><img src="{thumb}.thumb.jpg" '
        f'alt="{escape(article.title)}" class="tn" /></a></div>'
        if thumb
        else ""
    )
    own = ctx.portal.section_of(article)
    label = (
        f'分类: <label><a href="{ctx.base}{ctx.urls.section(own)}" class="xi2">{own.name}</a></label>&nbsp;&nbsp;'
        if own.catid != section.catid
        else ""
    )
    style = "color: #EE1B2E;" if article.highlight else ""
    return (
        f'<dl class="bbda cl">\n<dt class="xs2"><a href="{url}" target="_blank" class="xi2"  style="{style}">'
        f"{escape(article.title)}</a> </dt>\n"
        f'<dd class="xs2 cl">\n{picture}{escape(article.summary)}</dd>\n'
        f'<dd>\n{label}<span class="xg1"> {clock(article.published)}</span>\n</dd>\n</dl>\n'
    )


def _theme_item(ctx: Context, article: ArticleSpec) -> str:
    return (
        '<div class="article-item"><div class="article-info">'
        f'<a href="{ctx.urls.article(article)}" target="_blank">{escape(article.title)}</a>'
        f'<p class="time">{clock(article.published)}</p></div></div>\n'
    )


def _children(ctx: Context, section: SectionSpec) -> str:
    links = '<span class="pipe">|</span>'.join(
        f'<a href="{ctx.base}{ctx.urls.section(s)}" class="xi2">{s.name}</a>' for s in ctx.portal.children(section)
    )
    return f'<div class="bm_c bbda">\n下级分类:&nbsp;&nbsp;{links}</div>\n' if links else ""


def _two_works(ctx: Context, section: SectionSpec) -> str:
    """The template that shows the newest ten of every sub-section and has no pager."""
    blocks = []
    for child in ctx.portal.children(section):
        items = "".join(
            f'<li><span class="xl1_elp">&bull; <a href="{ctx.urls.article(a)}" target="_blank">'
            f"{escape(a.title)}</a></span>\n<em>{a.published:%m-%d}</em>\n</li>\n"
            for a in ctx.portal.latest(PER_PAGE, child)
        )
        more = f'<span class="y xi2">\n<a href="{ctx.base}{ctx.urls.section(child)}">更多&rsaquo;</a>\n</span>'
        blocks.append(
            f'<div class="bm2_b">\n<div class="bm_h cl">\n{more}\n<h2>{child.name}</h2>\n</div>\n'
            f'<div class="bm_c">\n<ul class="xl xl1">{items}</ul>\n</div>\n</div>\n'
        )
    return f'<div class="bm bm2 bw0 cl">{"".join(blocks)}</div>\n'


def section_page(ctx: Context, section: SectionSpec, page: int) -> str:
    """One list page of a section."""
    if section.template == "two_works":
        listing = _two_works(ctx, section)
    else:
        articles = ctx.portal.list_page(section, page)
        theme = section.template == "theme"
        items = "".join(_theme_item(ctx, a) if theme else _item(ctx, a, section) for a in articles)
        around = "article-list" if theme else "bm_c xld"
        pages = ctx.portal.page_count(section)
        paging = pager(pages, page, lambda n: ctx.base + ctx.urls.section(section, n))
        feed = f'<a href="portal.php?mod=rss&amp;catid={section.catid}" class="y xi2 rss" title="RSS">订阅</a>'
        listing = (
            f'<div class="bm">\n<div class="bm_h cl">\n{feed}<h1 class="xs2">{section.name}</h1>\n</div>\n'
            f'{_children(ctx, section)}<div class="{around}">{items}</div>\n</div>\n'
            f'<div class="pgs cl">{paging}</div>\n'
        )
    outer = ctx.portal.section(section.parent) if section.parent else None
    siblings = ctx.portal.children(outer or section) or [s for s in ctx.portal.sections if s.parent is None]
    side = "".join(f'<li>&bull; <a href="{ctx.base}{ctx.urls.section(s)}">{s.name}</a></li>\n' for s in siblings)
    body = f"""{breadcrumb(ctx, ancestors(ctx, section)[:-1], section.name)}
<div id="ct" class="ct2 wp cl">
<div class="mn">
{listing}</div>
<div class="sd pph"><div class="bm"><div class="bm_h cl"><h2>相关分类</h2></div>
<div class="bm_c"><ul class="xl xl2 cl">{side}</ul></div></div></div>
</div>"""
    return document(ctx, section.name, body, page="pg_list")


def _block_item(ctx: Context, article: ArticleSpec, place: int) -> str:
    # Blocks of the home page cut titles and give relative dates; the whole of both is in `title`.
    ago = f"{place}&nbsp;天前" if place > 1 else f"昨天&nbsp;{article.published:%H:%M}"
    return (
        f'<li><em><span title="{article.published:%Y-%m-%d}">{ago}</span></em>'
        f'<a href="{ctx.urls.article(article)}" title="{escape(article.title)}" target="_blank">'
        f"{escape(article.title[:_CUT])}</a></li>\n"
    )


def home_page(ctx: Context) -> str:
    """The portal's front page: the newest articles, and a block of every open section."""
    blocks = [("最新资讯", ctx.portal.latest(15))]
    blocks += [(s.name, ctx.portal.latest(5, s)) for s in ctx.portal.sections if not (s.closed or s.external)]
    boxes = "".join(
        f'<div id="portal_block_{n}" class="block move-span">'
        f'<div class="blocktitle title"><span class="titletext">{name}</span></div>'
        '<div class="dxb_bc"><div class="module cl xl xl1">\n'
        f"<ul>{''.join(_block_item(ctx, a, i) for i, a in enumerate(articles, 1))}</ul>\n</div></div></div>\n"
        for n, (name, articles) in enumerate(blocks, 10)
        if articles
    )
    slogan = ctx.portal.content.slogan
    return document(ctx, "", f'<div class="slogan">{slogan}</div>\n<div id="diy1" class="area">{boxes}</div>')


def feed(ctx: Context, section: SectionSpec | None, empty: bool) -> str:
    """The RSS feed: twenty newest; authors doubly escaped and cut, times in GMT, as Discuz! gives them."""
    articles = [] if empty else ctx.portal.latest(20, section)
    items = "".join(
        f"""    <item>
      <title>{escape(a.title)}</title>
      <link>{ctx.base}{escape(ctx.urls.article(a))}</link>
      <description><![CDATA[{a.summary}]]></description>
      <category>{ctx.portal.section_of(a).name}</category>
      <author>{escape(escape(a.author or a.publisher))[:20]}</author>
      <pubDate>{formatdate(a.published.timestamp())}</pubDate>
    </item>
"""
        for a in articles
    )
    return f"""<?xml version="1.0" encoding="{ctx.charset or "utf-8"}"?>
<rss version="2.0">
  <channel>
    <title>{ctx.portal.content.name}</title>
    <link>{ctx.base}forum.php</link>
    <ttl>30</ttl>
{items}  </channel>
</rss>
"""
