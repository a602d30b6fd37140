"""The web pages over HTTP: what they say, in both languages, and that no stored text is ever more than a text."""

from __future__ import annotations

import ast
import os
import re
import secrets
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, quote_plus, urlsplit

import pytest
import served
import web_archive
from archived import put
from cli_support import cli
from documents import ROOT
from private_server import kill_server, own_home
from web_archive import COPY, FILE, FULL, GONE, HOSTILE, PLAIN
from web_site import HTML, Site, serving

from portalcrawler.display.words import LANGUAGES, common
from portalcrawler.reports.page import policy as report_policy
from portalcrawler.search.folder import Folder
from portalcrawler.store import local
from portalcrawler.store.change_records import Operation
from portalcrawler.store.connection import Store
from portalcrawler.store.measures import Measures, Part, Share, keep_measures
from portalcrawler.store.runs import Outcome
from portalcrawler.store.runs import State as RunState
from portalcrawler.store.sections import State as SectionState
from portalcrawler.store.standing import table_id
from portalcrawler.store.verdicts import Problem, Verdict, keep_verdict
from portalcrawler.web.pages.words import Words, catalogue, language_of

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fea735819b0000000049454e44ae426082"
)
TOKEN = "a-token-of-24-characters"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Store]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        store.run = web_archive.fill(store)  # type: ignore[attr-defined]
        yield store
        store.drop_database()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / FILE).parent.mkdir()
    (folder / FILE).write_bytes(PNG)
    (folder.parent / "secret.png").write_bytes(PNG)
    return folder


@pytest.fixture(scope="module")
def web(archive: Store, mongo_uri: str, pictures: Path) -> Iterator[Site]:
    with serving(mongo_uri, archive, "--pictures", str(pictures)) as site:
        yield site


@pytest.fixture(scope="module")
def pages(archive: Store) -> list[str]:
    """An address of every page."""
    return [
        "/",
        "/search",
        "/search?q=" + quote('读书会 "青石镇" -没有的'),
        "/search?q=" + quote("script"),
        "/search?q=" + quote("没有这样的词"),
        "/search?site=sample&photos=yes&order=oldest&since=2019-12-01&until=2019-12-31",
        f"/articles/{FULL}",
        f"/articles/{FULL}/history",
        f"/articles/{HOSTILE}",
        f"/articles/{HOSTILE}/history",
        f"/articles/{GONE}",
        f"/articles/{COPY}",
        "/sections",
        "/photos",
        "/photos?photographer=" + quote("简宁"),
        "/changes",
        "/changes?cursor=0",
        "/changes?since=2019-12-16",
        "/runs",
        f"/runs/{archive.run}",  # type: ignore[attr-defined]
        "/nothing-here",
        "/search?since=yesterday",
        "/search?q=" + quote("date:不知道"),
    ]


# Every page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_valid_safe_and_whole(web: Site, pages: list[str], language: str) -> None:
    for path in pages:
        answer = web.get(path, Accept_Language=language)
        assert answer.status == {"/nothing-here": 404}.get(
            path, 400 if "yesterday" in path or "date:" in path or "date%3A" in path else 200
        ), path
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "private, no-cache"
        tree = answer.tree
        assert tree.get("lang") == {"zh": "zh-CN", "en": "en"}[language]
        _is_safe(tree, path)
        _is_usable(tree, path)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", answer.html), path


def _is_safe(tree: Any, path: str) -> None:
    scripts = list(tree.iter(f"{HTML}script"))
    assert [script.get("src", "").partition("?")[0] for script in scripts] == ["/static/htmx.min.js"]
    assert not "".join(scripts[0].itertext())
    assert not list(tree.iter(f"{HTML}style")), path
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert name != "style", path
            assert not name.startswith("on"), (path, name)
            if name == "src":
                assert value.startswith(("/static/", "/pictures/")), (path, value)
            if name in ("href", "action"):
                assert urlsplit(value).scheme in ("", "http", "https"), (path, value)
                assert not value.startswith("//"), (path, value)
                if urlsplit(value).scheme and element.tag == f"{HTML}a":
                    assert "noreferrer" in element.get("rel", ""), (path, value)


