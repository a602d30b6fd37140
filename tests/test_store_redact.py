"""No password ever shows in a URI that is printed."""

from __future__ import annotations

import pytest

from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.redact import redact, scrub


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://localhost", "mongodb://localhost"),
        ("mongodb://localhost:27017/db?w=1", "mongodb://localhost:27017/db?w=1"),
        ("mongodb://anna:s3cret@host/db", "mongodb://anna:***@host/db"),
        ("mongodb://anna@host/db", "mongodb://anna@host/db"),
        (
            "mongodb://anna:s3cret@a:27017,b:27018,c/db?replicaSet=r",
            "mongodb://anna:***@a:27017,b:27018,c/db?replicaSet=r",
        ),
        ("mongodb+srv://anna:s3cret@cluster.example.org/db", "mongodb+srv://anna:***@cluster.example.org/db"),
        ("mongodb://anna:s3c%2Fret%40x@host", "mongodb://anna:***@host"),
        ("mongodb://anna:s3c@ret@host/db", "mongodb://***@host/db"),
        ("mongodb://anna:s3c/ret@host/db", "mongodb://***@host/db"),
        ("mongodb://anna:s3c:ret@host/db", "mongodb://***@host/db"),
        ("mongodb://anna:s3c?ret@host/db", "mongodb://***@host/db"),
        ("mongodb://anna:s3c#ret@host", "mongodb://***@host"),
        ("MongoDB://anna:s3cret@host", "MongoDB://anna:***@host"),
        ("anna:s3cret@host", "anna:***@host"),
        ("mongodb://:s3cret@host", "mongodb://***@host"),
        (
            "mongodb://h/?tls=true&tlsCertificateKeyFilePassword=s3cret&w=1",
            "mongodb://h/?tls=true&tlsCertificateKeyFilePassword=***&w=1",
        ),
        ("mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:s3cret", "mongodb://h/?authMechanismProperties=***"),
        ("mongodb://%2Ftmp%2Fa.sock/?directConnection=true", "mongodb://%2Ftmp%2Fa.sock/?directConnection=true"),
        ("", ""),
    ],
)
def test_password_is_hidden(uri: str, shown: str) -> None:
    assert redact(uri) == shown


def test_quoted_passwords_are_scrubbed_from_messages() -> None:
    uri = "mongodb://anna:s3c%40ret@host"
    assert scrub("bad s3c%40ret or s3c@ret", uri) == "bad *** or ***"
    assert scrub("no secret", "mongodb://host") == "no secret"


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://anna:s3cret@127.0.0.1:1/db",
        "mongodb://anna:s3c/ret@127.0.0.1:1/db",
        "mongodb://anna:s3c@ret@127.0.0.1:1/db",
        "mongodb://anna:s3c:ret@127.0.0.1:1/db",
        "mongodb://anna:s3cret@127.0.0.1:notaport/db",
        "http://anna:s3cret@127.0.0.1/",
        "s3cret",
    ],
)
def test_an_unusable_uri_is_reported_without_its_password(uri: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Store.connect(uri, server_selection_ms=200)
    message = str(caught.value)
    assert "\n" not in message
    if "@" in uri:
        for piece in ("s3c", "ret@", "cret"):
            assert piece not in message
