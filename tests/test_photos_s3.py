"""Pictures in a bucket: against moto's server on loopback, which speaks S3."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session
from cli_support import cli
from picture_portal import fetch, image, photos, portal, shown

from portalcrawler.store.connection import Store
from portalcrawler.store.picture_files import PictureFilesError, open_files

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "hush-hush", "AWS_REGION_NAME": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/moto-api/").close()
                break
            except OSError:
                assert server.poll() is None
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def bucket(endpoint: str, request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A client and the name of a bucket that is empty."""
    client = get_session().create_client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="hush-hush",
        region_name="us-east-1",
    )
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    client.create_bucket(Bucket=name)
    return client, name


def objects(client: Any, bucket: str) -> dict[str, bytes]:
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def test_pictures_go_to_a_bucket_once(store: Store, mongo_uri: str, endpoint: str, bucket: tuple[Any, str]) -> None:
    client, name = bucket
    one, two = image(), image("PNG")
    digests = [hashlib.sha256(data).hexdigest() for data in (one, two)]
    files = [f"{digests[0][:2]}/{digests[0]}.jpg", f"{digests[1][:2]}/{digests[1]}.png"]
    pictures = {"/a.jpg": shown(one), "/b.jpg": shown(one), "/c.jpg": shown(two)}
    settings = {**KEYS, "AWS_ENDPOINT_URL": endpoint}
    with portal([["a.jpg", "b.jpg", "c.jpg"]], pictures) as server:
        log = fetch(store, mongo_uri, server, f"s3://{name}/news/2024", settings)
        assert objects(client, name) == {f"news/2024/{files[0]}": one, f"news/2024/{files[1]}": two}
        assert [photo.file for photo in photos(store)] == [files[0], files[0], files[1]]
        kind = client.head_object(Bucket=name, Key=f"news/2024/{files[1]}")["ContentType"]
        assert kind == "image/png"
        assert "hush-hush" not in log
        fetch(store, mongo_uri, server, f"s3://{name}/news/2024", settings)
        assert server.paths().count("/c.jpg") == 1
        client.delete_object(Bucket=name, Key=f"news/2024/{files[1]}")
        fetch(store, mongo_uri, server, f"s3://{name}/news/2024", settings)
        assert server.paths().count("/c.jpg") == 2
    assert f"news/2024/{files[1]}" in objects(client, name)


def test_a_bucket_without_a_prefix(endpoint: str, bucket: tuple[Any, str]) -> None:
    client, name = bucket
    files = open_files(f"s3://{name}", {**KEYS, "AWS_ENDPOINT_URL": endpoint, "FILES_STORE_S3_ACL": "private"})
    files.check()
    file = f"ab/ab{'0' * 62}.gif"
    assert not files.has(file, 3)
    assert files.read(file) is None
    files.save(file, b"GIF", "image/gif")
    assert files.read(file) == b"GIF"
    assert files.has(file, 3)
    assert not files.has(file, 4)
    assert objects(client, name) == {file: b"GIF"}
    assert files.describe() == f"s3://{name}/"
    with pytest.raises(PictureFilesError, match="is not the name of a picture's file"):
        files.save("../x.gif", b"GIF", "image/gif")


def test_a_bucket_that_is_not_there_ends_the_crawl_before_it_begins(mongo_uri: str, endpoint: str) -> None:
    given = [
        part for name, value in {**KEYS, "AWS_ENDPOINT_URL": endpoint}.items() for part in ("--set", f"{name}={value}")
    ]
    answer = cli("crawl", "http://127.0.0.1:9/", "--photos", "s3://no-such-bucket/x", *given)
    assert answer.code == 2
    assert "The bucket of pictures s3://no-such-bucket/x/ cannot be used" in answer.err
    assert "hush-hush" not in answer.err


def test_a_store_that_nobody_answers_for(mongo_uri: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        given = [
            part
            for name, value in {**KEYS, "AWS_ENDPOINT_URL": nowhere}.items()
            for part in ("--set", f"{name}={value}")
        ]
        answer = cli("photos", "s3://pictures", *given)
    assert answer.code == 2
    assert "Could not connect to the endpoint" in answer.err


def test_what_the_bucket_refuses_in_mid_crawl_costs_the_picture_only(
    store: Store, mongo_uri: str, endpoint: str, bucket: tuple[Any, str]
) -> None:
    client, name = bucket

    def closing(_: object) -> Any:
        client.delete_bucket(Bucket=name)
        return shown(image())

    with portal([["a.jpg"]], {"/a.jpg": closing}) as server:
        log = fetch(store, mongo_uri, server, f"s3://{name}", {**KEYS, "AWS_ENDPOINT_URL": endpoint})
    assert f"The bucket of pictures s3://{name}/ cannot be used" in log
    assert [photo.file for photo in photos(store)] == [None]
