"""The sample portal: its pages hold what its declaration says, and it misbehaves exactly as it is told."""

from __future__ import annotations

import http.client
import io
import json
import re
import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import html
from sample_pages import ARTICLE, LISTED, Page, get, items, links, number, squash

from portalcrawler.sample import Fault, SampleOptions, SampleServer, iter_truth, serve, truth

HIDDEN = re.compile(
    r"<script.*?</script>|<style.*?</style>|<!--.*?-->|"
    r'<font class="jammer">.*?</font>|<span style="display:none">.*?</span>',
    re.DOTALL,
)


@pytest.fixture(scope="module")
def portal() -> Iterator[SampleServer]:
    with serve() as server:
        yield server


@pytest.fixture(scope="module")
def told() -> dict[int, dict[str, Any]]:
    return {t["aid"]: t for t in truth()}


NAVIGATION = "//div[@id='nv']//a[not(starts-with(@href,'forum'))]/@href"
SECTIONS = "//div[@class='bm_c bbda']/a/@href | //span[@class='y xi2']/a/@href"
PAGER = "//div[@class='pgs cl']//a/@href"
ONWARD = "//div[contains(@class,'pren')]//a/@href | //ul[@id='raid_div']//a/@href"


@pytest.mark.parametrize("urls", ["dynamic", "rewritten", "static"])
def test_every_article_can_be_reached_as_the_truth_says(urls: str, told: dict[int, dict[str, Any]]) -> None:
    with serve(SampleOptions(urls=urls)) as server:
        lists, listed = list(links(server, "/", NAVIGATION)), set()
        for target in lists:
            page = get(server, target)
            if page.status != 200 or b"messagetext" in page.body:
                continue
            lists += [u for path in (SECTIONS, PAGER) for u in links(server, target, path) if u not in lists]
            listed.update(links(server, target, LISTED))
        pages = {number(u): get(server, u) for u in listed}
        assert {aid for aid, page in pages.items() if page.status == 302} == {112, 113}
        shown = {aid for aid, page in pages.items() if page.status == 200}
        assert shown == {aid for aid, t in told.items() if t["reach"] == "list"}
        todo = [u for u in listed if number(u) in shown]
        found = dict.fromkeys(listed, 200)
        while todo:
            for url in links(server, todo.pop(), ONWARD):
                if url not in found:
                    found[url] = get(server, url).status
                    todo += [url] if found[url] == 200 else []
        assert {number(u) for u in found} - {110, 111, 112, 113} == set(told)
        assert {number(u) for u, status in found.items() if status == 404} == {110, 111}


def article_pages(server: SampleServer, article: dict[str, Any]) -> list[Page]:
    target = f"{ARTICLE}{article['aid']}"
    count = article["page_count"]
    return [get(server, target), *(get(server, f"{target}&page={n}") for n in range(2, count + 1))]


def test_articles_hold_what_the_truth_tells(portal: SampleServer, told: dict[int, dict[str, Any]]) -> None:
    for article in told.values():
        pages = [p.tree() for p in article_pages(portal, article)]
        first = pages[0]
        title = first.xpath("string(//h1[@class='ph'])").strip()
        assert title.removesuffix(" (待审核)") == article["title"]
        assert first.xpath("//div[@id='pt']//a/text()")[2:] == article["section"]
        summary = squash(first.xpath("string(//div[@class='s']/div)")).removeprefix("摘要:")
        assert summary == squash(article["summary"] or "")
        counts = {
            a.xpath("string(br/following-sibling::text())").strip(): int(a.xpath("string(.//em)") or 0)
            for a in first.xpath("//div[@id='click_div']//td/a")
        }
        assert counts == article["reactions"]
        bodies = []
        for page in pages:
            (cell,) = page.xpath("//td[@id='article_content']")
            for inside in cell.xpath(".//div[@id='click_div']"):
                inside.drop_tree()
            bodies.append(html.tostring(cell, encoding="unicode"))
        visible = squash(html.fromstring(HIDDEN.sub("", "".join(bodies))).text_content())
        for line in article["text"].splitlines():
            assert squash(line).replace("\t", "") in visible, article["aid"]
        markup = html.tostring(first, encoding="unicode") + "".join(bodies)
        for photo in article["photos"]:
            assert squash(photo["caption"]) in visible
            assert f'"{photo["url"]}"' in markup
        assert [number(u) for u in first.xpath("//ul[@id='raid_div']//a/@href")] == article["related"]
        sides = {
            em.text[:3]: number(em.xpath("string(a/@href)")) for em in first.xpath("//div[contains(@class,'pren')]/em")
        }
        assert (sides.get("上一篇"), sides.get("下一篇")) == (article["previous"], article["next"])


