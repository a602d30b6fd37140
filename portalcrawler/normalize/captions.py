"""The line printed under a photo, taken apart: what the photo shows, and who made it.

``交流会现场(记者张三 摄)`` gives the caption ``交流会现场`` and the credit ``记者张三 摄``. Nothing printed is lost:
caption and credit hold every character of the line but the brackets and separators between them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from portalcrawler.items import Credit
from portalcrawler.normalize.credits import LONGEST, merge, read_credit, to_credit
from portalcrawler.normalize.names import COMPOUND_SURNAMES, HAN, Degree, is_person_name
from portalcrawler.normalize.people import ROLE, People, read_people
from portalcrawler.normalize.places import Place
from portalcrawler.normalize.providers import AGENCY


@dataclass(frozen=True, slots=True)
class Caption:
    """``caption`` is the line without its credit; ``caption`` and ``credit`` are ``None`` where there is none."""

    caption: str | None
    credit: Credit | None


@dataclass(frozen=True, slots=True)
class CaptionSigns:
    """What a text says about being a caption. It is evidence only: the layout of the page decides.

    ``has_marker``: an arrow or 图为, 图①, 上图 begins it, or an arrow ends it. ``is_label``: nothing but an arrow.
    ``length`` is in characters without blanks.
    """

    has_credit: bool
    only_credit: bool
    has_marker: bool
    is_label: bool
    ends_like_sentence: bool
    short: bool
    length: int


SHORT = 40
"""Up to so many characters a text counts as short."""

_OPEN, _SHUT = r"[（(\[【〔［]", r"[)）\]】〕］]"
_INSIDE = r"[^（()）\[\]【】〔〕［］\n]"
_BRACKETS = re.compile(f"{_OPEN}({_INSIDE}{{2,{LONGEST}}}){_SHUT}")
_AROUND = re.compile(f"{_OPEN}(.{{2,{LONGEST}}}){_SHUT}")
_CLOSING = re.compile(f"{_SHUT}+$")
_HINT = re.compile(
    "[摄攝图圖供提发發片拍]|[记記]者|通[讯訊]员|[Pp][Hh][Oo][Tt][Oo]|来源|來源|[制绘漫]|CFP|VCG|视觉|视频|照|作者|[Pp]ic|Getty|©|IC|华社"
)
# A credit begins behind one of these. A closing bracket or quotation mark, and 、 between names, are tried when
# nothing else will do: 产品（样品）陈列 goes on behind its bracket.
_STARTS = re.compile("[ 。！？!?；;，,：:…]+|—+|[|｜丨]")
_LATE_STARTS = re.compile("[、”」』》)）】\\]〕]+")
_TAIL_HINT = re.compile(
    "(?:[摄攝图圖绘发發片删拍]|影|报道|報[導道]|供稿|提供|CFP|VCG|[Pp]hoto|中国|视觉)[。.]?$|[摄攝][于於影]|"
    "[影图圖源片照画文摄攝拍者师人供位计报 ] ?[:：/／|｜丨]|[图来][自据]|社[/／]|供图|来源|图源|[Pp]hoto|by |©|[师者] "
)
_VERB_AT_END = re.compile("(?:[摄攝]|摄影|攝影|报道|報[導道]|供图|供圖)[。.]?$")
_SENDER = re.compile(rf"(?:^|(?<=[ 。！？；，,、”)）]))(?:{AGENCY.pattern} ?[发發]?|[{HAN}]{{2,10}}[发發]) ?$")
_SENDER_GLUED = re.compile(f"{AGENCY.pattern}$")
_GLUED = re.compile(f"([{HAN}]{{2,4}}) ?[/／]? ?[摄攝][。.]?$")
_SHOWS_SOMETHING = re.compile("[^讯訊电電道。！？!?] ?$")
_LABEL_HEAD = re.compile(
    "(?:[摄攝]影|[图圖]片?|文[/、]?图|图文|供图|航拍|文字?|[图圖]源|[图圖]片[来來]源|来源) ?[/／|｜丨:：]"
)
_TAKEN_HEAD = re.compile(
    "([^，,。！？ ]{2,12}(?: [^，,。！？ ]{2,6})?(?:[ /／]|(?<=[者员師师] ...))[摄攝])[ :：]+(?=\\S)"
)
_TRIM = " \t,，、;；:：/|-—"
_STOPS = " 。．."
_LEADING = " \t,，、;；:：/|。."
_WORD = re.compile("[^\\W_]")
_SIGNS = re.compile("[\u2190-\u21ff\u25a0-\u25ff|]")
_ARROW = "▲△▴▵↑↓▼▽◀◁←▶▷→⬆⬇⬅➡👆👇👈👉☝🔺🔻"
_MARK = re.compile(
    f"^[{_ARROW}]|[▲△↑↓▼◀←] *$|^[图圖][为為：:①-⑳ⅠⅡ]|^[图圖][一二三四五六七八九十\\d]{{1,2}}[：:、.． ]|"
    "^[（(【]?[上下左右前后本组題题大小][边方]?[图圖][)）】]?[ 为為：:，,]|"
    "^(?:(?:资料|效果|示意|组)图|图片说明|图说|图注|照片说明)[：:]|"
    "^[（(][上下左右][图圖][)）]"
)
_ONLY_MARK = re.compile(f"[{_ARROW}\ufe0f ]+")
_SENTENCE_END = re.compile("[。！？!?…；][”」』’》)）]*$")


def parse_caption(text: str) -> Caption:
    """Take a printed caption apart. ``text`` may have several lines; each is folded already (see ``text.fold``)."""
    caption, printed, people = _parse(text)
    return Caption(caption, None if people is None else to_credit(printed, people))


# A layout asks for the signs of a line and then for its caption. Credits are mutable, so they are not what is kept.
@lru_cache(maxsize=512)
def _parse(text: str) -> tuple[str | None, str, People | None]:
    """The caption, the text of the credit, and what the credit says."""
    if not _HINT.search(text):
        return text.strip() or None, "", None
    kept: list[str] = []
    found: list[tuple[int, str, People]] = []
    for number, line in enumerate(line.strip() for line in text.split("\n") if line.strip()):
        bare = _without_arrow(line)
        credits_ = _Credits(bare)
        rest = _take_credits(bare, Place.LINE if number else Place.TAIL, credits_)
        if not credits_.found:
            kept.append(line)
        elif rest:
            kept.append(rest + line[len(bare) :])
        found += sorted(credits_.found, key=lambda one: one[0])
    people = merge([one[2] for one in found]) if found else None
    return "\n".join(kept) or None, " ".join(one[1] for one in found), people


def _without_arrow(line: str) -> str:
    # No regular expression: one that begins with blanks takes the square of a long run's length.
    bare = line.rstrip(_ARROW + "\ufe0f")
    return bare if bare == line else bare.rstrip(" ")


def caption_signs(text: str) -> CaptionSigns:
    """The textual evidence for and against a text being a photo's caption."""
    text = text.strip()
    caption, _, people = _parse(text)
    length = len("".join(text.split()))
    return CaptionSigns(
        has_credit=people is not None,
        only_credit=people is not None and caption is None,
        has_marker=_MARK.search(text) is not None,
        is_label=_ONLY_MARK.fullmatch(text) is not None,
        ends_like_sentence=_SENTENCE_END.search(caption or "") is not None,
        short=length <= SHORT,
        length=length,
    )


