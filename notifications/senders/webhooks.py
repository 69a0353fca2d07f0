"""Webhooks as standardwebhooks.com has them: an id, a time and a signature beside the body."""

import base64
import json
import secrets
from typing import Any

from django.utils import timezone
from standardwebhooks import Webhook

from notifications.messages import Telling
from notifications.models import Channel
from notifications.senders.posting import post
from notifications.senders.taking import Envelope

# "Between 24 bytes (192 bits) and 64 bytes (512 bits)".
SECRET_BYTES = 32
# The type of a body with several messages.
DIGEST = "notifications.digest"


def new_secret() -> str:
    """A key to sign with, in the form in which receivers take it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def send_webhook(channel: Channel, envelope: Envelope) -> None:
    """Raises NotTaken."""
    now = timezone.now()
    message_id, body = f"msg_{envelope.message_id}", json.dumps(_body(envelope, now.isoformat()))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(channel.secret).sign(message_id, now, body),
    }
    post(channel.address, body.encode(), headers)


def _body(envelope: Envelope, now: str) -> dict[str, Any]:
    lines = [_data(line, is_test=envelope.is_test) for line in envelope.tellings]
    if len(lines) == 1:
        return {"type": envelope.tellings[0].event, "timestamp": now, "data": lines[0]}
    return {"type": DIGEST, "timestamp": now, "data": {"messages": lines}}


def _data(line: Telling, *, is_test: bool) -> dict[str, Any]:
    return {
        "event": line.event,
        "phase": line.phase,
        "account": line.slug or None,
        "what": line.what,
        "todo": line.todo,
        "who": line.who,
        "url": line.url,
        "began_at": line.began_at.isoformat(),
        "ended_at": line.ended_at.isoformat() if line.ended_at else None,
        "details": {name: value for name, value in line.details.items() if name != "channel_id"},
        "test": is_test,
    }
