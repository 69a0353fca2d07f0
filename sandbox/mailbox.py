"""A mail server that keeps every message and delivers none."""

import re
from collections import deque
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT_MESSAGES: Final = 5_000
_HREF: Final = re.compile(r"""href\s*=\s*["'](https?://[^"']+)""", re.IGNORECASE)
_URL: Final = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True)
class Message:
    """
    One received mail; ``links`` are the web addresses found in it, in order, each once. ``message_id`` is its header,
    by which a mail that comes twice is known.
    """

    id: int
    sender: str
    recipients: list[str]
    subject: str
    date: str
    text: str
    html: str
    links: list[str]
    message_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        values = asdict(self)
        return {"id": values.pop("id"), "from": values.pop("sender"), "to": values.pop("recipients"), **values}


class Mailbox:
    """The kept messages, oldest first; the handler of the SMTP listener."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self._received = 0

    def __iter__(self) -> Any:
        return iter(self._messages)

    def __len__(self) -> int:
        return len(self._messages)

    def message(self, message_id: int) -> Message | None:
        return next((message for message in self._messages if message.id == message_id), None)

    def clear(self) -> None:
        self._messages.clear()

    def dump(self) -> dict[str, Any]:
        """All of it as JSON's types, for ``load``."""
        return {"received": self._received, "messages": [asdict(message) for message in self._messages]}

    def load(self, kept: dict[str, Any]) -> None:
        self._received = kept["received"]
        self._messages.extend(Message(**values) for values in kept["messages"])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        content = envelope.original_content or b""
        self.keep(content, envelope.rcpt_tos)
        return "250 Message kept"

    def keep(self, content: bytes, recipients: list[str]) -> None:
        mail = message_from_bytes(content, policy=policy.default)
        text, html = _part(mail, "plain"), _part(mail, "html")
        self._received += 1
        self._messages.append(
            Message(
                id=self._received,
                sender=str(mail["From"] or ""),
                recipients=list(recipients),
                subject=str(mail["Subject"] or ""),
                date=str(mail["Date"] or ""),
                text=text,
                html=html,
                links=_links(text, html),
                message_id=str(mail["Message-ID"] or ""),
            )
        )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def _links(text: str, html: str) -> list[str]:
    found = [*_URL.findall(text), *map(unescape, _HREF.findall(html))]
    return list(dict.fromkeys(link.rstrip(".,") for link in found))
