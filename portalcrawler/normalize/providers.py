"""Agencies, papers and offices that pictures come from, told from persons and from what a picture shows.

A place is named by a noun at its end (局, 日报, 镇), and so is half of what news photos show; how much is believed
depends on what stands around the word.
"""

from __future__ import annotations

import re

from portalcrawler.normalize.names import COMPOUND_SURNAMES, HAN, Degree, is_person_name
from portalcrawler.normalize.places import Place

AGENCY = re.compile(
    "(新华社|新華社|新华网|新华通讯社|新华每日电讯|中新社|中新网|中国新闻社|中国新闻网|中通社|人民网|人民日报|人民视觉|"
    "人民图片|央视新闻|央视网|央视|央广网|光明网|中国日报|视觉中国|視覺中國|图虫创意|图虫|全景网|东方IC|东方ＩＣ|海洛创意|"
    "法新社|路透社|美联社|塔斯社|共同社|中央社|澎湃新闻|"
    "(?:CFP|VCG|IC ?[Pp][Hh][Oo][Tt][Oo]|IC|Getty ?Images?|AFP|Reuters|Xinhua|osports)(?![A-Za-z]))"
    "(?:供图|供稿|发|發|圖|图)?"
)
"""A news or picture agency, and 发 or 供图 behind it. Group 1 is the agency alone."""

_BODY = f"@?[{HAN}A-Za-z0-9“”（）()·]{{1,24}}?"
_PAPER = (
    "[日晚早晨时商都]报|都市报|日報|晚報|新闻网|新聞網|融媒体中心|融媒体?|融媒|全媒体|广播电视台|电视台|"
    "通讯社|客户端|杂志社|报社"
)
_PAPERS = re.compile(f"{_BODY}(?:{_PAPER})")
_MEDIA = re.compile(
    f"{_BODY}(?:{_PAPER}|报|网|網|新闻社?|新聞|传媒|台|广电|发布|發布|周刊|频道|公众号|视频号|抖音号?|官微|官网|头条|直播|"
    f"在线|影像|图库|图片社|[{HAN}]{{2}}[号云])"
)
# Offices have correspondents; a hall or a village is rather what the picture shows.
_OFFICE = (
    "局|公司|委|办|办公室|部|处|科|院|校|大学|中学|小学|幼儿园|集团|支队|大队|中队|总队|协会|政府|银行|工会|团|中心|联合会|学会|"
    "基金会|服务队|法庭|派出所|单位|机构|部门|组委会|指挥部|管委会|居委会|村委会|厅|工作室|商会|酒店|景区|合作社"
)
_HALL = "馆|会|站|所|社|镇|乡|村|街道|社区|县|市|区|省|队|厂|店|园|州|寺|基地|方"
_OFFICES = re.compile(f"{_BODY}(?:{_OFFICE})")
_ANY_OFFICE = re.compile(f"{_BODY}(?:{_OFFICE}|{_HALL})")
_SETTLEMENT = frozenset("镇乡村县市区")
_ANYBODY = re.compile(
    "受访者|受訪者|受访对象|受访单位|受访企业|受访人|采访对象|被访者|当事人|網絡|网络|網路|互联网|百度|微博|微信|抖音|官方|主办方|"
    "承办方|校方|院方|厂方|店方|警方|企业|家属|本人|公司|单位|学校|医院|景区|社区|村里|剧组|片方|品牌方|资方|组委会|资料"
)
"""Sources that have no name of their own."""
_TELLS = re.compile("[在的了由被让给]|走进|参观|来到|举行|前往|开展|进行|组织|走访|慰问|图为|图：|登上|新建|拍")
"""A sentence that ends in a place is not that place."""
_WORD = re.compile("[^\\W_]")
_SENTENCE = re.compile("[。！？!?\\n]")
_EDGE = " :：/／、,，;；|｜丨·—-"


def read_provider(text: str, *, anything: bool = False) -> str | None:
    """The agency, paper or office that a text names; with ``anything``, any short wording without a sentence."""
    text = text.strip(_EDGE)
    if not text:
        return None
    if match := AGENCY.fullmatch(text):
        return match.group(1)
    if _ANYBODY.fullmatch(text):
        return text
    if (_MEDIA.fullmatch(text) or _ANY_OFFICE.fullmatch(text)) and not _TELLS.search(text):
        return text
    return text if anything and len(text) <= 40 and _WORD.search(text) and not _SENTENCE.search(text) else None


def is_anybody(text: str) -> bool:
    """Whether a text is a source without a name of its own: 受访者, 主办方."""
    return _ANYBODY.fullmatch(text) is not None


def provider_in_word(
    word: str, place: Place, *, before_title: bool, given: bool, alone: bool
) -> tuple[str, str] | None:
    """The provider that one printed word is, and the name glued behind it (``新华社发张三``).

    ``before_title``: 记者 or another title follows at once. ``given``: the text is about who gave the picture (供图,
    来源), so that 向阳村 is a place rather than a person. ``alone``: there is no other word beside it.
    """
    if match := AGENCY.match(word):
        rest = word[match.end() :]
        if not rest or is_person_name(rest):
            return match.group(1), rest
    if is_anybody(word):
        return (word, "") if given or place == Place.BRACKET else None
    if _TELLS.search(word):
        return None
    person = is_person_name(word, Degree.SURE)
    guess = place == Place.TAIL and not before_title and not (given and alone)
    if not person and (_PAPERS if guess else _MEDIA).fullmatch(word):
        return word.lstrip("@"), ""
    if not guess and (given or not person) and _OFFICES.fullmatch(word):
        return word, ""
    settlement = given and word[-1] in _SETTLEMENT and len(word) > 2 and word[:2] not in COMPOUND_SURNAMES
    believed = place == Place.BRACKET or (given and alone) or (before_title and place == Place.LINE)
    if believed and (settlement or not person) and _ANY_OFFICE.fullmatch(word):
        return word, ""
    return None
