"""Who wrote an article, from the words of its byline or lead: ``记者张三报道：``, ``（记者 张三）``, ``文/张三``.

Only the places where bylines stand are read: the first paragraphs and the last lines. A sentence about a reporter
(记者在金山镇看到, 记者从市公安局获悉) names nobody, and editors and proofreaders are no reporters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from portalcrawler.normalize.names import DOTS, HAN, Degree, is_person_name, read_names
from portalcrawler.normalize.people import ROLE, People, read_people
from portalcrawler.normalize.places import Place

LEADING_PARAGRAPHS = 3
CLOSING_LINES = 4

_LONGEST_LINE = 120
_LONGEST_LEAD = 160
_WRITES = re.compile("(?:记者|記者|通[讯訊][员員]|报道员|報道員|信息员|评论员|观察员|撰稿人?|作者|实习生|實習生)$")
_EDGE = " 　\t■●◆◇□◎○★※►▶▲△▼|｜丨:：，,。.、;；—-"
_OPEN, _SHUT = "[（(【\\[〔]", "[)）】\\]〕]"
_AROUND = re.compile(f"{_OPEN}([^（()）【】]{{2,80}}){_SHUT}[。.]?")
_BRACKET = re.compile(f"{_OPEN}([^（()）【】]{{2,60}}){_SHUT}")
_BEHIND_SENTENCE = re.compile(f"[。！？”…]{_OPEN}([^（()）【】]{{2,60}}){_SHUT}[。.]?$")
# 本报讯, 中国江西网萍乡讯, 新华社北京12月1日电, 【本报讯】
_DATELINE = re.compile(f"{_OPEN}?[{HAN}A-Za-z0-9·/ ]{{1,40}}?(?<!通)[讯訊电電]{_SHUT}?[ :：]*(?={_OPEN}|[{HAN} ])")
_REPORTS = re.compile(
    "([^。，！？]{2,70}?)(?:摄影|攝影|综合|专题|独家)?(?:报道|报导|報道|報導)(?=[:：，,。 \\]】)）]|$|\\d)"
)
_LABEL = re.compile(f"(?:^|(?<=[ 　，,；;。|｜（(]))([{HAN}]{{1,8}}(?:[/／、][{HAN}]{{1,4}})?) ?[:：/／|｜丨] ?")
_WRITER = re.compile(
    "(?:本文|原文|文章)?(?:文字?|撰文|采写|採寫|撰稿|采访|报道|文稿|供稿|来稿|投稿|作者|图文|文图|圖文|"
    "(?:文字?|采写|撰文|采访) ?[/／、] ?(?:图片?|摄影|视频)|(?:图片?|摄影) ?[/／、] ?(?:文字?|采写))"
)
_BOTH = re.compile("(?:(?:文字?|采写|撰文) ?[/／、] ?(?:图片?|摄影)|图 ?[/／、] ?文|图文|文图) +(?=\\S)")
_OTHERS = re.compile(
    "(?:^|[ /／|｜，,；;、]+)(?:责任编辑|编辑|責編|责编|审核|校对|编审|监制|摄影|视频|图片?|制图|制作|主编|"
    "来源|值班\\S*|初审|复审|终审|[一二三]审|策划|统筹|美编|出品)(?=[ :：/／|｜])"
)
_WROTE = re.compile("(.{2,60}?)[ /／]*(?:文 ?[/／、] ?图|图 ?[/／、] ?文|文并图|图文|文图|文并摄)$")
_WROTE_ONLY = re.compile("(.{2,40}?)[ /／]+(?:文|撰文|采写)(?:$|[ ，,、；;]+.{2,60}[ /／]*(?:图|摄|摄影)$)")
_SENTENCE = re.compile("[。！？!?…“”]")
_SIGN = re.compile("[记記]者|通[讯訊][员員]|[报報][道导導]|作者|[文图]|[采採撰]|稿|[员員]|实习|[（(【讯訊电電]")
_POSITION = re.compile("[，,] ?(?:系|为|单位|现任|来自).*$")
_FIRST_WORDS = re.compile("[^ :：]{1,30}(?=[ :：]|$)")


def reporters(paragraphs: Sequence[str]) -> list[str]:
    """The names in the byline or lead of an article, in order, without repeats.

    ``paragraphs`` is the text of the article, captions left out, each folded (see ``text.fold``).
    """
    texts = [text for text in (p.strip() for p in paragraphs) if text]
    found: dict[str, None] = {}
    closing = max(0, len(texts) - CLOSING_LINES)
    for number, text in enumerate(texts):
        leads, closes = number < LEADING_PARAGRAPHS, number >= closing
        names: list[str] = []
        if (leads or closes) and _SIGN.search(text, 0, _LONGEST_LEAD):
            if len(text) <= _LONGEST_LINE:
                names = _line(text, closes=closes and number > 0)
            if not names and leads:
                names = _lead(text[:_LONGEST_LEAD])
        if not names and closes:
            names = _behind_sentence(text[-_LONGEST_LEAD:], last=number >= len(texts) - 2)
        found.update(dict.fromkeys(names))
    return list(found)


def _line(text: str, *, closes: bool) -> list[str]:
    """A line that is a byline as a whole. Bare names in brackets sign only where the article ``closes``."""
    around = _AROUND.fullmatch(text)
    core = (around.group(1) if around else text).strip(_EDGE)
    if not core or _SENTENCE.search(core):
        return []
    if around and closes and (names := _bare_names(core)):
        return names
    if both := _BOTH.match(core):
        return _names(core[both.end() :], titled=False)
    wrote = _WROTE_ONLY.fullmatch(core) or _WROTE.fullmatch(core)
    if wrote and (names := _names(wrote.group(1), titled=False)):
        return names
    labelled = _labelled(core)
    if labelled is not None:
        return labelled
    core = _OTHERS.split(core, maxsplit=1)[0].strip(_EDGE)
    if reports := _REPORTS.fullmatch(core):
        core = reports.group(1)
    return _names(core, titled=True)


def _labelled(text: str) -> list[str] | None:
    """``来源：萍乡网 记者：张三 编辑：李四``; ``None`` if no label is in the text."""
    labels = list(_LABEL.finditer(text))
    if not labels or (labels[0].start() > 0 and not ROLE.match(text)):
        return None
    names: list[str] = []
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        word = label.group(1)
        content = text[label.end() : following.start() if following else None]
        content = _OTHERS.split(_POSITION.sub("", content), maxsplit=1)[0].strip(_EDGE)
        if content and (_WRITER.fullmatch(word) or _WRITES.search(word)):
            names += _names(content, titled=False)
    return names


def _lead(text: str) -> list[str]:
    """``本报讯（记者 张三）…``, ``记者张三报道：…``, ``新华社北京12月1日电（记者张三、李四）…``."""
    text = text.lstrip(_EDGE)
    dateline = _DATELINE.match(text)
    rest = text[dateline.end() :] if dateline else text
    bracket = _BRACKET.match(rest)
    if bracket:
        inner = bracket.group(1)
        return _line_in_bracket(inner) or (_bare_names(inner) if dateline else [])
    if reports := _REPORTS.match(rest):
        names = _names(reports.group(1).strip(_EDGE), titled=True)
        if names:
            return names
    if names := _first_words(rest):
        return names
    for later in _BRACKET.finditer(text):
        if ROLE.search(later.group(1)) and (names := _line_in_bracket(later.group(1))):
            return names
    return []


def _first_words(text: str) -> list[str]:
    """``记者张三 通讯员李四 12月1日，…``: the title at once, names beyond doubt, then a blank or colon."""
    if not ROLE.match(text):
        return []
    names: list[str] = []
    for word in list(_FIRST_WORDS.finditer(text[:60]))[:6]:
        read = _names(text[: word.end()], titled=True)
        if read and word.end() < len(text) and all(_beyond_doubt(name) for name in read):
            names = read
    return names


def _behind_sentence(text: str, *, last: bool) -> list[str]:
    """``…奠定了基础。（记者 张三）`` at the end of a closing paragraph."""
    if (match := _BEHIND_SENTENCE.search(text)) is None:
        return []
    return _line_in_bracket(match.group(1)) or (_bare_names(match.group(1)) if last else [])


def _line_in_bracket(inner: str) -> list[str]:
    return _line(inner.strip(_EDGE), closes=False)


def _bare_names(text: str) -> list[str]:
    names = read_names(text, Degree.SURE)
    return names if names and len(names) <= 6 else []


def _beyond_doubt(name: str) -> bool:
    return is_person_name(name, Degree.SURE) or any(dot in name for dot in DOTS)


def _names(text: str, *, titled: bool) -> list[str]:
    """The persons in a text of titles and names; with ``titled`` one title at least must be printed."""
    people = read_people(text, Place.LINE)
    if people is None or (titled and not _by_writers(people)):
        return []
    if titled and not all(_beyond_doubt(name) for name in people.names) and not _set_apart(text):
        return []
    return list(people.names)


def _by_writers(people: People) -> bool:
    return bool(people.roles) and all(_WRITES.search(role) for role in people.roles)


def _set_apart(text: str) -> bool:
    """Whether a blank or colon stands behind the title: 记者 阿依努尔 names somebody, 记者手记 may not."""
    title = ROLE.search(text)
    return title is not None and text[title.end() : title.end() + 1] in (" ", ":", "：", "/")
