"""A portal on loopback with a few articles of the sample portal's making, whose pictures a test chooses."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from crawling import crawl
from loopback import Reply, Server
from PIL import Image

from portalcrawler.items import Photo
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.sample.options import Encoding
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.connection import Store

AIDS = (98, 91)
"""Articles of the sample portal with some pictures, which give way to the test's."""
_PICTURE = re.compile(r'<img src="data/attachment[^>]*>')


def image(kind: str = "JPEG", size: tuple[int, int] = (40, 30), colour: str = "teal") -> bytes:
    """A picture in the format of that name."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def shown(data: bytes, content_type: str = "image/jpeg", **reply: Any) -> Reply:
    """A server's answer that holds a picture, or what it says is one."""
    return Reply(data, headers={"Content-Type": content_type}, **reply)


@contextmanager
def portal(
    articles: Sequence[Sequence[str]], pictures: Mapping[str, Any], encoding: Encoding = "utf-8"
) -> Iterator[Server]:
    """Serves articles, each with pictures at these addresses (as ``src`` says them), and the pictures by path."""
    with serve(SampleOptions(encoding=encoding)) as sample, Server(dict(pictures)) as server:
        for aid, addresses in zip(AIDS, articles, strict=False):
            path = f"/portal.php?mod=view&aid={aid}"
            with urllib.request.urlopen(sample.url.rstrip("/") + path) as answer:
                page = answer.read().decode(encoding).replace(sample.url, f"{server.url}/")
            first, rest = _PICTURE.split(page, maxsplit=1)
            tags = "".join(f'<p><img src="{address}" /></p>' for address in addresses)
            html = (first + tags + _PICTURE.sub("", rest)).encode(encoding)
            server.routes[path] = Reply(html, headers={"Content-Type": f"text/html; charset={encoding}"})
        yield server


def fetch(
    store: Store, uri: str, server: Server, place: Path | str | None, settings: Mapping[str, str] | None = None
) -> str:
    """Crawls the portal's articles; the log. ``place`` is where pictures go."""
    urls = [server.url + path for path in server.routes if "mod=view" in path]
    chosen = {"PORTALCRAWLER_PHOTOS": str(place)} if place is not None else {}
    done = crawl(
        store,
        uri,
        f"urls={','.join(urls)}",
        spider="articles",
        settings={"RETRY_TIMES": "0", **chosen, **(settings or {})},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def photos(store: Store, aid: int = AIDS[0]) -> list[Photo]:
    """The photos of an article, as they are stored."""
    found = store.collection("articles").find_one({"_id": {"$regex": f":{aid}$"}})
    assert found is not None
    return article_from_document(found).photos


def kept(folder: Path) -> dict[str, bytes]:
    """The files below a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