def _is_usable(tree: Any, path: str) -> None:
    """Landmarks, labels, one first heading, no id twice, everything described."""
    for tag in ("main", "header", "footer", "title", "h1"):
        assert (
            len([one for one in tree.iter(f"{HTML}{tag}") if tag != "header" or "masthead" in one.get("class", "")])
            == 1
        ), (path, tag)
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), path
    labelled = {label.get("for") for label in tree.iter(f"{HTML}label")}
    for field in tree.iter(f"{HTML}input"):
        assert field.get("type") == "hidden" or field.get("id") in labelled, path
    assert all("alt" in image.attrib for image in tree.iter(f"{HTML}img"))
    assert "#main" in [link.get("href") for link in tree.iter(f"{HTML}a")][:1]
    for element in tree.iter():
        for name in ("aria-labelledby",):
            if name in element.attrib:
                assert element.get(name) in ids, (path, element.get(name))


@pytest.mark.parametrize("path", ["/", f"/articles/{FULL}", "/static/style.css", "/pictures/ab/x.png"])
@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_pages_can_only_be_read(web: Site, path: str, method: str) -> None:
    assert web.get(path, method).status == 405


# Languages


def test_the_language_is_chosen_kept_and_switched(web: Site) -> None:
    assert web.get("/sections").tree.get("lang") == "en"
    assert web.get("/sections", Accept_Language="fr, zh-TW;q=0.8, en;q=0.3").tree.get("lang") == "zh-CN"
    english = web.get("/sections", Accept_Language="en")
    assert english.links()["中文"] == "/sections?lang=zh"
    asked = web.get("/sections?lang=zh", Accept_Language="en")
    assert asked.texts("h1") == ["栏目"]
    assert asked.headers["set-cookie"] == "lang=zh; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax"
    assert web.get("/sections", Cookie="lang=zh", Accept_Language="en").tree.get("lang") == "zh-CN"
    assert web.get("/sections", Cookie="lang=<x>").tree.get("lang") == "en"
    kept = web.get("/search?q=%E6%B2%B3&photos=yes").links()["中文"]
    assert kept == "/search?q=%E6%B2%B3&photos=yes&lang=zh"


@pytest.mark.parametrize("path", ["//evil.example/", "/%5Cevil.example/", "/%2F/evil.example/", "/x%3F%22%3E<b>"])
def test_the_switch_of_languages_leads_nowhere_else(web: Site, path: str) -> None:
    address = web.get(path).links()["中文"]
    assert re.fullmatch(r"/[a-z%][^/]*/?[?]lang=zh", address)


def test_parameters_of_others_are_kept_and_mean_nothing(web: Site) -> None:
    for name in ("path", "self", "request", "key", "utm_source", "a b&c", "é"):
        for path in ("/", "/runs", "/changes", "/search", "/photos", f"/articles/{FULL}", "/nothing"):
            answer = web.get(f"{path}?{quote(name)}=x")
            assert answer.status == (404 if path == "/nothing" else 200), (path, name)
            assert answer.links()["中文"] == f"{path}?{quote_plus(name)}=x&lang=zh"


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "language"),
    [
        (None, None, "", "en"),
        (None, None, "*", "en"),
        (None, None, "zh", "zh"),
        (None, None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, None, "zh;q=0.2, en;q=0.1", "zh"),
        (None, None, "zh;q=x, en;q=0", "en"),
        (None, "zh", "en", "zh"),
        ("en", "zh", "zh", "en"),
        ("de", "zh", "en", "zh"),
        ("de", "de", "zh", "zh"),
    ],
)
def test_which_language(asked: str | None, cookie: str | None, accepted: str, language: str) -> None:
    assert language_of(asked, cookie, accepted) == language


def test_the_catalogue_is_complete_and_used() -> None:
    for key, entry in catalogue().items():
        assert set(entry) - {"one"} == set(LANGUAGES), key
        fields = {language: set(re.findall(r"{(\w+)", entry[language])) for language in LANGUAGES}
        assert fields["en"] == fields["zh"], key
        assert all(text.strip() == text for text in entry.values()), key
    whole, beginnings = _used()
    assert whole <= set(catalogue()), whole - set(catalogue())
    own = set(catalogue()) - set(common())
    unused = {key for key in own if key not in whole and not key.startswith(tuple(beginnings))}
    assert unused == set()
    for beginning in beginnings:
        assert any(key.startswith(beginning) for key in catalogue()), beginning


