"""What a Marketo instance lets all tools take in a day, and how much of it this console takes."""

import re
from typing import Any

from django.db import transaction

from accounts.models import SalesAccount, User
from accounts.services import record
from clients.http import QuotaExceeded
from connections.models import MarketoInstance
from marketo_instances.audit_actions import InstanceAction

# "Export daily quota 500MB exceeded." (airbytehq/airbyte, source-marketo).
_EXPORT_QUOTA = re.compile(r"quota (\d{1,7}) ?MB", re.ASCII | re.IGNORECASE)


@transaction.atomic
def set_allowance(*, instance: MarketoInstance, by: User, **values: int) -> None:
    """Keep what the contract with Adobe says, and this console's share of it."""
    _keep(instance, by, values)


@transaction.atomic
def learn_allowance(account: SalesAccount, refused: QuotaExceeded) -> None:
    """Where Marketo says how large the allowance is that was used up, that is the truth; of none there is no share."""
    told = _EXPORT_QUOTA.search(refused.detail)
    megabytes = int(told[1]) if told else 0
    instance = MarketoInstance.objects.for_account(account).first()
    if megabytes and instance and instance.daily_export_megabytes != megabytes:
        _keep(instance, None, {"daily_export_megabytes": megabytes})


def _keep(instance: MarketoInstance, by: User | None, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(instance, name, value)
    instance.save(update_fields=list(values))
    record(
        account=instance.account,
        actor=by,
        action=InstanceAction.ALLOWANCE_CHANGED,
        target=instance.munchkin_id,
        calls=instance.daily_calls,
        megabytes=instance.daily_export_megabytes,
        percent=instance.share_percent,
    )
