"""Notices on their way out, against servers of our own: what is sent, and what an error may say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from data_access.domain.notices import Channel
from data_access.runtime.channels import Email, Message, NotDelivered, Robot, Webhook, ways
from data_access.settings import Settings

MESSAGE = Message(
    key="n7",
    title="【紧急】烟雾 · 水贝社区",
    text="水贝一号，请查看。",
    at=datetime(2026, 6, 1, 4, tzinfo=UTC),
    facts={"alarm_id": 7},
)
PHONE = "13800001234"


class Other(BaseHTTPRequestHandler):
    """The other side: keeps what came, answers as told."""

    came: list[tuple[str, dict[str, str], bytes]]
    answer: tuple[int, bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).came.append((self.path, dict(self.headers), body))
        status, said = type(self).answer
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def other() -> Iterator[tuple[str, type[Other]]]:
    handler = type("Handler", (Other,), {"came": [], "answer": (200, b'{"errcode":0,"errmsg":"ok"}')})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook?key=secret-key", handler
    server.shutdown()
    server.server_close()


def test_a_webhook_gets_json_that_it_can_check(other: tuple[str, type[Other]]) -> None:
    url, side = other
    Webhook(SecretStr(url), SecretStr("shared")).send(MESSAGE)
    ((path, headers, body),) = side.came
    assert path == "/hook?key=secret-key"
    assert headers["Idempotency-Key"] == "n7"
    assert headers["X-Yiping-Signature"] == "sha256=" + hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    assert json.loads(body) == {
        "key": "n7",
        "at": "2026-06-01T04:00:00+00:00",
        "title": MESSAGE.title,
        "text": MESSAGE.text,
        "alarm_id": 7,
    }


def test_an_sms_gateway_gets_the_numbers_besides(other: tuple[str, type[Other]]) -> None:
    url, side = other
    Webhook(SecretStr(url)).send(Message(key="n8", title="t", text="x", at=MESSAGE.at, to=(PHONE,)))
    assert json.loads(side.came[0][2])["to"] == [PHONE]


def test_robots_get_a_text_and_dingtalk_a_signature(other: tuple[str, type[Other]]) -> None:
    url, side = other
    Robot(SecretStr(url)).send(MESSAGE)
    Robot(SecretStr(url), SecretStr("SEC1")).send(MESSAGE)
    assert [json.loads(body)["text"]["content"] for _, _, body in side.came] == [
        f"{MESSAGE.title}\n{MESSAGE.text}",
        f"{MESSAGE.title}\n{MESSAGE.text}",
    ]
    asked = parse_qs(urlsplit(side.came[1][0]).query)
    stamp = asked["timestamp"][0]
    expected = base64.b64encode(hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()).decode()
    assert asked["sign"] == [expected]


@pytest.mark.parametrize(
    "answer",
    [(500, b"secret-key"), (302, b""), (404, b""), (200, b'{"errcode":45009,"errmsg":"too many"}'), (200, b"?")],
)
def test_a_refusal_is_told_without_address_or_person(other: tuple[str, type[Other]], answer: tuple[int, bytes]) -> None:
    url, side = other
    side.answer = answer
    with pytest.raises(NotDelivered) as told:
        Robot(SecretStr(url)).send(Message(key="n", title="t", text="x", at=MESSAGE.at, to=(PHONE,)))
    assert len(side.came) == 1
    assert not [secret for secret in ("secret-key", PHONE, "127.0.0.1", "http") if secret in str(told.value)]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/k", "ftp://127.0.0.1/k", "http:///k", "smtp://127.0.0.1:9"])
def test_nobody_there_is_told_the_same_way(url: str) -> None:
    with pytest.raises(NotDelivered):
        Webhook(SecretStr(url)).send(MESSAGE)
    with pytest.raises(NotDelivered):
        Email(SecretStr("smtp://127.0.0.1:9"), "a@b", ("c@d",)).send(MESSAGE)


class MailServer:
    """Takes one mail; knows TLS from the first byte (`implicit`), STARTTLS (`offers`), or none."""

    def __init__(self, certificate: Path | None = None, *, implicit: bool = False, offers: bool = False) -> None:
        self.said: list[tuple[bool, str]] = []  # over TLS?, the line
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if certificate:
            self._context.load_cert_chain(certificate)
        self._implicit, self._offers = implicit, offers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def lines(self) -> list[tuple[bool, str]]:
        """Everything that was said, once the other side has gone."""
        self._thread.join(5)
        self._listening.close()
        return self.said

    def _serve(self) -> None:
        with suppress(OSError):  # a client that does not like our certificate
            connection, _ = self._listening.accept()
            self._talk(self._secure(connection) if self._implicit else connection, greet=True)

    def _secure(self, connection: socket.socket) -> ssl.SSLSocket:
        return self._context.wrap_socket(connection, server_side=True)

    def _talk(self, connection: socket.socket, *, greet: bool) -> None:
        secure, data = isinstance(connection, ssl.SSLSocket), False
        offers = ["AUTH PLAIN"] + (["STARTTLS"] if self._offers and not secure else [])
        with connection, connection.makefile("rb") as lines:
            if greet:
                connection.sendall(b"220 test\r\n")
            for raw in lines:
                line = raw.decode().rstrip("\r\n")
                self.said.append((secure, line))
                verb = line.upper()
                if data:
                    data = line != "."
                    answer = "" if data else "250 ok"
                elif verb.startswith("EHLO"):
                    answer = "\r\n".join(["250-test", *(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])
                elif verb.startswith("STARTTLS"):
                    connection.sendall(b"220 go on\r\n")
                    self._talk(self._secure(connection), greet=False)
                    return
                else:
                    data = verb.startswith("DATA")
                    answer = "354 go on" if data else {"AUTH": "235 in", "QUIT": "221 bye"}.get(verb[:4], "250 ok")
                if answer:
                    connection.sendall(f"{answer}\r\n".encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, own, both = folder / "key.pem", folder / "own.pem", folder / "both.pem"
    asked = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(own), *asked]
    subprocess.run(new, check=True, capture_output=True)
    both.write_text(key.read_text("utf-8") + own.read_text("utf-8"), "utf-8")
    return both


def mail(server: MailServer, scheme: str, who: str = "", authority: Path | None = None) -> None:
    url = SecretStr(f"{scheme}://{who}127.0.0.1:{server.port}")
    Email(url, "yiping@example.org", ("duty@example.org",), authority).send(MESSAGE)


def test_mail_is_sent_by_smtp() -> None:
    server = MailServer()
    mail(server, "smtp")
    said = [line for _, line in server.lines()]
    assert "rcpt to:<duty@example.org>" in [line.lower() for line in said]  # Python 3.13 writes it otherwise
    assert "Message-ID: <n7@yiping>" in said
    assert MESSAGE.text in said


@pytest.mark.parametrize(("scheme", "options"), [("smtps", {"implicit": True}), ("smtp", {"offers": True})])
def test_whoever_signs_in_does_so_over_tls(certificate: Path, scheme: str, options: dict[str, bool]) -> None:
    server = MailServer(certificate, **options)
    mail(server, scheme, "duty:p%40ss@", certificate)
    said = server.lines()
    plain = base64.b64encode(b"\0duty\0p@ss").decode()
    assert (True, f"AUTH PLAIN {plain}") in said
    assert [line for secure, line in said if not secure and not line.upper().startswith(("EHLO", "STARTTLS"))] == []
    assert (True, MESSAGE.text) in said


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_certificate_that_nobody_we_trust_has_signed_is_not_believed(certificate: Path, scheme: str) -> None:
    server = MailServer(certificate, implicit=scheme == "smtps", offers=scheme == "smtp")
    with pytest.raises(NotDelivered, match="SSLCertVerificationError"):
        mail(server, scheme, "duty:p%40ss@")
    assert not [line for _, line in server.lines() if "AUTH" in line or "MAIL" in line.upper()]


def test_without_tls_no_password_is_given() -> None:
    server = MailServer()
    with pytest.raises(NotDelivered, match="no TLS") as told:
        mail(server, "smtp", "duty:p%40ss@")
    assert not [line for _, line in server.lines() if line.upper().startswith(("AUTH", "MAIL"))]
    assert "duty" not in str(told.value)


def test_the_settings_open_the_ways_and_show_no_key() -> None:
    assert ways(Settings()) == {}
    assert Settings().ways_out() == ()
    settings = Settings(
        notify_webhook_url=SecretStr("http://127.0.0.1:9/hook-key"),
        notify_wecom_url=SecretStr("http://127.0.0.1:9/wecom-key"),
        notify_dingtalk_url=SecretStr("http://127.0.0.1:9/ding-key"),
        notify_sms_url=SecretStr("http://127.0.0.1:9/sms-key"),
        notify_smtp_url=SecretStr("smtp://u:mail-key@127.0.0.1:9"),
        notify_email_to="a@example.org, b@example.org",
    )
    found = ways(settings)
    assert set(settings.ways_out()) == set(found)
    assert set(found) == set(Channel) - {Channel.PRODUCT}
    assert "-key" not in repr(found)
