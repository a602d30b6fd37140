"""``alerts.toml`` is read key by key; what is wrong in it is one line that says where, what, and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import blocks, part, rows
from documents import read as read_document

from portalcrawler.alerts.channels import COMMON_KEYS, WEBHOOK_KEYS, Channel, alerts_file, read_channels, wanting
from portalcrawler.alerts.command import COMMAND_KEYS
from portalcrawler.alerts.mail import MAIL_KEYS, Mail
from portalcrawler.alerts.secret import Secret
from portalcrawler.alerts.webhook import Webhook
from portalcrawler.sites.errors import SiteError

GOOD = """
[[channel]]
name = "desk"
type = "email"
host = "smtp.paper.example"
user = "crawler"
password_file = "smtp-password"
from = "crawler@paper.example"
to = ["desk@paper.example"]

[[channel]]
name = "值班"
type = "webhook"
format = "dingtalk"
url = "https://robots.example/send?access_token=1"
secret_env = "DING_SECRET"
level = "warning"
sites = ["sample", "other"]
language = "both"
"""


def read(folder: Path, text: str) -> list[Channel]:
    path = folder / "alerts.toml"
    path.write_text(text, "utf-8")
    return read_channels(path)


def test_the_channels_of_a_file(tmp_path: Path) -> None:
    desk, duty = read(tmp_path, GOOD)
    assert (desk.name, desk.kind, desk.level, desk.sites, desk.language) == ("desk", "email", "alarm", (), "zh")
    assert isinstance(desk.way, Mail)
    assert (desk.way.port, desk.way.security) == (587, "starttls")
    assert desk.way.password == Secret(file=tmp_path / "smtp-password"), "beside the file"
    assert isinstance(duty.way, Webhook)
    assert (duty.level, duty.sites, duty.language) == ("warning", ("sample", "other"), "both")
    assert "access_token" not in repr(duty)
    assert wanting([desk, duty], "sample", "warning") == ["值班"]
    assert wanting([desk, duty], "sample", "alarm") == ["desk", "值班"]
    assert wanting([desk, duty], "third", "alarm") == ["desk"]


def test_no_file_is_no_channel(program_home: Path) -> None:
    assert alerts_file() == program_home / "alerts.toml"
    assert read_channels() == []


def test_an_empty_file_is_no_channel(tmp_path: Path) -> None:
    assert read(tmp_path, "# later\n") == []


HOOK = '[[channel]]\nname = "a"\ntype = "webhook"\nurl = "https://x.example/"\n'
MAIL = '[[channel]]\nname = "a"\ntype = "email"\nhost = "h.example"\nfrom = "a@x.example"\nto = ["b@x.example"]\n'
RUN = '[[channel]]\nname = "a"\ntype = "command"\ncommand = ["true"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[chanel]]\n", ":1: chanel: unknown key; did you mean channel? allowed: channel"),
        ("[channel]\n", ":1: channel: no list of tables; allowed: tables [[channel]]"),
        ("[[channel]\n", ":1: wrong TOML:"),
        ('[[channel]]\ntype = "email"\n', ":1: channel.0.name: missing; allowed: a name for the channel, as ops"),
        (HOOK.replace('"a"', '"a b"'), ":2: channel.0.name: 'a b' cannot be a name; allowed:"),
        (HOOK + HOOK, ":6: channel.1.name: 'a' is the name of another channel"),
        (
            HOOK.replace('"webhook"', '"webhok"'),
            ":3: channel.0.type: 'webhok' is unknown; did you mean webhook? allowed: command, email, webhook",
        ),
        (HOOK + 'formt = "feishu"\n', ":5: channel.0.formt: unknown key; did you mean format?"),
        (HOOK + 'host = "x"\n', ":5: channel.0.host: unknown key;"),
        (HOOK + 'format = "slack"\n', ":5: channel.0.format: 'slack' is unknown; allowed: dingtalk,"),
        (HOOK + 'level = "ok"\n', ":5: channel.0.level: 'ok' is unknown; allowed: alarm, warning"),
        (HOOK + 'language = "de"\n', ":5: channel.0.language: 'de' is unknown;"),
        (HOOK + "sites = [1]\n", ":5: channel.0.sites: 1 is no text; allowed: a list of texts"),
        (HOOK + 'url_env = "X"\n', ":5: channel.0.url_env: clashes with url; allowed: one of url, url_env, url_file"),
        (HOOK + 'secret_env = "X"\n', ":5: channel.0.secret_env: messages to generic are not signed; leave it out"),
        (
            HOOK + 'format = "wecom"\ntoken_file = "x"\n',
            ":6: channel.0.token_file: wecom has its token in the address; leave it out",
        ),
        (HOOK + 'token = "geheim"\n', ":5: channel.0.token: unknown key;"),
        (HOOK.replace("https://x.example/", "x.example/geheim"), ":4: channel.0.url: is no web address; allowed: http"),
        (HOOK.replace('url = "https://x.example/"\n', ""), ":1: channel.0.url: missing; allowed: the address to post"),
        (MAIL + 'user = "u"\n', ":1: channel.0.password_env: missing; allowed: both user and password_env"),
        (MAIL + 'password_env = "X"\n', ":1: channel.0.user: missing; allowed: both user and"),
        (MAIL + 'password = "geheim"\n', ":7: channel.0.password: unknown key;"),
        (MAIL + "port = 0\n", ":7: channel.0.port: 0 is out of range; allowed: 1 to 65535"),
        (MAIL + 'security = "ssl"\n', ":7: channel.0.security: 'ssl' is unknown; allowed: none, starttls, tls"),
        (MAIL.replace("b@x.example", "b"), ":6: channel.0.to: 'b' is no address; allowed: name@example.com"),
        (MAIL.replace('["b@x.example"]', "[]"), ":6: channel.0.to: missing; allowed: a list of addresses"),
        (MAIL.replace("a@x.example", "a@x.example\\nBcc: c@x.example"), ":5: channel.0.from: 'a@x.example\\nBcc:"),
        (RUN + 'input = "xml"\n', ":5: channel.0.input: 'xml' is unknown; allowed: json, text"),
        (RUN.replace('["true"]', '"true"'), ":4: channel.0.command: 'true' is of the wrong type; allowed: a list"),
        (RUN.replace('["true"]', "[]"), ":4: channel.0.command: missing; allowed: a list, as"),
    ],
)
def test_what_is_wrong_in_it(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SiteError) as caught:
        read(tmp_path, text)
    told = str(caught.value)
    assert told.startswith(f"{tmp_path}/alerts.toml{said}"), told
    assert "\n" not in told
    assert "geheim" not in told


def documented() -> str:
    return "".join(blocks(read_document("docs/alerts.md"), "toml"))


def test_the_examples_of_the_document_are_right(tmp_path: Path) -> None:
    channels = read(tmp_path, documented())
    assert [(channel.name, channel.kind) for channel in channels] == [
        ("duty", "webhook"),
        ("editors", "webhook"),
        ("newsroom", "webhook"),
        ("pager", "webhook"),
        ("desk", "email"),
        ("siren", "command"),
    ]


def test_every_key_is_described() -> None:
    table = {row[0] for row in rows(part(read_document("docs/alerts.md"), "## alerts.toml"))}
    assert table == set(COMMON_KEYS)
    shown = set(re.findall(r"^(\w+) =", documented(), re.MULTILINE)) | {"url", "url_env", "url_file"}
    pairs = {f"{key}_{where}" for key in ("secret", "token", "password") for where in ("env", "file")}
    assert shown | pairs == {*COMMON_KEYS, *WEBHOOK_KEYS, *MAIL_KEYS, *COMMAND_KEYS}
