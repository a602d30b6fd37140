"""The index of pictures, the photos without a file, and the folder of files."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archived import NOW, carry_out, make_article, put

from portalcrawler.items import Block, Photo
from portalcrawler.store.connection import Store
from portalcrawler.store.picture_files import PictureFilesError, PictureFolder, open_files, picture_name
from portalcrawler.store.pictures import (
    Picture,
    Wanting,
    articles_without_files,
    find_pictures,
    set_picture,
    sites_without_files,
    upsert_picture,
)

SHA = "ab" * 32
PICTURE = Picture("https://sample.example/1.jpg", f"ab/{SHA}.jpg", 4, 3, 99, "image/jpeg", SHA, NOW)


def test_a_picture_is_found_by_its_address(store: Store) -> None:
    other = replace(PICTURE, url="https://sample.example/会场.jpg")
    carry_out(store, [upsert_picture(PICTURE), upsert_picture(other), upsert_picture(PICTURE)])
    assert find_pictures(store, {PICTURE.url, other.url, "https://sample.example/3.jpg"}) == {
        PICTURE.url: PICTURE,
        other.url: other,
    }
    assert find_pictures(store, set()) == {}


def test_the_picture_that_was_fetched_last_counts_however_late_it_is_written(store: Store) -> None:
    later = replace(PICTURE, sha256="cd" * 32, fetched_at=NOW + timedelta(seconds=1))
    carry_out(store, [upsert_picture(later)])
    carry_out(store, [upsert_picture(PICTURE)])
    assert find_pictures(store, [PICTURE.url]) == {PICTURE.url: later}


def test_an_address_is_no_expression(store: Store) -> None:
    odd = replace(PICTURE, url="$url", file="$file")
    carry_out(store, [upsert_picture(odd)])
    assert find_pictures(store, ["$url"]) == {"$url": odd}


def test_a_picture_is_set_in_the_articles_that_show_it(store: Store) -> None:
    before = put(store, make_article(1))
    put(store, make_article(2))
    carry_out(store, [set_picture(["sample:1"], PICTURE), set_picture(["sample:1"], PICTURE)])
    photos = [Photo(**p) for p in before["photos"]]
    got = store.collection("articles").find_one({"_id": "sample:1"})
    assert got is not None
    assert got["photos"][0] == {**before["photos"][0], "file": PICTURE.file, "width": 4, "height": 3}
    assert got["photos"][1:] == before["photos"][1:]
    assert {**got, "photos": None, "feed": None} == {**before, "photos": None, "feed": None}
    assert got["feed"]["change"] == before["feed"]["change"] + 1, "set twice, said once"
    untouched = store.collection("articles").find_one({"_id": "sample:2"})
    assert untouched is not None
    assert untouched["photos"] == before["photos"]
    assert len(photos) == 2


def test_articles_without_files_come_by_id_and_in_pages(store: Store) -> None:
    full = Photo("https://sample.example/f.jpg", file=PICTURE.file)
    none = Photo("https://sample.example/n.jpg")
    data = Photo("data:image/gif;base64,R0lGODlh")
    body = [Block("photo", photo=0)]
    for number, photos in enumerate(([full], [none], [], [full, none, none], [data]), 1):
        put(store, make_article(number, photos=photos, body=body))
    put(store, make_article(6, id="other:1", site="other", url="https://other.example/1.html", photos=[none]))
    first = articles_without_files(store, "sample", limit=1)
    assert first == [Wanting("sample:2", "sample", "https://sample.example/article-2-1.html", [none.url])]
    rest = articles_without_files(store, "sample", after="sample:2")
    assert [(wanting.article, wanting.photos) for wanting in rest] == [("sample:4", [none.url])]
    assert sites_without_files(store) == {
        "other": "https://other.example/1.html",
        "sample": "https://sample.example/article-2-1.html",
    }
    assert list(sites_without_files(store, "other")) == ["other"]
    assert sites_without_files(store, "elsewhere") == {}


def test_photos_of_an_older_version_have_no_file_either(store: Store) -> None:
    put(store, make_article(1))
    store.database.command("collMod", "articles", validationLevel="off")
    try:
        store.collection("articles").update_one(
            {}, {"$unset": {"photos.$[].file": "", "photos.$[].width": "", "photos.$[].height": ""}}
        )
        assert [len(wanting.photos) for wanting in articles_without_files(store, "sample")] == [2]
    finally:
        store.database.command("collMod", "articles", validationLevel="strict")


def test_a_folder_keeps_whole_files_only(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "deep" / "down")
    folder.check()
    name = picture_name(SHA, "jpg")
    assert not folder.has(name, 4)
    folder.save(name, b"data", "image/jpeg")
    assert folder.has(name, 4)
    assert not folder.has(name, 5), "one that was cut is written anew"
    path = tmp_path / "deep" / "down" / name
    assert path.read_bytes() == b"data"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list((tmp_path / "deep" / "down" / "incoming").iterdir()) == []


def test_what_a_killed_process_left_is_taken_away_in_time(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    folder.check()
    old, new = tmp_path / "incoming" / "old", tmp_path / "incoming" / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    long_ago = time.time() - 100_000
    os.utime(old, (long_ago, long_ago))
    folder.check()
    assert not old.exists()
    assert new.exists(), "another crawl may be writing it"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", f"ab/../{SHA}.jpg", f"/ab/{SHA}.jpg", f"ab/{SHA}.jpg\n", "", f"ab/{SHA}"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = PictureFolder(tmp_path / "in")
    with pytest.raises(PictureFilesError, match="is not the name of a picture's file"):
        folder.save(name, b"data", "image/jpeg")
    with pytest.raises(PictureFilesError, match="is not the name of a picture's file"):
        folder.has(name, 4)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PictureFilesError, match=r"cannot be written: (File exists|Not a directory)") as caught:
        open_files(str(tmp_path / "file"), {}).check()
    assert not caught.value.full


def test_a_device_without_room_is_full() -> None:
    error = PictureFolder(Path("/x"))._error(OSError(errno.ENOSPC, "No space left on device"))
    assert error.full
