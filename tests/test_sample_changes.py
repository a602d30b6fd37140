"""A running sample portal changes, and its pages, its lists and its truth with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from against_truth import differences
from crawling import crawl
from sample_pages import ARTICLE, get, items, number, squash

from portalcrawler.archive import Archive
from portalcrawler.sample import SampleOptions, SampleServer, serve, truth
from portalcrawler.store.connection import Store

LIST = "/portal.php?mod=list&catid="
CITY, QINGHE, BAILU, EDU, PHOTO, ROLLING = (f"{LIST}{catid}" for catid in (1, 2, 3, 9, 11, 15))


def shown(server: SampleServer, aid: int, path: str) -> str:
    return str(get(server, f"{ARTICLE}{aid}").tree().xpath(f"string({path})")).strip()


def body(server: SampleServer, aid: int) -> str:
    return squash(shown(server, aid, "//td[@id='article_content']"))


def told(server: SampleServer, aid: int) -> dict[str, object]:
    return next(entry for entry in server.truth() if entry["aid"] == aid)


def summaries(server: SampleServer, target: str) -> dict[int, str]:
    entries = get(server, target).tree().xpath("//div[contains(@class,'xld')]/dl")
    return {number(e.xpath("string(dt/a/@href)")): e.xpath("string(dd[1])").strip() for e in entries}


def test_an_unchanged_portal_tells_the_declared_truth() -> None:
    options = SampleOptions(articles=30, sections=3)
    with serve(options) as server:
        assert server.truth() == truth(options)


def test_title_summary_source_and_meta_line_are_edited_everywhere() -> None:
    with serve() as server:
        server.editor.edit(
            76, title="另起的题目", summary="另写的摘要", source=("白鹭晚报", "http://www.example.com/b"), author="岑一"
        )
        assert shown(server, 76, "//h1[@class='ph']") == "另起的题目"
        assert shown(server, 76, "//div[@class='s']/div").endswith("另写的摘要")
        assert "来自: 白鹭晚报" in shown(server, 76, "//div[@class='h hm']/p")
        assert summaries(server, EDU)[76] == "另写的摘要"
        assert "另起的题目" in get(server, EDU).text()
        assert "另起的题目" in shown(server, 75, "//div[contains(@class,'pren')]"), "its neighbour names it"
        entry = told(server, 76)
        assert (entry["title"], entry["summary"]) == ("另起的题目", "另写的摘要")
        assert entry["source"] == {"name": "白鹭晚报", "url": "http://www.example.com/b"}
    assert next(t for t in truth() if t["aid"] == 76)["title"] != "另起的题目", "another portal is as declared"


def test_the_text_is_edited_paragraph_and_word() -> None:
    with serve(SampleOptions(articles=2)) as server:
        before = body(server, 100_001)
        printed = squash(server.editor.article(100_001).pages[0].blocks[1].pictures[0].caption.printed)
        server.editor.reword(100_001, "新鲜事", "稀罕事")
        assert body(server, 100_001) == before.replace("新鲜事", "稀罕事", 1) != before
        server.editor.edit(100_001, text="头一段换了。")
        server.editor.add_paragraph(100_001, "末了又添一段。")
        after = body(server, 100_001)
        assert after.startswith("头一段换了。")
        assert after.endswith("末了又添一段。")
        assert "稀罕事" not in after
        assert squash(str(told(server, 100_001)["text"])) == after.replace(printed, "")
        assert summaries(server, ROLLING)[100_001].endswith("新鲜事。"), "a summary does not follow the text"
        with pytest.raises(ValueError, match="no paragraph"):
            server.editor.reword(100_001, "没有的话", "x")


def test_a_linked_words_change_keeps_the_link() -> None:
    with serve() as server:
        server.editor.reword(33, "此前报道", "先前报道")
        page = get(server, f"{ARTICLE}33").tree()
        assert page.xpath("//td[@id='article_content']//a/text()") == ["本网先前报道"]


def test_captions_credits_and_pictures_are_edited() -> None:
    with serve(SampleOptions(articles=2)) as server:
        editor = server.editor
        editor.edit_photo(100_001, caption="渡口清晨")
        assert "渡口清晨（记者" in body(server, 100_001)
        editor.edit_photo(100_001, credit="戚望舒 摄", names=("戚望舒",))
        assert "渡口清晨（戚望舒摄）" in body(server, 100_001)
        editor.edit_photo(100_001, url="data/attachment/portal/other.jpg")
        assert 'src="data/attachment/portal/other.jpg"' in get(server, f"{ARTICLE}100001").text()
        assert "other.jpg.thumb.jpg" in get(server, ROLLING).text(), "the list's thumbnail is the first photo"
        (photo,) = told(server, 100_001)["photos"]  # type: ignore[misc,attr-defined]
        assert (photo["caption"], photo["names"]) == ("渡口清晨（戚望舒 摄）", ["戚望舒"])
        editor.edit_photo(100_001, credit="")
        assert "渡口清晨" in body(server, 100_001)
        assert "摄" not in body(server, 100_001)
        with pytest.raises(IndexError):
            editor.edit_photo(100_001, 1, caption="没有这一张")


def test_an_article_moves_to_another_section() -> None:
    with serve(SampleOptions(urls="static")) as server:
        first, second, aid = "/city/qinghe/index.php?page=2", "/city/bailu/", 1
        before = server.editor.article(aid)
        assert f"html/city/qinghe/{before.published:%Y%m}/{aid:08d}.html" in get(server, first).text()
        server.editor.edit(aid, section="bailu")
        assert aid not in items(server, first)
        assert aid in [a for page in (1, 2, 3) for a in items(server, f"{second}index.php?page={page}")]
        trail = get(server, f"/html/city/bailu/{before.published:%Y%m}/{aid:08d}.html").tree()
        assert trail.xpath("//div[@id='pt']//a/text()")[2:] == ["城事", "白鹭县"] == told(server, aid)["section"]
        with pytest.raises(KeyError):
            server.editor.edit(aid, section="nowhere")
        assert server.editor.article(aid).section == "bailu"


@pytest.mark.parametrize("status", [404, 200])
def test_articles_disappear_and_come_back(status: int) -> None:
    with serve(SampleOptions(missing_status=status)) as server:  # type: ignore[arg-type]
        lists = {target: items(server, target) for target in (EDU, CITY, "/")}
        aid = lists[EDU][3]
        server.editor.delete(aid)
        page = get(server, f"{ARTICLE}{aid}")
        assert (page.status, len(page.tree().xpath("//div[@id='messagetext']"))) == (status, 1)
        assert aid not in items(server, EDU)
        assert aid not in {entry["aid"] for entry in server.truth()}
        assert f'aid={aid}"' not in get(server, "/").text()
        around = get(server, f"{ARTICLE}{aid - 1}").tree().xpath("//div[contains(@class,'pren')]//a/@href")
        assert aid not in map(number, around)
        server.editor.delete(aid, listed=True)
        assert items(server, EDU) == lists[EDU]
        assert get(server, f"{ARTICLE}{aid}").status == status
        server.editor.restore(aid)
        assert get(server, f"{ARTICLE}{aid}").tree().xpath("//td[@id='article_content']")
        assert {target: items(server, target) for target in lists} == lists
        assert server.truth() == truth()


def test_sections_close_and_open() -> None:
    with serve() as server:
        whole = items(server, CITY)
        inside = set(server.editor.listed("qinghe"))
        server.editor.close_section("qinghe")
        assert get(server, QINGHE).tree().xpath("//div[@id='messagetext']")
        left = server.editor.listed("city")
        assert left
        assert not inside & set(left)
        assert not inside & set(items(server, CITY))
        aid = min(inside)
        assert get(server, f"{ARTICLE}{aid}").status == 200
        assert told(server, aid)["reach"] == "link"
        server.editor.edit(aid, section="edu")
        server.editor.edit(aid, section="qinghe")
        server.editor.open_section("qinghe")
        assert items(server, CITY) == whole
        assert server.truth() == truth()


def test_new_articles_stand_first_with_the_next_number() -> None:
    with serve() as server:
        highest = max(entry["aid"] for entry in server.truth())
        aid = server.editor.publish("edu", title="新到的一篇", text="刚刚写好。")
        assert aid > highest
        assert server.editor.publish("photo") == aid + 1
        assert items(server, EDU)[0] == aid
        assert items(server, PHOTO)[0] == aid + 1
        assert shown(server, aid, "//h1[@class='ph']") == "新到的一篇"
        assert body(server, aid).startswith("刚刚写好。")
        assert "新到的一篇" in get(server, "/").text()
        assert told(server, aid)["summary"] == "刚刚写好。"
        assert told(server, aid)["next"] is None
        assert len(server.truth()) == len(truth()) + 2


def test_late_dated_articles_stand_lower_down() -> None:
    with serve(SampleOptions(articles=35)) as server:
        editor = server.editor
        second = editor.publish("rolling", page=2)
        assert items(server, f"{ROLLING}&page=2")[0] == second == 100_036
        assert second not in items(server, ROLLING)
        third = editor.publish("rolling", page=3)
        assert items(server, f"{ROLLING}&page=3")[0] == third
        last = editor.publish("rolling", page=9)
        assert items(server, f"{ROLLING}&page=4")[-1] == last
        china = timezone(timedelta(hours=8))
        dated = editor.publish("rolling", published=datetime(2020, 1, 1, 12, 0, 59, tzinfo=china).astimezone(UTC))
        assert editor.listed("rolling").index(dated) + 1 == editor.listed("rolling").index(100_004)
        assert told(server, dated)["published_at"] == "2020-01-01T12:00:00+08:00"
        assert shown(server, dated, "//div[@class='h hm']/p").startswith("2020-1-1 12:00")
        with pytest.raises(ValueError, match="time zone"):
            editor.publish("rolling", published=datetime(2020, 1, 1))
        assert len(editor.listed("rolling")) == 39


def test_an_unapproved_article_is_not_there_until_it_is_approved() -> None:
    with serve(SampleOptions(articles=12)) as server:
        waiting = server.editor.publish("rolling", approved=False)
        after = server.editor.publish("rolling")
        assert (waiting, after) == (100_013, 100_014)
        assert items(server, ROLLING)[0] == after
        assert waiting not in server.editor.listed("rolling")
        assert get(server, f"{ARTICLE}{waiting}").status == 404
        assert told(server, after)["previous"] == 100_012
        server.editor.restore(waiting)
        assert items(server, ROLLING)[:2] == [after, waiting]
        assert get(server, f"{ARTICLE}{waiting}").status == 200
        assert told(server, after)["previous"] == waiting


def test_pinned_articles_fill_a_whole_page() -> None:
    with serve(SampleOptions(articles=40)) as server:
        old = range(100_001, 100_011)
        server.editor.pin(*old)
        assert items(server, ROLLING) == sorted(old, reverse=True)
        new = server.editor.publish("rolling")
        assert items(server, ROLLING) == sorted(old, reverse=True)
        assert items(server, f"{ROLLING}&page=2")[:2] == [new, 100_040]
        top = server.editor.publish("rolling", pinned=True)
        assert items(server, ROLLING)[0] == top
        home = get(server, "/").text()
        assert home.index(f'aid={new}"') > home.index(f'aid={top}"'), "the home page goes by dates alone"
        assert home.index('aid=100040"') > home.index(f'aid={new}"')
        server.editor.unpin(top, *old)
        assert items(server, ROLLING)[:3] == [top, new, 100_040]


def test_counters_change() -> None:
    with serve() as server:
        before = truth()[2]
        aid = before["aid"]
        server.editor.view(aid, 5)
        server.editor.vote(aid, "鲜花", 2)
        server.editor.edit(aid, comments=3)
        after = told(server, aid)
        assert after["views"] == before["views"] + 5
        assert after["reactions"] == {**before["reactions"], "鲜花": before["reactions"]["鲜花"] + 2}
        assert after["comment_count"] == 3
        meta = shown(server, aid, "//div[@class='h hm']/p")
        assert f"查看: {after['views']}" in meta
        assert "评论: 3" in meta
        with pytest.raises(ValueError, match="reactions"):
            server.editor.edit(aid, reactions=(1, 2))
        with pytest.raises(KeyError):
            server.editor.view(4242)


def test_comments_come_change_and_go() -> None:
    with serve() as server:

        def found(aid: int) -> dict[int, str]:
            entries = get(server, f"/portal.php?mod=comment&id={aid}&idtype=aid").tree().xpath("//dl[dd]")
            return {int(e.get("id").split("_")[1]): e.xpath("string(dd)") for e in entries}

        before = found(34)
        new = server.editor.add_comment(34, "头一回听说", author="新来的")
        assert found(34)[new] == "头一回听说"
        assert next(iter(found(34))) == new, "newest first"
        page = get(server, f"{ARTICLE}34")
        assert f'id="comment_{new}_li"' in page.text()
        assert "评论: 58" in shown(server, 34, "//div[@class='h hm']/p")
        server.editor.edit_comment(34, new, "改过的话")
        assert found(34)[new] == "改过的话"
        gone = next(number for number in before)
        server.editor.remove_comment(34, gone)
        assert gone not in found(34)
        entry = told(server, 34)
        assert entry["comment_count"] == 57
        assert [c["id"] for c in entry["comments"]][:2] == [str(n) for n in found(34)][:2]  # type: ignore[attr-defined]
        with pytest.raises(KeyError):
            server.editor.remove_comment(34, gone)
        assert server.editor.add_comment(3, "沙发") != new
        assert list(found(3).values()) == ["沙发"]


def test_generated_articles_in_many_sections() -> None:
    options = SampleOptions(articles=10_000, sections=40)
    with serve(options) as server:
        lists = [ROLLING, *(f"{LIST}{1000 + n}" for n in range(2, 41))]
        assert get(server, "/").text().count("滚动40") >= 1
        assert items(server, lists[0])[0] == 109_961
        assert items(server, lists[-1])[0] == 110_000
        assert items(server, f"{lists[-1]}&page=25")[-1] == 100_040
        assert items(server, f"{lists[-1]}&page=26") == []
        assert told(server, 100_042)["previous"] == 100_002
        assert shown(server, 100_042, "//div[@id='pt']//a[last()]") == "滚动2"
        server.editor.edit(100_042, section="rolling40")
        assert 100_042 in items(server, f"{lists[-1]}&page=25")
        assert len(server.editor.listed("rolling2")) == 249


@pytest.mark.parametrize("urls", ["dynamic", "static"])
def test_a_changed_portal_is_archived_as_its_truth_says(store: Store, mongo_uri: str, urls: str) -> None:
    with serve(SampleOptions(urls=urls, articles=25, sections=2, ads=True)) as server:  # type: ignore[arg-type]
        editor = server.editor
        editor.edit(76, title="另起的题目", text="头一段换了。", section="photo")
        editor.edit_photo(100_001, caption="渡口清晨", credit="戚望舒 摄", names=("戚望舒",))
        editor.edit_photo(100_003, credit="")
        editor.delete(100_005)
        editor.delete(100_007, listed=True)
        editor.publish("rolling", page=2)
        editor.publish("edu", pinned=True)
        editor.publish("edu", approved=False)
        editor.add_comment(3, "沙发")
        editor.vote(3, "握手")
        editor.close_section("rolling2")
        done = crawl(store, mongo_uri, f"url={server.url}")
        shown_now = {entry["aid"] for entry in server.truth()}
        reached = [entry for entry in server.truth() if entry["reach"] == "list"]
        assert done.returncode == 0, done.stderr
        with Archive.connect(mongo_uri, database=store.database_name) as archive:
            articles = {int(a.id.rpartition(":")[2]): a for a in archive.articles()}
    listed = {entry["aid"] for entry in reached}
    assert differences([a for aid, a in articles.items() if aid in listed], reached, server.url) == []
    assert set(articles) <= shown_now
