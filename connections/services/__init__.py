"""What other rooms may ask of this one."""

from connections.services.clients import marketo_client, record_problem, salesforce_client
from connections.services.diagnostics import UsageChart, usage_charts
from connections.services.failures import ActorFailures, failures_by_actor, retry_failure
from connections.services.health import (
    Health,
    check_account,
    check_connection,
    marketo_health,
    own_salesforce_health,
    salesforce_health,
)
from connections.services.help_links import LIFETIME as HELP_LINK_LIFETIME
from connections.services.help_links import HelpRequest, check_help_link, make_help_link, read_help_link
from connections.services.instances import (
    Prerequisite,
    Prerequisites,
    Verdict,
    choose_instance,
    marketo_admins,
    prerequisites,
    refresh_marketo_admins,
    register_marketo_instance,
)
from connections.services.marketo import (
    connect_marketo,
    connect_marketo_with,
    disconnect_marketo,
    has_marketo_access,
    instance_of,
    take_over_marketo,
)
from connections.services.marketo_access import (
    AccessState,
    access_state,
    grant_marketo_access,
    marketo_workspaces,
    revoke_marketo_access,
)
from connections.services.package import (
    ItemState,
    PackageState,
    check_package,
    find_item,
    package_state,
    tick_item,
    untick_item,
)
from connections.services.revocation import revoke_orphans
from connections.services.salesforce import (
    SALESFORCE_ROLES,
    begin_sign_in,
    connected_salesforce_by,
    disconnect_own_salesforce,
    disconnect_salesforce,
    finish_sign_in,
    forget_member,
    login_origin,
    take_sign_in,
)

__all__ = [
    "HELP_LINK_LIFETIME",
    "SALESFORCE_ROLES",
    "AccessState",
    "ActorFailures",
    "Health",
    "HelpRequest",
    "ItemState",
    "PackageState",
    "Prerequisite",
    "Prerequisites",
    "UsageChart",
    "Verdict",
    "access_state",
    "begin_sign_in",
    "check_account",
    "check_connection",
    "check_help_link",
    "check_package",
    "choose_instance",
    "connect_marketo",
    "connect_marketo_with",
    "connected_salesforce_by",
    "disconnect_marketo",
    "disconnect_own_salesforce",
    "disconnect_salesforce",
    "failures_by_actor",
    "find_item",
    "finish_sign_in",
    "forget_member",
    "grant_marketo_access",
    "has_marketo_access",
    "instance_of",
    "login_origin",
    "make_help_link",
    "marketo_admins",
    "marketo_client",
    "marketo_health",
    "marketo_workspaces",
    "own_salesforce_health",
    "package_state",
    "prerequisites",
    "read_help_link",
    "record_problem",
    "refresh_marketo_admins",
    "register_marketo_instance",
    "retry_failure",
    "revoke_marketo_access",
    "revoke_orphans",
    "salesforce_client",
    "salesforce_health",
    "take_over_marketo",
    "take_sign_in",
    "tick_item",
    "untick_item",
    "usage_charts",
]
