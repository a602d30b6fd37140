"""Ways to break a page: each broken page is made again by its number alone."""

from __future__ import annotations

import gzip
import random
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Mutator = Callable[[bytes, random.Random], bytes]

_TAG = re.compile(rb"<[^>]{1,300}>")
_CLOSING = re.compile(rb"</[a-zA-Z0-9]+>")
_ATTRIBUTE = re.compile(rb"\s[a-z-]+=\"[^\"]*\"")
_ADDRESS = re.compile(rb"((?:href|src|file|zoomfile)=\")[^\"]*")
_NUMBER = re.compile(rb"[0-9]+")
_TEXT = re.compile(rb">([^<>]+)<")
_NESTED = (
    b"div",
    b"table",
    b"span",
    b"font",
    b"blockquote",
    b"a",
    b"ul",
    b"li",
    b"td",
    b"b",
    b"p",
    b"em",
    b"dl",
    b"h2",
)
_ADDRESSES = (
    b"javascript:alert(1)",
    b"http://[",
    b"http://[::1",
    b"http://a:99999/",
    b"http://a:b/",
    b"//",
    b"//[/",
    b"?",
    b"#",
    b"",
    b"http://%00/",
    b"http://a b/",
    b"data:text/html,x",
    b"&#xD800;",
    b"http://&#xD800;/",
    b"\\\\x\\y",
    "http://例え。テスト/".encode(),
    b"/article-" + b"9" * 5000 + b"-1.html",
    b"/article-1-" + b"9" * 5000 + b".html",
    b"/article-1-999999999.html",
    b"/html/201912/00000001" + b"7" * 5000 + b".html",
    b"portal.php?mod=view&aid=" + b"8" * 18,
    b"portal.php?mod=list&catid=" + b"8" * 5000,
    b"portal.php?mod=view&aid=1&page=999999999999999999",
    b"http://a.example/" + b"x.jpg_" * 3000 + b"%20",
    b"/" + b"a/../" * 3000,
    b"http://a.example/?" + b"&" * 5000,
    b"a:" * 3000,
)
_NUMBERS = (
    b"9" * 18,
    b"9" * 20,
    b"9" * 5000,
    b"0",
    b"-1",
    b"1e999",
    "１２３".encode(),
    "²".encode(),
    b"0" * 400 + b"1",
)
_FLOODS = (
    b" ",
    b"\t\n",
    b"&nbsp;",
    b"\xe3\x80\x80",
    b"&#8203;",
    b"<br>",
    b"(",
    "（".encode(),
    "摄".encode(),
    "记者 ".encode(),
)
_ENTITIES = (
    b"&#xD800;",
    b"&#0;",
    b"&#99999999999;",
    b"&#xFFFE;",
    b"&#x1F600;",
    b"&amp",
    b"&bogus;",
    b"&#x110000;",
    b"&#",
)


def cut(page: bytes, rng: random.Random) -> bytes:
    return page[: rng.randrange(len(page) + 1)]


def behead(page: bytes, rng: random.Random) -> bytes:
    return page[rng.randrange(len(page) + 1) :]


def shuffle(page: bytes, rng: random.Random) -> bytes:
    parts = list(_chunks(page, rng))
    rng.shuffle(parts)
    return b"".join(parts)


def repeat(page: bytes, rng: random.Random) -> bytes:
    return b"".join(part * rng.choice((0, 1, 1, 1, 2, 5)) for part in _chunks(page, rng))


def scatter(page: bytes, rng: random.Random) -> bytes:
    """Random bytes here and there."""
    out = bytearray(page)
    for _ in range(rng.choice((1, 10, 200))):
        at = rng.randrange(len(out) + 1)
        out[at:at] = rng.randbytes(rng.randrange(1, 20))
    return bytes(out)