def test_the_truth_hangs_together(told: dict[int, dict[str, Any]]) -> None:
    assert len(told) >= 72
    assert len({tuple(t["section"]) for t in told.values()}) >= 7
    assert {t["section"][1] for t in told.values() if t["section"][0] == "城事" and t["section"][1:]} == {
        "青禾区", "白鹭县", "石梁县",
    }  # fmt: skip
    names: set[str] = set()
    for article in told.values():
        assert [b["photo"] for b in article["body"] or () if b["type"] == "photo"] == list(
            range(len(article["photos"]) if article["body"] else 0)
        )
        for photo in article["photos"]:
            printed = squash(photo["caption"])
            parts = photo["parts"]
            if parts is None:
                assert re.search("资料图|网络图", printed) or photo["shares_caption_with_next"]
                assert photo["names"] == []
                continue
            assert squash(parts["caption"] or "") in printed
            assert squash(parts["credit"] or "") in printed
            assert all(name in squash(parts["credit"]) for name in photo["names"])
            assert bool(parts["credit"]) == bool(photo["names"] or parts["provider"])
            names.update(photo["names"])
        for comment in article["comments"]:
            assert comment["text"]
        assert len(article["comments"]) == (article["comment_count"] or 0)
    assert {2, 3, 4} <= {len(name) for name in names}
    assert "阿依夏·买买提" in names
    sources = [t["source"] for t in told.values()]
    assert None in sources
    assert any(s and s["url"] for s in sources)
    assert any(s and not s["url"] for s in sources)


def test_meta_lines_differ(portal: SampleServer) -> None:
    def line(aid: int) -> str:
        tree = get(portal, f"{ARTICLE}{aid}").tree()
        return str(tree.xpath("string(//div[@class='h hm']/p)")).strip().replace("\n", "")

    assert line(3) == "2023-3-14 07:05|发布者: 云溪编辑部|查看: 111|评论: 0|原作者: 岑一"
    assert line(41) == "2023-3-8 09:15|发布者: 云溪编辑部|评论: 0"
    assert line(42) == "发布时间：2023-3-16 10:20|作者：白若溪|来源：云溪发布"
    assert line(43).startswith("来自: 云溪法院|原作者: 欧阳砚秋|评论: 0|查看: ")
    assert line(85) == "穆听澜2023-5-6 21:001204人围观"


def test_an_unclosed_table_pulls_the_reactions_into_the_body(portal: SampleServer) -> None:
    tree = get(portal, f"{ARTICLE}28").tree()
    assert tree.xpath("//td[@id='article_content']//div[@id='click_div']")
    assert not get(portal, f"{ARTICLE}27").tree().xpath("//td[@id='article_content']//div[@id='click_div']")


def test_inner_pages(portal: SampleServer) -> None:
    second = get(portal, f"{ARTICLE}74&page=2").tree()
    assert second.xpath("//td[@id='article_content']/div[@class='vm_pagetitle xw1']/text()") == ["人物"]
    assert second.xpath("//div[@class='ptw pbw cl']//strong/text()") == ["2"]
    assert second.xpath("string(//div[@class='ptw pbw cl']//label/span/@title)") == "共 4 页"
    assert len(second.xpath("//div[@id='inner_nav']//li/a")) == 4
    past = get(portal, f"{ARTICLE}74&page=9")
    assert past.status == 200
    assert past.tree().xpath("string(//td[@id='article_content'])") == ""


