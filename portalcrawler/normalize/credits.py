"""The grammar of a photo credit: whether a text is one, the whole of it, and what it says.

The forms are those of Chinese newspapers: ``记者 张三 摄``, ``图/张三``, ``图片来源：新华社``, ``照片由县文化馆提供``,
``新华社发（张三摄）``, ``文/张三 图/李四``, ``（资料图）``. Where a text is not surely a credit it is none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from portalcrawler.items import Credit
from portalcrawler.normalize import credit_words as words
from portalcrawler.normalize.names import Degree, is_person_name
from portalcrawler.normalize.people import PICTURE_MAKER, ROLE, People, read_people
from portalcrawler.normalize.places import Place
from portalcrawler.normalize.providers import AGENCY, read_provider

LONGEST = 120
"""No credit is longer than this; longer texts are none."""

_END = " 。.．，,；;、"


@lru_cache(maxsize=8192)
def read_credit(text: str, place: Place) -> tuple[People, str] | None:
    """What a text says as a credit, and the text as it is to be kept; ``None`` if it is no credit as a whole.

    ``text`` has its enclosing brackets taken off already.
    """
    if not 2 <= len(text) <= LONGEST:
        return None
    printed = text.strip().rstrip(_END)
    bare = words.BULLET.sub("", printed)
    core = words.WARNING.sub("", bare).strip()
    if not core:
        return (People(), printed) if bare else None
    people = _read(core, place)
    return None if people is None else (people, printed)


def to_credit(text: str, people: People) -> Credit:
    """The domain object: several titles or providers are joined by ``、``."""
    return Credit(
        text=text,
        role="、".join(people.roles) or None,
        names=list(people.names),
        provider="、".join(people.providers) or None,
    )


def merge(found: list[People]) -> People:
    """Several credits as one, each title, name and provider once."""

    def together(lists: list[tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(x for one in lists for x in one))

    return People(
        together([p.roles for p in found]), together([p.names for p in found]), together([p.providers for p in found])
    )


def _read(core: str, place: Place) -> People | None:
    if not core:
        return None
    if words.ARCHIVE.fullmatch(core):
        return People() if place != Place.TAIL or words.ARCHIVE_TAIL.fullmatch(core) else None
    if words.ARCHIVE_EDGE.search(core) and (people := _read(words.ARCHIVE_EDGE.sub("", core), place)):
        return people
    if words.AGENCIES.fullmatch(core):
        # 新华社 in a line may be a heading or what the picture shows; 新华社发, 视觉中国, ICphoto are credits.
        sure = place != Place.TAIL or core[-1] in "发發" or core.isascii() or "视觉" in core or "/" in core
        return People(providers=tuple(m.group(1) for m in AGENCY.finditer(core))) if sure else None
    if words.CLAUSE.match(core) and (found := _read_clauses(core, place)):
        return found
    if core[0] == "©":
        return _read_source(core[1:].strip(), place, True)
    if (glued := words.FROM_GLUED.match(core)) and (provider := read_provider(core[glued.end() :])):
        return People(providers=(provider,))
    return (
        _read_by(core)
        or _read_suffix(core, place)
        or _read_envelope(core)
        or _read_then_source(core, place)
        or _read_taken_at(core, place)
        or _read_without_verb(core, place)
    )


def _read_clauses(core: str, place: Place) -> People | None:
    """``文/张三 图/李四``: the names of the picture; the other clauses are only skipped over."""
    found: list[People] = []
    clauses = list(words.CLAUSE.finditer(core))
    for clause, following in zip(clauses, [*clauses[1:], None], strict=True):
        content = core[clause.end() : following.start() if following else None].strip(" ，,、；;。")
        if not content or words.SENTENCE.search(content):
            return None
        if any(clause.group(1, 2, 3)):
            people = _read_content(clause, content, place)
            if people is None:
                return None
            found.append(people)
    return merge(found) if found else None


def _read_content(clause: re.Match[str], content: str, place: Place) -> People | None:
    """What stands behind one label."""
    _, source, weak, joint = clause.groups()
    labelled = words.LABELLED.search(joint) is not None or "by" in clause.group().lower()
    if words.ARCHIVE.fullmatch(content):
        return People()
    if source:
        return _read_source(content, place, labelled)
    if content[-1] in words.SUFFIX_ENDS and (people := _read_suffix(content, Place.TAIL)):
        return people if labelled else None
    if not weak or place == Place.BRACKET:
        return read_people(content, Place.BRACKET if labelled else Place.TAIL)
    # 图：江景 is a caption, 图/江景 hardly is; 图：水稻 could be a name but is none.
    colon = not labelled or words.COLON.search(joint) is not None
    if not colon and (provider := read_provider(content)) and not is_person_name(content):
        return People(providers=(provider,))
    people = read_people(content, Place.TAIL if colon else Place.LINE)
    if people is None or not (people.names or people.providers):
        return None
    only_name = not people.roles and not people.providers
    return None if colon and only_name and read_people(f"{content} {content}", Place.TAIL) is None else people


def _read_source(content: str, place: Place, labelled: bool) -> People | None:
    """What stands behind 图片来源, 供图单位, ©: an agency, an office, now and then a person."""
    inner = words.SUFFIX.sub("", content) if content[-1:] in words.SUFFIX_ENDS else content
    people = read_people(inner, Place.LINE, given=True) if inner else None
    if people and (people.roles or people.providers or labelled):
        return people
    provider = read_provider(inner or content, anything=labelled and (place == Place.BRACKET or " " not in inner))
    return People(providers=(provider,)) if provider else None


def _read_suffix(core: str, place: Place) -> People | None:
    """``… 摄``, ``… 供图``, ``… 制图``, ``…/图``."""
    if core[-1] not in words.SUFFIX_ENDS:
        if core[-1] not in "日)）" and not core[-1].isdigit():
            return None
        core = words.DATE_BEHIND.sub("", core)
    if (match := words.SUFFIX.search(core)) is None:
        return None
    joint, taken, given, drawn, picture = match.groups()
    who = core[: match.start()].strip(" ，,、（(")
    if not who or words.SENTENCE.search(who):
        return None
    if given:
        return _read_giver(who, place, given)
    if parts := words.WROTE.fullmatch(who):
        who = parts.group(2)
        if not read_people(parts.group(1), Place.BRACKET):
            return None
    if (picture or drawn == "绘") and not joint and not (place == Place.BRACKET and _is_full_name(who)):
        return None
    people = read_people(who, place)
    if people is None:
        return None
    if place == Place.TAIL and taken and taken.endswith(words.SHOT):
        # 游客拍摄, 高空拍摄, 江边航拍: two characters before 拍摄 are a word as often as a name.
        named = people.names and (joint or people.roles or any(map(_is_full_name, people.names)))
        return people if named else None
    if people.names or people.roles:
        return people
    sent = joint and any(AGENCY.fullmatch(p) for p in people.providers)
    return people if picture or sent or (taken and place == Place.BRACKET) else None


def _is_full_name(word: str) -> bool:
    return len(word) > 2 and is_person_name(word, Degree.SURE)


def _read_giver(who: str, place: Place, verb: str) -> People | None:
    people = read_people(who, place, given=True)
    if people is not None:
        return people
    if place == Place.TAIL and (" " in who or len(who) > 20 or not verb.startswith("供")):
        return None
    if place != Place.BRACKET and re.search("[由为向给的，,：:“]|积极|踊跃", who):
        return None
    provider = read_provider(who, anything=True)
    return People(providers=(provider,)) if provider else None


def _read_envelope(core: str) -> People | None:
    """``新华社发（张三摄）``: the agency outside, the photographer inside."""
    if core[-1] not in ")）" or (match := words.ENVELOPE.fullmatch(core)) is None:
        return None
    sender = match.group(1) or read_provider(match.group(2))
    inner = _read_suffix(match.group(3).strip(), Place.BRACKET) if sender else None
    return merge([People(providers=(sender,)), inner]) if sender and inner else None


def _read_by(core: str) -> People | None:
    """``图片由县文化馆提供``; not ``照片由无人机拍摄``."""
    if (match := words.SUPPLIED_BY.fullmatch(core)) is None:
        return None
    taken = core.endswith(("摄", "摄影"))
    people = read_people(match.group(1), Place.LINE, given=not taken)
    if people is None and not taken and (provider := read_provider(match.group(1), anything=True)):
        return People(providers=(provider,))
    return people


def _read_then_source(core: str, place: Place) -> People | None:
    """``张三 摄/视觉中国``."""
    if (match := words.THEN_SOURCE.fullmatch(core)) is None:
        return None
    provider = read_provider(match.group(2))
    maker = _read_suffix(match.group(1), place) if provider else None
    return merge([maker, People(providers=(provider,))]) if maker and provider else None


def _read_taken_at(core: str, place: Place) -> People | None:
    """``张三摄于武功山``; ``摄于2019年`` names nobody and is no credit."""
    if (match := words.TAKEN_AT.match(core)) is None or words.SENTENCE.search(core):
        return None
    people = read_people(match.group(1), place)
    return people if people and people.names else None


def _read_without_verb(core: str, place: Place) -> People | None:
    """``摄影师 张三``, ``作者：张三``, ``摄影张三``, ``（张三/人民图片）``; any other title needs its 摄."""
    if glued := words.GLUED_LABEL.fullmatch(core):
        name = glued.group(1)
        sure = is_person_name(name, Degree.SURE) and (len(name) > 2 or place != Place.TAIL)
        return People(names=(name,)) if sure else None
    if place == Place.BRACKET and (shot := words.SCREENSHOT.fullmatch(core)):
        provider = read_provider(shot.group(1))
        return People(providers=(provider,) if provider else ())
    if place == Place.BRACKET and "/" in core and AGENCY.search(core):
        return read_people(core, Place.LINE)
    if (role := ROLE.match(core)) is None:
        return None
    title = role.group()
    colon = title in ("作者", "网友", "读者", "市民") and words.LABELLED.match(core[role.end() :].lstrip())
    if not colon and not PICTURE_MAKER.search(title):
        return None
    people = read_people(core, Place.LINE if place == Place.BRACKET else place)
    return people if people and people.names else None
