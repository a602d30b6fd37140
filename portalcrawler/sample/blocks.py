"""Bodies as editors paste them: blocks of an article to the markup that stock Discuz! portals are full of."""

from __future__ import annotations

from html import escape

from .spec import Block, Caption, InnerPage, Picture

CENTER = '<p style="text-align:center">'
WECHAT = '<section style="margin:0px;padding:0px;max-width:100%;box-sizing:border-box;">'
WECHAT_P = '<p style="margin:0px 8px;min-height:1em;text-align:justify;"><span style="font-size:15px;">'
WORD = (
    '<p class="MsoNormal" style="text-indent:21.0pt;mso-char-indent-count:2.0;line-height:150%">'
    '<span style="font-size:12.0pt;font-family:宋体;mso-ascii-font-family:Calibri">'
)
WORD_END = '</span><span lang="EN-US" style="font-size:12.0pt"><o:p></o:p></span></p>\n'

# How a paragraph is marked up, by the way its article was pasted.
PARAGRAPHS = {
    "p": ("<p>　　", "</p>\n"),
    "indent": ('<p style="text-indent:2em;line-height:1.75em;">', "</p>\n"),
    "nbsp": ("<p>&nbsp; &nbsp; ", "</p>\n"),
    "div": ("<div>&nbsp;&nbsp;&nbsp;&nbsp;", "</div>\n"),
    "br": ("　　", "<br />\n<br />\n"),
    "font": ('<p><font face="宋体" size="3">　　', "</font></p>\n"),
    "word": (WORD, WORD_END),
    "wechat": (WECHAT + WECHAT_P, "</span></p></section><p><br/></p>\n"),
    "plain": ("　　", "\n"),
}

# Where a caption stands: the markup before the first, between picture and caption, and after the second.
# Only "before" prints the caption first.
SHAPES = {
    "none": (CENTER, "", "</p>\n"),
    "alt": (CENTER, "", "</p>\n"),
    "after": (CENTER, "</p>\n" + CENTER, "</p>\n"),
    "gap": (CENTER, "</p>\n<p>&nbsp;</p>\n" + CENTER, "</p>\n"),
    "before": (CENTER + "<strong>", '</strong></p>\n<p align="center">', "</p>\n"),
    "br": (CENTER, "<br />", "</p>\n"),
    "same": ('<p align="center">', "", "</p>\n"),
    "figcaption": ('<figure class="image">', "<figcaption>", "</figcaption></figure>\n"),
    "h6": (CENTER, '</p><h6 style="text-align:center">', "</h6>\n"),
    "em": ('<div style="text-align:center">', "<br/><em>", "</em></div>\n"),
    "row": (
        '<table border="0" align="center" cellpadding="0"><tbody><tr><td align="center">',
        '</td></tr><tr><td align="center"><span style="font-size:12px;color:#999">',
        "</span></td></tr></tbody></table>\n",
    ),
    "div": ('<div align="center">', '</div><div align="center">', "</div>\n"),
    "font": ('<div align="center">', '</div><div align="center"><font color="#0000ff">', "</font></div>\n"),
    "span": (
        "<p>　　",
        '</p><p style="text-indent:2em"><span style="color:#7f7f7f;font-size:14px;">　　',
        "</span></p>\n",
    ),
    "wechat": (
        '<section style="text-align:center;">',
        '</section><section style="text-align:center;"><span style="font-size:12px;color:#888;">',
        "</span></section>\n",
    ),
}

ZOOM = 'class="zoom" onclick="zoom(this, this.src, 0, 0, 0)"'


