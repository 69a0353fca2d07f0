"""What is left of both providers when a Sales account leaves: nothing here, and no token of ours there."""

from dataclasses import dataclass

from django.db import transaction

from accounts.models import SalesAccount
from connections.models import MarketoConnection, MarketoInstance, OrphanedToken, SalesforceConnection, SalesforceSignIn
from connections.orgs import OrgMove
from connections.services.revocation import abandon, abandon_offer, revoke
from connections.services.token_refresh import SharedTokenCache


@dataclass(frozen=True)
class Disconnected:
    """How many tokens Salesforce has forgotten, and how many it will be asked to forget again every hour."""

    revoked: int
    waiting: int


def disconnect_everything(account: SalesAccount) -> Disconnected:
    """
    Erase every connection of an account and its members, its apps and its Marketo instance, and revoke the tokens.

    A Salesforce that does not answer stops nothing.
    """
    with transaction.atomic():
        _forget_marketo(account)
        orphans = _abandon_salesforce(account)
    for orphan in orphans:
        revoke(orphan)
    waiting = OrphanedToken.objects.filter(pk__in=[pk for orphan in orphans if (pk := orphan.pk)]).count()
    return Disconnected(revoked=len(orphans) - waiting, waiting=waiting)


def _forget_marketo(account: SalesAccount) -> None:
    for source in (MarketoConnection, MarketoInstance):
        for row in source._default_manager.filter(account=account):  # noqa: SLF001
            SharedTokenCache(row).clear()
            row.delete()


def _abandon_salesforce(account: SalesAccount) -> list[OrphanedToken]:
    SalesforceSignIn.objects.filter(account=account).delete()
    offers = OrgMove.objects.for_account(account).offered().select_for_update()
    orphans = [abandon_offer(move) for move in offers]
    # Members' own ones, too.
    rows = SalesforceConnection.objects.filter(account=account).select_for_update(of=("self",))
    orphans += [abandon(connection) for connection in rows]
    account.salesforce_apps.all().delete()
    return orphans
