"""The waterfall of who gets in."""

import pytest

from sync.funnel import funnel_of
from sync.models import SyncRun


def test_the_waterfall_adds_up_from_everybody_to_those_who_get_in() -> None:
    run = SyncRun(seen=1000, synced=700, rejected=20, skipped={"queue_owner": 80, "not_in_salesforce": 200})
    steps = funnel_of(run)
    assert [(str(step.label), step.number, step.start) for step in steps] == [
        ("Read from Marketo", 1000, 0),
        ("Not in Salesforce", 200, 800),
        ("Owned by a queue", 80, 720),
        ("Rows that cannot be read", 20, 700),
        ("Get in", 700, 0),
    ]
    assert steps[0].number - sum(step.number for step in steps if step.is_loss) == steps[-1].number


@pytest.mark.parametrize("skipped", [{}, {"queue_owner": 5}])
def test_before_anybody_was_matched_there_is_none(skipped: dict[str, int]) -> None:
    assert funnel_of(SyncRun(seen=0, skipped=skipped)) == []
