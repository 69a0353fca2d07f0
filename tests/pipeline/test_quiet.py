"""Which streams a run of changes begins with."""

import pytest
from django.utils import timezone

from accounts.models import SalesAccount
from pipeline.engine.quiet import ALWAYS, first_streams
from sync.models import Cursor, RunKind, Source
from tests.factories import make_extract, make_run


@pytest.mark.parametrize(("mark", "are_read"), [("where the last run stopped", False), ("", True)])
def test_deletions_are_read_first_where_a_run_has_put_their_cursor_back(
    account: SalesAccount, mark: str, *, are_read: bool
) -> None:
    """Another run had just read them: the cursor went on from there, and whoever was deleted before stayed for good."""
    now = timezone.now()
    Cursor.objects.create(account=account, stream=Source.MARKETO_DELETIONS, token=mark, since=now)
    make_extract(make_run(account, kind=RunKind.INCREMENTAL), Source.MARKETO_DELETIONS, loaded_at=now)
    streams = [*ALWAYS, Source.MARKETO_DELETIONS] if are_read else [*ALWAYS]
    assert first_streams(account, now) == streams
