"""Pictures are downloaded with their articles: whole, once, politely; and no article is lost for want of one."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cli_support import COMMAND, cli, done, environment
from crawling import ROOT, last_run, scrapy
from loopback import Reply, Server
from picture_portal import fetch, image, kept, photos, portal, shown

from portalcrawler.archive import Archive
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.sample.pictures import HEIGHT, WIDTH
from portalcrawler.store.connection import Store

PAGE = b"<!DOCTYPE html><html><body><h1>404</h1>no such picture</body></html>"


def name_of(data: bytes, extension: str) -> str:
    digest = hashlib.sha256(data).hexdigest()
    return f"{digest[:2]}/{digest}.{extension}"


def reasons(store: Store) -> dict[str, dict[str, int]]:
    """The outcomes of the last run's pictures."""
    counts = last_run(store)["counts"]
    return {o: {r: n for r, n in c.items() if r.startswith("photo")} for o, c in counts.items()}


def test_the_same_picture_is_kept_once_with_its_bytes_as_they_came(
    store: Store, mongo_uri: str, tmp_path: Path
) -> None:
    one, two = image(), image("PNG", (7, 5))
    pictures = {"/a.jpg": shown(one), "/copy/b.jpg": shown(one), "/c.jpg": shown(two)}
    with portal([["a.jpg", "copy/b.jpg", "c.jpg"], ["a.jpg"]], pictures) as server:
        fetch(store, mongo_uri, server, tmp_path / "new" / "folder")
        asked = server.paths()
    folder = tmp_path / "new" / "folder"
    assert kept(folder) == {name_of(one, "jpg"): one, name_of(two, "png"): two}
    assert [(p.file, p.width, p.height) for p in photos(store)] == [
        (name_of(one, "jpg"), 40, 30),
        (name_of(one, "jpg"), 40, 30),
        (name_of(two, "png"), 7, 5),
    ]
    assert [p.file for p in photos(store, 91)] == [name_of(one, "jpg")]
    assert sorted(path for path in asked if "mod=view" not in path) == ["/a.jpg", "/c.jpg", "/copy/b.jpg"]
    assert reasons(store) == {"fetched": {"photo": 3}}
    indexed = store.collection("pictures").find_one({"url": f"{server.url}/c.jpg"})
    assert indexed is not None
    assert (indexed["content_type"], indexed["size"], indexed["sha256"]) == (
        "image/png",
        len(two),
        hashlib.sha256(two).hexdigest(),
    )


def test_what_is_there_is_not_downloaded_again_and_what_has_vanished_is(
    store: Store, mongo_uri: str, tmp_path: Path
) -> None:
    one, two = image(), image(colour="navy")
    with portal([["a.jpg", "b.jpg"]], {"/a.jpg": shown(one), "/b.jpg": shown(two)}) as server:
        fetch(store, mongo_uri, server, tmp_path)
        first = len(server.paths())
        fetch(store, mongo_uri, server, tmp_path)
        assert len(server.paths()) == first + 1, "only the page is asked for"
        assert reasons(store)["skipped"] == {"photo known": 2}
        (tmp_path / name_of(two, "jpg")).unlink()
        fetch(store, mongo_uri, server, tmp_path)
    assert set(server.paths()[first + 1 :]) == {"/portal.php?mod=view&aid=98", "/b.jpg"}
    assert kept(tmp_path) == {name_of(one, "jpg"): one, name_of(two, "jpg"): two}
    assert [p.file for p in photos(store)] == [name_of(one, "jpg"), name_of(two, "jpg")]


