"""What happens in this room that somebody must be told of, by the channels that are left."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Details, Event, Message, declare, filled
from notifications.models import ChannelKind, Trouble


def _describe(details: Details) -> Message:
    kind, trouble = ChannelKind(details["channel"]), Trouble(details["trouble"])
    what = gettext("{channel} does not take messages. {trouble}")
    return Message(
        filled(what, {"channel": f"{kind.label} {details['host']}".strip(), "trouble": trouble.label}),
        gettext(
            "Look at the channel under Notifications, correct it, and send a test. Nothing is lost for three days."
        ),
        gettext("An Admin of the Sales account, or whose channel it is"),
    )


CHANNEL_DEAD = declare(
    Event(
        "notifications.channel_dead",
        label=_("A channel does not accept messages"),
        describe=_describe,
        permission=Permission.MANAGE_NOTIFICATIONS,
        example={"channel": ChannelKind.SLACK.value, "host": "hooks.slack.com", "trouble": Trouble.GONE.value},
        ends=_("when the channel takes a message, or is removed"),
        over=_("The channel takes messages again, or was removed."),
        is_for_operators=True,
    )
)
