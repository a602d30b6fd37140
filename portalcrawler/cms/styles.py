"""What an element's attributes say of how its text looks, as far as that tells what the text is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

_HIDDEN = re.compile(r"display\s*:\s*none")
_INVISIBLE = re.compile(r"visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)")
_VISIBLE = re.compile(r"visibility\s*:\s*visible|font-size\s*:\s*[1-9]")
_CENTER = re.compile(r"text-align\s*:\s*(?:-webkit-)?center")
_ALIGNED = re.compile(r"text-align\s*:\s*(left|right|justify)")
_INDENT = re.compile(r"text-indent\s*:\s*(?!-)(?!0(?:px|pt|em|;|$))")
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)")
_SIZE = re.compile(r"font-size\s*:\s*([\d.]+)(px|pt)")
_COLOR = re.compile(r"(?:^|[;\s])color\s*:\s*(#[0-9a-f]{3,6}|rgb\([\d,\s]+\)|gray|grey|darkgray|dimgray)")
_RGB = re.compile(r"\d{1,9}")
_NOISE = frozenset(
    ("jammer", "ad", "ads", "adv", "advert", "advertisement", "adbox", "bdsharebuttonbox", "jiathis_style")
)
# What news sites and their editors call the line below a photo, and what they centre by.
_CAPTION_CLASS = re.compile(r"caption(?!ed)|pic_?(?:text|desc|info|note)|img_?(?:desc|text|note)|(?:^|\s)tuzhu")
_CENTER_CLASS = re.compile(r"(?:^|\s)(?:f_center|text-center|aligncenter|ql-align-center)(?:\s|$)")
_SMALL_PX, _SMALL_PT = 13.0, 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """``None`` leaves to the text inside what the element around it says."""

    hidden: bool = False
    invisible: bool | None = None
    centered: bool | None = None
    right: bool | None = None
    bold: bool | None = None
    small: bool | None = None
    indented: bool | None = None


PLAIN = Look()
"""The look of an element that says nothing of it."""
_HIDDEN_LOOK = Look(hidden=True)


def look_of(element: etree._Element) -> Look:
    """The look that an element gives its text: ``small`` stands for small or grey letters, as captions have them."""
    attributes = element.attrib
    if not attributes:
        return PLAIN
    classes = attributes.get("class")
    if classes and not _NOISE.isdisjoint(classes.lower().split()):
        return _HIDDEN_LOOK
    if "hidden" in attributes:
        return _HIDDEN_LOOK
    style, align, size = attributes.get("style"), attributes.get("align"), attributes.get("size")
    if not (style or align or size or classes):
        return PLAIN
    return _look(
        str(style or ""), str(align or ""), str(size or "") if element.tag == "font" else "", str(classes or "")
    )


@lru_cache(maxsize=4096)
def _look(style: str, align: str, font_size: str, classes: str) -> Look:
    css = style.lower()
    if _HIDDEN.search(css):
        return _HIDDEN_LOOK
    invisible = True if _INVISIBLE.search(css) else False if _VISIBLE.search(css) else None
    centered = True if _CENTER_CLASS.search(classes) else None
    right = None
    if align:
        right = align.lower() == "right"
        centered = align.lower() in ("center", "middle")
    if _CENTER.search(css):
        centered, right = True, False
    elif aligned := _ALIGNED.search(css):
        centered, right = False, aligned[1] == "right"
    look = Look(
        invisible=invisible,
        centered=centered,
        right=right,
        bold=True if _BOLD.search(css) else None,
        small=True
        if font_size in ("1", "-1", "-2") or _is_small(css) or _is_grey(css) or _CAPTION_CLASS.search(classes)
        else None,
        indented=True if _INDENT.search(css) else None,
    )
    return PLAIN if look == PLAIN else look


def _is_small(css: str) -> bool:
    found = _SIZE.search(css)
    if not found:
        return False
    try:
        size = float(found[1])
    except ValueError:
        return False
    return 0 < size <= (_SMALL_PX if found[2] == "px" else _SMALL_PT)


def _is_grey(css: str) -> bool:
    found = _COLOR.search(css)
    if not found:
        return False
    value = found[1]
    if not value.startswith(("#", "rgb")):
        return True
    if value.startswith("#"):
        digits = value[1:]
        if len(digits) == 3:
            digits = "".join(d * 2 for d in digits)
        if len(digits) != 6:
            return False
        parts = [int(digits[i : i + 2], 16) for i in (0, 2, 4)]
    else:
        parts = [int(x) for x in _RGB.findall(value)[:3]]
    return len(parts) == 3 and max(parts) - min(parts) <= 12 and 96 <= parts[0] <= 190
