"""Pages that are neither list nor article: comments, notices, robots.txt, a thread, the antitheft script."""

from __future__ import annotations

import math
from html import escape

from .article_page import PIPE, comment_entry, comments_url
from .comments import PER_PAGE, comments_of
from .frame import Context, breadcrumb, document, pager
from .options import SampleOptions
from .spec import ArticleSpec

MISSING = "抱歉，您指定要查看的文章不存在或正在审核"
CLOSED = "抱歉，您指定要查看的分类已关闭"
NO_SECTION = "抱歉，您指定的分类不存在"
BUSY = "抱歉，系统繁忙，请稍后再试"


def comment_page(ctx: Context, article: ArticleSpec, page: int) -> str:
    """All comments of an article, twenty-five a page."""
    every = comments_of(article)
    shown = every[(page - 1) * PER_PAGE : page * PER_PAGE]
    paging = pager(math.ceil(len(every) / PER_PAGE), page, lambda n: comments_url(article, n))
    body = f"""{breadcrumb(ctx, [], "查看评论")}
<div id="ct" class="wp cl">
<div class="mn">
<div class="bm vw">
<div class="h hm">
<h1 class="ph"><a href="{ctx.urls.article(article)}">{escape(article.title)}</a></h1>
<p>评论 ({article.comments}){PIPE}<a href="javascript:;" class="xi2 xw1">发表评论</a></p>
</div>
<div class="bm_c">{"".join(map(comment_entry, shown))}<div class="pgs cl mtm mbm">{paging}</div>
</div>
</div>
</div>
</div>"""
    return document(ctx, f"{article.title} - 评论", body, page="pg_comment")


def thread_page(ctx: Context, article: ArticleSpec) -> str:
    """The forum thread behind an article that was made from one."""
    posts = "".join(
        f'<div id="post_{c.number}"><div class="authi">'
        f'<a href="home.php?mod=space&amp;uid={c.uid}">{c.author}</a></div>'
        f'<td class="t_f" id="postmessage_{c.number}">{escape(c.text)}</td></div>\n'
        for c in reversed(comments_of(article))
    )
    title = escape(article.title)
    return document(
        ctx,
        article.title,
        f'<h1 class="ts"><span id="thread_subject">{title}</span></h1>\n{posts}',
        page="pg_viewthread",
        body_id="nv_forum",
    )


def notice_page(ctx: Context, message: str, kind: str = "alert_error") -> str:
    """A notice in place of the page that was asked for."""
    script = ""
    if message == CLOSED:
        script = (
            '<script type="text/javascript" reload="1">'
            f"setTimeout(\"window.location.href ='{ctx.base}./';\", 2000);</script>"
        )
    body = f"""<div id="ct" class="wp cl w">
<div class="nfl">
<div class="f_c altw">
<div id="messagetext" class="{kind}">
<p>{message}{script}</p>
<p class="alert_btnleft"><a href="{ctx.base}./">如果您的浏览器没有自动跳转，请点击此链接</a></p>
</div>
</div>
</div>
</div>"""
    return document(ctx, "提示信息", body, page="pg_view")


def antitheft_page(ctx: Context) -> str:
    """About 2 KB of script that would load the page again with ``_dsign``; nothing of the article in it."""
    sign = f"{ctx.noise & 0xFFFFFFFF:08x}"
    noise = "".join(f"var _0x{(ctx.noise * (i + 3)) % 0xFFFFF:05x}='{i:03d}';" for i in range(90))
    target = ctx.base + ctx.target.lstrip("/")
    sep = "&" if "?" in target else "?"
    return (
        f'<script type="text/javascript">{noise}function _s(){{return "{sign}"}};'
        f'window.location.replace("{target}{sep}_dsign="+_s());</script>'
    )


def robots(options: SampleOptions) -> str:
    """robots.txt as Discuz! has it, with the rules that the options add."""
    lines = ["User-agent: *"]
    if options.crawl_delay is not None:
        lines.append(f"Crawl-delay: {options.crawl_delay:g}")
    lines += ["Allow: /data/attachment/", "Disallow: /api/", "Disallow: /data/", "Disallow: /admin.php"]
    lines += ["Disallow: /search.php", "Disallow: /member.php", "Disallow: /home.php?mod=spacecp*"]
    lines += [f"Disallow: {path}" for path in options.disallow]
    return "#\n# robots.txt for Discuz! X3.5\n#\n\n" + "\n".join(lines) + "\n"
