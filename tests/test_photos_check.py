"""What is a picture, by its bytes alone."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_portal import image
from PIL import Image
from searching import examples

from portalcrawler.extensions.picture_check import KINDS, NoPicture, Shape, check_picture

ALL = tuple(KINDS)
MANY = 10_000_000


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_is_known_by_its_bytes(kind: str) -> None:
    name, extension, content_type = KINDS[kind]
    assert check_picture(image(name, (50, 20)), ALL, MANY) == Shape(extension, content_type, 50, 20)
    others = [other for other in ALL if other != kind]
    with pytest.raises(NoPicture, match="not a picture"):
        check_picture(image(name), others, MANY)


def test_a_jpeg_of_several_pictures_is_a_jpeg() -> None:
    file = BytesIO()
    Image.new("RGB", (30, 20)).save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (30, 20), "red")])
    with Image.open(BytesIO(file.getvalue())) as opened:
        assert opened.format == "MPO"
    assert check_picture(file.getvalue(), ["jpeg"], MANY) == Shape("jpg", "image/jpeg", 30, 20)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_half_a_picture_is_none(kind: str, share: float) -> None:
    noise = Image.effect_noise((200, 150), 90).convert("RGB")
    file = BytesIO()
    noise.save(file, KINDS[kind][0])
    whole = file.getvalue()
    assert check_picture(whole, ALL, MANY).width == 200
    with pytest.raises(NoPicture):
        check_picture(whole[: int(len(whole) * share)], ALL, MANY)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xef\xbb\xbf\r\n<HTML><body>", "not a picture: an HTML page"),
        (b"<?xml version='1.0'?><svg/>", "not a picture: an HTML page"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF<html>", "damaged: "),
        (b"GIF89a", "not a picture: it begins with b'GIF89a'"),
        (b"\x00" * 100, "not a picture: it begins with"),
    ],
)
def test_what_pretends_is_told(data: bytes, words: str) -> None:
    with pytest.raises(NoPicture) as caught:
        check_picture(data, ALL, MANY)
    assert str(caught.value).startswith(words)


def test_a_bomb_is_not_unpacked() -> None:
    """A PNG that says it has 60000 × 60000 pixels: more than 10 GB, in some hundred bytes."""
    small = image("PNG", (1, 1))
    header = small.index(b"IHDR")

    claim = b"IHDR" + struct.pack(">II", 60_000, 60_000) + small[header + 12 : header + 17]
    bomb = small[:header] + claim + struct.pack(">I", zlib.crc32(claim)) + small[header + 21 :]
    with pytest.raises(NoPicture, match="too many pixels: 60000 × 60000, allowed are 10000000"):
        check_picture(bomb, ALL, MANY)


@settings(max_examples=examples(300))
@given(st.sampled_from(ALL), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_damage_is_nothing_but_a_picture_or_none(kind: str, at: int, noise: bytes) -> None:
    data = bytearray(image(KINDS[kind][0]))
    data[at : at + len(noise)] = noise
    try:  # nothing but these two may come out
        found: Shape | NoPicture = check_picture(bytes(data), ALL, MANY)
    except NoPicture as error:
        found = error
    if isinstance(found, Shape):
        assert found.width * found.height <= MANY
    else:
        assert found.words in ("not a picture", "damaged", "too many pixels")
