"""The article pages: stock markup, the meta lines and themes that live sites have, and the mobile page."""

from __future__ import annotations

from html import escape

from .blocks import render_body
from .comments import ON_PAGE, comments_of
from .frame import Context, ancestors, breadcrumb, clock, document, pager
from .spec import REACTIONS, ArticleSpec, InnerPage, SampleComment
from .urls import Urls

PIPE = '<span class="pipe">|</span>'
_ICONS = ("xianhua", "woshou", "leiren", "luguo", "jidan")


def comments_url(article: ArticleSpec, page: int = 1) -> str:
    """Where all comments of an article are; for one made from a forum thread, the thread."""
    if article.forum:
        return f"forum.php?mod=viewthread&tid={article.forum}"
    return f"portal.php?mod=comment&id={article.aid}&idtype=aid" + (f"&amp;page={page}" if page > 1 else "")


def _meta(article: ArticleSpec) -> str:
    """The meta line, in the variant that the article declares."""
    publisher = f'发布者: <a href="home.php?mod=space&amp;uid=2">{article.publisher}</a>'
    views = f'查看: <em id="_viewnum">{article.views}</em>'
    count = f'<em id="_commentnum">{article.comments}</em>'
    link = f'<a href="{comments_url(article)}" title="查看全部评论">{count}</a>' if article.comments else "0"
    comments = f"评论: {link}"
    author = [f"原作者: {escape(article.author, quote=False)}"] if article.author else []
    source = [f"来自: {_source(article)}"] if article.source else []
    when = clock(article.published)
    if article.meta == "authors":
        return (
            f'<p class="authors"><a href="javascript:;">{article.author}</a><span>{when}</span>'
            f'<span class="focus_num">{article.views}人围观</span></p>'
        )
    if article.meta == "labels":
        parts = [f"发布时间：{when}"]
        parts += [f"作者：{article.author}"] if article.author else []
        parts += [f"来源：{_source(article)}"] if article.source else []
        return f'<p class="xg1">\n{PIPE.join(parts)}</p>'
    if article.meta == "reordered":
        return f'<p class="xg1">\n{PIPE.join([*source, *author, comments, views, publisher, when])}</p>'
    if article.meta == "noviews":
        return f'<p class="xg1">\n{PIPE.join([when, publisher, comments, *author, *source])}</p>'
    return f'<p class="xg1">\n{PIPE.join([when, publisher, views, comments, *author, *source])}</p>'


def _source(article: ArticleSpec) -> str:
    name, url = article.source or ("", None)
    words = escape(name, quote=False)
    return f'<a href="{escape(url)}" target="_blank">{words}</a>' if url else words


def _reactions(article: ArticleSpec) -> str:
    cells = []
    for k, (name, icon, count) in enumerate(zip(REACTIONS, _ICONS, article.reactions, strict=True), 1):
        bar = f'<div class="atdc"><div class="ac{k}" style="height:{count}px;"><em>{count}</em></div></div>'
        cells.append(
            f'<td>\n<a href="home.php?mod=spacecp&amp;ac=click&amp;op=add&amp;clickid={k}&amp;idtype=aid&amp;'
            f'id={article.aid}" id="click_aid_{article.aid}_{k}" onclick="showWindow(this.id, this.href);">\n'
            f'{bar if count else ""}<img src="static/image/click/{icon}.gif" alt="" /><br />{name}</a>\n</td>'
        )
    row = "\n".join(cells)
    table = f'<table cellpadding="0" cellspacing="0" class="atd">\n<tr>{row}\n</tr>\n</table>'
    return f'<div id="click_div">{table}\n</div>\n'


def _inner_nav(article: ArticleSpec) -> str:
    if not article.inner_nav:
        return ""
    # Discuz! writes these links in the dynamic form whatever the site's URLs are.
    items = "".join(
        f'<li>&bull; <a href="{Urls.dynamic_article(article.aid, n, with_page=True)}">'
        f"第 {n} 页 {escape(p.title)}</a></li>\n"
        for n, p in enumerate(article.pages, 1)
    )
    listing = f'<ul class="xl xl2 cl">{items}</ul>'
    return f'<div id="inner_nav" class="ptn xs1">\n<h3>本文导航</h3>\n{listing}\n</div>\n'


def _neighbours(ctx: Context, article: ArticleSpec) -> str:
    found = zip(("上一篇", "下一篇"), ctx.portal.neighbours(article), strict=True)
    links = "".join(f'<em>{side}：<a href="{ctx.urls.article(a)}">{escape(a.title)}</a></em>' for side, a in found if a)
    return f'<div class="pren pbm cl">\n{links}</div>\n'


