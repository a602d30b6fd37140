"""Each way of telling, against real servers on loopback and real processes: what is sent, and what a refusal says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from alerting import NOW, declare, problem, receiver, webhook

from portalcrawler.alerts import delivering
from portalcrawler.alerts.channels import Channel, read_channels
from portalcrawler.alerts.errors import ChannelError
from portalcrawler.alerts.message import Message, message_of
from portalcrawler.store.incidents import Incident

SECONDS = 5.0
NASTY = '城事/<at user_id="all">所有人</at> [点](https://evil.example/) \x1b[2J'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path))
    return tmp_path


def incident(**changes: Any) -> Incident:
    found = (problem(section=NASTY), problem(kind="pager gone", section=None, examples=()))
    fields: dict[str, Any] = {
        "id": "20260105T030000Z-abcdef",
        "site": "sample",
        "group": "layout",
        "level": "alarm",
        "opened_at": NOW,
        "opened_by": "20260105T030000Z-aaaaaa",
        "last_seen_at": NOW,
        "last_seen_by": "20260105T030000Z-aaaaaa",
        "closed_at": None,
        "closed_by": None,
        "accepted_at": None,
        "began": found,
        "problems": found,
    }
    return Incident(**{**fields, **changes})


def message() -> Message:
    return message_of(incident(), "raised", "20260105T030000Z-abcdef/raised/ops")


def send(text: str, seconds: float = SECONDS) -> Channel:
    """Declare one channel and send it the message."""
    declare(text)
    (channel,) = read_channels()
    channel.way.send(message(), channel.language, seconds)
    return channel


def refused(text: str, seconds: float = SECONDS) -> str:
    with pytest.raises(ChannelError) as caught:
        send(text, seconds)
    said = str(caught.value)
    assert "\n" not in said
    assert "geheim" not in said
    return said


# Webhooks


def test_generic_with_a_token(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "token").write_text("geheim-1\n")
    monkeypatch.setenv("OPS_TOKEN", "geheim-2")
    with receiver(status=201, answer=b"stored") as got:
        send(webhook(got.url, token_file="token", language="both"))
        send(webhook(got.url, token_env="OPS_TOKEN", language="en"))
    assert [post.headers["Authorization"] for post in got.posts] == ["Bearer geheim-1", "Bearer geheim-2"]
    assert got.posts[0].headers["Content-Type"] == "application/json; charset=utf-8"
    both, english = (post.body["text"] for post in got.posts)
    assert "【警报】" in both
    assert "【ALARM】" in both
    assert "【警报】" not in english
    assert english.startswith("【ALARM】sample: the portal's pages have changed")
    assert "\x1b" not in english
    assert "portalcrawler runs show 20260105T030000Z-aaaaaa" in english
    assert "portalcrawler alerts accept 20260105T030000Z-abcdef" in english


def test_the_address_may_be_a_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as got:
        monkeypatch.setenv("OPS_URL", f"{got.url}?access_token=geheim")
        send(webhook("", url_env="OPS_URL").replace('url = ""\n', ""))
        got.status = 404
        assert refused(webhook(f"{got.url}?access_token=geheim")) == "status 404 Not Found"
    assert got.posts[0].path == "/hook?access_token=geheim"
    assert refused(webhook(f"{got.url}?access_token=geheim")) == "nothing listens there (connection refused)"
    monkeypatch.setenv("OPS_URL", "ftp://x.example/geheim")
    assert refused(webhook("", url_env="OPS_URL").replace('url = ""\n', "")).startswith("its URL is no web address")


def test_dingtalk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DING", "SECgeheim")
    with receiver(answer=b'{"errcode":0,"errmsg":"ok"}') as got:
        send(webhook(f"{got.url}?access_token=1", format="dingtalk", secret_env="DING"))
        send(webhook(got.url, format="dingtalk"))
    query = parse_qs(urlsplit(got.posts[0].path).query)
    stamp = query["timestamp"][0]
    assert abs(int(stamp) / 1000 - time.time()) < 3600
    signed = hmac.new(b"SECgeheim", f"{stamp}\nSECgeheim".encode(), hashlib.sha256).digest()
    assert query == {"access_token": ["1"], "timestamp": [stamp], "sign": [base64.b64encode(signed).decode()]}
    assert got.posts[1].path == "/hook"
    body = got.posts[0].body
    assert body["msgtype"] == "text"
    assert body["text"]["content"].startswith("【警报】sample: ")
    assert set(body) == {"msgtype", "text"}, "it calls nobody by name"


def test_wecom(home: Path) -> None:
    with receiver(answer=b'{"errcode":0,"errmsg":"ok"}') as got:
        send(webhook(f"{got.url}?key=1", format="wecom", language="both"))
    body = got.posts[0].body
    assert body["msgtype"] == "text"
    assert set(body) == {"msgtype", "text"}
    assert body["text"]["content"].startswith("【警报】sample: ")


def test_wecom_takes_2048_bytes(home: Path) -> None:
    long = message_of(incident(began=(problem(section="很长的栏目名" * 300),)), "raised", "1/raised/ops")
    with receiver(answer=b'{"errcode":0,"errmsg":"ok"}') as got:
        declare(webhook(got.url, format="wecom"))
        read_channels()[0].way.send(long, "zh", SECONDS)
    content = got.posts[0].body["text"]["content"]
    assert 2040 <= len(content.encode()) <= 2048
    assert content.endswith("…")
    assert "\ufffd" not in content


def test_feishu(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEISHU", "geheim")
    with receiver(answer=b'{"code":0,"data":{},"msg":"success","StatusCode":0,"StatusMessage":"success"}') as got:
        send(webhook(got.url, format="feishu", secret_env="FEISHU", language="both"))
        got.answer = b'{"Extra":null,"StatusCode":0,"StatusMessage":"success"}'
        send(webhook(got.url, format="feishu"))
    body = got.posts[0].body
    assert abs(int(body["timestamp"]) - time.time()) < 3600
    signed = hmac.new(f"{body['timestamp']}\ngeheim".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(signed).decode()
    assert body["msg_type"] == "post"
    posts = body["content"]["post"]
    assert set(posts) == {"zh_cn", "en_us"}
    assert posts["zh_cn"]["title"].startswith("【警报】")
    elements = [element for line in posts["zh_cn"]["content"] for element in line]
    links = [element for element in elements if element["tag"] == "a"]
    assert [link["href"] for link in links] == ["https://sample.example/article-7-1.html"]
    assert {element["tag"] for element in elements} == {"text", "a"}, "what a portal prints calls nobody"
    plain = got.posts[1].body
    assert set(plain) == {"msg_type", "content"}
    assert set(plain["content"]["post"]) == {"zh_cn"}


@pytest.mark.parametrize(
    ("form", "answer", "said"),
    [
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, "dingtalk refused: 310000 sign not match"),
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, "wecom refused: 45009 api freq out of limit"),
        ("wecom", {"errcode": 93000, "errmsg": "invalid\nurl"}, "wecom refused: 93000 invalid url"),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, "feishu refused: 19021 sign match fail"),
        ("feishu", {"StatusCode": 9499, "StatusMessage": "Bad Request"}, "feishu refused: 9499 Bad Request"),
        ("dingtalk", {"code": 0}, "what answered is not dingtalk: its answer has no errcode"),
        ("feishu", {"errcode": 0}, "what answered is not feishu: its answer has no code"),
        ("wecom", [], "what answered is not wecom: no JSON object"),
    ],
)
def test_robots_refuse_with_status_200(home: Path, form: str, answer: Any, said: str) -> None:
    with receiver(answer=json.dumps(answer).encode()) as got:
        assert refused(webhook(got.url, format=form)) == said
        assert len(got.posts) == 1


@pytest.mark.parametrize("form", ["dingtalk", "wecom", "feishu"])
def test_an_answer_that_is_nested_without_end_is_no_robots(home: Path, form: str) -> None:
    with receiver(answer=b"[" * 60_000) as found:
        assert "no JSON object" in refused(webhook(f"{found.url}x", format=form))


def test_a_server_that_repeats_what_it_was_sent_tells_no_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as found:
        secret = "geheim-0123456789"
        monkeypatch.setenv("URL", f"{found.url}send/{secret}?key={secret}")
        found.answer = (
            f'{{"errcode": 310000, "errmsg": "no such robot: {found.url}send/{secret}?key={secret}"}}'.encode()
        )
        said = refused('[[channel]]\nname = "ops"\ntype = "webhook"\nformat = "wecom"\nurl_env = "URL"\n')
    assert "310000" in said


def test_a_page_of_html_is_no_robot(home: Path) -> None:
    with receiver(answer=b"<html>login</html>") as got:
        assert refused(webhook(got.url, format="feishu")) == "what answered is not feishu: no JSON object"


def test_redirects_are_not_followed(home: Path) -> None:
    with receiver() as other, receiver(status=302) as got:
        got.headers = {"Location": other.url}
        said = refused(webhook(got.url))
        assert said == "status 302: it redirects; give the address that it leads to"
        assert other.posts == []


def test_what_does_not_answer_is_not_waited_for(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert refused(webhook(url), 0.2) == "no answer in time"


def test_what_speaks_no_http(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as odd:

        def answer() -> None:
            connection, _ = odd.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert refused(webhook(f"http://127.0.0.1:{odd.getsockname()[1]}/")).startswith("the answer is no HTTP")
        thread.join()


# Commands


def command(arguments: list[str], **more: str) -> str:
    keys = {"name": "ops", "type": "command", "command": arguments, **more}
    return "[[channel]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def test_a_command_reads_the_message(home: Path) -> None:
    keep = [sys.executable, "-c", "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"]
    send(command([*keep, str(home / "json")]))
    send(command([*keep, str(home / "text")], input="text", language="en"))
    assert json.loads((home / "json").read_bytes())["incident"] == "20260105T030000Z-abcdef"
    assert (home / "text").read_text("utf-8").startswith("【ALARM】sample")


def test_a_command_that_fails(home: Path) -> None:
    script = "import sys; sys.stderr.write('first\\nno \\x1b[2Jtelephone\\n'); sys.exit(7)"
    said = refused(command([sys.executable, "-c", script]))
    assert said == f"{sys.executable} ended with status 7: no [2Jtelephone"
    assert refused(command(["/bin/false"])) == "/bin/false ended with status 1"
    assert refused(command(["/none/there"])) == "/none/there cannot be run: No such file or directory"


def test_a_command_that_does_not_read_has_done_its_work(home: Path) -> None:
    send(command(["/bin/true"]))


def test_a_command_that_leaves_something_running_has_ended(home: Path) -> None:
    began = time.monotonic()
    send("""[[channel]]
