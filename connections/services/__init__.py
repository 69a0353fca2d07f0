"""What other rooms may ask of this one."""

from connections.services.clients import marketo_client, record_problem, salesforce_client
from connections.services.health import Health, check_connection, marketo_health, salesforce_health
from connections.services.instances import (
    Prerequisite,
    Prerequisites,
    Verdict,
    marketo_admins,
    prerequisites,
    refresh_marketo_admins,
    register_marketo_instance,
)
from connections.services.marketo import connect_marketo, connect_marketo_with, disconnect_marketo, instance_of
from connections.services.package import (
    ItemState,
    PackageState,
    check_package,
    find_item,
    package_state,
    tick_item,
    untick_item,
)
from connections.services.salesforce import (
    SALESFORCE_ROLES,
    begin_sign_in,
    disconnect_salesforce,
    finish_sign_in,
    login_origin,
)

__all__ = [
    "SALESFORCE_ROLES",
    "Health",
    "ItemState",
    "PackageState",
    "Prerequisite",
    "Prerequisites",
    "Verdict",
    "begin_sign_in",
    "check_connection",
    "check_package",
    "connect_marketo",
    "connect_marketo_with",
    "disconnect_marketo",
    "disconnect_salesforce",
    "find_item",
    "finish_sign_in",
    "instance_of",
    "login_origin",
    "marketo_admins",
    "marketo_client",
    "marketo_health",
    "package_state",
    "prerequisites",
    "record_problem",
    "refresh_marketo_admins",
    "register_marketo_instance",
    "salesforce_client",
    "salesforce_health",
    "tick_item",
    "untick_item",
]
