"""Scripts run only where they are ours: from our address, or written into the page by Dash and by us."""

import re
from base64 import b64encode
from hashlib import sha256

from data_access.api.middleware import content_policy
from tests.web import Web


def _hash(body: str) -> str:
    return f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'"


def _scripts(policy: str) -> str:
    return next(part for part in policy.split("; ") if part.startswith("script-src"))


def test_a_page_allows_exactly_the_scripts_written_into_it(web: Web) -> None:
    web.get("/")  # Dash adds scripts at its first answer
    answer = web.get("/")
    allowed = _scripts(answer.headers["content-security-policy"])
    assert "unsafe" not in allowed
    inline = re.findall(r"<script(?![^>]*src=)(?![^>]*application/json)[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    assert inline
    assert sorted(allowed.split()[2:]) == sorted(_hash(body) for body in inline)


def test_only_a_page_under_probe_may_compile_strings(web: Web) -> None:
    assert "'unsafe-eval'" in _scripts(web.get("/?probe=1").headers["content-security-policy"])
    for path in ("/", "/healthz", "/api/v1/openapi.json"):
        assert "unsafe-eval" not in web.get(path).headers["content-security-policy"]


def test_no_picture_comes_from_elsewhere(web: Web) -> None:
    assert "https:" not in web.get("/").headers["content-security-policy"]


def test_what_is_data_or_has_an_address_is_no_inline_script() -> None:
    html = '<script src="/a.js"></script><script type="application/json">{}</script><script id="x">go()</script>'
    assert _scripts(content_policy(html)) == f"script-src 'self' {_hash('go()')}"
