"""Whole companies: switches and set-up of the org that belong together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.salesforce.control import act
from sandbox.whole import Sandbox


@dataclass(frozen=True)
class Company:
    """What differs from the defaults: switches by name, and actions of Salesforce in order."""

    switches: Mapping[str, Any]
    actions: tuple[Mapping[str, Any], ...]


COMPANIES: Final = {
    "tidy": Company({}, ()),
    # Large, old and grown: nothing in it is rare (see "An untidy company" in the README, with the sources).
    "untidy": Company(
        {
            "first_ids_gone": 300,
            "api_partitions": "Default,EU,Asia",
            "other_admin_roles": True,
            "linkedin_field": "linkedInURL__c",
            "daily_calls": 10_000,
            "export_megabytes": 200.0,
            "count_refused": True,
        },
        (
            {"action": "strict_mode"},
            {"action": "add_record_types"},
            {"action": "use_dynamic_forms", "object": "Contact"},
            {"action": "install_other_package", "name": "Acme Reports", "namespace": "acme", "versioned": False},
            {"action": "add_permission_set", "name": "Sales Tools"},
            {"action": "add_permission_set_group", "name": "Sales Team", "permission_sets": ["Sales Tools"]},
            {"action": "assign_permission_set_group", "name": "Sales Team", "username": "maria.lind@acme.example"},
        ),
    ),
}


def dress(sandbox: Sandbox) -> None:
    """Give a sandbox as it is at its start the shape of its company."""
    company = COMPANIES[sandbox.world.settings.company]
    sandbox.world.switches.set(_fitted(company.switches, sandbox.world.settings.people))
    for action in company.actions:
        act(sandbox.salesforce, action)


def _fitted(switches: Mapping[str, Any], people: int) -> dict[str, Any]:
    """A small world loses a tenth of its people at most."""
    gone = min(switches.get("first_ids_gone", 0), people // 10)
    return {**switches, "first_ids_gone": gone} if switches else {}
