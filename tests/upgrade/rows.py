"""Rows in every table, as a company has them after its first weeks."""

import json
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.audit_chain import watch_audit_trail
from accounts.events import NEW_ADMIN
from accounts.models import Occurrence, SalesAccount, User
from accounts.occurrences import begin
from accounts.permissions import Role
from api.scopes import Scope
from api.tokens import Owner, make_token
from clients.http import AccessDenied
from common.encryption import encrypt
from connections.models import AdminReading, MarketoAccess, OrphanedToken, SalesforceSignIn, Service
from connections.orgs import OrgMove
from connections.services.call_log import record_failure, record_usage
from history.models import Change, ChangeDelay, ChangeKind
from notifications.models import BellMark, Channel, ChannelKind, Delivery, Phase
from notifications.senders.webhooks import new_secret
from salesforce_apps.keys import make_key
from salesforce_package.items.checklist import ITEMS
from salesforce_package.models import ActivityProof, PackageChange, PackageCheck, PackageTick
from salesforce_package.services import tick_item
from sync.decisions import set_hold_limit
from sync.models import HeldPerson, RejectedRow
from sync.policies import Schedule
from sync.services import cancel_run
from sync.statuses import ExtractStatus, RunStatus
from tests import factories as make

ADMIN = "admin@acme.example"


def fill() -> None:
    """Into empty tables."""
    account = make.make_account()
    admin = make.with_password(make.make_member(account, ADMIN, Role.ADMIN).user)
    member = make.make_member(account, "seller@acme.example", Role.USER).user
    team = make.make_team(account)
    team.members.add(admin.member, member.member)
    _fill_connections(account, admin, member)
    _fill_invitations(account, admin)
    _fill_sync(account, admin)
    _fill_package(account, admin)
    _fill_sign_in(admin)
    _fill_notifications(account, admin)
    make_token(owner=Owner(member=admin.member), name="Monitoring", scopes=[Scope.RUNS], days=90, made_by=admin)


def _fill_connections(account: SalesAccount, admin: User, member: User) -> None:
    instance = make.make_instance(account=account)
    make.make_marketo_admin(instance, ADMIN)
    user = {"user_id": "mia@acme.example", "email": ADMIN, "first_name": "Mia", "last_name": "Holm"}
    AdminReading.objects.create(instance=instance, users=[user, user], found=[user], done=1)
    connection = make.make_marketo_connection(account, owner=admin)
    MarketoAccess.objects.create(connection=connection, member=member.member, workspace_id=1, workspace_name="Default")
    make_key(make.make_salesforce_app(account, entered_by=admin), by=admin)
    make.make_salesforce_connection(account, connected_by=admin)
    make.make_salesforce_connection(account, connected_by=member, member=member.member)
    origin = "https://login.salesforce.com"
    SalesforceSignIn.objects.create(
        state_hash="0" * 64, account=account, user=admin, login_origin=origin, code_verifier="verifier"
    )
    OrgMove.objects.create(
        account=account,
        from_org_id="00D000000000001AAA",
        from_org_name="Acme Inc",
        org_id="00D000000000002AAA",
        org_name="Acme Inc (2027)",
        is_sandbox=False,
        username=ADMIN,
        connection=json.dumps({"login_origin": origin, "refresh_token": "token", "app_id": None}),
        offered_by=admin,
    )
    OrphanedToken.objects.create(login_origin=origin, token="token")
    record_failure(account.pk, "/rest/v1/leads/describe.json", AccessDenied("marketo", "603", "Access denied"))
    record_usage(account.pk, Service.SALESFORCE, 1_200, 100_000)


def _fill_invitations(account: SalesAccount, admin: User) -> None:
    make.make_invitation(account, "new@acme.example", invited_by=admin).teams.set(account.teams.all())
    make.make_upload(admin, "email\nother@acme.example")