def _used() -> tuple[set[str], set[str]]:
    """Keys that are named in templates and modules, and beginnings of keys."""
    whole: set[str] = set()
    beginnings: set[str] = set()
    folder = ROOT / "portalcrawler" / "web"
    for template in (folder / "templates").glob("*.html"):
        text = template.read_text("utf-8")
        whole |= set(re.findall(r"\bt\(['\"](\w+)['\"][,)]", text)) | set(re.findall(r"\"(nav_\w+)\"", text))
        beginnings |= set(re.findall(r"\bt\(['\"](\w+_)['\"] ~", text))
        beginnings |= {f"{name}_" for name in re.findall(r"\bt\.name\(['\"](\w+)['\"],", text)}
    for module in (folder / "pages").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            arguments = node.args[1:2] if called == "Refusal" else node.args[:1]
            for argument in arguments if called in ("Refusal", "words", "visit.words", "words.name") else ():
                if isinstance(argument, ast.Constant):
                    (beginnings if called == "words.name" else whole).add(
                        f"{argument.value}_" if called == "words.name" else str(argument.value)
                    )
                elif isinstance(argument, ast.JoinedStr):
                    beginnings.add(str(getattr(argument.values[0], "value", "")))
    return whole, beginnings


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [("operation", Operation), ("run", RunState), ("outcome", Outcome), ("section", SectionState)],
)
def test_every_known_value_has_words(beginning: str, kind: Any) -> None:
    for value in set(get_args(kind)) - {"open"}:
        assert Words("zh").name(beginning, value) != value


# Articles


def test_an_article_as_a_newspaper_page(web: Site) -> None:
    answer = web.get(f"/articles/{FULL}", Accept_Language="en")
    assert answer.texts("h1") == ["青山镇办起了读书会"]
    html = answer.html
    places = [
        html.index(word)
        for word in (
            "上篇",
            "三月五日上午",
            "开场</h2>",
            "/pictures/",
            "书是借来的",
            "一等奖",
            "河流志",
            "现场视频",
            "书单",
        )
    ]
    assert places == sorted(places)
    assert answer.texts("figcaption")[0] == "渡口的第1个清晨Photo credit: 记者柳青禾 摄"
    assert '<time datetime="2019-12-16T19:08:00+08:00" title="UTC+8">16 December 2019, 19:08</time>' in html
    assert "UTC+8</span>" in html
    links = answer.links()
    assert links["青石镇见闻之12"] == "/articles/sample:12"
    assert links["没有存下的一篇"] == "https://sample.example/article-999-1.html"
    assert links["城事"] == "/search?site=sample&section=%E5%9F%8E%E4%BA%8B"
    assert links["https://sample.example/article-1-1.html"] == "https://sample.example/article-1-1.html"
    assert links["柳青禾"].startswith("/search?reporter=")
    assert links["书单"] == "https://sample.example/a.pdf"
    assert "an example" in html
    assert f'href="/articles/{FULL}/history"' in html
    assert "一篇转载" in html
    comment = next(text for text in answer.texts("li") if text.startswith("小米粉"))
    assert comment == "小米粉 17 December 2019, 08:00 waiting for approval 说得好下次还来"


def test_counters_are_drawn_and_told(web: Site) -> None:
    answer = web.get(f"/articles/{FULL}", Accept_Language="en")
    lines = [one.get("points") for one in answer.tree.iter("{http://www.w3.org/2000/svg}polyline")]
    assert len(lines) == 3  # views, and two reactions
    assert lines[0].split()[0].startswith("8.0,")
    assert lines[0].split()[-1] == "632.0,12.0"
    table = [" ".join(row.split()) for row in answer.texts("tr")]
    assert table[-1] == "16 December 2019, 21:081,234093"


def test_what_has_become_of_an_article(web: Site) -> None:
    gone = web.get(f"/articles/{GONE}", Accept_Language="zh").html
    assert "门户上已不存在" in gone
    assert "HTTP 404" in gone
    copy = web.get(f"/articles/{COPY}", Accept_Language="zh")
    assert copy.links()["青山镇办起了读书会"] == f"/articles/{FULL}"
    assert "不完整。" in copy.html


def test_history_word_by_word(web: Site) -> None:
    answer = web.get(f"/articles/{FULL}/history", Accept_Language="zh")
    assert answer.texts("h2") == ["第 2 版", "首次抓取"]
    assert answer.texts("del")[1:3] == ["石", "城事 › 青石镇"]
    assert {"山", "城事", "六日下"} <= set(answer.texts("ins"))
    assert "删除图片 2" in answer.html


