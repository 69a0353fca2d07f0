"""What is hidden in a value and what stays; tests/common/test_logs.py looks for secrets in what was logged."""

import enum
import secrets
from collections import namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Never
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common.redaction import MAX_LENGTH, redact, redact_text

SESSION = "k3v9qhz1m0xw7c2t5y8u4b6n1r3e5a7d"
TOKEN = "UTwzw5M0czLF-9sK2_bQxX7vJr4tN8yPq1LmZkAaacI"


@pytest.mark.parametrize(
    "text",
    [
        # queries, also inside others and encoded
        "GET /connections/salesforce/callback/?code=canary&state=canary",
        "POST https://login.example/token?client_secret=canary",
        "GET /?otp=canary&sid=canary&pwd=canary",
        "GET /accounts/login/?next=%2Finvitations%2Fcanarycanarycanary%2F",
        "GET /accounts/login/?next=/connections/salesforce/callback/%3Fcode%3Dcanary%26state%3Dcanary",
        "GET /?next=%252Fhelp%252Fcanary%253Acanary%253Acanary%252F",
        "GET /?next=%25252Fhelp%25252Fcanarycanary",
        "GET /?%63od%65=canary",
        "GET /?a=" + "%25" * 7 + "2Fhelp/canary%2525252541" * 2,
        # addresses
        "GET /invitations/canarycanarycanarycanary/",
        "GET //invitations//canarycanarycanarycanary/",
        "GET /help/canarycanary:canary:canarycanary/",
        "GET /accounts/password/reset/key/5-canary-canary/",
        "GET /accounts/confirm-email/canary:canary:canary/",
        "{'tried': [], 'path': 'invitations/canarycanary/more'}",
        r'{"url": "https:\/\/console.example\/help\/canarycanary\/"}',
        "redis://:canary@127.0.0.1:6379/0",
        "postgresql://console:canary@db/console",
        # headers
        "sent Authorization: Bearer canary",
        "Authorization: Basic canary",
        "Authorization: Digest username=canary, response=canary",
        "Cookie: a=canary; b=canary",
        "{'Cookie': 'a=\"canary\"; b=canary', 'Accept': '*/*'}",
        "X-CSRFToken: canary",
        "curl -H 'Authorization: Bearer canary' https://acme.example",
        "got Bearer canary.",
        # forms and JSON
        '{"access_token": "canary", "expires_in": 5}',
        "{'refresh_token': 'canary'}",
        '{"password": "a \\" canary"}',
        "{'password': \"it's canary\"}",
        '{\\"client_secret\\": \\"canary\\"}',
        "<QueryDict: {'password1': ['canary phrase', 'canary'], 'name': ['Nora']}>",
        "[('password', 'canary'), ('name', 'Nora')]",
        "{b'password': b'canary'}",
        "{'code': 'canary', 'state': 'canary'}",
        "{'code': '287082 canary'}",
        "password=canary&name=Nora",
        "code_verifier = canary",
        "{'scope': 'api refresh_token', 'refresh_token': 'canary'}",
        "[('code', 'canary'), (\"access_token\", \"canary\"), ['state', 'canary']]",
        # Celery's
        "headers: {'argsrepr': \"('canary', 5)\", 'kwargsrepr': \"{'a': 'canary'}\"}",
        'The full contents of the message body was:\n[["canary"], {}] (20b)\n',
        "GET /invitations/abc[hidden]canary-of-a-link/",
        # people
        "mail to canary@acme.example, 'canary.o'hara+x@acme.example' and Ärla.canary@acme.example",
    ],
)
def test_secrets_inside_text_are_hidden(text: str) -> None:
    for value in (redact_text(text), str(redact(text)), str(redact(text.encode())), str(redact(ValueError(text)))):
        assert "canary" not in value
        assert "[hidden]" in value


@pytest.mark.parametrize(
    "secret",
    [
        "00D000000000001AAA!AQEAQ.canary_1",
        "5Aep861KIwKdekr90I4iHdZDgWwfmoUC8ebLnqz1r6gIcVQ",
        "12345678-1234-1234-1234-123456789abc:canary",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        f"eyJ{'hbGciOiJIUzI1NiJ9' * 20}.eyJzdWIiOiIxIn0{'x1Y' * 5}.c2ln",
        "cq1abc-0123456789abcdef0123456789abcdef",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        SESSION,
        TOKEN,
        f"IjEi:1rVxyz:{TOKEN}",
        f"msi_api_{'0a' * 32}",
        f"x_msi_api_{'7' * 64}",
    ],
)
@pytest.mark.parametrize("around", ["{}", "session {} is invalid", "KeyError: '{}'", "({},)", "/a/{}/b", "a%20{}%20b"])
def test_secrets_are_known_by_their_shape(secret: str, around: str) -> None:
    text = redact_text(around.format(secret))
    assert secret not in text
    assert secret[-12:] not in text


def test_a_private_key_is_hidden() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\ncanary\ncanary==\n-----END RSA PRIVATE KEY-----"
    assert "canary" not in redact_text(f"failed with {key} in it")