def test_lists_end_in_every_way(portal: SampleServer) -> None:
    def listing(catid: int, page: int = 1) -> list[int]:
        return items(portal, f"/portal.php?mod=list&catid={catid}&page={page}")

    assert len(listing(5)) == 10
    assert listing(5, 1) != listing(5, 2) == listing(5, 3) == listing(5, 400)
    assert listing(2, 2)
    assert listing(2, 3) == []
    assert listing(12) == []
    assert listing(1)[0] == 34, "the pinned article stands first, out of the order of dates"
    closed = get(portal, "/portal.php?mod=list&catid=13")
    assert closed.status == 200
    assert closed.tree().xpath("//div[@id='messagetext']//script[contains(text(),'window.location.href')]")
    external = get(portal, "/portal.php?mod=list&catid=14")
    assert (external.status, external.headers["location"]) == (302, "http://www.example.com/channel/")
    two_works = get(portal, "/portal.php?mod=list&catid=6").tree()
    assert len(two_works.xpath("//span[@class='xl1_elp']/a")) == 10
    assert not two_works.xpath("//div[@class='pg']")
    assert get(portal, "/portal.php?mod=list&catid=99").tree().xpath("//div[@id='messagetext']")


def test_missing_articles_answer_404_or_a_notice_with_200(portal: SampleServer) -> None:
    assert get(portal, f"{ARTICLE}110").status == 404
    with serve(SampleOptions(missing_status=200)) as server:
        page = get(server, f"{ARTICLE}110")
        assert page.status == 200
        assert page.tree().xpath("//div[@id='messagetext']")
        assert get(server, f"{ARTICLE}4242").status == 200


def test_articles_that_lead_away(portal: SampleServer) -> None:
    assert get(portal, f"{ARTICLE}112").headers["location"].startswith("http://live.example.com/")
    relative = get(portal, f"{ARTICLE}113")
    assert (relative.status, relative.headers["location"]) == (302, "go.php?to=vote")
    assert get(portal, "/go.php?to=vote").headers["location"].startswith("http://vote.example.com/")


def test_dynamic_forms_beside_rewritten_and_static_ones() -> None:
    with serve(SampleOptions(urls="rewritten")) as server:
        assert get(server, "/article-74-2.html").tree().xpath("//div[@class='vm_pagetitle xw1']/text()") == ["人物"]
        assert get(server, f"{ARTICLE}74&page=2").status == 200
        moved = get(server, "/portal.php?mod=list&catid=2&page=2")
        assert (moved.status, moved.headers["location"]) == (301, server.url + "city/qinghe/")
        assert items(server, "/city/qinghe/index.php?page=2") != items(server, "/city/qinghe/") != []
    with serve(SampleOptions(urls="static")) as server:
        second = get(server, "/html/edu/202304/000000742.html").tree()
        assert second.xpath("//div[@class='vm_pagetitle xw1']/text()") == ["人物"]
        moved = get(server, f"{ARTICLE}74&page=2")
        assert (moved.status, moved.headers["location"]) == (302, server.url + "html/edu/202304/00000074.html")
        assert get(server, "/article-74-2.html").status == 404


def test_comments_on_the_page_and_on_pages_of_their_own(portal: SampleServer, told: dict[int, dict[str, Any]]) -> None:
    def shown(target: str) -> list[str]:
        return [i.split("_")[1] for i in get(portal, target).tree().xpath("//dl[starts-with(@id,'comment_')]/@id")]

    expected = [c["id"] for c in told[34]["comments"]]
    assert shown(f"{ARTICLE}34") == expected[:20]
    every = [shown(f"/portal.php?mod=comment&id=34&idtype=aid&page={n}") for n in (1, 2, 3)]
    assert [len(part) for part in every] == [25, 25, 7]
    assert [*chain(*every)] == expected
    assert sum(c["pending"] for c in told[34]["comments"]) == get(portal, f"{ARTICLE}46").text().count("<b>(待审核)")
    from_thread = links(portal, f"{ARTICLE}36", "//p[@class='xg1']/a[em]/@href")
    assert from_thread == ["/forum.php?mod=viewthread&tid=7"]
    assert get(portal, from_thread[0]).status == 200


def test_gbk_bytes_are_gb18030_and_the_rest_entities() -> None:
    with serve(SampleOptions(encoding="gbk")) as server:
        page = get(server, f"{ARTICLE}32")
        assert page.headers["content-type"] == "text/html; charset=gbk"
        assert "䶮".encode("gb18030") in page.body
        assert b"&#134071;" in page.body  # 𠮷
        with pytest.raises(UnicodeDecodeError):
            page.text("gbk")
        same = html.fromstring(page.text("gb18030")).xpath("string(//td[@id='article_content'])")
        assert "“𠮷祥”" in same
        assert "“䶮”" in same
        assert "charset=gbk" in page.text("gb18030")
    with serve(SampleOptions(encoding="big5")) as server:
        page = get(server, f"{ARTICLE}19")
        assert "讀書會現場".encode("big5hkscs") in page.body
        assert "蕭映川" in page.text("big5hkscs")