def test_hostile_texts_are_only_texts(web: Site) -> None:
    answer = web.get(f"/articles/{HOSTILE}", Accept_Language="en")
    assert answer.texts("h1") == ["<script>alert(1)</script>甲乙丙丁"]
    assert "{{ 7 * 7 }}" in answer.texts("li")
    addresses = [link.get("href") for link in answer.tree.iter(f"{HTML}a")]
    assert not [address for address in addresses if "alert(3)" in address or "evil" in address]
    assert "javascript:alert(3)" in "".join(answer.tree.itertext())


def test_a_name_in_a_link_comes_back_as_it_is(web: Site) -> None:
    answer = web.get(f"/articles/{HOSTILE}")
    for link in answer.tree.iter(f"{HTML}a"):
        if link.get("href").startswith("/search?"):
            found = web.get(link.get("href"))
            assert found.status == 200
            assert f"/articles/{HOSTILE}" in found.links().values(), link.get("href")


# Search


def test_the_start_page_has_the_newest_articles(web: Site) -> None:
    answer = web.get("/", Accept_Language="en")
    titles = ["".join(title.itertext()) for title in answer.titles()]
    assert titles[0] == "<script>alert(1)</script>甲乙丙丁"
    assert len(titles) == 20
    assert answer.texts("h1") == ["Newest articles 64 articles"]


def test_the_pages_of_a_list_hold_every_article_once(web: Site) -> None:
    for first in ("/search?order=oldest", "/search?q=" + quote("河水"), "/search?order=newest&q=" + quote("河水")):
        path: str | None = first
        found: list[str] = []
        while path:
            answer = web.get(path, Accept_Language="en")
            links = [link.get("href") for title in answer.titles() for link in title.iter(f"{HTML}a")]
            found += links
            path = answer.links().get("Further →")
        assert len(found) == len(set(found))
        assert {f"/articles/sample:{number}" for number in PLAIN} <= set(found), first


def test_what_is_found_is_marked(web: Site) -> None:
    answer = web.get("/search?q=" + quote("青石鎮 渡口"), Accept_Language="en")  # in traditional characters, too
    assert set(answer.texts("mark")) == {"青石镇", "渡口"}


def test_filters_are_added_and_removed(web: Site) -> None:
    answer = web.get("/search?q=" + quote("河水"), Accept_Language="en")
    links = answer.links()
    assert answer.texts("h1") == ["62 articles found"]
    narrowed = web.get(links["简宁"], Accept_Language="en")
    assert narrowed.texts("h1") == ["31 articles found"]
    (chip,) = [text for text in narrowed.links() if text.startswith("remove:")]
    assert chip == "remove: Photographer: 简宁 ×"
    assert web.get(narrowed.links()[chip], Accept_Language="en").texts("h1") == ["62 articles found"]
    month = web.get(links["November 2019"], Accept_Language="en")
    assert "remove: Month: November 2019 ×" in month.links()
    assert month.texts("h1") == ["30 articles found"]
    section = web.get(links["城事 › 青石镇"], Accept_Language="zh")
    assert section.texts("h1") == ["找到 31 篇文章"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("since=yesterday", "“since” is no date; write 2019-12-16."),
        ("since=2019-02-30", "“since” is no date; write 2019-12-16."),
        ("photos=maybe", "“photos” is one of: yes, no."),
        ("order=%24where", "“order” is one of: relevance, newest, oldest."),
        ("q=a&q=b", "“q” is given more than once; leave one out."),
        ("source=" + "x" * 301, "“source” is too long: at most 300 characters."),
        ("q=" + "x" * 1001, "“q” is too long: at most 1000 characters."),
        ("after=..%2F", "The place in the list is not one that a page gave; begin with the first page."),
        ("start=-1&q=a", "“start” is a whole number from 0 to 1000."),
    ],
)
def test_what_cannot_be_asked_is_said_kindly(web: Site, query: str, told: str) -> None:
    answer = web.get(f"/search?{query}", Accept_Language="en")
    assert answer.status == 400
    assert told in answer.texts("p")


def test_a_query_that_means_nothing_is_explained_beside_it(web: Site) -> None:
    answer = web.get("/search?q=" + quote("date:昨天"), Accept_Language="zh")
    assert answer.status == 400
    assert 'value="date:昨天"' in answer.html
    assert "date:昨天 is no date" in answer.html


