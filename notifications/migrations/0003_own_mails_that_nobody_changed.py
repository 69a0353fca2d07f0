from django.db import migrations
from django.db.models import Exists, OuterRef, Q, Subquery


def follow_the_account(apps, schema_editor):
    """
    Take away the own mails of members that merely looking at My Notifications had made: they are as they began, and hid
    what the account has chosen since. What was told over them counts as told over the account's, whose end is told so.
    """
    Channel, Delivery = apps.get_model("notifications", "Channel"), apps.get_model("notifications", "Delivery")
    mails = Channel.objects.filter(kind="email", user=None)
    of_accounts = mails.filter(member=None)
    pending = Delivery.objects.filter(channel=OuterRef("pk"), sent_at=None, given_up_at=None)
    looked_at = mails.filter(
        ~Exists(pending),
        # Where the account has none there is nothing to follow.
        Exists(of_accounts.filter(account=OuterRef("account"))),
        Q(events__isnull=True, pace="at_once", quiet_from=None, quiet_until=None),
        member__isnull=False,
    )
    same = Delivery.objects.filter(
        occurrence=OuterRef("occurrence"), phase=OuterRef("phase"), user=OuterRef("user"), channel__in=of_accounts
    )
    account = Channel.objects.filter(pk=OuterRef(OuterRef("channel"))).values("account")
    told = Delivery.objects.filter(~Exists(same), channel__in=looked_at)
    told.update(channel=Subquery(of_accounts.filter(account__in=account).values("pk")))
    looked_at.delete()


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_settled'),
    ]

    operations = [migrations.RunPython(follow_the_account, migrations.RunPython.noop)]
