"""What follows a transaction may fail: the transaction, and what else follows it, may not."""

from functools import partial

import pytest
from django.db import transaction

from common.after_commit import after_commit

pytestmark = pytest.mark.django_db(transaction=True)


def fail(what: str) -> None:
    raise ConnectionError(what)


def test_what_fails_is_written_down_and_keeps_nothing_else_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    done = list[str]()
    with transaction.atomic():
        after_commit(fail, "the queue is away")
        after_commit(partial(fail, "and has no name"))
        after_commit(done.append, "next")
        assert not done
    assert done == ["next"]
    assert "the queue is away" in caplog.text
    assert "and has no name" in caplog.text


def test_without_a_transaction_it_follows_at_once(caplog: pytest.LogCaptureFixture) -> None:
    after_commit(fail, "the queue is away")
    assert "the queue is away" in caplog.text


def test_what_is_rolled_back_is_followed_by_nothing() -> None:
    done = list[str]()
    with transaction.atomic():
        after_commit(done.append, "next")
        transaction.set_rollback(True)
    assert not done