@dataclass(slots=True)
class _Credits:
    """The credits taken out of one line so far: where each stands in it, its text, what it says."""

    line: str
    found: list[tuple[int, str, People]] = field(default_factory=list)

    def take(self, text: str, place: Place) -> bool:
        read = read_credit(text, place)
        if read is None:
            return False
        self.add(read[1], read[0])
        return True

    def add(self, text: str, people: People) -> None:
        self.found.append((self.line.find(text), text, people))


def _take_credits(line: str, place: Place, credits_: _Credits) -> str:
    """Take the credits out of one line; what is left is returned."""
    if len(line) <= LONGEST + 2:
        around = _AROUND.fullmatch(line)
        if (around and credits_.take(around.group(1), Place.BRACKET)) or credits_.take(line, place):
            return ""
    pieces = _take_brackets(line, credits_)
    # The credit at the end is in the last piece with words in it: a full stop may follow.
    last = max((at for at, piece in enumerate(pieces) if _WORD.search(piece)), default=0)
    piece = pieces[last]
    # （图为活动现场。张三摄）: a caption in brackets as a whole, its credit inside.
    closing = _CLOSING.search(piece, max(0, len(piece) - 4)) if piece == line else None
    end = closing.start() if closing else len(piece)
    cut = _tail_start(piece[:end], credits_)
    if cut is not None:
        pieces[last:] = [piece[:cut], piece[end:], "".join(pieces[last + 1 :]).strip(_STOPS)]
    elif piece == line:
        pieces[last] = piece[_head_end(piece, credits_) :]
    return _clean("".join(pieces))


