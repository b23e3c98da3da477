"""Where S3-compatible storage is, as one URL: `s3://bucket/prefix?endpoint=https://host&region=…&style=path`.

It holds no key: those come from the environment alone, and an address may be printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and the prefix within it; without an endpoint it is Amazon's."""

    name: str
    prefix: str
    endpoint: str | None
    region: str
    by_path: bool

    @classmethod
    def from_url(cls, url: str) -> Bucket:
        """Raises `ValueError` with a sentence."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.hostname:
            raise ValueError("it begins with s3:// and a bucket")
        if "@" in parts.netloc:
            raise ValueError("keys belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, not in the address")
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        endpoint = asked.pop("endpoint", None)
        region, style = asked.pop("region", "us-east-1"), asked.pop("style", "path" if endpoint else "virtual")
        if asked:
            raise ValueError(f"it has endpoint, region and style, and no {', '.join(sorted(asked))}")
        if endpoint is not None and not endpoint.startswith(("http://", "https://")):
            raise ValueError("endpoint begins with https:// or http://")
        if style not in {"path", "virtual"}:
            raise ValueError("style is path or virtual")
        return cls(parts.netloc, parts.path.strip("/"), endpoint, region, style == "path")

    def __str__(self) -> str:
        return f"s3://{self.name}/{self.prefix}" + (f" at {self.endpoint}" if self.endpoint else "")
