"""What each service wants to be sent, and what it answers: robots of DingTalk, WeCom and Feishu, and plain JSON.

The robots answer with status 200 whatever becomes of a message; whether they took it, a number in their answer says.
Messages are sent as plain text: nothing that a portal prints can become a link, a picture or a call to everybody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote_plus

from portalcrawler.alerts.errors import ChannelError
from portalcrawler.alerts.message import Line, Message
from portalcrawler.alerts.words import Choice, languages
from portalcrawler.normalize.text import printable

Format = Literal["generic", "dingtalk", "wecom", "feishu"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: to which address, with which JSON."""

    url: str
    body: dict[str, Any]


def request(form: Format, url: str, secret: str | None, message: Message, choice: Choice, seconds: float) -> Request:
    """The request in a service's format; ``seconds`` is the present time since 1970, for signatures."""
    return _REQUESTS[form](url, secret, message, choice, seconds)


def check_answer(form: Format, body: bytes) -> None:
    """Raise :class:`ChannelError` unless a service's answer says that it took the message."""
    if form == "generic":
        return  # its status says it
    names = ("code", "StatusCode") if form == "feishu" else ("errcode",)
    words = ("msg", "StatusMessage") if form == "feishu" else ("errmsg",)
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):  # the second of one that is nested as nobody nests
        answer = None
    if not isinstance(answer, dict):
        raise ChannelError(f"what answered is not {form}: no JSON object")
    codes = [answer[name] for name in names if name in answer]
    if not codes:
        raise ChannelError(f"what answered is not {form}: its answer has no {names[0]}")
    if codes[0] != 0:
        told = next((str(answer[name]) for name in words if answer.get(name)), "")
        raise ChannelError(f"{form} refused: {codes[0]} {' '.join(printable(told).split())}"[:300].rstrip())


def _generic(url: str, _secret: str | None, message: Message, choice: Choice, _seconds: float) -> Request:
    return Request(url, message.json(choice))


def _dingtalk(url: str, secret: str | None, message: Message, choice: Choice, seconds: float) -> Request:
    """Signed with the time in milliseconds and the secret, in the address.
    https://open.dingtalk.com/document/robots/customize-robot-security-settings"""
    if secret is not None:
        stamp = str(round(seconds * 1000))
        sign = quote_plus(_sign(secret.encode(), f"{stamp}\n{secret}".encode()))
        url = f"{url}{'&' if '?' in url else '?'}timestamp={stamp}&sign={sign}"
    # At most 20,000 bytes, all of it.
    return Request(url, {"msgtype": "text", "text": {"content": _cut(message.text(choice), 16_000)}})


def _wecom(url: str, _secret: str | None, message: Message, choice: Choice, _seconds: float) -> Request:
    """https://developer.work.weixin.qq.com/document/path/91770: at most 2048 bytes of text."""
    return Request(url, {"msgtype": "text", "text": {"content": _cut(message.text(choice), 2048)}})


def _feishu(url: str, secret: str | None, message: Message, choice: Choice, seconds: float) -> Request:
    """Signed with the time in seconds and the secret, in the body: they are the key, of no message at all.
    https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""
    names = {"zh": "zh_cn", "en": "en_us"}
    post = {
        names[language]: {
            "title": message.titles[language],
            "content": [[_element(line)] for line in message.lines[language]],
        }
        for language in languages(choice)
    }
    body: dict[str, Any] = {"msg_type": "post", "content": {"post": post}}
    if secret is not None:
        stamp = str(round(seconds))
        body |= {"timestamp": stamp, "sign": _sign(f"{stamp}\n{secret}".encode(), b"")}
    return Request(url, body)


def _element(line: Line) -> dict[str, str]:
    return {"tag": "a", "text": line.text, "href": line.text} if line.link else {"tag": "text", "text": line.text}


def _sign(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _cut(text: str, most: int) -> str:
    """``text`` in so many bytes of UTF-8 at most; what is cut off is marked."""
    data = text.encode()
    return text if len(data) <= most else data[: most - 3].decode("utf-8", "ignore") + "…"


_REQUESTS: dict[Format, Callable[[str, str | None, Message, Choice, float], Request]] = {
    "generic": _generic,
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "feishu": _feishu,
}