def _lines(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br />")


def image(picture: Picture) -> str:
    """The picture's own markup: plain, lazy, forum attachment, from WeChat, thumbnail linked to the whole."""
    url = picture.url
    alt = f' alt="{escape(picture.alt)}"' if picture.alt is not None else ""
    if picture.img == "lazy":
        return (
            f'<ignore_js_op><img id="aimg_{len(url)}" aid="{len(url)}" src="static/image/common/none.gif" '
            f'zoomfile="{url}" file="{url}" {ZOOM} width="320" inpost="1"{alt} /></ignore_js_op>'
        )
    if picture.img == "forum":
        where = f'zoomfile="{url}"\n\t\t\tsrc="{url}"'
        return f'<img id="_aimg_{len(url)}" aid="{len(url)}"\n\t\t\t{where} {ZOOM}{alt} />'
    if picture.img == "zoom":
        return f'<img src="{url}" onload="thumbImg(this)" {ZOOM} alt="" />'
    if picture.img == "datasrc":
        return (
            f'<img class="rich_pages wxw-img" data-ratio="0.75" data-src="{url}" data-w="1080" '
            'src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" />'
        )
    if picture.img == "thumb":
        return f'<a href="{url}" target="_blank"><img src="{url}.thumb.jpg" border="0"{alt} /></a>'
    return f'<img src="{url}"{alt} />'


def _captioned(img: str, caption: Caption, shape: str) -> str:
    start, between, end = SHAPES[shape]
    printed = _lines(caption.printed)
    if shape == "before":
        return start + printed + between + img + end
    return start + img + between + printed + end


def _media(how: str, url: str, number: str) -> str:
    if how == "video":
        return f'<video controls="controls" width="100%"><source src="{url}" type="video/mp4"></video>\n'
    if how == "iframe":
        return f'{CENTER}<iframe frameborder="0" width="640" src="{url}" allowfullscreen></iframe></p>\n'
    if how == "object":
        return (
            f'<p><object width="480" height="400"><param name="movie" value="{url}" /><embed src="{url}" '
            'type="application/x-shockwave-flash" width="480" height="400"></embed></object></p>\n'
        )
    return (
        f'<p><ignore_js_op><div id="mp3_{number}" class="media"><div id="mp3_{number}_container"></div>'
        f'<div id="mp3_{number}_tips" class="media_tips"><a href="{url}" target="_blank">'
        "如果无法播放，请点击此处在新窗口打开</a></div></div>"
        f'<script type="text/javascript">detectPlayer("mp3_{number}", "mp3", "{url}", "520", "390");</script>'
        "</ignore_js_op></p>\n"
    )


def _items(block: Block) -> str:
    items = "".join(f"<li>{_lines(item)}</li>" for item in block.items)
    return f'<{block.kind} class="litype_1">{items}</{block.kind}>\n'


def _rows(block: Block) -> str:
    rows = "".join("<tr>" + "".join(f"<td>{_lines(cell)}</td>" for cell in row) + "</tr>" for row in block.rows)
    return f'<table cellspacing="0" class="t_table" style="width:98%" border="1"><tbody>{rows}</tbody></table>\n'


def _pictures(block: Block) -> str:
    if block.kind == "photo":
        (only,) = block.pictures
        return _captioned(image(only), only.caption, only.shape)
    if block.kind == "pair":
        first, second = block.pictures
        return _captioned(f"{image(first)}&nbsp;{image(second)}", second.caption, "after")
    cells = "".join(f"<td>{image(p)}</td>" for p in block.pictures)
    captions = "".join(f"<td>{_lines(p.caption.printed)}</td>" for p in block.pictures)
    return f'<table width="100%"><tr>{cells}</tr><tr>{captions}</tr></table>\n'


def render(block: Block, paste: str, base: str) -> str:
    """The markup of one block. ``base`` takes the place of ``{base}`` in declared markup."""
    start, end = PARAGRAPHS[paste]
    if block.kind == "p":
        return start + (block.html.replace("{base}", base) or _lines(block.text)) + end
    if block.kind == "h":
        return f"{start}<strong>{_lines(block.text)}</strong>{end}"
    if block.kind in ("h2", "h3"):
        return f"<{block.kind}>{_lines(block.text)}</{block.kind}>\n"
    if block.kind == "quote":
        return f'<blockquote style="border-left:3px solid #ccc"><p>{_lines(block.text)}</p></blockquote>\n'
    if block.kind in ("ul", "ol"):
        return _items(block)
    if block.kind == "rows":
        return _rows(block)
    if block.kind == "media":
        return _media(block.how, block.url, block.url[-6:-4])
    if block.kind == "raw":
        return block.html + "\n"
    return _pictures(block)


def render_body(page: InnerPage, paste: str, base: str) -> str:
    """The inside of ``#article_content`` for one inner page."""
    title = f'<div class="vm_pagetitle xw1">{escape(page.title)}</div>' if page.title else ""
    return title + "".join(render(block, paste, base) for block in page.blocks)