@pytest.mark.parametrize(
    ("wrong", "header", "meta"),
    [("header", "utf-8", "gbk"), ("meta", None, "utf-8"), ("both", "utf-8", "utf-8"), ("none", None, None)],
)
def test_mislabelled_pages(wrong: Any, header: str | None, meta: str | None) -> None:
    options = SampleOptions(encoding="gbk", faults=(Fault("mislabel", wrong=wrong),))
    with serve(options) as server:
        page = get(server, f"{ARTICLE}1")
        said = re.search("charset=(.+)", page.headers["content-type"])
        text = page.text("gb18030")
        declared = re.search(r'<meta [^>]*charset="?([\w-]+)', text)
        assert (said and said[1]) == header
        assert (declared and declared[1]) == meta
        assert "乔知远" in text


def test_a_fault_on_the_first_hits_only() -> None:
    with serve(SampleOptions(faults=(Fault("error", first=2, retry_after=1, pattern="aid=75&page=2"),))) as server:
        assert get(server, f"{ARTICLE}75").status == 200
        failed = get(server, f"{ARTICLE}75&page=2")
        assert (failed.status, failed.headers["retry-after"]) == (503, "1")
        assert get(server, f"{ARTICLE}75&page=2").status == 503
        assert get(server, f"{ARTICLE}75&page=2").status == 200
        assert server.hits == Counter({f"{ARTICLE}75&page=2": 3, f"{ARTICLE}75": 1})


