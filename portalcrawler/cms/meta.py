"""The line under a title: time, names, counts and source, in whatever order and words a template prints them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from portalcrawler.cms.page import Page, text_of
from portalcrawler.normalize.text import fold

# Simplified and traditional, as stock templates and themes print them.
_LABELS = {
    "published_at": "发布时间 發布時間 發佈時間 发布日期 发表时间 发表于 發表於 发布于 时间 時間 日期",
    "modified_at": "更新时间 更新時間 修改时间 最后更新 最後更新 更新于",
    "publisher": "发布者 發布者 發佈者 发布人 发表者 上传者",
    "author": "原作者 文章作者 作者 撰文",
    "source": "来自 來自 文章来源 信息来源 来源 來源 稿源 出处 出處 转自 轉自",
    "views": "查看 浏览 瀏覽 浏览量 浏览次数 阅读 閱讀 阅读量 阅读次数 点击 點擊 点击数 人气 人氣",
    "comment_count": "评论 評論 评论数 回复 回覆 跟帖",
    "other": "编辑 編輯 责任编辑 責任編輯 责编 审核 校对 分类 分類 栏目 字号 标签",
}
_FIELD_OF = {label: name for name, labels in _LABELS.items() for label in labels.split()}
_LABEL = re.compile(
    "(" + "|".join(sorted(map(re.escape, _FIELD_OF), key=len, reverse=True)) + r")\s*(?:[:：]|(?=\s*\d+\s*(?:次|$|\s)))"
)
_COUNT = re.compile(r"^\s*(\d+)\s*(?:人|次)?\s*(围观|圍觀|阅读|閱讀|浏览|瀏覽|查看|点击|评论|評論|条评论|人气)\s*$")
_DATE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}")
_COMMENT_WORDS = ("评论", "評論", "条评论")
_PIPE, _EDGE = "\x1f", "\x1e"
_SPLIT = re.compile(r"[\x1e|｜┊丨\[\]【】]")


@dataclass(slots=True)
class MetaLine:
    """What a meta line says: printed values by field, the link behind the source, and the words without a label."""

    values: dict[str, str] = field(default_factory=dict)
    source_url: str | None = None
    bare: list[str] = field(default_factory=list)


def read_meta(lines: list[etree._Element], page: Page) -> MetaLine:
    """Reads the elements that make up the line; the first value of a field counts."""
    meta = MetaLine()
    links: list[tuple[str, str]] = []
    for line in lines:
        text = _flatten(line, links)
        if _PIPE in text:
            for part in text.replace(_EDGE, "").split(_PIPE):
                _read_piped(fold(part), meta)
        else:
            _read_loose([fold(part) for part in _SPLIT.split(text)], meta)
    source = meta.values.get("source")
    if source:
        meta.source_url = next((page.absolute(href) for text, href in links if text and text in source), None)
    return meta


def _read_piped(text: str, meta: MetaLine) -> None:
    """Between the separators of the stock line stands one label, at its start; what follows may be any words."""
    label = _LABEL.match(text)
    if label:
        _keep(meta, _FIELD_OF[label[1]], text[label.end() :])
    else:
        _read_bare(text, meta)


def _read_loose(parts: list[str], meta: MetaLine) -> None:
    """Without such separators a label may stand anywhere, and its value in the next element."""
    pending: str | None = None
    for text in filter(None, parts):
        labels = [found for found in _LABEL.finditer(text) if _starts_word(text, found)]
        head = fold(text[: labels[0].start()] if labels else text)
        # An empty 来源： is followed by the next part of the line and not by its value.
        if head and pending and (pending in ("published_at", "modified_at") or not _DATE.match(head)):
            _keep(meta, pending, head)
        elif head:
            _read_bare(head, meta)
        pending = None
        ends = [*(found.start() for found in labels[1:]), len(text)]
        for label, end in zip(labels, ends, strict=False):
            pending = _FIELD_OF[label[1]]
            if value := fold(text[label.end() : end]):
                _keep(meta, pending, value)
                pending = None


def _read_bare(text: str, meta: MetaLine) -> None:
    count = _COUNT.match(text)
    if count:
        _keep(meta, "comment_count" if count[2] in _COMMENT_WORDS else "views", count[1])
    elif _DATE.search(text):
        _keep(meta, "published_at", text)
    elif text:
        meta.bare.append(text)


def _keep(meta: MetaLine, name: str, value: str) -> None:
    value = fold(value)
    if value:
        meta.values.setdefault(name, value)


def _starts_word(text: str, label: re.Match[str]) -> bool:
    before = text[label.start() - 1] if label.start() else " "
    return not before.isalnum() or before.isdigit()


def _flatten(line: etree._Element, links: list[tuple[str, str]]) -> str:
    """The text of the line with its ``span.pipe`` and its elements' edges marked; ``links`` get its links' words."""
    out: list[str] = []
    for event, node in etree.iterwalk(line, events=("start", "end")):
        if event == "start":
            out.append(_PIPE if node.get("class") == "pipe" else _EDGE + (node.text or ""))
            href = node.get("href") if node.tag == "a" else None
            if href and "mod=space" not in href:
                links.append((fold(text_of(node)), href))
        elif node is not line:
            out.append(_EDGE + (node.tail or ""))
    return "".join(out)
