"""The address of a bucket says everything but its keys."""

from __future__ import annotations

import pytest

from data_access.domain.buckets import Bucket
from data_access.settings import Settings


def test_an_address_names_bucket_prefix_and_where_it_is() -> None:
    assert Bucket.from_url("s3://photos") == Bucket("photos", "", None, "us-east-1", by_path=False)
    found = Bucket.from_url("s3://photos/yiping/a/?endpoint=https://oss.example&region=cn-north-1")
    assert found == Bucket("photos", "yiping/a", "https://oss.example", "cn-north-1", by_path=True)
    assert not Bucket.from_url("s3://photos?endpoint=https://oss.example&style=virtual").by_path
    assert str(found) == "s3://photos/yiping/a at https://oss.example"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://photos", "begins"),
        ("s3:///photos", "bucket"),
        ("s3://key:secret@photos", "AWS_SECRET_ACCESS_KEY"),
        ("s3://photos?secret=x", "no secret"),
        ("s3://photos?endpoint=oss.example", "https"),
        ("s3://photos?style=x", "style"),
    ],
)
def test_what_is_no_address_stops_the_start_with_a_sentence(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Settings(attachments_url=url)
