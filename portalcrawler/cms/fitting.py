"""Whether a line, by its setting and its words, can be a caption at all at the place where it stands."""

from __future__ import annotations

import re
from typing import Literal

from portalcrawler.cms.closing import is_byline, is_imprint, is_source
from portalcrawler.cms.nodes import Line
from portalcrawler.cms.pictures import is_qr_line
from portalcrawler.normalize.captions import CaptionSigns

Where = Literal["same", "row", "below", "above"]
"""In the photo's own block, in the table row under it, in the block below it or above it."""

SHORT, PROSE, LONG = 40, 80, 200
"""Lengths in characters: of most captions, of what is prose unless its setting says otherwise, of no caption."""

# Agencies' captions tell the whole story, in the setting of prose.
_AGENCY_SHOT = re.compile(
    r"(?:新华社|新華社|中新社|中新网|人民网|人民图片|人民视觉|视觉中国|光明图片)[^。！？]{0,40}[摄攝]影?[)）]?[。.]?$"
)

# Numbers of sections and steps; "①" and "图1" number photos as well.
_NUMBERED = re.compile(
    r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]|第[一二三四五六七八九十\d]{1,3}[步章节条]|[\d０-９]{1,2}$"
)


def fits(line: Line, text: str, sign: CaptionSigns, where: Where, *, prose_is_indented: bool) -> bool:
    """``line`` is the first of the printed lines ``text``, at most :data:`LONG`; ``sign`` what the text says."""
    if is_qr_line(text) or line.quoted:
        return False
    beside = where in ("below", "above")
    if beside and (is_imprint(text) or (not sign.has_credit and is_byline(text))):
        return False
    source = beside and is_source(text)
    if sign.only_credit and not source:
        return True
    if _is_prose(line, text, sign, where) or (source and not line.small):
        return False
    if not beside or sign.has_credit or sign.has_marker or line.small:
        return True
    if _NUMBERED.match(text):
        return False
    if line.heading is not None:
        return line.heading in ("h5", "h6") and len(text) <= PROSE
    if line.bold or line.centered:
        return line.centered and len(text) <= PROSE
    plain = len(text) <= SHORT and not (line.indented or line.right or sign.ends_like_sentence)
    return where == "below" and plain and prose_is_indented


def _is_prose(line: Line, text: str, sign: CaptionSigns, where: Where) -> bool:
    """Whether the line is a paragraph: by its length, or one that somebody put the photo into."""
    if line.centered or line.small:
        return False
    if len(text) > PROSE and (line.indented or sign.ends_like_sentence):
        beside = where in ("below", "above")
        return not (sign.has_credit and (not beside or _AGENCY_SHOT.search(text) is not None))
    if where != "same" or sign.has_credit or sign.has_marker or not sign.ends_like_sentence:
        return False
    return line.indented
