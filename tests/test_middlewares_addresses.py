"""Addresses and host names that must not be asked, by tables."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from portalcrawler.middlewares.addresses import (
    canonical_host,
    is_loopback_host,
    literal_address,
    why_forbidden,
    why_host_forbidden,
)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("1.1.1.1", None),
        ("223.5.5.5", None),
        ("9.255.255.255", None),
        ("11.0.0.0", None),
        ("172.15.255.255", None),
        ("172.32.0.0", None),
        ("100.63.255.255", None),
        ("100.128.0.0", None),
        ("192.169.0.1", None),
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("10.0.0.1", "private"),
        ("100.100.100.200", "shared"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "metadata"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "reserved"),
        ("224.0.0.251", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("2400:3200::1", None),
        ("2606:4700::1111", None),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "reserved"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "reserved"),
        ("4000::1", "reserved"),
        ("64:ff9b:1::1", "reserved"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:1.1.1.1", None),
        ("::ffff:0:127.0.0.1", "reserved"),
        ("2002:7f00:1::", "loopback"),
        ("2002:c0a8:101::1", "private"),
        ("2002:101:101::", None),
        ("64:ff9b::169.254.169.254", "link-local"),
        ("64:ff9b::1.1.1.1", None),
        ("2400::5efe:10.0.0.1", "private"),
        ("2400::200:5efe:10.0.0.1", "private"),
    ],
)
def test_why_forbidden(address: str, reason: str | None) -> None:
    assert why_forbidden(ip_address(address)) == reason


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("www.example.com", None),
        ("1.1.1.1", None),
        ("16843009", None),
        ("1.example", None),
        ("localhost.example.com", None),
        ("localhost", "local-name"),
        ("LOCALHOST.", "local-name"),
        ("a.localhost", "local-name"),
        ("localhost.localdomain", "local-name"),
        ("printer.local", "local-name"),
        ("metadata.google.internal", "local-name"),
        ("router.home.arpa", "local-name"),
        ("127.0.0.1", "loopback"),
        ("127.0.0.1.", "loopback"),
        ("127.1", "loopback"),
        ("2130706433", "loopback"),
        ("0x7f000001", "loopback"),
        ("0x7f.0.0.0x1", "loopback"),
        ("017700000001", "loopback"),
        ("0177.0.0.01", "loopback"),
        ("①②⑦.⓪.⓪.①", "loopback"),
        ("127。0。0。1", "loopback"),
        ("%31%32%37.0.0.1", "loopback"),
        ("0", "unspecified"),
        ("[::1]", "loopback"),
        ("::ffff:7f00:1", "loopback"),
        ("fe80::1%25eth0", "link-local"),
        ("10.1", "private"),
        ("0xa9fea9fe", "link-local"),
        ("256.256.256.256", "malformed-host"),
        ("1.2.3.4.5", "malformed-host"),
        ("99999999999", "malformed-host"),
        ("example.0x7f", "malformed-host"),
        ("1:2", "malformed-host"),
        ("", "no-host"),
        (".", "no-host"),
    ],
)
def test_why_host_forbidden(host: str, reason: str | None) -> None:
    assert why_host_forbidden(canonical_host(host)) == reason


@pytest.mark.parametrize(
    ("host", "canonical"),
    [
        ("WWW.Example.COM", "www.example.com"),
        ("www.example.com.", "www.example.com"),
        ("[::1]", "::1"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a" * 70 + "é.example", "a" * 70 + "é.example"),
    ],
)
def test_canonical_host(host: str, canonical: str) -> None:
    assert canonical_host(host) == canonical


@pytest.mark.parametrize(("host", "is_it"), [("127.0.0.1", True), ("127.1", True), ("::1", True)])
def test_loopback_literals(host: str, is_it: bool) -> None:
    assert is_loopback_host(host) is is_it


@pytest.mark.parametrize("host", ["10.0.0.1", "example.com", "0.0.0.0", "localhost.example.com"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback_host(host)


def test_names_have_no_literal_address() -> None:
    assert literal_address("example.com") is None
    assert literal_address("localhost") is None
