"""Lines that editors print at the end of an article: none of them is the caption of a photo that stands above."""

from __future__ import annotations

import re

from portalcrawler.normalize.bylines import reporters

_COLON = r"\s*[:：丨|｜/]"
# "来源：…" below the last photo is the article's; "图片来源：…" is a credit.
_SOURCE = re.compile(r"(?:来 ?源|來源|稿 ?源|出处|出處|转自|轉自)" + _COLON)
_PEOPLE = (
    "(?:责任|執行|执行|本期|值班|视觉|新媒体|文字)?编 ?[辑审]|責任編輯|編輯|责 ?编|美 ?编|主 ?编"
    "|(?:责任|值班)?(?:审 ?[核校定读]|校 ?[对审])|[初复终一二三] ?审|监 ?制|总?值班|值班编委|编 ?委|签 ?发"
    "|统 ?筹|排 ?版|出 ?品|主办|承办|投稿|(?:咨询|联系|报名|热线|举报|报警|监督)电话|联系人|地 ?址"
)
_IMPRINT = re.compile(
    rf"[（(\[【]?(?:{_PEOPLE}){_COLON}"
    r"|[-—=\s]*(?:END|The End|完)[-—=\s]*$|.{0,12}阅读原文|.{0,4}点个.{0,2}(?:赞|在看)",
    re.IGNORECASE,
)
_DATE = re.compile("[二〇○零一0-9]{4} ?年 ?[一二三四五六七八九十0-9]{1,3} ?月 ?[一二三四五六七八九十0-9]{1,3} ?日")
_TITLE = re.compile("记者|記者|通[讯訊][员員]")
_LONGEST_BYLINE = 80


def is_imprint(text: str) -> bool:
    """``编辑：…``, ``审核：…``, ``END``, ``点个在看``."""
    return _IMPRINT.match(text) is not None


def is_source(text: str) -> bool:
    """``来源：云溪晚报``, of the article and not of a picture."""
    return _SOURCE.match(text) is not None


def is_date(text: str) -> bool:
    """A date alone, as under a signature."""
    return _DATE.fullmatch(text) is not None


def is_byline(text: str) -> bool:
    """``（记者 张三 通讯员 李四）``, ``记者张三报道``: who wrote the article."""
    return len(text) <= _LONGEST_BYLINE and _TITLE.search(text) is not None and bool(reporters([text]))