name = "ops"
type = "command"
command = ["/bin/sh", "-c", "cat > /dev/null; sleep 60 & exit 0"]
""")
    assert time.monotonic() - began < SECONDS


def test_a_command_that_hangs_is_ended_with_what_it_started(home: Path) -> None:
    marker = home / "pid"
    script = f"sleep 600 & echo $! > {marker}; wait"
    assert refused(command(["/bin/sh", "-c", script]), 1.0) == "/bin/sh did not end within 1 s"
    pid = marker.read_text().strip()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False).stdout
        if not state.strip() or state.startswith("Z"):
            return
        time.sleep(0.05)
    pytest.fail("what the command started still runs")


def test_a_server_that_answers_byte_by_byte_is_not_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "WHOLE_SECONDS", 1.0)
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            while not over.wait(0.2):
                connection.sendall(b"H")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            declare(webhook(f"http://127.0.0.1:{server.getsockname()[1]}/"))
            (channel,) = read_channels()
            began = time.monotonic()
            with pytest.raises(ChannelError, match="not taken within 1 s"):
                delivering._within(channel, message())
            assert time.monotonic() - began < 5
        finally:
            over.set()
            thread.join()


# Mail


@dataclass
class Mailbox:
    """What a mail server got, and what it answers to a message."""

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    reply: str = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address.startswith("gone@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.reply.startswith("250"):
            self.mails.append(envelope)
        return self.reply


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ops", b"geheim")
    return AuthResult(success=good, handled=False)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server without TLS that wants nobody's name."""
    yield from _serve()


