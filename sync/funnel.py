"""Who of the people that were read gets in, as a waterfall that adds up."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sync.messages import left_out
from sync.models import SyncRun


@dataclass(frozen=True)
class FunnelStep:
    """A bar of the waterfall: `start` is how many lie before it; `kind` is how it is drawn."""

    label: Promise | str
    number: int
    start: int
    kind: str

    @property
    def is_result(self) -> bool:
        return self.kind == "bar"

    @property
    def is_loss(self) -> bool:
        return self.kind in ("lost", "bad")


def funnel_of(run: SyncRun) -> Sequence[FunnelStep]:
    """From everybody who was read to those who get in; empty before anybody was matched."""
    if not run.seen:
        return []
    steps, left = [FunnelStep(_("Read from Marketo"), run.seen, 0, "bar2")], run.seen
    losses = [(label, number, "lost") for label, number in left_out(run.skipped)]
    losses += [(_("Rows that cannot be read"), run.rejected, "bad")] if run.rejected else []
    for label, number, kind in losses:
        left -= number
        steps.append(FunnelStep(label, number, max(0, left), kind))
    return [*steps, FunnelStep(_("Get in"), run.synced, 0, "bar")]
