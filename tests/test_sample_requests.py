"""What the sample portal does with each request: calls a test back, counts views, makes noise, knows validators."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request

import pytest
from lxml import html
from sample_pages import ARTICLE, get, items

from portalcrawler.sample import Fault, SampleOptions, serve

ROLLING = "/portal.php?mod=list&catid=15"
ONE = f"{ARTICLE}100001"


def test_a_list_shifts_while_it_is_read() -> None:
    with serve(SampleOptions(articles=30)) as server:
        asked: list[str] = []

        def shift(path: str) -> None:
            asked.append(path)
            if "page=2" in path:
                server.editor.publish("rolling")

        server.on_request(shift)
        first, second = items(server, ROLLING), items(server, f"{ROLLING}&page=2")
        assert second[0] == first[-1], "what was pushed down is seen twice"
        assert asked == [ROLLING, f"{ROLLING}&page=2"]
        server.on_request(None)
        assert items(server, f"{ROLLING}&page=2") == second
        assert len(asked) == 2


def test_a_request_can_be_held() -> None:
    with serve() as server:
        held, let_go = threading.Event(), threading.Event()

        def hold(path: str) -> None:
            if "aid=1" in path:
                held.set()
                let_go.wait(10)

        server.on_request(hold)
        pages: list[int] = []
        client = threading.Thread(target=lambda: pages.append(get(server, f"{ARTICLE}1").status))
        client.start()
        assert held.wait(10)
        assert get(server, f"{ARTICLE}2").status == 200
        assert not pages
        server.editor.delete(1)
        let_go.set()
        client.join(10)
        assert pages == [404], "the answer is made after the callback"


def test_a_callback_that_fails_is_not_lost() -> None:
    def fail(path: str) -> None:
        raise LookupError(path)

    statuses = []

    def ask() -> None:
        with serve() as server:
            server.on_request(fail)
            statuses.append(get(server, "/robots.txt").status)

    with pytest.raises(LookupError, match="/robots"):
        ask()
    assert statuses == [500]


def test_views_are_counted_on_request() -> None:
    with serve(SampleOptions(count_views=True, articles=1)) as server:
        start = server.editor.article(74).views

        def views(aid: int) -> int:
            return int(get(server, f"{ARTICLE}{aid}").tree().xpath("string(//em[@id='_viewnum'])"))

        assert [views(74), views(74)] == [start + 1, start + 2]
        get(server, f"{ARTICLE}74&page=2")
        assert next(t for t in server.truth() if t["aid"] == 74)["views"] == start + 2
        server.editor.edit(74, title="换个题目")
        assert views(74) == start + 3
        assert views(100_001) == views(100_001) - 1


def test_ads_and_noise() -> None:
    box = "//div[contains(@class,'a_t') or contains(@class,'a_cn')]/a/@href"
    with serve(SampleOptions(ads=True)) as server:
        first, second = (get(server, f"{ARTICLE}1").tree().xpath(box) for _ in range(2))
        assert len(first) == len(second) == 2
        assert first != second
        assert get(server, "/portal.php?mod=list&catid=2").tree().xpath(box)
    with serve(SampleOptions(noise=False)) as server:
        assert get(server, f"{ARTICLE}1").body == get(server, f"{ARTICLE}1").body
        assert not get(server, f"{ARTICLE}1").tree().xpath(box)


@pytest.mark.parametrize("path", [ONE, ROLLING])
def test_an_etag_lasts_until_the_page_changes(path: str) -> None:
    with serve(SampleOptions(articles=3, validators="etag", ads=True)) as server:
        page = get(server, path)
        assert "last-modified" not in page.headers
        asked = {"If-None-Match": f'"other", W/{page.headers["etag"]}'}
        again = get(server, path, headers=asked)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", page.headers["etag"])
        server.editor.edit(100_001, title="换个题目")
        changed = get(server, path, headers=asked)
        assert changed.status == 200
        assert "换个题目" in changed.text()
        assert get(server, path, headers={"If-None-Match": changed.headers["etag"]}).status == 304
        assert server.not_modified == {path: 2}
        assert server.hits == {path: 4}


def test_last_modified_moves_on_with_each_change() -> None:
    with serve(SampleOptions(articles=3, validators="last-modified")) as server:
        first = get(server, ONE).headers["last-modified"]
        assert first.endswith(" GMT")
        assert "etag" not in get(server, ONE).headers
        assert get(server, ONE, headers={"If-Modified-Since": first}).status == 304
        server.editor.edit(100_003, title="别的文章")
        assert get(server, ONE, headers={"If-Modified-Since": first}).status == 304
        server.editor.reword(100_001, "新鲜事", "稀罕事")
        changed = get(server, ONE, headers={"If-Modified-Since": first})
        assert changed.status == 200
        second = changed.headers["last-modified"]
        assert get(server, ONE, headers={"If-Modified-Since": second}).status == 304
        assert get(server, ONE, headers={"If-Modified-Since": "yesterday"}).status == 200
        assert get(server, "/robots.txt", headers={"If-Modified-Since": second}).status == 200


def test_an_etag_goes_before_a_date() -> None:
    with serve(SampleOptions(articles=3, validators="both")) as server:
        headers = get(server, ONE).headers
        asked = {"If-None-Match": '"other"', "If-Modified-Since": headers["last-modified"]}
        assert get(server, ONE, headers=asked).status == 200
        server.set_fault(Fault("error"))
        failed = get(server, ONE, headers={"If-None-Match": headers["etag"]})
        assert (failed.status, "etag" in failed.headers) == (503, False)
        server.set_fault()
        server.editor.delete(100_001)
        gone = get(server, ONE, headers={"If-None-Match": headers["etag"]})
        assert (gone.status, "etag" in gone.headers) == (404, False)


def test_changes_and_requests_at_once_give_whole_pages() -> None:
    with serve(SampleOptions(articles=60)) as server:
        done = threading.Event()

        def change() -> None:
            for n in range(150):
                aid = server.editor.publish("rolling", page=1 + n % 3, pinned=n % 7 == 0)
                server.editor.edit(aid, title=f"第{n}篇", summary=f"第{n}篇")
                server.editor.delete(100_001 + n % 60)
            done.set()

        changer = threading.Thread(target=change)
        changer.start()
        rounds = 0
        while not done.is_set() or not rounds:
            for page in (1, 2, 3):
                tree = get(server, f"{ROLLING}&page={page}").tree()
                entries: list[html.HtmlElement] = tree.xpath("//div[contains(@class,'xld')]/dl")
                assert len(entries) == 10
            rounds += 1
        changer.join()
        order = server.editor.listed("rolling")
        assert len(order) == len(set(order)) == 150
        dates = [(a.pinned, a.published, a.aid) for a in map(server.editor.article, order)]
        assert dates == sorted(dates, reverse=True)


def test_the_command_takes_what_the_options_have() -> None:
    command = [sys.executable, "-m", "portalcrawler.sample", "--articles", "4", "--sections", "2"]
    lines = subprocess.run([*command, "--truth"], capture_output=True, check=True).stdout.splitlines()
    assert [json.loads(line)["section"] for line in lines[-2:]] == [["滚动"], ["滚动2"]]
    more = ["--port", "0", "--count-views", "--ads", "--validators", "etag"]
    with subprocess.Popen([*command, *more], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1].decode()
        pages = []
        for _ in range(2):
            with urllib.request.urlopen(f"{url}{ONE[1:]}", timeout=10) as response:
                pages.append((response.headers["ETag"], response.read()))
        process.terminate()
        assert process.wait(10) == 0
    assert all(tag and "限时优惠".encode() in page for tag, page in pages)
    assert pages[0] != pages[1], "the second view is counted"