def flip(page: bytes, rng: random.Random) -> bytes:
    out = bytearray(page)
    for _ in range(rng.choice((1, 20, len(out) // 20)) if out else 0):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def drop_tags(page: bytes, rng: random.Random) -> bytes:
    share = rng.choice((0.02, 0.2, 0.9))
    return _TAG.sub(lambda tag: b"" if rng.random() < share else tag[0], page)


def unclose(page: bytes, rng: random.Random) -> bytes:
    share = rng.choice((0.05, 0.5, 1.0))
    return _CLOSING.sub(lambda tag: b"" if rng.random() < share else tag[0], page)


def swap_tags(page: bytes, rng: random.Random) -> bytes:
    """Tags trade places."""
    tags = _TAG.findall(page)
    rng.shuffle(tags)
    following = iter(tags)
    return _TAG.sub(lambda _: next(following), page)


def break_attributes(page: bytes, rng: random.Random) -> bytes:
    def broken(found: re.Match[bytes]) -> bytes:
        text = found[0]
        return rng.choice(
            (text, text, text[:-1], text.replace(b'"', b"", 1), text.replace(b"=", b"==\x00"), b" =", text * 3)
        )

    return _ATTRIBUTE.sub(broken, page)


def change_addresses(page: bytes, rng: random.Random) -> bytes:
    share = rng.choice((0.1, 1.0))
    new = rng.choices(_ADDRESSES, k=4)
    return _ADDRESS.sub(lambda a: a[1] + rng.choice(new) if rng.random() < share else a[0], page)


def change_base(page: bytes, rng: random.Random) -> bytes:
    return page.replace(b"<head>", b'<head><base href="' + rng.choice(_ADDRESSES) + b'">', 1)


def change_numbers(page: bytes, rng: random.Random) -> bytes:
    share, new = rng.choice((0.02, 0.5)), rng.choice(_NUMBERS)
    return _NUMBER.sub(lambda number: new if rng.random() < share else number[0], page)


def flood(page: bytes, rng: random.Random) -> bytes:
    """Thousands of one thing in one place."""
    return _insert(page, rng, rng.choice(_FLOODS) * rng.choice((300, 3000)))


def entities(page: bytes, rng: random.Random) -> bytes:
    return _TEXT.sub(lambda t: b">" + t[1] + rng.choice(_ENTITIES) + b"<" if rng.random() < 0.3 else t[0], page)


def nest(page: bytes, rng: random.Random) -> bytes:
    """Elements in elements; some closed, with words inside."""
    tags = rng.choice((rng.choices(_NESTED, k=rng.choice((1, 2, 3))), [b"ul", b"li"], [b"table", b"tr", b"td"]))
    depth = rng.choice((30, 300, 1500, 5000))
    inner = b"".join(b"<" + tags[i % len(tags)] + b">" + b"\xe5\xad\x97" * (i % 3) for i in range(depth))
    outer = b"".join(b"</" + tags[i % len(tags)] + b">" for i in range(depth - 1, -1, -1))
    return _insert(page, rng, inner + rng.choice((outer, b"")))


def tables(page: bytes, rng: random.Random) -> bytes:
    cell = rng.choice((b"<td>x</td>", b"<td>", b"<th><img src=a.jpg></th>", b"<td><table><tr><td>x</table></td>"))
    row = b"<tr>" + cell * rng.choice((1, 40, 1000))
    return _insert(page, rng, b"<table>" + row * rng.choice((1, 3, 30)) + b"</table>")


def big_attribute(page: bytes, rng: random.Random) -> bytes:
    name = rng.choice((b"style", b"class", b"id", b"alt", b"src", b"href", b"title", b"width", b"align"))
    value = rng.choice(
        (b"a", b"9", b"color:rgb(", b"font-size:", b"text-indent ", b"display:\t", b"a.jpg 2x, ", b"/../")
    )
    return _insert(
        page, rng, b"<img " + name + b'="' + value * 5000 + b'"><p ' + name + b'="' + value * 5000 + b'">x</p>'
    )


def recode(page: bytes, rng: random.Random) -> bytes:
    """The same words in another encoding than the page says, or in several."""
    text = page.decode("utf-8", "replace")
    codecs = ("utf-16", "utf-16-be", "gb18030", "big5hkscs", "utf-32", "utf-7", "cp1252", "hz", "iso2022_jp_2")
    if rng.random() < 0.5:
        return text.encode(rng.choice(codecs), "replace")
    middle = rng.randrange(len(text) + 1)
    return text[:middle].encode(rng.choice(codecs), "replace") + text[middle:].encode(rng.choice(codecs), "replace")


def zero(page: bytes, rng: random.Random) -> bytes:
    share = rng.choice((0.001, 0.2))
    return bytes(0 if rng.random() < share else byte for byte in page)


def open_end(page: bytes, rng: random.Random) -> bytes:
    """Something begins that swallows what follows."""
    openers = (
        b"<!--",
        b"<script>",
        b"<textarea>",
        b"<title>",
        b"<plaintext>",
        b"<![CDATA[",
        b"<a href='",
        b'<p title="',
        b"<",
        b"</",
    )
    return _insert(
        page,
        rng,
        rng.choice((*openers, b"<frameset>", b"<select>", b"<svg><style>", b"<template>", b"<body>", b"<html>")),
    )


def no_page(page: bytes, rng: random.Random) -> bytes:
    """Not a page at all."""
    picture = b"\x89PNG\r\n\x1a\n" + zlib.compress(rng.randbytes(3000))
    others = (b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\0" * 100, b"<", b"<!-- -->", b"<?xml?>", b'{"a": 1}', b"%PDF-1.7\n")
    return rng.choice((picture, gzip.compress(page, mtime=0), rng.randbytes(5000), *others))


MUTATORS: tuple[Mutator, ...] = (
    cut, behead, shuffle, repeat, scatter, flip, drop_tags, unclose, swap_tags, break_attributes, change_addresses, change_base,
    change_numbers, flood, entities, nest, tables, big_attribute, recode, zero, open_end, no_page,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutation:
    """A broken page; ``number`` makes it again."""

    number: int
    url: str
    how: tuple[str, ...]
    body: bytes


def mutation(number: int, pages: Sequence[tuple[str, bytes]]) -> Mutation:
    """The broken page of a number: one to three things done to one of the pages."""
    rng = random.Random(number)
    url, body = rng.choice(pages)
    chosen = [MUTATORS[number % len(MUTATORS)], *rng.choices(MUTATORS, k=rng.choice((0, 0, 0, 1, 2)))]
    for mutator in chosen:
        body = mutator(body, rng)
    return Mutation(number, url, tuple(mutator.__name__ for mutator in chosen), body)


def _chunks(page: bytes, rng: random.Random) -> Iterator[bytes]:
    """The page in pieces, cut at tags or anywhere."""
    tags = [tag.start() for tag in _TAG.finditer(page)]
    places = tags if tags and rng.random() < 0.6 else range(len(page) + 1)
    ends = sorted(rng.choices(places, k=rng.choice((2, 8, 60))))
    for start, end in zip([0, *ends], [*ends, len(page)], strict=True):
        yield page[start:end]


def _insert(page: bytes, rng: random.Random, what: bytes) -> bytes:
    """Puts something between two tags, mostly in the article's text."""
    body = page.find(b'id="article_content"')
    tags = [tag.end() for tag in _TAG.finditer(page, max(0, body) if rng.random() < 0.7 else 0)]
    at = rng.choice(tags[:40] or [0]) if rng.random() < 0.8 else rng.choice(tags or [0])
    return page[:at] + what + page[at:]
