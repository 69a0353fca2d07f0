"""What is handed over, and how a receiver may refuse it."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.messages import Telling
from notifications.models import Trouble


@dataclass(frozen=True)
class Envelope:
    """What is handed over at once: a message, or several that go together. By its id a repeat is known."""

    message_id: str
    tellings: Sequence[Telling]
    is_test: bool = False


class NotTaken(Exception):
    """The receiver did not take the envelope; `is_final` when it never will by itself."""

    def __init__(self, trouble: Trouble, *, retry_after: float | None = None, is_final: bool = False) -> None:
        super().__init__(trouble)
        self.trouble, self.retry_after, self.is_final = trouble, retry_after, is_final
