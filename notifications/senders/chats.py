"""Slack's incoming webhooks and the webhook workflows of Teams."""

import json
from typing import Any

from django.utils.translation import gettext as _

from notifications.messages import Telling
from notifications.models import Channel
from notifications.senders.posting import post
from notifications.senders.taking import Envelope

# Slack, "Escaping text": these three alone.
_SLACK_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def send_to_slack(channel: Channel, envelope: Envelope) -> None:
    """Slack, "Sending messages using incoming webhooks". Raises NotTaken."""
    text = "\n\n".join(_in_slack(line, is_test=envelope.is_test) for line in envelope.tellings)
    post(channel.address, json.dumps({"text": text}).encode(), {})


def _in_slack(line: Telling, *, is_test: bool) -> str:
    title, *rest = _lines(line, is_test=is_test)
    texts = [f"*{title.translate(_SLACK_ESCAPES)}*", *(text.translate(_SLACK_ESCAPES) for text in rest)]
    label = _("Open the console")
    return "\n".join([*texts, f"<{line.url}|{label}>"])


def send_to_teams(channel: Channel, envelope: Envelope) -> None:
    """Microsoft, "Create incoming webhooks with Workflows": an adaptive card in a message. Raises NotTaken."""
    blocks = [block for line in envelope.tellings for block in _on_card(line, is_test=envelope.is_test)]
    link = {"type": "Action.OpenUrl", "title": _("Open the console"), "url": envelope.tellings[0].url}
    card = {"type": "AdaptiveCard", "version": "1.4", "body": blocks, "actions": [link]}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    post(channel.address, json.dumps({"type": "message", "attachments": [attachment]}).encode(), {})


def _on_card(line: Telling, *, is_test: bool) -> list[dict[str, Any]]:
    title, *rest = _lines(line, is_test=is_test)
    bold = {"type": "TextBlock", "text": _unlinked(title), "wrap": True, "weight": "Bolder", "separator": True}
    return [bold, *({"type": "TextBlock", "text": _unlinked(text), "wrap": True} for text in rest)]


def _unlinked(text: str) -> str:
    """
    Teams makes links of Markdown (Microsoft, "Format cards in Microsoft Teams"): names that a company has chosen, such
    as that of an API token, must not lead the operator's staff anywhere.
    """
    return text.replace("](", "] (")


def _lines(line: Telling, *, is_test: bool) -> list[str]:
    """The title, and what stands below it."""
    title = _("Test: %(title)s") % {"title": line.title} if is_test else line.title
    if line.is_over:
        return [title]
    todo = _("What to do: %(todo)s") % {"todo": line.todo}
    who = [_("Who can do it: %(who)s") % {"who": line.who}] if line.who else []
    return [title, todo, *who]
