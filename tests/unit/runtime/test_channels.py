"""Notices on their way out, against servers of our own: what is sent, and what an error may say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


def test_mail_is_sent_by_smtp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        said: list[bytes] = []
        Thread(target=_mail_server, args=(listening, said), daemon=True).start()
        port = listening.getsockname()[1]
        Email(SecretStr(f"smtp://127.0.0.1:{port}"), "yiping@example.org", ("duty@example.org",)).send(MESSAGE)
    mail = b"".join(said)
    assert b"rcpt to:<duty@example.org>" in mail.lower()  # Python 3.13 writes it otherwise
    assert b"Message-ID: <n7@yiping>" in mail
    assert MESSAGE.text.encode() in mail


def _mail_server(listening: socket.socket, said: list[bytes]) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 test\r\n")
        data = False
        for line in lines:
            said.append(line)
            if data:
                if line == b".\r\n":
                    data = False
                    connection.sendall(b"250 ok\r\n")
            elif line.upper().startswith(b"DATA"):
                data = True
                connection.sendall(b"354 go on\r\n")
            elif line.upper().startswith(b"QUIT"):
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 ok\r\n")


def test_the_settings_open_the_ways_and_show_no_key() -> None:
    assert ways(Settings()) == {}
    settings = Settings(
        notify_webhook_url=SecretStr("http://127.0.0.1:9/hook-key"),
        notify_wecom_url=SecretStr("http://127.0.0.1:9/wecom-key"),
        notify_dingtalk_url=SecretStr("http://127.0.0.1:9/ding-key"),
        notify_sms_url=SecretStr("http://127.0.0.1:9/sms-key"),
        notify_smtp_url=SecretStr("smtp://u:mail-key@127.0.0.1:9"),
        notify_email_to="a@example.org, b@example.org",
    )
    found = ways(settings)
    assert set(found) == set(Channel) - {Channel.PRODUCT}
    assert "-key" not in repr(found)