def _related(ctx: Context, article: ArticleSpec) -> str:
    found = [a for a in map(ctx.portal.article, article.related) if a]
    if not found:
        return ""
    items = "".join(
        f'<input type="hidden" value="{a.aid}" />\n'
        f'<li>&bull; <a href="{ctx.urls.article(a)}">{escape(a.title)}</a></li>\n'
        for a in found
    )
    return (
        '<div id="related_article" class="bm">\n<div class="bm_h cl"><h3>相关阅读</h3></div>\n'
        f'<div class="bm_c">\n<ul class="xl xl2 cl" id="raid_div">{items}</ul>\n</div>\n</div>\n'
    )


def comment_entry(comment: SampleComment) -> str:
    """One comment as ``dl#comment_N_li``, on the article and on the comment pages."""
    number = comment.number
    user = f'<a href="home.php?mod=space&amp;uid={comment.uid}" class="xi2 xw1" c="1">{comment.author}</a>'
    quoted = f'<div class="quote"><blockquote>{comment.quoted}</blockquote></div>' if comment.quoted else ""
    pending = "<b>(待审核)</b>" if comment.pending else ""
    return (
        f'<a name="comment_anchor_{number}"></a>\n<dl id="comment_{number}_li" class="ptm pbm bbda cl">\n'
        '<dt class="mbm">\n<span class="y xw0 xi2">\n'
        f'<a href="javascript:;" onclick="portal_comment_requote({number}, \'\');">引用</a> </span>\n'
        f"{user if comment.uid else comment.author}\n"
        f'<span class="xg1 xw0">{clock(comment.published)}</span>\n{pending}</dt>\n'
        f"<dd>{quoted}{escape(comment.words)}</dd>\n</dl>"
    )


def _comments(ctx: Context, article: ArticleSpec) -> str:
    entries = "".join(map(comment_entry, comments_of(article)[:ON_PAGE]))
    count = f'<em id="_commentnum">{article.comments}</em>'
    every = f'<p class="ptm pbm"><a href="{comments_url(article)}" class="xi2">查看全部评论({count})</a></p>'
    return (
        '<div id="comment" class="bm">\n<div class="bm_h cl"><h3>最新评论</h3></div>\n'
        f'<div id="comment_ul" class="bm_c">{entries}{every if article.comments else ""}'
        '<form id="cform" action="portal.php?mod=portalcp&ac=comment" method="post">'
        '<textarea name="message" rows="3" class="pt" id="message"></textarea>'
        f'<input type="hidden" name="formhash" value="{ctx.formhash}"></form>\n</div>\n</div>\n'
    )


def article_page(ctx: Context, article: ArticleSpec, page: int) -> str:
    """One page of an article; past the last page, the article with an empty body."""
    count = len(article.pages)
    inner = article.pages[page - 1] if 1 <= page <= count else InnerPage(())
    section = ctx.portal.section_of(article)
    theme = article.meta == "authors"
    paging = pager(count, page, lambda n: escape(ctx.urls.article(article, n)))
    summary = (
        f'<div class="s"><div><strong>摘要</strong>: {escape(article.summary, quote=False)}</div></div>\n'
        if article.summary and not theme
        else ""
    )
    title = escape(article.title, quote=False) + (f" {article.title_mark}" if article.title_mark else "")
    body = f"""{breadcrumb(ctx, ancestors(ctx, section), "查看内容")}
<style id="diy_style" type="text/css"></style>
<div id="ct" class="ct2 wp cl">
<div class="mn">
<div class="bm vw">
<div class="h hm">
<h1 class="ph">{title} </h1>
{_meta(article)}
</div>
{summary}<div class="d">

<table cellpadding="0" cellspacing="0" class="vwtb"><tr><td id="article_content">\
{render_body(inner, article.paste, ctx.base)}</td></tr></table>
{f'<div class="ptw pbw cl">{paging}</div>' if paging else ""}
{_reactions(article)}{_inner_nav(article)}</div>
{ctx.advertisement("a_cn")}<div class="o cl ptm pbm">
</div>
{_neighbours(ctx, article)}</div>
{_related(ctx, article)}{_comments(ctx, article)}</div>
<div class="sd pph"><div class="bm"><div class="bm_h cl"><h2>相关分类</h2></div></div></div>
</div>
<input type="hidden" id="portalview" value="1">"""
    return document(ctx, f"{article.title} - {section.name}", body, page="pg_view", summary=article.summary)


def mobile_article_page(ctx: Context, article: ArticleSpec, page: int) -> str:
    """The same article as a telephone gets it: other markup at the same address."""
    inner = article.pages[page - 1] if 1 <= page <= len(article.pages) else InnerPage(())
    body = f"""<div class="header cl"><h2>查看内容</h2></div>
<div class="wzview cl">
<div class="wzview_top cl">
<h2>{escape(article.title, quote=False)}</h2>
<p>
<span>{clock(article.published)}</span><span>查看{article.views}</span><span>评论{article.comments}</span></p>
</div>
<div class="wzview_body cl">
{render_body(inner, article.paste, ctx.base)}</div>
</div>"""
    return document(ctx, article.title, body, page="pg_view", body_id="portal")