class _AnyPort(Controller):
    """Controller connects to itself once, under the port that it was given: 0."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _serve(**options: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = _AnyPort(box, hostname="127.0.0.1", port=0, **options)
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


def mail(port: int, *to: str, **more: Any) -> str:
    keys = {
        "name": "ops",
        "type": "email",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "from": "crawler@paper.example",
        "to": list(to or ("desk@paper.example",)),
        **more,
    }
    return "[[channel]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def test_a_mail(home: Path, mailbox: Mailbox) -> None:
    import email
    from email import policy

    send(mail(mailbox.port, "desk@paper.example", "night@paper.example", language="both"))
    send(mail(mailbox.port))
    envelope = mailbox.mails[0]
    assert envelope.mail_from == "crawler@paper.example"
    assert envelope.rcpt_tos == ["desk@paper.example", "night@paper.example"]
    content = envelope.content
    assert isinstance(content, bytes)
    got = email.message_from_bytes(content, policy=policy.default)
    assert got["Subject"].startswith("【警报】sample: ")
    assert " / 【ALARM】sample: " in got["Subject"]
    assert got["To"] == "desk@paper.example, night@paper.example"
    assert got["Auto-Submitted"] == "auto-generated"
    text = got.get_content()
    assert "【ALARM】" in text
    assert "https://sample.example/article-7-1.html" in text
    again = mailbox.mails[1].content
    assert isinstance(again, bytes)
    assert email.message_from_bytes(again, policy=policy.default)["Message-ID"] == got["Message-ID"]


def test_a_mail_that_is_refused(home: Path, mailbox: Mailbox) -> None:
    assert refused(mail(mailbox.port, "gone@paper.example")) == "the mail server refused gone@paper.example"
    mailbox.reply = "451 greylisted, try later"
    assert refused(mail(mailbox.port)) == "the mail server refused: 451 greylisted, try later"
    assert mailbox.mails == []
    said = refused(mail(mailbox.port, security="starttls"))
    assert said == "the mail server cannot do what is asked: STARTTLS extension not supported by server"


def test_no_mail_server(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert refused(mail(port), 0.2) == "no answer in time"
    assert refused(mail(port)) == "nothing listens there (connection refused)"


def test_a_mail_with_a_password_over_tls(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = home / "key.pem", home / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SMTP_PASSWORD", "geheim")
    login = {"user": "ops", "password_env": "SMTP_PASSWORD"}
    for box in _serve(tls_context=context, require_starttls=True, authenticator=_login, auth_required=True):
        starttls = mail(box.port, security="starttls", **login)
        assert refused(starttls).startswith("the certificate is not trusted: self-signed")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send(starttls)
        assert len(box.mails) == 1
        monkeypatch.setenv("SMTP_PASSWORD", "geheim-wrong")
        assert refused(starttls) == "the mail server refused the user or the password (535)"
        monkeypatch.delenv("SMTP_PASSWORD")
        assert refused(starttls) == "the environment variable SMTP_PASSWORD is not set"
