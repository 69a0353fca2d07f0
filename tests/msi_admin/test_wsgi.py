"""What waitress hands on."""

import pytest
from django.test import RequestFactory
from django.test.client import BOUNDARY, encode_multipart

from msi_admin.wsgi import ReadableRequest, application


def read_as(content_type: str) -> ReadableRequest:
    body = encode_multipart(BOUNDARY, {"name": "Åsa-99"})
    # The type comes afterwards: the factory reads the query by it.
    environ = RequestFactory().generic("POST", "/?q=%C3%85sa-99", body, content_type="").environ
    return ReadableRequest(environ | {"CONTENT_TYPE": content_type})


def test_a_content_type_that_nobody_can_read_is_none() -> None:
    """RFC 2231 lets it name an encoding, which need not be one: the server failed, with a traceback in the log."""
    assert application.request_class is ReadableRequest
    assert not read_as("text/plain; a*=nowhere'c'd").content_type


@pytest.mark.parametrize("claimed", ["punycode", "idna", "zlib", "latin-1", "nowhere"])
def test_nobody_chooses_the_codec_that_reads_a_form(claimed: str) -> None:
    """A megabyte as punycode kept a process busy for three minutes, for any member; idna and zlib were our failures."""
    request = read_as(f"multipart/form-data; boundary={BOUNDARY}; charset={claimed}")
    assert (request.POST["name"], request.GET["q"]) == ("Åsa-99", "Åsa-99")


def test_a_content_type_that_is_too_long_is_none() -> None:
    """Its parts may name a codec, too."""
    assert not read_as("text/plain; a*=punycode''" + "9" * 30_000).content_params