def test_connections_and_bodies_that_break_off() -> None:
    with serve() as server:
        whole = get(server, f"{ARTICLE}1").body
        server.set_fault(Fault("drop"))
        with pytest.raises(http.client.RemoteDisconnected):
            get(server, f"{ARTICLE}1")
        server.set_fault(Fault("truncate"))
        with pytest.raises(http.client.IncompleteRead) as half:
            get(server, f"{ARTICLE}1")
        assert abs(len(half.value.partial) - len(whole) // 2) < 64
        server.set_fault(Fault("slow", seconds=0.2))
        assert len(get(server, f"{ARTICLE}1").body) > len(whole) // 2
        server.set_fault(Fault("empty"))
        assert get(server, f"{ARTICLE}1").body == b""
        server.set_fault()
        assert get(server, f"{ARTICLE}1").tree().xpath("//td[@id='article_content']")


def test_pages_that_are_not_what_they_should_be() -> None:
    with serve(SampleOptions(faults=(Fault("notice"),))) as server:
        notice = get(server, f"{ARTICLE}1")
        assert (notice.status, len(notice.tree().xpath("//div[@id='messagetext']"))) == (200, 1)
        server.set_fault(Fault("redirect-out"))
        away = get(server, f"{ARTICLE}1")
        assert (away.status, urlsplit(away.headers["location"]).hostname) == (302, "www.example.com")
        server.set_fault(Fault("antitheft", after=2, pattern="mod=view"))
        assert [b"_dsign" in get(server, f"{ARTICLE}{n}").body for n in (1, 2, 3, 4)] == [False, False, True, True]
        script = get(server, f"{ARTICLE}5")
        assert script.status == 200
        assert 1500 < len(script.body) < 3000
        assert b"article_content" in get(server, f"{ARTICLE}5&_dsign=0a1b2c3d").body


def test_rates_are_kept_and_repeatable() -> None:
    def failures(seed: int) -> list[int]:
        with serve(SampleOptions(seed=seed, faults=(Fault("error", 0.5),))) as server:
            return [get(server, "/robots.txt").status for _ in range(40)]

    first = failures(3)
    assert first == failures(3)
    assert 8 < first.count(503) < 32


@pytest.mark.parametrize("text", ["fire", "error=2", "mislabel:left=1", "error=much"])
def test_faults_that_do_not_exist(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault|mislabel|float"):
        Fault.parse(text)


def test_responses_differ_where_discuz_makes_them_differ(portal: SampleServer) -> None:
    first, second = (get(portal, f"{ARTICLE}1") for _ in range(2))
    assert first.body != second.body
    assert not {"etag", "last-modified"} & set(first.headers)
    body = "//td[@id='article_content']"
    assert first.tree().xpath(f"string({body})") == second.tree().xpath(f"string({body})")
    assert get(portal, f"{ARTICLE}1", agent="Scrapy/2.19").tree().xpath("//div[@class='bm guestbox']")
    assert not first.tree().xpath("//div[@class='bm guestbox']")
    mobile = get(portal, f"{ARTICLE}1", agent="Mozilla/5.0 (iPhone) Mobile").tree()
    assert mobile.xpath("//div[@class='wzview cl']")
    assert not mobile.xpath("//td[@id='article_content']")
    assert "vary" not in first.headers


def test_connections_are_kept_alive_and_head_has_no_body(portal: SampleServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", portal.server_port, timeout=10)
    connection.request("GET", "/robots.txt")
    robots = connection.getresponse()
    assert b"User-agent: *" in robots.read()
    connected = connection.sock
    assert connected is not None
    connection.request("GET", "/")
    assert connection.getresponse().read()
    assert connection.sock is connected
    connection.close()
    head = get(portal, "/", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert portal.server_address[0] == "127.0.0.1"


def test_robots_with_a_delay_and_more_rules() -> None:
    with serve(SampleOptions(crawl_delay=0.5, disallow=("/society/",))) as server:
        lines = get(server, "/robots.txt").text().splitlines()
    assert "Crawl-delay: 0.5" in lines
    assert "Disallow: /society/" in lines
    assert "Disallow: /data/" in lines


def test_the_feed_is_empty_on_its_first_hit() -> None:
    with serve() as server:
        assert get(server, "/portal.php?mod=rss&catid=2").text().count("<item>") == 0
        again = get(server, "/portal.php?mod=rss&catid=2")
    assert again.headers["content-type"] == "application/xml"
    assert again.text().count("<item>") == 15
    assert "&amp;amp;" not in again.text().split("<author>")[0]


def test_pictures_are_valid_and_differ_by_name(portal: SampleServer, told: dict[int, dict[str, Any]]) -> None:
    urls = [p["url"] for t in told.values() for p in t["photos"] if not p["url"].startswith("http")]
    assert len(set(urls)) == len(urls)
    bodies = [get(portal, "/" + url).body for url in urls[:5]]
    assert len(set(bodies)) == 5
    for body in bodies:
        stream = io.BytesIO(body)
        assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
        while head := stream.read(8):
            size, kind = struct.unpack(">I4s", head)
            data = stream.read(size)
            assert struct.unpack(">I", stream.read(4))[0] == zlib.crc32(kind + data)
            if kind == b"IDAT":
                assert len(zlib.decompress(data)) == 64 * (1 + 96 * 3)


def test_plain_articles_in_any_number() -> None:
    options = SampleOptions(articles=20_000)
    with serve(options) as server:
        assert items(server, "/portal.php?mod=list&catid=15")[:2] == [120_000, 119_999]
        assert items(server, "/portal.php?mod=list&catid=15&page=2000")[-1] == 100_001
        assert items(server, "/portal.php?mod=list&catid=15&page=2001") == []
        page = get(server, f"{ARTICLE}100002").tree()
        assert get(server, f"{ARTICLE}120001").status == 404
    generated = next(t for t in iter_truth(options) if t["aid"] == 100_002)
    assert squash(page.xpath("string(//td[@id='article_content'])")) == squash(generated["text"])
    assert (generated["previous"], generated["next"]) == (100_001, 100_003)
    texts = [t["text"] for t in islice(iter_truth(options), 2000) if t["aid"] > 100_000]
    assert len(set(texts)) == len(texts) > 1800


def test_the_command_serves_and_tells_the_truth() -> None:
    command = [sys.executable, "-m", "portalcrawler.sample"]
    lines = subprocess.run([*command, "--truth"], capture_output=True, check=True).stdout.splitlines()
    assert [json.loads(line)["aid"] for line in lines] == [t["aid"] for t in truth()]
    wrong = subprocess.run([*command, "--fault", "fire"], capture_output=True, check=False)
    assert wrong.returncode == 2
    assert b"unknown fault 'fire'" in wrong.stderr
    arguments = ["--port", "0", "--encoding", "gbk", "--urls", "rewritten", "--fault", "error=1"]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1].decode()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Type"]) == (503, "text/html; charset=gbk")
        response.read()
        connection.close()
        process.terminate()
        assert process.wait(10) == 0
