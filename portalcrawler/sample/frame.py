"""What every page of the portal has around its contents: head, navigation, foot, pager, and noise."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from .chrome import advertisement, closing_scripts, head_files, search_box, top_bar
from .portal import Portal
from .spec import SectionSpec
from .urls import Urls


@dataclass(frozen=True, slots=True)
class Context:
    """What a page needs to know of the request.

    ``base`` ends in a slash; ``noise`` differs on every response. ``charset`` is what the page declares of
    itself ("" for nothing); ``guest_box`` puts in the box that Discuz! shows to the User-Agents of programs;
    ``ads``: advertisements, which follow the noise.
    """

    portal: Portal
    urls: Urls
    base: str
    target: str
    charset: str
    noise: int
    guest_box: bool = False
    ads: bool = False

    @property
    def formhash(self) -> str:
        return f"{self.noise & 0xFFFFFFFF:08x}"

    def advertisement(self, place: str) -> str:
        """The box of this place (Discuz! names places by classes); empty without ads."""
        return advertisement(place, self.noise) if self.ads else ""


def clock(when: datetime) -> str:
    """A time as Discuz! prints it: month, day without leading zeros, ``2023-3-5 08:09``."""
    return f"{when.year}-{when.month}-{when.day} {when:%H:%M}"


def document(
    ctx: Context,
    title: str,
    body: str,
    *,
    page: str = "pg_index",
    body_id: str = "nv_portal",
    summary: str = "",
) -> str:
    """A whole page around ``body``."""
    name = ctx.portal.content.name
    head = escape(f"{title} - {name} - Powered by Discuz!" if title else f"{name} - Powered by Discuz!")
    guest = '<div class="bm guestbox"><p>您使用的客户端可能无法正常显示本站。</p></div>\n' if ctx.guest_box else ""
    return f"""<!DOCTYPE html>
<html>
<head>
{_declaration(ctx.charset)}<title>{head}</title>
<meta name="keywords" content="{escape(title)}" />
<meta name="description" content="{escape(summary or title)}" />
<meta name="generator" content="Discuz! X3.5" />
{head_files()}<base href="{ctx.base}" />
<script type="text/javascript">var STYLEID = '1', charset = '{ctx.charset}', discuz_uid = '0', \
REPORTURL = '{_report_url(ctx)}', SITEURL = '{ctx.base}';</script>
</head>
<body id="{body_id}" class="{page}" onkeydown="if(event.keyCode==27) return false;">
<div id="append_parent"></div><div id="ajaxwaitid"></div>
{top_bar(ctx.base, ctx.formhash)}<div id="hd"><div class="wp">
<div class="hdc cl"><h2><a href="./" title="{name}"><img src="static/image/common/logo.png" \
alt="{name}" /></a></h2></div>
<div id="nv"><ul>{_navigation(ctx)}</ul></div>
{search_box(ctx.formhash)}</div></div>
<div id="wp" class="wp">
{ctx.advertisement("a_t")}{guest}{body}
</div>
{_foot(ctx)}
{closing_scripts()}</body>
</html>
"""


def _declaration(charset: str) -> str:
    if not charset:
        return ""
    if charset == "utf-8":
        return '<meta charset="utf-8" />\n'
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}" />\n'


def _report_url(ctx: Context) -> str:
    return base64.b64encode((ctx.base + ctx.target.lstrip("/")).encode()).decode()


def _navigation(ctx: Context) -> str:
    items = [
        '<li class="a" id="mn_portal"><a href="portal.php" hidefocus="true">门户<span>Portal</span></a></li>',
        '<li id="mn_forum"><a href="forum.php" hidefocus="true" title="BBS">论坛<span>BBS</span></a></li>',
    ]
    items += [
        f'<li id="mn_P{s.catid}"><a href="{ctx.base}{ctx.urls.section(s)}" hidefocus="true">{s.name}</a></li>'
        for s in ctx.portal.sections
        if s.parent is None
    ]
    return "".join(items)


def _foot(ctx: Context) -> str:
    return f"""<div id="ft" class="wp cl">
<div id="flk" class="y"><p><a href="archiver/">Archiver</a><span class="pipe">|</span>\
<a href="forum.php?showmobile=yes">手机版</a></p>
<p class="xs0">GMT+8, 2024-3-3 12:00<span id="debuginfo">
, Processed in 0.{ctx.noise % 90000 + 10000:06d} second(s), {ctx.noise % 11 + 7} queries
.
</span></p></div>
<div id="frt"><p>Powered by <strong><a href="https://www.example.com/" target="_blank">Discuz!</a></strong> \
<em>X3.5</em></p></div></div>
<script src="home.php?mod=misc&ac=sendmail&rand={ctx.noise % 10**10}" type="text/javascript"></script>"""


def breadcrumb(ctx: Context, sections: list[SectionSpec], last: str) -> str:
    """``#pt``: site, 门户, the sections with links, and the words for the page itself."""
    name = ctx.portal.content.name
    links = "".join(f'<a href="{ctx.base}{ctx.urls.section(s)}">{s.name}</a> <em>&rsaquo;</em>\n' for s in sections)
    return f"""<div id="pt" class="bm cl">
<div class="z">
<a href="./" class="nvhm" title="首页">{name}</a> <em>&rsaquo;</em>
<a href="portal.php">门户</a> <em>&rsaquo;</em>{links}{last}
</div>
</div>
"""


def ancestors(ctx: Context, section: SectionSpec) -> list[SectionSpec]:
    """A section and those above it, outermost first."""
    above = ctx.portal.section(section.parent) if section.parent else None
    return [*([above] if above else []), section]


def pager(pages: int, current: int, url: Callable[[int], str]) -> str:
    """``.pg``: ``strong`` is this page; ``a.prev``, ``a.nxt``; the number of pages in ``label span[title]``.

    ``url`` gives the address of a page by its number. Empty where there is one page only.
    """
    if pages < 2:
        return ""
    current = min(current, pages)
    first = max(1, min(current - 4, pages - 9))
    links = "".join(
        f"<strong>{n}</strong>" if n == current else f'<a href="{url(n)}">{n}</a>'
        for n in range(first, min(first + 10, pages + 1))
    )
    back = f'<a href="{url(current - 1)}" class="prev">&nbsp;&nbsp;</a>' if current > 1 else ""
    on = f'<a href="{url(current + 1)}" class="nxt">下一页</a>' if current < pages else ""
    label = (
        f'<label><input type="text" name="custompage" class="px" size="2" value="{current}" />'
        f'<span title="共 {pages} 页"> / {pages} 页</span></label>'
    )
    return f'<div class="pg">{back}{links}{label}{on}</div>'
