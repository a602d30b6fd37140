"""Who is named in a credit or byline: titles, persons and the agencies or offices they belong to.

``江西日报记者张三 通讯员 李四、王五`` is read as titles 记者 and 通讯员, three names, provider 江西日报.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from portalcrawler.normalize.names import GAP, HAN, Degree, is_person_name, read_names
from portalcrawler.normalize.places import Place
from portalcrawler.normalize.providers import AGENCY, is_anybody, provider_in_word


@dataclass(frozen=True, slots=True)
class People:
    """What was read, each in the order printed and without repeats."""

    roles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()


_STRONG = (
    "记者|記者|通[讯訊][员員]|摄影[师者家人]|攝影[師者家人]|摄影爱好者|报道员|報道員|信息员|观察员|评论员|"
    "撰稿人?|主播|实习生|實習生|拍客|拍友|影友|航拍爱好者|飞手|作者|会员"
)
_NICK = "网友|網友|网民|網民|读者|讀者|市民|粉丝|博主|用户|报料人|爆料人|线索提供者|供图者"
_WEAK = (
    "村民|居民|群众|游客|乘客|旅客|路人|目击者|志愿者|志願者|义工|学生|"
    "家长|教师|民警|交警|辅警|干警|消防员|业主|驴友|车友"
)
ROLE = re.compile(
    # 云溪融媒记者: of the paper 云溪融媒; 云溪日报融媒记者: a title.
    f"(?!(?<=[{HAN}])(?<![报報网網台臺社县縣市区區省])(?:融媒|全媒|融媒體))"
    "(?:本[报報网網台臺刊社端站]|我[报网])?"
    "(?:特约|特約|特派|特邀|实习|實習|见习|見習|首席|驻站|驻地|驻[京赣湘沪]|资深|高级|全媒体?|全媒體|融媒体?|融媒體|"
    f"新媒体|摄影|攝影|图片|文字|视频|航拍|热心|校园|小|前方|联合|(?<![{HAN}])[县縣市區区省])*"
    f"(?:{_STRONG}|{_NICK}|{_WEAK})(?!协|学会|联盟|俱乐部|之家|之友|手记|节|站|团)"
)
"""A printed title, its adjectives included: 本报记者, 特约记者, 县记者, 摄影爱好者, 网友 …"""
PICTURE_MAKER = re.compile("(?:摄影[师者家人]|攝影[師者家人]|摄影爱好者|摄影记者|攝影記者|拍客|拍友|影友|飞手)$")
"""Titles that say by themselves who took the picture."""

_STRONG_END = re.compile(f"(?:{_STRONG})$")
_NICK_END = re.compile(f"(?:{_NICK}|拍客|拍友|影友|作者|志愿者|主播)$")
_DAY = (
    r"(?:(?:19|20)?\d\d年)?\d{1,2}月(?:\d{1,2}[日号])?|(?:19|20)\d\d(?:年|[-./]\d{1,2}(?:[-./]\d{1,2})?)|\d{1,2}[日号]"
)
_DATE = re.compile(rf"(?:拍?[摄攝][于於])?(?:{_DAY})|(?<![{HAN}])(?:近日|日前|昨日|昨天|今日)")
_MAY_HOLD_DATE = re.compile("[0-9日天]")
_APPRENTICE = re.compile(r"[（(](?:实习生?|见习|组图|资料图?片?)[)）]")
_NOISE = re.compile("资料图片?|资料照片?|档案图片?|组图|等|（图）")
_EDGE = f" :：/／、,，;；|｜丨·—-﹕{GAP}"
_CUT = re.compile(r"[、,，;；/／|｜丨]")
_CUT_MARK = "、"
_NO_WORD = (_CUT_MARK, GAP)
_TAKEN_OUT = f" {GAP} "
_TOO_LONG = re.compile(f"[{HAN}]{{10}}")
_WORD = re.compile("[^\\W_]")
_ONLY_HAN = re.compile(f"[{HAN}]+")
_NICKNAME = re.compile(rf"[“”「『\"‘《@＠]+([^“”「」『』\"’》。！？，,]{{1,16}})[”」』\"’》]?|([{HAN}\w.·-]{{2,14}})")
_NO_NICKNAME = re.compile(
    "^[用在正的为將将把从對对拿举持争相纷都也还就又被让给到去来前进及等们]|[的了着在]|拍|用手机|等$"
)


def read_people(text: str, place: Place, *, given: bool = False) -> People | None:
    """Read a text that consists of nothing but titles, names and providers; ``None`` if it holds anything else.

    ``given``: the text is about who gave the picture, see :func:`provider_in_word`.
    """
    if _MAY_HOLD_DATE.search(text):
        text = _DATE.sub(_TAKEN_OUT, text)
    if "（" in text or "(" in text:
        text = _APPRENTICE.sub(_TAKEN_OUT, text)
    reader = _Reader(place, given)
    role: str | None = None
    at = 0
    for match in ROLE.finditer(text):
        if not reader.read(text[at : match.start()], role, before_title=True):
            return None
        role = match.group()
        reader.roles[role] = None
        at = match.end()
    if not reader.read(text[at:], role, before_title=False):
        return None
    people = People(tuple(reader.roles), tuple(reader.names), tuple(reader.providers))
    return people if people.roles or people.names or people.providers else None


class _Reader:
    """Reads what stands before, between and behind titles. The dicts are ordered sets."""

    def __init__(self, place: Place, given: bool) -> None:
        self.place = place
        self.given = given
        self.roles: dict[str, None] = {}
        self.names: dict[str, None] = {}
        self.providers: dict[str, None] = {}

    def read(self, text: str, role: str | None, *, before_title: bool) -> bool:
        """Read one stretch behind ``role``; false if it holds anything but names and providers."""
        glued = role is not None and text[:1].strip(_EDGE) != ""
        touches_title = before_title and (text[-1:].strip(_EDGE) != "" or self.place == Place.BRACKET)
        text = text.strip(_EDGE)
        if not text:
            return True
        if not before_title and not self.given and is_person_name(text, Degree.SURE):
            self.names[text] = None
            return True
        if role and (nickname := self._nickname(text, role)):
            self.names[nickname] = None
            return True
        printed = self._take_providers(_tokens(text), touches_title)
        words = [word for word in printed if word not in _NO_WORD]
        if not words:
            return True
        count = len(words) if " " in text else 1
        names = self._read_names(" ".join(printed), self._degree(role, glued, count, _CUT_MARK in printed))
        if names is None and role is None and len(words) == 1 and _CUT_MARK not in printed:
            # Only the first words of a guessed beginning must be beyond doubt: 白雪 in "现场 白雪 摄" is a person.
            names = self._read_names(words[0], Degree.LIKELY)
        if names is None:
            return False
        self.names.update(dict.fromkeys(names))
        return True

    def _take_providers(self, tokens: list[str], touches_title: bool) -> list[str]:
        """Take the providers out of the words; the others are returned, with a gap in place of each."""
        rest: list[str] = []
        for number, token in enumerate(tokens, 1):
            if token in _NO_WORD:
                rest.append(token)
                continue
            if _NOISE.fullmatch(token):
                rest.append(GAP)
                continue
            before_title = touches_title and number == len(tokens)
            found = provider_in_word(
                token, self.place, before_title=before_title, given=self.given, alone=len(tokens) == 1
            )
            if found is None:
                rest.append(token)
            else:
                self.providers[found[0]] = None
                rest += [GAP, found[1]] if found[1] else [GAP]
        return rest

    def _degree(self, role: str | None, glued: bool, count: int, listed: bool) -> Degree:
        """How much the words must look like names. A list with 、 is not taken for a caption and its photographer."""
        guess = self.place == Place.TAIL
        if role is None:
            if self.place == Place.BRACKET and count == 1 and not self.given:
                return Degree.ANY
            return Degree.SURE if guess and not (count == 1 and listed) else Degree.LIKELY
        strong = _STRONG_END.search(role) is not None
        if guess and count > 1 and (glued or not strong):
            return Degree.SURE
        return Degree.ANY if strong or self.place == Place.BRACKET else Degree.LIKELY

    def _read_names(self, text: str, least: Degree) -> list[str] | None:
        """The surest reading first, so that 李四和王五 is two persons even where anything may be a name."""
        if _TOO_LONG.search(text):
            return None
        for degree in (Degree.SURE, Degree.LIKELY, Degree.ANY):
            if degree >= least and (names := read_names(text, degree)):
                return names
        return None

    def _nickname(self, text: str, role: str) -> str | None:
        """``网友“山里人”``, ``拍客 Sunny_88``, ``网友老张``; not ``志愿者清理垃圾``."""
        if GAP in text or not _NICK_END.search(role) or (match := _NICKNAME.fullmatch(text)) is None:
            return None
        if _NO_NICKNAME.search(text) or AGENCY.match(text) or read_names(text, Degree.SURE):
            return None
        quoted, plain = match.groups()
        if not _WORD.search(quoted or plain):
            return None
        if plain and _ONLY_HAN.fullmatch(plain):
            longest = 6 if self.place == Place.BRACKET else 3
            return plain if len(plain) <= longest and is_person_name(plain[:5], Degree.ANY) else None
        return str(quoted or plain).strip()


def _tokens(text: str) -> list[str]:
    """The words of a text, a mark where it has 、 or a like sign. 新华社发 张三 and Getty Images are words too."""
    if is_anybody(text):
        return [text]
    tokens: list[str] = []
    for stretch in text.split(GAP):
        for piece in _CUT.split(stretch):
            at = 0
            if " " in piece and (agency := AGENCY.match(piece.lstrip())):
                tokens.append(agency.group())
                at = agency.end() + len(piece) - len(piece.lstrip())
            tokens += piece[at:].split()
            tokens.append(_CUT_MARK)
        tokens[-1] = GAP
    return tokens[:-1]