@pytest.mark.parametrize(
    "text",
    [
        "GET /settings/people/?q=anna&status_code=1&page=2",
        "/settings/integrations/help-link/?subject=marketo",
        "answered code=404, exit code: -9",
        '{"errors":[{"code":"603","message":"Access denied"}]}',
        '{"id": "7505f000001AbCdAAK", "state": "JobComplete", "errorCode": "INVALID_FIELD"}',
        "MALFORMED_QUERY: unexpected token: 'FROM'",
        "Access token expired; Forbidden (CSRF cookie not set.): /language/",
        'File "/app/invitations/services.py", line 302, in invite',
        'File "/app/invitations/management/commands/remind.py", line 3, in handle',
        "TemplateDoesNotExist: invitations/accept_page.html",
        "Task sync.tasks.advance_run[0f7c9a52-8f7e-4c5e-9d1f-3b0a1c2d4e5f] raised unexpected",
        "2026-11-29T00:53:04.177191Z celery@web-1 at 127.0.0.1:8000 in 17 ms",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "No such column 'MSI_Last_Interesting_Moment_2__c' on mkto2__Add_to_Marketo_Campaign__c",
        "test_marketo_01_calls.py::TestLast2InterestingMoments, SELECT Id, Sales4InsightURLField FROM x",
        "100% sure, 5%20of%2520them",
        "@login_required\ndef view(request): x = a @ b",
        "Ärende 5 är klart – “bra”",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact_text(text) == text


def test_what_was_decoded_cannot_begin_a_line_of_its_own() -> None:
    assert redact_text("GET /?next=%0D%0Aforged%2Fhelp%2Fcanarycanary") == "GET /?next=%0D%0Aforged/help/[hidden]"


class Color(enum.StrEnum):
    RED = "red"


Row = namedtuple("Row", "name client_secret")  # noqa: PYI024


@dataclass
class Connected:
    instance: str
    access_token: str
    key: str = field(default="canary", repr=False)


class Visited:
    method, path = "POST", "/invitations/canarycanary/"

    def get_full_path(self) -> str:
        return "/invitations/canarycanary/?q=anna"


class Call:
    method, url = "GET", "https://acme.example/?access_token=canary"


MOMENT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        # what stays as it is
        ("status_code", 404, 404),
        ("code", 404, 404),
        ("code", "INVALID_FIELD", "INVALID_FIELD"),
        ("code", "603", "603"),
        ("state", "JobComplete", "JobComplete"),
        ("state", None, None),
        ("tokens", 3, 3),
        ("has_password", True, True),
        ("token_expires_at", MOMENT, MOMENT),
        ("on", date(2026, 11, 29), date(2026, 11, 29)),
        ("took", timedelta(seconds=5), timedelta(seconds=5)),
        ("rate", 1.5, 1.5),
        ("price", Decimal("1.50"), Decimal("1.50")),
        ("color", Color.RED, "red"),
        ("path", PurePosixPath("/app/sync"), "/app/sync"),
        ("event", "sync_started", "sync_started"),
        ("args", "(5, None, True)", "(5, None, True)"),
        # by name
        ("access_token", "canary", "[hidden]"),
        ("client_secret", b"canary", "[hidden]"),
        ("password", ["canary"], "[hidden]"),
        ("Authorization", {"a": "canary"}, "[hidden]"),
        ("HTTP_COOKIE", "a=b", "[hidden]"),
        ("code_verifier", object(), "[hidden]"),
        ("refresh", "canary", "[hidden]"),
        ("apiKey", "canary", "[hidden]"),
        ("sessionid", "canary", "[hidden]"),
        ("otp", 287082, "[hidden]"),
        ("recovery_codes", ["12345678"], "[hidden]"),
        ("code", "287082", "[hidden]"),
        ("code", 287082, "[hidden]"),
        ("code", ["canary"], ["[hidden]"]),
        ("state", "canary", "[hidden]"),
        # by parts
        ("form", {"password": "canary", "name": "Nora", 5: "x"}, {"password": "[hidden]", "name": "Nora", 5: "x"}),
        ("form", {"a": [{"b": ({"token": "canary"},)}]}, {"a": [{"b": ({"token": "[hidden]"},)}]}),
        ("form", {"GET /help/canarycanary/": 1}, {"GET /help/[hidden]/": 1}),
        ("pairs", [("password", "canary"), ("a", 1)], [("password", "[hidden]"), ("a", 1)]),
        ("pair", ("password", "canary"), ("password", "[hidden]")),
        ("set", {"GET /help/canarycanary/"}, ["GET /help/[hidden]/"]),
        ("row", Row("acme", "canary"), {"name": "acme", "client_secret": "[hidden]"}),
        ("row", Connected("acme", "canary"), {"instance": "acme", "access_token": "[hidden]"}),
        ("args", "('canary', 5, ['canary'], {'a': 'x'})", "('[hidden]', 5, ['[hidden]'], {'a': 'x'})"),
        ("args", ("canary", 5), "('[hidden]', 5)"),
        ("args", "('can\\'ary', 'canary...", "('[hidden]', '[hidden]'"),
        ("kwargs", "{'token': 'canary', 'run_id':5}", "{'token': '[hidden]', 'run_id':5}"),
        # as text
        ("body", b"password=canary", "password=[hidden]"),
        ("error", KeyError("password=canary"), "KeyError: 'password=[hidden]'"),
        ("request", Visited(), "POST /invitations/[hidden]/"),
        ("call", Call(), "GET https://acme.example/?access_token=[hidden]"),
        ("kind", Connected, "<class 'tests.common.test_redaction.Connected'>"),
    ],
)
def test_a_value_is_judged_by_name_and_type(name: str, value: object, expected: object) -> None:
    cleaned = redact(value, name)
    assert cleaned == expected
    assert type(cleaned) is type(expected)