def _take_brackets(line: str, credits_: _Credits) -> list[str]:
    """Take out the brackets that hold a credit, and the agency in front of one (``新华社发（张三摄）``).

    The pieces between them are returned. They are not one text: no credit may be read out of two of them.
    """
    rest: list[str] = []
    at = 0
    for match in _BRACKETS.finditer(line):
        before = line[at : match.start()]
        sender = _SENDER.search(before[-20:])
        if sender and credits_.take(line[match.start() - len(sender.group()) : match.end()], Place.TAIL):
            before = before[: len(before) - len(sender.group())]
        elif not credits_.take(match.group(1), Place.BRACKET) and not (
            match.end() == len(line) and _take_title(before, match.group(1), credits_)
        ):
            continue
        rest.append(before.rstrip())
        at = match.end()
    return [*rest, line[at:]]


def _take_title(before: str, inside: str, credits_: _Credits) -> bool:
    """``现场（本报记者 张三）`` says no 摄; at the end of a sentence or a dateline it is the byline of a text."""
    if not ROLE.match(inside) or not _SHOWS_SOMETHING.search(before):
        return False
    people = read_people(inside, Place.LINE)
    if people is None or not people.names:
        return False
    credits_.add(inside.strip(), people)
    return True


def _tail_start(line: str, credits_: _Credits) -> int | None:
    """Where the credit at the end of a line begins; it is taken."""
    offset = max(0, len(line) - LONGEST)
    region = line[offset:]
    if not _TAIL_HINT.search(region):
        return None
    starts = [m.end() for m in _STARTS.finditer(region)][-16:]
    late = [m.end() for m in _LATE_STARTS.finditer(region)][-4:]
    for start in ([0, *starts] if offset == 0 else starts) + late:
        if credits_.take(region[start:], Place.TAIL):
            return offset + start
    if not _VERB_AT_END.search(region):
        return None
    for role in ROLE.finditer(region):
        start = role.start()
        if sender := _SENDER_GLUED.search(region, max(0, start - 6), start):
            start = sender.start()
        if credits_.take(region[start:], Place.TAIL):
            return offset + start
    return _glued_start(region, offset, credits_)


def _glued_start(region: str, offset: int, credits_: _Credits) -> int | None:
    """``活动现场张三摄``: nothing marks where the name begins but that it is surely a name."""
    match = _GLUED.search(region, max(0, len(region) - 9))
    if match is None:
        return None
    run = match.group(1)
    for size in (4, 3, 2):
        name = run[-size:]
        if len(name) < size or (size == 4 and name[:2] not in COMPOUND_SURNAMES):
            continue
        start = match.end(1) - size
        if is_person_name(name, Degree.SURE) and start >= 2 and credits_.take(region[start:], Place.TAIL):
            return offset + start
    return None


def _head_end(line: str, credits_: _Credits) -> int:
    """Where the credit at the beginning of a line ends (``摄影/张三 活动现场``); it is taken. 0 if there is none."""
    if _LABEL_HEAD.match(line):
        blanks = [at for at, char in enumerate(line[:LONGEST]) if char == " "][:4]
        for blank in reversed(blanks):
            if credits_.take(line[:blank], Place.TAIL):
                return blank
    elif (match := _TAKEN_HEAD.match(line)) and credits_.take(match.group(1), Place.TAIL):
        return match.end(1)
    return 0


def _clean(text: str) -> str:
    """A caption without the separators that led to its credit; nothing if only those and arrows are left."""
    text = text.rstrip(_TRIM).lstrip(_LEADING)
    if _WORD.search(text) or any(unicodedata.category(c)[0] not in "PZC" for c in _SIGNS.sub("", text)):
        return text
    return ""
