"""A test activity whose process is killed anywhere leaves no task behind: another process finds them by their mark."""

import random
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Member, SalesAccount
from connections.models import SalesforceConnection
from connections.services.client_factory import salesforce_client
from salesforce_package import tasks
from salesforce_package.models import ActivityProof
from salesforce_package.proof import log_test_activity
from sandbox.testing import SandboxProcess
from tests.connections.conftest import ChangeOrg
from tests.mortal import mortal_processes
from tests.sync.processes import console_environment

pytestmark = pytest.mark.django_db(transaction=True)


def log_activity(member_id: int) -> None:
    """A member logs a test activity on the first lead, in a process of its own."""
    member = Member.objects.get(pk=member_id)
    client = salesforce_client(SalesforceConnection.objects.for_account(member.account).get())
    [lead] = client.query("SELECT Id FROM Lead WHERE IsConverted = false ORDER BY Id LIMIT 1")
    log_test_activity(member=member, record_id=str(lead["Id"]))


def tasks_in_org(account: SalesAccount) -> int:
    client = salesforce_client(SalesforceConnection.objects.for_account(account).get())
    return client.count("SELECT COUNT() FROM Task WHERE Subject LIKE '%msi-test-%'")


def test_nothing_is_left_behind_wherever_the_process_is_killed(
    checked: SalesAccount, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    change_org("add_all_activity_fields")
    change_org("set_task_types", values=["Email", "Call", "Reply"])
    member, dice, statements, left = checked.members.get(), random.Random(5), 0, 0
    with mortal_processes(console_environment(sandbox)) as processes:
        was_killed = True
        while was_killed:
            statements += dice.randint(1, 2)
            was_killed = processes.live(log_activity, member.pk, statements=statements)
            left += (found := tasks_in_org(checked)) > 0
            # Not yet: the process may be at work.
            tasks.clean_up_test_activities()
            assert tasks_in_org(checked) == found
            with time_machine.travel(timezone.now() + timedelta(minutes=11)):
                for proof in ActivityProof.objects.filter(cleaned_at=None):
                    tasks.clean_up_test_activity(proof.pk)
            assert tasks_in_org(checked) == 0, statements
            assert not ActivityProof.objects.filter(cleaned_at=None).exists()
    assert left >= 3, "some died with tasks in the org"
