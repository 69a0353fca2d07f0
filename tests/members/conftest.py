"""Members come by invitations, and own what the guide speaks of."""

from tests.guide.conftest import account_of_instance
from tests.invitations.conftest import _tasks_of_this_room_run_at_once, at_salesforce, invite, mia

__all__ = ["_tasks_of_this_room_run_at_once", "account_of_instance", "at_salesforce", "invite", "mia"]
