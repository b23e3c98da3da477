"""Passwords as argon2 hashes, tokens and session keys as SHA-256: what is stored tells nobody how to get in."""

from __future__ import annotations

import hashlib
import secrets
import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher()  # the library's parameters follow RFC 9106; a stored hash names its own
_AT_ONCE: Final = threading.BoundedSemaphore(2)  # each takes 64 MB and a processor


def hash_password(password: str) -> str:
    """The argon2id hash of `password`."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify_password(kept: str | None, password: str) -> bool:
    """Tell whether `password` is the one of the hash `kept`; as slow when there is none, so that time tells nothing."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _nobodys(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def new_secret() -> str:
    """A token or session key of 256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a token or session key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def form_token(session: str) -> str:
    """What a page must send along with a change: derived from the session's key, which no script can read."""
    return hashlib.sha256(b"form " + session.encode()).hexdigest()[:32]