def _fill_sync(account: SalesAccount, admin: User) -> None:
    now = timezone.now()
    made: dict[str, Any] = {
        "started_at": now - timedelta(minutes=7),
        "finished_at": now,
        "seen": 9,
        "synced": 8,
        "people": 8,
    }
    run = make.make_run(account, skipped={"no_owner": 1}, rejected=1, started_by=admin, **made)
    extract = make.make_extract(run, status=ExtractStatus.LOADED, rows_loaded=9, loaded_at=now)
    RejectedRow.objects.create(extract=extract, line=7, reason="wrong_columns", text="one,two")
    make.make_cursor(account)
    make.make_people(account, 8, email="person@customer.example", first_name="Åsa", last_name="Öst", company="Kund AB")
    cancel_run(run=make.make_run(account, RunStatus.EXTRACTING), cancelled_by=admin)
    set_hold_limit(account=account, people=50, percent=2, changed_by=admin)
    HeldPerson.objects.create(run=make.make_run(account, RunStatus.HELD), marketo_id=3, reason="queue_owner")
    values = {"before": {"title": None}, "after": {"title": "Chair"}, "content_before": "0" * 32}
    Change.objects.create(account=account, marketo_id=3, run_id=run.pk, at=now, kind=ChangeKind.UPDATED, **values)
    hour = now.replace(minute=0, second=0, microsecond=0)
    ChangeDelay.objects.create(account=account, hour=hour, seconds=300, changes=7)
    Schedule.objects.create(account=account, every_minutes=15, time_zone="Europe/Stockholm", promised_minutes=45)


def _fill_package(account: SalesAccount, admin: User) -> None:
    PackageCheck.objects.create(
        account=account,
        org_id="00D000000000001AAA",
        version="1.8000.0.0",
        results={"package_installed": {"state": "done", "code": "version", "values": {"version": "1.8"}, "parts": []}},
        checked_at=timezone.now(),
    )
    tick_item(account=account, by=admin, item=ITEMS["governance"])
    assert PackageTick.objects.exists()
    finding = {
        "state": "unknown",
        "code": "some_connected",
        "values": {"able": 1, "count": 2},
        "parts": [],
        "people": [],
    }
    cause = {
        "display": "Remove remote site",
        "section": "Customize",
        "who": "Acme Admin",
        "delegate": "",
        "at": "2026-11-29T10:00:00+00:00",
    }
    PackageChange.objects.create(
        account=account,
        org_id="00D000000000001AAA",
        item="actions_site",
        before=finding,
        after=finding,
        causes=[cause],
        seen_at=timezone.now(),
    )
    ActivityProof.objects.create(
        account=account,
        org_id="00D000000000001AAA",
        username=ADMIN,
        run_by=admin,
        record_id="00Q000000000001AAA",
        mark="msi-test-0011223344556677",
        outcome={"Email": {"fields": {"Type": "kept"}, "code": "", "problem": ""}},
        finished_at=timezone.now(),
    )


def _fill_sign_in(admin: User) -> None:
    address = EmailAddress.objects.get(user=admin)
    EmailConfirmation.objects.create(email_address=address, key="key")
    Authenticator.objects.create(
        user=admin, type=Authenticator.Type.RECOVERY_CODES, data={"migrated_codes": [encrypt("one-two")]}
    )
    SocialAccount.objects.create(
        user=admin, provider="salesforce", uid="005000000000001AAA", extra_data={"username": ADMIN}
    )
    session = Session.objects.create(session_key="session", session_data="", expire_date=timezone.now())
    UserSession.objects.create(user=admin, session_key=session.session_key, ip="127.0.0.1", user_agent="browser")


def _fill_notifications(account: SalesAccount, admin: User) -> None:
    begin(NEW_ADMIN, account=account, concerned=admin)
    occurrence = Occurrence.objects.latest("pk")
    channel = Channel.objects.create(
        account=account, kind=ChannelKind.WEBHOOK, address="https://hooks.example/msi", secret=new_secret()
    )
    Channel.objects.create(account=account, member=admin.member, kind=ChannelKind.EMAIL, events=["sync.run_failed"])
    Delivery.objects.create(channel=channel, occurrence=occurrence, phase=Phase.BEGIN, due_at=timezone.now())
    BellMark.objects.create(user=admin, seen_at=timezone.now())
    watch_audit_trail()