@pytest.mark.parametrize(
    "value", ["$gt", "[$ne]", '{"$gt":""}', "'; return true; var x='", "(a+)+$", "\x00", "%", "../.."]
)
def test_no_value_is_an_operator(web: Site, value: str) -> None:
    for name in ("site", "section", "source", "reporter", "photographer", "publisher", "run"):
        answer = web.get(f"/search?{name}={quote(value)}", Accept_Language="en")
        assert answer.status == 200
        assert "0 articles found" in answer.texts("h1")[0]
    assert web.get(f"/articles/{quote(value, safe='')}").status == 404
    assert web.get(f"/runs/{quote(value, safe='')}").status == 404
    assert web.get(f"/search?site[$ne]={quote(value)}").status == 200  # no parameter of ours


def test_as_long_as_the_index_is_being_made_the_newest_articles_are_there(store: Store, mongo_uri: str) -> None:
    put(store, web_archive.plain(10))
    with serving(mongo_uri, store) as web:
        assert web.get("/", Accept_Language="en").texts("h1") == ["Newest articles 1 article"]
        key = table_id(store, "articles")
        assert key is not None
        writing = Folder(key).take("writing")  # by another process, which is not done yet
        assert writing is not None
        put(store, web_archive.plain(11))
        start = web.get("/", Accept_Language="en")
        assert start.status == 200
        assert ["".join(title.itertext()) for title in start.titles()] == ["青石镇见闻之11", "青石镇见闻之10"]
        assert "The search index is being made: 1 of 2 articles." in start.html
        search = web.get("/search?q=" + quote("河水"), Accept_Language="zh")
        assert (search.status, search.headers["retry-after"]) == (503, "5")
        assert "已完成 1 / 2 篇" in search.html
        os.close(writing)
        assert web.get("/search?q=" + quote("河水"), Accept_Language="en").texts("h1") == ["2 articles found"]


def test_a_database_that_does_not_answer_is_told() -> None:
    with own_home(), served.serving("--mongodb-uri", local.ensure_running()) as running:
        web = Site(running)
        assert web.get("/").status == 200
        kill_server()
        answer = web.get("/", Accept_Language="zh")
        assert (answer.status, answer.texts("h1")) == (503, ["暂时无法访问"])
        assert answer.headers["retry-after"] == "5"


def test_who_has_no_token_is_asked_for_it_and_sees_nothing(archive: Store, mongo_uri: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    with serving(mongo_uri, archive, "--token-file", str(file)) as web:
        answer = web.get(f"/articles/{FULL}", Accept_Language="en")
        assert (answer.status, answer.texts("h1")) == (401, ["A password is needed"])
        assert "Basic" in answer.headers["www-authenticate"]
        word = b64encode(f"anybody:{TOKEN}".encode()).decode()
        assert web.get(f"/articles/{FULL}", Authorization=f"Basic {word}").texts("h1") == ["青山镇办起了读书会"]


# Pictures


def test_downloaded_pictures_are_served_and_others_are_not_fetched(web: Site) -> None:
    answer = web.get(f"/pictures/{FILE}")
    assert (answer.status, answer.body) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in answer.headers["cache-control"]
    article = web.get(f"/articles/{FULL}")
    assert [image.get("src") for image in article.tree.iter(f"{HTML}img")] == [f"/pictures/{FILE}"]


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/../secret.png",
        "/pictures/%2e%2e/secret.png",
        "/pictures/..%2fsecret.png/x",
        "/pictures/ab/..%2f..%2fsecret.png",
        f"/pictures/ab/{'0' * 64}.png",
        f"/pictures/{FILE}%00",
        f"/pictures/{FILE.replace('png', 'svg')}",
        "/pictures/incoming/x",
        "/static/..%2fapp.py",
        "/static/nothing.css",
        "/static/",
    ],
)
def test_nothing_else_is_served(web: Site, path: str) -> None:
    assert web.get(path).status == 404


def test_pictures_of_the_portal_are_fetched_where_that_is_allowed(archive: Store, mongo_uri: str) -> None:
    with serving(mongo_uri, archive, "--remote-pictures") as site:
        answer = site.get(f"/articles/{FULL}")
        assert [image.get("src") for image in answer.tree.iter(f"{HTML}img")] == ["https://sample.example/1.jpg"]
        assert "img-src 'self' http: https:;" in answer.headers["content-security-policy"]
        hostile = site.get(f"/articles/{HOSTILE}")
        (source,) = [image.get("src") for image in hostile.tree.iter(f"{HTML}img")]
        assert source.startswith("https://sample.example/")
        assert site.get(f"/pictures/{FILE}").status == 404