def test_what_is_no_picture_is_refused_and_the_article_stored(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    good = image(colour="red")
    large = image("BMP", (100, 100))
    bomb = image("PNG", (3000, 2000))
    whole = image(size=(300, 200))
    pictures = {
        "/page.jpg": shown(PAGE, "text/html"),
        "/disguised.jpg": shown(PAGE),
        "/empty.jpg": shown(b""),
        "/half.jpg": shown(whole[: len(whole) // 2]),
        "/cut.jpg": shown(whole[: len(whole) // 2], claim=len(whole)),
        "/large.bmp": shown(large),
        "/bomb.png": shown(bomb),
        "/drawing.svg": shown(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        "/error.jpg": Reply(PAGE, 500),
        "/gone.jpg": Reply(PAGE, 404),
        "/good.jpg": shown(good, "text/plain"),
    }
    limits = {"PORTALCRAWLER_PHOTOS_MAX_BYTES": "25000", "PORTALCRAWLER_PHOTOS_MAX_PIXELS": "5000000"}
    with portal([[path.strip("/") for path in pictures]], pictures) as server:
        fetch(store, mongo_uri, server, tmp_path, limits)
    assert kept(tmp_path) == {name_of(good, "jpg"): good}
    assert [p.file for p in photos(store)] == [None] * 10 + [name_of(good, "jpg")]
    failed = {
        "photo: not a picture": 3,
        "photo: damaged": 1,
        "photo: cut short": 1,
        "photo: empty": 1,
        "photo: too large": 1,
        "photo: too many pixels": 1,
        "photo: HTTP 500": 1,
    }
    assert reasons(store) == {"fetched": {"photo": 1}, "skipped": {"photo: missing": 1}, "failed": failed}
    with Archive.connect(mongo_uri, database=store.database_name) as archive:
        letters = {s.failure.url.rpartition("/")[2]: s.failure for s in archive.failures(bodies=True)}
    assert set(letters) == {path.strip("/") for path in pictures} - {"gone.jpg", "good.jpg"}
    assert {letter.step for letter in letters.values()} == {"fetch"}
    assert letters["disguised.jpg"].reason == "photo: not a picture: an HTML page (sent as image/jpeg)"
    assert letters["disguised.jpg"].body == PAGE
    assert letters["bomb.png"].reason == "photo: too many pixels: 3000 × 2000, allowed are 5000000 (sent as image/jpeg)"


def test_a_picture_that_comes_at_last_settles_its_failure(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with portal([["a.jpg"]], {"/a.jpg": [shown(PAGE), shown(image())]}) as server:
        fetch(store, mongo_uri, server, tmp_path)
        assert store.collection("failures").count_documents({"resolved": False}) == 1
        fetch(store, mongo_uri, server, tmp_path)
    assert store.collection("failures").count_documents({"resolved": False}) == 0
    assert photos(store)[0].file == name_of(image(), "jpg")


def test_only_the_kinds_that_are_allowed_are_kept(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    kinds = {f"/{kind}.jpg": shown(image(kind)) for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF")}
    with portal([[path.strip("/") for path in kinds]], kinds) as server:
        fetch(store, mongo_uri, server, tmp_path / "all")
        fetch(store, mongo_uri, server, tmp_path / "some", {"PORTALCRAWLER_PHOTOS_TYPES": "png,gif"})
    assert sorted(name.rpartition(".")[2] for name in kept(tmp_path / "all")) == sorted(
        ["jpg", "png", "gif", "webp", "bmp", "avif"]
    )
    assert sorted(name.rpartition(".")[2] for name in kept(tmp_path / "some")) == ["gif", "png"]


def test_pictures_may_be_on_another_host_but_on_no_private_one(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    away, secret = image(colour="gold"), image(colour="black")
    with Server({"/b.jpg": shown(away)}, address="127.0.0.2") as cdn, Server({"/c.jpg": shown(secret)}) as inside:
        pictures = {
            "/moved.jpg": Reply(status=302, headers={"Location": f"{cdn.url}/b.jpg"}),
            "/trap.jpg": Reply(status=302, headers={"Location": f"{inside.url}/c.jpg"}),
        }
        addresses = [f"{cdn.url}/b.jpg", f"{inside.url}/c.jpg", "moved.jpg", "trap.jpg"]
        with portal([addresses], pictures) as server:
            fetch(store, mongo_uri, server, tmp_path, {"GUARD_PERMITTED_NETWORKS": "127.0.0.2/32"})
            referers = {hit.path: hit.headers.get("Referer") for hit in server.hits}
        assert inside.hits == []
        assert {hit.headers.get("Referer") for hit in cdn.hits if hit.path == "/b.jpg"} >= {f"{server.url}/"}
    assert kept(tmp_path) == {name_of(away, "jpg"): away}
    assert [p.file for p in photos(store)] == [name_of(away, "jpg"), None, name_of(away, "jpg"), None]
    assert reasons(store) == {"fetched": {"photo": 2}, "skipped": {"photo: refused": 2}}
    assert referers["/moved.jpg"] == f"{server.url}/portal.php?mod=view&aid=98"


def test_robots_txt_holds_for_pictures(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    rules = Reply(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
    pictures = {"/private/a.jpg": shown(image()), "/robots.txt": rules}
    with portal([["private/a.jpg"]], pictures) as server:
        fetch(store, mongo_uri, server, tmp_path)
        assert "/private/a.jpg" not in server.paths()
    assert reasons(store) == {"skipped": {"photo: robots.txt": 1}, "fetched": {}}
    assert len(photos(store)) == 1


def test_names_in_chinese_on_a_portal_in_gbk(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    data = image()
    path = "/data/%E4%BC%9A%E5%9C%BA.jpg"  # browsers write paths in UTF-8, whatever the page is written in
    with portal([["data/会场.jpg"]], {path: shown(data)}, encoding="gbk") as server:
        fetch(store, mongo_uri, server, tmp_path)
        fetch(store, mongo_uri, server, tmp_path)
    assert server.paths().count(path) == 1
    assert photos(store)[0].file == name_of(data, "jpg")


def test_nothing_is_downloaded_unless_asked_for(store: Store, mongo_uri: str) -> None:
    with portal([["a.jpg"]], {"/a.jpg": shown(image())}) as server:
        fetch(store, mongo_uri, server, None)
        assert "/a.jpg" not in server.paths()
    assert photos(store)[0].file is None


def test_what_a_crawl_without_pictures_finds_keeps_its_files(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with portal([["a.jpg"]], {"/a.jpg": shown(image())}) as server:
        fetch(store, mongo_uri, server, tmp_path)
        fetch(store, mongo_uri, server, None)
    assert photos(store)[0].file == name_of(image(), "jpg")


def test_pictures_without_an_archive(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with portal([["a.jpg"]], {"/a.jpg": shown(image())}) as server:
        fetch(store, mongo_uri, server, tmp_path, {"PORTALCRAWLER_STORE_ENABLED": "False"})
    assert kept(tmp_path) == {name_of(image(), "jpg"): image()}


def test_where_a_file_cannot_be_written_the_article_is_stored_and_the_reason_said(
    store: Store, mongo_uri: str, tmp_path: Path
) -> None:
    one, two = image(), image(colour="navy")
    (tmp_path / name_of(one, "jpg")[:2]).write_text("in the way")
    with portal([["a.jpg", "b.jpg"]], {"/a.jpg": shown(one), "/b.jpg": shown(two)}) as server:
        log = fetch(store, mongo_uri, server, tmp_path)
    assert f"The folder of pictures {tmp_path} cannot be written" in log
    assert [p.file for p in photos(store)] == [None, name_of(two, "jpg")]
    assert reasons(store)["failed"] == {"photo: not kept": 1}
    assert store.collection("failures").distinct("step") == ["store"]
    assert list((tmp_path / "incoming").iterdir()) == []


FULL = """
import ctypes, os, sys
os.chdir("/")
if ctypes.CDLL(None).unshare(0x10000000 | 0x00020000):
    sys.exit(77)
MAP = {"uid": os.environ["U"], "gid": os.environ["G"]}
for kind in ("setgroups", "uid_map", "gid_map"):
    try:
        with open(f"/proc/self/{kind}", "w") as file:
            file.write("deny" if kind == "setgroups" else f"0 {MAP[kind[:3]]} 1")
    except OSError:
        sys.exit(77)
if ctypes.CDLL(None).mount(b"none", sys.argv[1].encode(), b"tmpfs", 0, b"size=24k"):
    sys.exit(77)
os.chdir(os.environ["ROOT"])
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def test_a_full_disk_is_said_and_asks_for_no_more_pictures(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    """On a file system of its own, of 24 KiB; skipped where the system lets nobody make one."""
    names = [f"{n}.bmp" for n in range(12)]
    pictures = {f"/{name}": shown(image("BMP", (50, 50), f"#0000{n:02x}")) for n, name in enumerate(names)}
    with portal([names], pictures) as server:
        url = f"{server.url}/portal.php?mod=view&aid=98"
        settings = {"MONGODB_URI": mongo_uri, "MONGODB_DATABASE": store.database_name, "PORTALCRAWLER_PHOTOS": tmp_path}
        given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
        command = [sys.executable, "-c", FULL, str(tmp_path), "-W", "error", "-m", "scrapy", "crawl", "articles"]
        env = environment({"U": str(os.getuid()), "G": str(os.getgid()), "ROOT": str(ROOT)})
        end = subprocess.run(
            [*command, "-a", f"urls={url}", *given], env=env, capture_output=True, text=True, check=False
        )
        if end.returncode == 77:
            pytest.skip("no file system can be made here")
        asked = sum(path.endswith(".bmp") for path in server.paths())
    assert end.returncode == 0, end.stderr
    assert "cannot be written: No space left on device" in end.stderr
    assert "Traceback" not in end.stderr
    files = [p.file for p in photos(store)]
    assert 0 < sum(file is not None for file in files) < 4
    assert asked < 12
    assert reasons(store)["failed"]["photo: not kept"] == files.count(None)


def test_a_crawl_of_the_sample_portal_with_its_pictures(mongo_uri: str, tmp_path: Path) -> None:
    here = ("--database", "photos_cli")
    with serve(SampleOptions()) as sample:
        told = done(
            "crawl", sample.url, *here, "--section", "教育", "--photos", "pictures", "--json", cwd=tmp_path
        ).json()
        again = done("crawl", sample.url, *here, "--limit", "1", "--photos", "pictures", cwd=tmp_path)
    assert told["urls"]["fetched"]["photo"] == told["photos"] == 5
    assert f"its pictures into {tmp_path}/pictures" in again.err
    articles = done("list", *here, "--has-photos", "--section", "教育", "--json").json_lines()
    found = [photo for article in articles for photo in article["photos"]]
    assert {(p["width"], p["height"]) for p in found} == {(WIDTH, HEIGHT)}
    assert {p["file"] for p in found} <= set(kept(tmp_path / "pictures"))


def test_the_limit_waits_for_the_pictures_of_its_last_article(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with serve(SampleOptions()) as sample:
        url = f"{sample.url}portal.php?mod=view&aid=98"
        settings = {
            "MONGODB_URI": mongo_uri,
            "MONGODB_DATABASE": store.database_name,
            "PORTALCRAWLER_PHOTOS": str(tmp_path),
        }
        given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
        end = scrapy("crawl", "portal", "-a", f"url={url}", "-a", "limit=1", *given)
    assert end.returncode == 0
    assert "Traceback" not in end.stderr
    assert len(kept(tmp_path)) == 5
    assert all(photo.file for photo in photos(store))


def test_an_interrupted_crawl_ends_soon_and_what_is_missing_can_be_had_later(
    store: Store, mongo_uri: str, tmp_path: Path
) -> None:
    names = [f"{n}.jpg" for n in range(24)]
    pictures = {f"/{name}": shown(image(colour=f"#0000{n:02x}")) for n, name in enumerate(names)}
    here = ("--mongodb-uri", mongo_uri, "--database", store.database_name)
    reached = threading.Event()

    def third(_: object) -> Reply:
        reached.set()
        return shown(image(colour="white"))

    with portal([names], {**pictures, "/2.jpg": third}) as server:
        url = f"{server.url}/portal.php?mod=view&aid=98"
        slow = ("--set", "DOWNLOAD_DELAY=0.3", "--set", "CONCURRENT_REQUESTS_PER_DOMAIN=1")
        command = [*COMMAND, "crawl", url, *here, "--photos", str(tmp_path), *slow]
        process = subprocess.Popen(
            command, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert reached.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        files = [p.file for p in photos(store)]
        assert len(files) == 24
        assert 2 <= sum(file is not None for file in files) <= 8
        asked = len(server.paths())
        rest = done("photos", str(tmp_path), *here)
        assert len(server.paths()) - asked == files.count(None), "no page, and no picture twice"
        assert server.paths()[asked:].count("/portal.php?mod=view&aid=98") == 0
        assert f"{files.count(None)} fetched (photo)" in rest.out
        assert all(photo.file and photo.width == 40 for photo in photos(store))
        assert "nothing to do" in done("photos", str(tmp_path), *here).err


def test_pictures_for_articles_that_were_stored_without(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    one, two = image(), image(colour="navy")
    here = ("--mongodb-uri", mongo_uri, "--database", store.database_name)
    pictures = {"/a.jpg": shown(one), "/b.jpg": shown(two), "/gone.jpg": shown(PAGE)}
    with portal([["a.jpg", "gone.jpg", "b.jpg"], ["b.jpg", "a.jpg", "gone.jpg"]], pictures) as server:
        fetch(store, mongo_uri, server, None)
        before = len(server.paths())
        answer = cli("photos", str(tmp_path), *here, "--json")
        assert sorted(server.paths()[before:]) == ["/a.jpg", "/b.jpg", "/gone.jpg"]
        referers = {hit.path: hit.headers["Referer"] for hit in server.hits if hit.path == "/a.jpg"}
    assert answer.code == 3
    assert answer.json()["urls"] == {"fetched": {"photo": 2}, "skipped": {}, "failed": {"photo: not a picture": 1}}
    assert [p.file for p in photos(store)] == [name_of(one, "jpg"), None, name_of(two, "jpg")]
    assert [p.file for p in photos(store, 91)] == [name_of(two, "jpg"), name_of(one, "jpg"), None]
    assert referers["/a.jpg"].startswith(f"{server.url}/portal.php?mod=view&aid=9")
    assert last_run(store)["spider"] == "photos"
    revisions = store.collection("articles").distinct("revision")
    assert revisions == [1], "a downloaded picture is no edit"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ftp://host/folder",), "allowed: a folder, or s3://BUCKET/PREFIX"),
        (("s3://",), "names no bucket"),
        (("/proc/pictures",), "cannot be written"),
        ((), "say where pictures go"),
        (("pictures", "--set", "PORTALCRAWLER_PHOTOS_TYPES=jpeg,svg"), "svg is no kind of picture"),
    ],
)
def test_a_place_that_cannot_be_is_said_before_the_first_request(
    mongo_uri: str, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    answer = cli("photos", *arguments, cwd=tmp_path)
    assert answer.code == 2
    assert words in answer.err
    assert len(answer.err.splitlines()) <= 2
    if arguments:
        crawl = cli("crawl", "http://127.0.0.1:9/", "--photos", *arguments, cwd=tmp_path)
        assert (crawl.code, words in crawl.err) == (2, True)


def test_scrapy_says_it_too(store: Store, mongo_uri: str) -> None:
    given = ["-s", f"MONGODB_URI={mongo_uri}", "-s", f"MONGODB_DATABASE={store.database_name}"]
    refused = scrapy("crawl", "articles", "-a", "urls=http://127.0.0.1:9/", *given, "-s", "PORTALCRAWLER_PHOTOS=s3://")
    assert refused.returncode == 2
    assert "names no bucket" in refused.stderr
    nowhere = scrapy("crawl", "photos", "-a", "url=http://127.0.0.1:9/", *given)
    assert nowhere.returncode == 2
    assert "say where pictures go" in nowhere.stderr
