"""What is told of channels that are gone is over: for whoever looks at them now and then."""

from accounts.models import Occurrence, User
from accounts.occurrences import end
from notifications.audiences import Receiver, is_there, is_told_by_account
from notifications.events import CHANNEL_DEAD
from notifications.models import Channel


def watch_channels() -> None:
    """End what is told of channels that have gone with their owner, and of mails that nobody gets any more."""
    for dead in Occurrence.objects.going_on().filter(event=CHANNEL_DEAD.key).select_related("account"):
        if not _is_there(dead):
            end(CHANNEL_DEAD, account=dead.account, subject=dead.subject)


def _is_there(dead: Occurrence) -> bool:
    channel_pk, _blank, user_pk = dead.subject.partition(" ")
    channel = Channel.objects.filter(pk=int(channel_pk)).select_related("user").first()
    user = User.objects.filter(pk=int(user_pk or 0)).first()
    # A mail always has a reader.
    if channel is None or channel.is_mail != bool(user) or not is_there(Receiver(channel, user), dead.account):
        return False
    if user is None or channel.owner:
        return True
    # What is on its way is tried again, and would be told again.
    return is_told_by_account(channel, user) or channel.deliveries.pending().filter(user=user).exists()