def test_a_folder_that_is_not_there_is_told(mongo_uri: str, tmp_path: Path) -> None:
    answer = cli("serve", "--pictures", str(tmp_path / "none"), "--mongodb-uri", mongo_uri)
    assert (answer.code, answer.out) == (2, "")
    assert (
        answer.err == f"portalcrawler: there is no folder {tmp_path / 'none'}; pages show pictures from a folder only\n"
    )


# Changes, crawls, sections


def test_what_has_changed(web: Site) -> None:
    every = web.get("/changes?cursor=0", Accept_Language="en")
    assert every.texts("ol")[0].count("new") == 50
    further = web.get(every.links()["Further →"], Accept_Language="en")
    assert "set-cookie" not in every.headers
    seen = re.match(r"seen=([0-9.]+); HttpOnly;", further.headers["set-cookie"])
    assert seen is not None
    again = web.get("/changes", Cookie=f"seen={seen[1]}", Accept_Language="en")
    assert again.links()["Since I looked last"] == f"/changes?cursor={seen[1]}"
    assert "Nothing has changed since." in web.get(f"/changes?cursor={seen[1]}", Accept_Language="en").texts("p")


def test_changes_since_a_day(web: Site) -> None:
    assert web.get("/changes?since=2019-12-16").texts("ol")
    assert "Nothing has changed since." in web.get("/changes?since=2019-12-18", Accept_Language="en").texts("p")
    assert web.get("/changes?cursor=1.2").status == 400
    assert web.get("/changes?since=heute").status == 400


def test_a_crawl_and_its_reasons(web: Site, archive: Store) -> None:
    run = archive.run  # type: ignore[attr-defined]
    listed = web.get("/runs", Accept_Language="en")
    assert f"/runs/{run}" in listed.links().values()
    answer = web.get(f"/runs/{run}", Accept_Language="en")
    assert answer.texts("summary") == ["http 500 1", "<script>alert(1)</script> 1", "article 25"]
    assert "and 5 more" in answer.texts("p")
    assert "https://sample.example/0" in answer.links()


def test_what_is_thought_of_a_crawl(web: Site, archive: Store) -> None:
    run = archive.run  # type: ignore[attr-defined]
    url = "https://sample.example/<b>"
    facts = {"field": "source", "count": 0, "of": 9, "before": 0.97, "lost": 5, "known": 5}
    found = Problem("field gone", "layout", "alarm", "<i>城事", facts, (url,))
    keep_measures(archive, run, Measures(parts={"": Part(9, fields={"source": Share(9, 0)})}))
    keep_verdict(archive, run, Verdict("alarm", datetime(2026, 1, 5, tzinfo=UTC), (found,), ("layout",)))
    try:
        assert "alarm" in web.get("/runs", Accept_Language="en").texts("td")
        answer = web.get(f"/runs/{run}", Accept_Language="en")
        assert answer.texts("h2")[0] == "Verdict alarm"
        assert any("[<i>城事] articles have no source any more: 0 of 9" in text for text in answer.texts("p"))
        assert url in answer.links()
        assert "source090 %–" in answer.texts("tr")
        chinese = web.get(f"/runs/{run}", Accept_Language="zh")
        assert any("文章读不出“来源”了" in text for text in chinese.texts("p"))
    finally:
        archive.collection("runs").update_one({"_id": run}, {"$unset": {"measures": "", "verdict": ""}})


@pytest.mark.parametrize(("language", "heading"), [("en", "Measured"), ("zh", "测量")])
def test_the_report_of_a_crawl(web: Site, archive: Store, language: str, heading: str) -> None:
    run = archive.run  # type: ignore[attr-defined]
    assert f"/runs/{run}/report" in web.get(f"/runs/{run}").links().values()
    answer = web.get(f"/runs/{run}/report?lang={language}")
    assert answer.status == 200
    assert heading in answer.texts("h2")
    assert list(answer.tree.iter(f"{HTML}script")) == []
    assert answer.headers["content-security-policy"] == f"{report_policy()}; frame-ancestors 'none'"
    assert web.get("/runs/20000101T000000Z-abcdef/report").status == 404


def test_the_tree_of_sections(web: Site) -> None:
    answer = web.get("/sections", Accept_Language="en")
    links = answer.links()
    assert links["青石镇"] == "/search?site=sample&section=%E5%9F%8E%E4%BA%8B%2F%E9%9D%92%E7%9F%B3%E9%95%87"
    assert web.get(links["青石镇"], Accept_Language="en").texts("h1") == ["31 articles found"]
    assert any(text.startswith("城事 32") for text in answer.texts("li"))
