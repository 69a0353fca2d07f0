"""A mail server that refuses mails when a test says so; what it takes is in `django.core.mail.outbox`."""

from typing import Any, ClassVar

from django.core.mail.backends.locmem import EmailBackend


class MailServer(EmailBackend):
    """Answers with `refusal` for as many mails as are left of `refusals`."""

    refusal: ClassVar[Exception | None] = None
    refusals: ClassVar[int] = 0

    def send_messages(self, messages: list[Any]) -> int:  # type: ignore[override]
        if self.refusal and self.refusals:
            type(self).refusals -= 1
            raise self.refusal
        return super().send_messages(messages)
