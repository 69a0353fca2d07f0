"""Whoever logs in with Salesforce was invited, or is a member already."""

from tests.invitations.conftest import _tasks_of_this_room_run_at_once, at_salesforce, invite, mia

__all__ = ["_tasks_of_this_room_run_at_once", "at_salesforce", "invite", "mia"]
