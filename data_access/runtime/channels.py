"""The ways a notice leaves the product: webhook, SMS gateway, WeCom and DingTalk robots, e-mail.

Addresses hold keys and messages may hold telephone numbers: an error says what went wrong and never where or to whom.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote_plus, unquote, urlsplit

from pydantic import SecretStr

from data_access.db.tables import to_ms
from data_access.domain.notices import Channel
from data_access.settings import Settings

TIMEOUT_S: Final = 5.0
_MOST: Final = 64 * 1024
_MAIL_FAILS: Final = (OSError, smtplib.SMTPException)


class NotDelivered(Exception):  # noqa: N818  # reads as the fact it states
    """The other side was not reached or did not take the notice. The message names no address and no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is said. `key` is the same each time it is tried, so that the other side can drop a repeat."""

    key: str
    title: str
    text: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)  # for programs
    to: tuple[str, ...] = ()  # telephone numbers, for the SMS gateway alone


class Way(Protocol):
    """One way out."""

    def send(self, message: Message) -> None:
        """Deliver `message`; raise `NotDelivered`."""


def ways(settings: Settings) -> dict[Channel, Way]:
    """The ways the settings open."""
    found: dict[Channel, Way] = {}
    if settings.notify_webhook_url:
        found[Channel.WEBHOOK] = Webhook(settings.notify_webhook_url, settings.notify_webhook_secret)
    if settings.notify_wecom_url:
        found[Channel.WECOM] = Robot(settings.notify_wecom_url)
    if settings.notify_dingtalk_url:
        found[Channel.DINGTALK] = Robot(settings.notify_dingtalk_url, settings.notify_dingtalk_secret)
    if settings.notify_sms_url:
        found[Channel.SMS] = Webhook(settings.notify_sms_url, settings.notify_webhook_secret)
    if settings.notify_smtp_url and settings.notify_email_to:
        to = tuple(a.strip() for a in settings.notify_email_to.split(",") if a.strip())
        found[Channel.EMAIL] = Email(settings.notify_smtp_url, settings.notify_email_from, to, settings.notify_smtp_ca)
    return found


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts JSON; with a secret it signs the body (`X-Yiping-Signature: sha256=…`)."""

    url: SecretStr
    secret: SecretStr | None = None

    def send(self, message: Message) -> None:
        body = _json(
            {
                "key": message.key,
                "at": message.at.isoformat(),
                "title": message.title,
                "text": message.text,
                **({"to": message.to} if message.to else {}),
                **message.facts,
            }
        )
        headers = {"Idempotency-Key": message.key}
        if self.secret:
            digest = hmac.new(self.secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
            headers["X-Yiping-Signature"] = f"sha256={digest}"
        _post(self.url.get_secret_value(), body, headers)


@dataclass(frozen=True, slots=True)
class Robot:
    """A group robot of WeCom (企业微信) or DingTalk (钉钉); the latter may ask for a signature."""

    url: SecretStr
    secret: SecretStr | None = None

    def send(self, message: Message) -> None:
        url = self.url.get_secret_value()
        if self.secret:
            stamp, secret = to_ms(message.at), self.secret.get_secret_value()
            digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
            url += f"&timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"
        said = _post(url, _json({"msgtype": "text", "text": {"content": f"{message.title}\n{message.text}"}}))
        try:
            code = json.loads(said).get("errcode", 0)
        except (ValueError, AttributeError):
            raise NotDelivered("the robot's answer is not its usual one") from None
        if code != 0:
            raise NotDelivered(f"the robot refuses it (errcode {code})")


@dataclass(frozen=True, slots=True)
class Email:
    """Mail by `smtp://` (STARTTLS where the server offers it) or `smtps://[user:password@]host[:port]`.

    A password goes over TLS or not at all: whoever sits in between could take the offer out of the server's answer.
    """

    url: SecretStr
    sender: str
    to: tuple[str, ...]
    authority: Path | None = None

    def send(self, message: Message) -> None:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = message.title, self.sender, ", ".join(self.to)
        mail["Message-ID"] = f"<{message.key}@yiping>"
        mail.set_content(message.text)
        try:
            with self._server() as server:
                server.send_message(mail)
        except _MAIL_FAILS as error:
            raise NotDelivered(f"the mail server did not take it ({type(error).__name__})") from None

    def _server(self) -> smtplib.SMTP:
        parts = urlsplit(self.url.get_secret_value())
        host, secure = parts.hostname or "", ssl.create_default_context(cafile=self.authority)
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=secure)
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_S)
        try:
            _enter(server, secure, unquote(parts.username or ""), unquote(parts.password or ""))
        except (*_MAIL_FAILS, NotDelivered):
            server.close()
            raise
        return server


def _enter(server: smtplib.SMTP, secure: ssl.SSLContext, user: str, password: str) -> None:
    """Go over to TLS where it is not spoken yet, and sign in."""
    if not isinstance(server, smtplib.SMTP_SSL):
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=secure)
        elif user:
            raise NotDelivered("the mail server offers no TLS, so that it is given no password")
    if user:
        server.login(user, password)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Post `body` and return the answer. Redirects are not followed: the key would travel with them."""
    parts = urlsplit(url)
    connect = {"https": HTTPSConnection, "http": HTTPConnection}.get(parts.scheme)
    if connect is None:
        raise NotDelivered("its address is not an http(s) one")
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})
        with connection.getresponse() as answer:
            said: bytes = answer.read(_MOST)
    except (OSError, HTTPException, ValueError) as error:
        raise NotDelivered(f"the other side was not reached ({type(error).__name__})") from None
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"the other side answers {answer.status}")
    return said
