"""The audit trail: who did what, when, from where."""

import json
from collections.abc import Iterator
from datetime import UTC
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import exports
from accounts.access import fresh_sign_in_required_to_read, permission_required
from accounts.audit import sentence_of
from accounts.audit_actions import AccountAction
from accounts.forms import AuditFilterForm
from accounts.middleware import ConsoleRequest
from accounts.models import AuditEvent
from accounts.permissions import Permission
from accounts.querysets import AuditEventQuerySet
from common.paging import keyset_page


@permission_required(Permission.READ_AUDIT_TRAIL)
@require_safe
def audit(request: ConsoleRequest) -> HttpResponse:
    """The entries of the account, newest first."""
    form = AuditFilterForm(request.GET)
    page = keyset_page(form.narrow(_events(request)), "pk", request.GET)
    query = urlencode([(name, request.GET[name]) for name in form.fields if request.GET.get(name)])
    context = {
        "form": form,
        "page": page,
        "entries": [(event, _person_of(event), sentence_of(event)) for event in page.rows],
    }
    return render(request, "accounts/audit.html", context | {"query": f"{query}&" if query else ""})


@permission_required(Permission.READ_AUDIT_TRAIL)
@require_safe
@fresh_sign_in_required_to_read
def export(request: ConsoleRequest) -> HttpResponseBase:
    """The entries that the same filter finds, as a file for a spreadsheet."""
    events = AuditFilterForm(request.GET).narrow(_events(request)).order_by("-pk")
    member = request.member
    return exports.export(
        request,
        "audit-trail.csv",
        _rows(events),
        accounts=[member.account],
        by=member.user,
        action=AccountAction.AUDIT_EXPORTED,
    )


def _person_of(event: AuditEvent) -> str:
    """Who did it, by address; nobody knows who failed to sign in."""
    if event.action == AccountAction.SIGN_IN_FAILED:
        return ""
    return event.actor_email or _("The console")


def _events(request: ConsoleRequest) -> AuditEventQuerySet:
    return AuditEvent.objects.for_account(request.member.account)


def _rows(events: AuditEventQuerySet) -> Iterator[tuple[object, ...]]:
    yield (
        _("Time (UTC)"),
        _("Person"),
        _("What"),
        _("Action"),
        _("On"),
        _("IP address"),
        _("Request"),
        _("Details"),
        _("Hash"),
    )
    for event in events.iterator(chunk_size=2000):
        when = event.created_at.astimezone(UTC).isoformat(timespec="seconds")
        yield (
            when,
            event.actor_email,
            sentence_of(event),
            event.action,
            event.target,
            event.ip_address or "",
            event.request_id,
            json.dumps(event.details, ensure_ascii=False),
            event.hash,
        )
