"""What an answer of S3, or of something before it, comes to."""

import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.s3_errors import translated
from chalicelib.domain.errors import NotFound, Refused, StoreAway, StoreFull


def answer(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "ListObjects")


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("SlowDown", 503, StoreAway),
        ("InternalError", 500, StoreAway),
        ("", 502, StoreAway),
        ("", 504, StoreAway),
        ("InsufficientStorage", 507, StoreFull),
        ("NoSuchKey", 404, NotFound),
    ],
)
def test_known_answers_are_told_in_our_words(code: str, status: int, meaning: type[Refused]) -> None:
    with pytest.raises(meaning), translated():
        raise answer(code, status)


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("", 403), ("Unheard", 500)])
def test_unknown_answers_pass_up(code: str, status: int) -> None:
    with pytest.raises(ClientError), translated():
        raise answer(code, status)
