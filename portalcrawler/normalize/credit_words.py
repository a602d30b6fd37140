"""The words that photo credits are made of: labels, verbs, stock phrases. The grammar itself is in ``credits``."""

from __future__ import annotations

import re

from portalcrawler.normalize.names import HAN
from portalcrawler.normalize.providers import AGENCY

BULLET = re.compile("^[■●◆◇□◎○★※►▶▲△▼↑↓←→—\\-\\s]+")
SENTENCE = re.compile("[。！？!?\\n]")
DATE_BEHIND = re.compile(r"(?<=[摄攝])[ ，,（(]*(?:(?:19|20)\d\d[年./-])?\d{1,2}[月./-]\d{1,2}日?[)）]?$")

WARNING = re.compile(
    "[，,；;、。 ]*(?:[（(]?(?:如有|若有|如侵权|如涉|如侵|若侵|侵权|侵删|侵则删|版权归|版权属|图文无关|与本文无关|"
    "请勿转载|仅供参考).*)$"
)
"""What stands behind a picture taken from somewhere: 侵删, 如有侵权请联系删除."""

_ARCHIVE = (
    "(?:新闻|历史)?资料(?:图片?|照片?|相片)|資料(?:圖片?|照片?)|档案(?:图片?|照片)|网络(?:图片?|照片|配图)|網絡圖片?|网图|配图|"
    "图片与本文无关|图文无关|(?:手机|视频|监控|网络|电视|新闻|画面|航拍|无人机)?截[图屏]|(?:视频|监控)画面|"
    "无人机(?:照片|图片|航拍|摄影|拍摄)|航拍(?:照片|图片?)|手机(?:照片|拍摄|摄影)|手机摄|[Aa][Ii](?:生成图?|制图)"
)
ARCHIVE = re.compile(f"(?:{_ARCHIVE})(?:[，,、/／ ]*(?:{_ARCHIVE}))*")
"""Pictures of which no maker is named: 资料图, 网络图, 无人机照片."""
ARCHIVE_EDGE = re.compile(f"^(?:{_ARCHIVE})[，,、/／：: ]+|[，,、/／ ]+(?:{_ARCHIVE})$")
ARCHIVE_TAIL = re.compile("资料(?:图片?|照片|片)|無人機照片|(?:无人机|手机)照片|网络(?:图片|配图)")
"""Those of them that need no bracket to be told from a caption."""
SCREENSHOT = re.compile(f"([{HAN}A-Za-z0-9]{{2,12}}?)(?:视频|新闻|画面|直播)?截[图屏]")

_TAKEN = (
    "摄影[/／、 ]?报道|攝影[/／、 ]?報[導道]|摄影报导|图文报道|图片报道|(?<=[ /／])文字?[/／、]摄影?|"
    "文[/／、并 ]?图(?:[/／、 ]?(?:报道|摄影))?|"
    "文并摄|图[/／、 ]文|图文|圖文|摄影作品|摄影|攝影|摄像|摄制|航拍摄影|(?:无人机|手机)?(?:拍摄|航拍|摄)|[摄攝]"
)
_GIVEN = "供图|供圖|图片提供|提供图片|提供照片|提供|供稿|供照片"
_DRAWN = "制图|製圖|绘图|漫画|插画|作图|绘"
SUFFIX = re.compile(f"([ /／|丨｜·—:：-]*)(?:({_TAKEN})|({_GIVEN})|({_DRAWN})|(图片?|圖片?))$")
"""What a credit ends with: blanks or a slash, then taken, given, drawn or merely 图."""
SUFFIX_ENDS = frozenset("摄攝影道導导图圖供提制製绘画拍像作稿片文")
SHOT = ("拍摄", "航拍")
WROTE = re.compile("(.{2,40}?)[ /／]+(?:文字?|撰文|采写)[ ，,、/／;；]+(.{2,60})")
"""``张三/文 李四/图`` before its last word: the writer, then the photographer."""

TAKEN_AT = re.compile("^(.{1,40}?)[摄攝][于於在](?=.)(.{1,30})$")
THEN_SOURCE = re.compile("(.{2,60}?(?:[摄攝]影?|供图)) ?[/／，,、；; ]+ ?(?:(?:图片)?来源|图源)? ?[:：]? ?(.{2,20})")
"""``张三 摄/视觉中国``, ``张三摄 图片来源：新华社``."""
SUPPLIED_BY = re.compile(
    "(?:(?:本文|文中|本版|本组|本页|以上|以下|题图|所有|全部|部分|均)*)"
    "(?:(?:图片|照片|圖片)[均皆都系]*[由為为]|[图圖]均?由)(.{1,40}?)"
    "(?:提供|供图|供圖|拍摄|所摄|摄影|摄|授权)(?:图片|使用)?"
)
ENVELOPE = re.compile(f"(?:{AGENCY.pattern}|([^ （(。]{{2,12}}?)(?:[发發]|供[图稿])) ?[（(]([^（()）]{{2,60}})[)）]")
"""``新华社发（张三摄）``."""
AGENCIES = re.compile(f"{AGENCY.pattern}(?:[/／、 ]+(?:{AGENCY.pattern}|法新|美联|路透|欧新|卡通社))*[发發]?")
GLUED_LABEL = re.compile(f"[摄攝]影([{HAN}]{{2,4}})")

_WRITING = "文字?|文案|撰文|采写|採寫|撰稿|采访|作者"
_BOTH = (
    f"(?:(?:{_WRITING}|编辑|视频|航拍) ?[/／、,，&＆+和与并|｜] ?(?:图片?|摄影|攝影|摄|供图)|"
    f"(?:图片?|摄影) ?[/／、,，&＆+和与|｜] ?(?:{_WRITING}|视频|航拍|制图|编辑|报道)|图文|文图|圖文|文圖)"
)
_MADE = (
    "摄影报道|[摄攝]影作?者|拍摄者|摄影|攝影|摄像|摄制|拍摄|摄|攝|航拍|图片作者|图片摄影|照片作者|制图|製圖|绘图|绘画|插画|"
    "[Pp]hoto(?:graph)?s?(?:ed|y)?(?: ?by)?|PHOTO(?: ?BY)?|[Pp]ic(?:ture)?s?(?: ?by)?"
)
_FROM = (
    "供图单位|供图者?|供圖|图片?来源|圖片來源|照片来源|图文来源|封面来源|题图来源|图片提供者?|照片提供者?|图片支持|[图圖]源|来源|來源|"
    "图片[来源]自|照片[来源]自|图[自据]|版权"
)
_WEAK = "图片|圖片|照片|图|圖|漫画|图表|海报|设计|插图|题图|头图|供稿|素材"
CLAUSE = re.compile(
    f"(?:^|(?<=[ ，,、；;。]))(?:({_BOTH}|{_MADE})|({_FROM})|({_WEAK})|(?:{_WRITING}|编辑|责任?编辑?|审核|校对))"
    r"( ?[:：﹕/／|｜丨·] ?| by |于|自| +)"
)
"""A label and what joins it to its names. Groups: maker, source, weak label (as often a caption's), joint."""
FROM_GLUED = re.compile(
    "(?:图源|圖源|图片来源|照片来源|图片[来源]自|图[自据]|来源于|来自于?|源自|翻[摄攝拍]自)[于自]? ?"
)
LABELLED = re.compile("[:：/／|｜丨﹕]")
COLON = re.compile("[:：﹕]")
