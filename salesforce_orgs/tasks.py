"""What is given back to Salesforce by the clock; beat knows the task by its name from before this room."""

from celery import shared_task

from clients.http import hurried
from connections.services.revocation import revoke_orphans
from salesforce_orgs.offers import withdraw_old_moves


@shared_task(name="connections.tasks.revoke_orphaned_tokens")
def revoke_orphaned_tokens() -> None:
    """Every hour: have Salesforce forget what it has not forgotten yet, and what was offered for too long."""
    with hurried():
        withdraw_old_moves()
        revoke_orphans()