class Broken:
    method = "GET"

    def get_full_path(self) -> Never:
        raise RuntimeError("canary")

    __str__ = __repr__ = get_full_path


class BrokenMapping(dict[str, str]):
    def items(self) -> Never:
        raise RuntimeError("canary")


def test_nothing_raises() -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: Any = "canary"
    for _ in range(10_000):
        deep = [deep]
    assert redact(Broken()) == "[unreadable Broken]"
    assert redact({"a": Broken(), "b": 1}) == {"a": "[unreadable Broken]", "b": 1}
    assert redact(BrokenMapping(a="canary")) == "[unreadable BrokenMapping]"
    assert "[cut]" in str(redact(loop))
    assert "canary" not in str(redact(deep))
    assert redact(10**5000) == "[cut]"
    assert redact("\ud800 \x00") == "\\ud800 \x00"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from(["", "code", "args", "password", "event"]))
@settings(max_examples=40)
def test_any_value_can_be_cleaned_twice(value: object, name: str) -> None:
    """An error text that was cleaned when it was raised is cleaned again when it is logged."""
    once = redact(value, name)
    assert redact(once, name) == once


WORDS = [
    "token",
    "password",
    "'",
    '"',
    "=",
    ":",
    " ",
    "/help/",
    "[hidden]",
    "%2F",
    "%25",
    "\\",
    "[",
    "(",
    "a@b.c",
    "code",
    "\n",
    "x1Y",
]


@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
@example("/help/%2F'a@b.c")
@settings(max_examples=100)
def test_any_text_can_be_cleaned_twice(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


@given(st.sampled_from(["/invitations/{}/", "?token={}", "{{'password': '{}'}}", "Bearer {}", "{}"]), st.integers(0, 4))
@settings(max_examples=40)
def test_a_token_is_found_however_often_it_was_encoded(around: str, times: int) -> None:
    text = around.format(TOKEN)
    for _ in range(times):
        text = quote(text, safe="")
    assert TOKEN not in redact_text(f"GET /?next={text} more")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        *["a", "token", "token='", 'token=["', "%25", "%2525", "eyJ", "a'", "a-", "token=(", "://a:", "a@b.", "\\"],
        *["-----BEGIN PRIVATE KEY-----", "token ", 'token\\"', "aA1", "a1b2c3d4-", "/invitations/", "00D", "\nbody: "],
    ],
)
def test_a_long_text_takes_no_long_time(part: str) -> None:
    """Each is the worst case of one pattern: with the square of its length it would take minutes."""
    text = part * (1_000_000 // len(part))
    assert len(redact_text(text)) <= MAX_LENGTH
    assert len(str(redact({"a": [text] * 1000, "b": {str(i): text for i in range(1000)}}))) < 4 * MAX_LENGTH


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["eyJ-", "5Aep-", "00D-", "a@a-", "a'a@a"])
def test_a_word_without_end_takes_no_long_time(part: str) -> None:
    """A shape that begins anew behind each hyphen, and is looked for to the end of the word each time."""
    assert len(redact_text(part * 60_000, limit=300_000)) <= 300_000


@pytest.mark.parametrize("limit", [1, 10, 50, 300])
def test_a_text_has_a_limit_and_no_half_secret_at_its_end(limit: int) -> None:
    for start in range(300):
        text = redact_text(f"{'a ' * start}00D000000000001AAA!{TOKEN} {TOKEN} {'b ' * 300}", limit)
        assert len(text) <= limit
        assert not any(TOKEN[at : at + 6] in text for at in range(len(TOKEN) - 6))


def test_of_a_long_traceback_the_end_stays() -> None:
    text = "Traceback\n" + '  File "/app/sync/services.py", line 5\n' * 2000 + f"KeyError: '{TOKEN}' at last"
    cleaned = redact_text(text)
    assert cleaned.startswith("Traceback\n")
    assert "[cut]" in cleaned
    assert cleaned.endswith("KeyError: '[hidden]' at last")


def test_random_tokens_are_hidden() -> None:
    """The shape of `secrets.token_urlsafe(32)`; one in some thousand has no digit and needs its name or address."""
    seen = [token for token in (secrets.token_urlsafe(32) for _ in range(500)) if token in redact_text(f"at {token}.")]
    assert len(seen) < 10
