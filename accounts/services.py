"""Writes of this room: accounts, members, and the audit trail."""

import uuid
from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, TextChoices
from django.dispatch import Signal
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.audit_actions import AccountAction
from accounts.events import NEW_ADMIN
from accounts.models import AuditEvent, LoginPolicy, Member, Occurrence, SalesAccount, Team, User
from accounts.occurrences import begin
from accounts.permissions import Permission, Role
from accounts.querysets import TeamQuerySet

# Somebody may do less than before, in this transaction: `user`, because of `by`, who is None for a command.
rights_taken = Signal()


class RefusedError(Exception):
    """A change that the rules of a Sales account do not allow; the message is a sentence for the person who asked."""


def lock_account(account: SalesAccount) -> SalesAccount:
    """Hold the account's row until the transaction ends: seats, admins, teams and invitations are counted under it."""
    # Not against rows that only refer to the account: an entry of the audit trail would wait for whom we wait for.
    return SalesAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)


def refuse_unless_allowed(account: SalesAccount, user: User, permission: Permission) -> None:
    """
    Between the page that let somebody in and the moment at which what they want is done, a file may be read or
    Salesforce be asked, and the right be taken; under the account's lock it is not. Raises PermissionDenied.
    """
    if not Member.objects.for_account(account).who_may(permission).filter(user=user).exists():
        raise PermissionDenied


def record(
    *, account: SalesAccount | None, actor: User | None, action: TextChoices, target: object = "", **details: Any
) -> AuditEvent:
    """
    Add an entry to the audit trail; `action` is one of a room's, `details` hold what changed, never a secret.

    What was done to it, `target`, is kept as it is called in English, whoever did it: a reader's words are found by it.
    """
    context = structlog.contextvars.get_contextvars()
    with override("en"):
        name = str(target)
    return AuditEvent.objects.create(
        account=account,
        actor=actor,
        actor_email=actor.email if actor else "",
        action=action,
        target=name[:300],
        details=details,
        request_id=str(context.get("request_id", "")),
        ip_address=context.get("ip") or None,
    )


def record_own(user: User, *, action: TextChoices, **details: Any) -> AuditEvent:
    """Add what users did about themselves, to the trail of their account if they have one."""
    member = Member.objects.select_related("account").filter(user=user).first()
    return record(account=member.account if member else None, actor=user, action=action, target=user.email, **details)


@transaction.atomic
def create_account(*, name: str) -> SalesAccount:
    """Create a Sales account with its team Everyone."""
    slug = slugify(name)[:40] or "account"
    if SalesAccount.objects.filter(slug=slug).exists():
        slug = f"{slug}-{uuid.uuid4().hex[:6]}"
    account = SalesAccount.objects.create(name=name, slug=slug)
    Team.objects.create(account=account, name="Everyone", is_everyone=True)
    return account


@transaction.atomic
def add_member(*, account: SalesAccount, user: User, role: Role, teams: list[Team]) -> Member:
    """Make `user` a member with a role, in Everyone and the given teams of the same account."""
    member = Member.objects.create(account=account, user=user, role=role)
    everyone = Team.objects.for_account(account).get(is_everyone=True)
    member.teams.set([everyone, *(team for team in teams if team.account_id == account.pk)])
    if role == Role.ADMIN:
        _welcome_admin(account, user)
    return member


def _welcome_admin(account: SalesAccount, user: User) -> None:
    if account.original_user_id is None:
        account.original_user = user
        account.save(update_fields=["original_user"])
    else:
        tell_of_new_admin(account, user)


def tell_of_new_admin(account: SalesAccount, user: User) -> None:
    """Whoever manages the users hears of it, and looks when they did not mean it. Of many at once they hear once."""
    untold = Occurrence.objects.untold().filter(account=account, event=NEW_ADMIN.key)
    # One that is being told has its name already.
    if others := untold.select_for_update(skip_locked=True).first():
        untold.filter(pk=others.pk).update(details={"admins": others.details.get("admins", 1) + 1}, concerned=None)
    else:
        begin(NEW_ADMIN, account=account, link=reverse("members:users"), concerned=user, admins=1)


@transaction.atomic
def create_verified_user(*, email: str, password: str | None, name: str, language: str) -> User:
    """Create a user whose address is proven, because they opened a link that was mailed to it."""
    user = User.objects.create_user(email, password, name=name, language=language)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def prove_address(user: User) -> None:
    """The user has opened a link that was mailed to their address, and is not asked to open another one."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def end_sessions(user: User) -> None:
    """Whoever uses one of the user's sessions is asked to sign in at the next request."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)


@transaction.atomic
def set_ops_staff(*, email: str, is_ops_staff: bool, by: User | None) -> User:
    """
    Make a user ops staff, or no longer; `by` is None for a command. They sign in anew: perhaps not by Salesforce, which
    lets no ops staff in. Raises RefusedError for an unknown address.
    """
    user = User.objects.with_email(email)
    if user is None:
        raise RefusedError(_("Nobody with the address %(email)s can sign in here.") % {"email": email})
    if user.is_ops_staff != is_ops_staff:
        User.objects.filter(pk=user.pk).update(is_ops_staff=is_ops_staff)
        action = AccountAction.OPS_GRANTED if is_ops_staff else AccountAction.OPS_REVOKED
        record(account=None, actor=by, action=action, target=user.email)
        end_sessions(user)
        if not is_ops_staff:
            rights_taken.send(User, user=user, by=by)
    return user


def must_use_salesforce(user: User) -> bool:
    """True when the account's policy keeps this user from signing in by password. Ops staff keep theirs."""
    if user.is_ops_staff or user.is_superuser:
        return False
    return Member.objects.filter(user=user, account__login_policy=LoginPolicy.SALESFORCE_ONLY).exists()


@transaction.atomic
def set_login_policy(*, account: SalesAccount, policy: LoginPolicy, changed_by: User, is_with_salesforce: bool) -> None:
    """
    Choose how members sign in; with Salesforce Only all others do so anew. Raises RefusedError for Salesforce Only
    unless the admin has signed in that way.
    """
    account = lock_account(account)
    if account.login_policy == policy:
        return
    is_linked = is_with_salesforce and SocialAccount.objects.filter(user=changed_by).exists()
    if policy == LoginPolicy.SALESFORCE_ONLY and not is_linked:
        raise RefusedError(
            _(
                "You have signed in with a password, and might lock everybody out. Link your Salesforce user under "
                "My Profile > Log in with Salesforce, sign in with it, and choose Salesforce Only then."
            )
        )
    before, account.login_policy = account.login_policy, policy
    account.save(update_fields=["login_policy"])
    if account.is_salesforce_only:
        others = User.objects.filter(member__account=account).exclude(pk=changed_by.pk)
        others.update(sessions_ended=F("sessions_ended") + 1)
    record(
        account=account,
        actor=changed_by,
        action=AccountAction.LOGIN_POLICY_CHANGED,
        target=account.name,
        before=before,
        after=policy,
    )


@transaction.atomic
def create_team(*, account: SalesAccount, name: str, created_by: User) -> Team:
    """Create an empty team. Raises RefusedError at the limit, or when the name is in use."""
    lock_account(account)
    teams = Team.objects.for_account(account)
    if teams.filter(is_everyone=False).count() >= settings.TEAMS_PER_ACCOUNT:
        limit = {"limit": settings.TEAMS_PER_ACCOUNT}
        raise RefusedError(_("A Sales account can have %(limit)d teams. Remove a team first.") % limit)
    _refuse_used_name(teams, name)
    team = Team.objects.create(account=account, name=name)
    record(account=account, actor=created_by, action=AccountAction.TEAM_CREATED, target=name)
    return team


@transaction.atomic
def rename_team(*, team: Team, name: str, renamed_by: User) -> None:
    """Give a team another name. Raises RefusedError for Everyone, or when the name is in use."""
    if team.is_everyone:
        raise RefusedError(_("The team Everyone keeps its name: every Sales account has it."))
    lock_account(team.account)
    _refuse_used_name(Team.objects.for_account(team.account).exclude(pk=team.pk), name)
    before, team.name = team.name, name
    team.save(update_fields=["name"])
    record(account=team.account, actor=renamed_by, action=AccountAction.TEAM_RENAMED, target=before, name=name)


def _refuse_used_name(teams: TeamQuerySet, name: str) -> None:
    if teams.named(name):
        raise RefusedError(_("There is already a team called %(name)s. Choose another name.") % {"name": name})


@transaction.atomic
def add_to_team(*, team: Team, members: list[Member], added_by: User) -> None:
    """Put members of the same account into a team."""
    members = [member for member in members if member.account_id == team.account_id]
    team.members.add(*members)
    emails = [member.user.email for member in members]
    record(
        account=team.account, actor=added_by, action=AccountAction.TEAM_MEMBERS_ADDED, target=team.name, members=emails
    )


@transaction.atomic
def remove_from_team(*, team: Team, members: list[Member], removed_by: User) -> None:
    """Take members out of a team. Raises RefusedError for Everyone, to which every member belongs."""
    if team.is_everyone:
        raise RefusedError(_("Every member belongs to the team Everyone; nobody can be taken out of it."))
    team.members.remove(*members)
    emails = [member.user.email for member in members]
    record(
        account=team.account,
        actor=removed_by,
        action=AccountAction.TEAM_MEMBERS_REMOVED,
        target=team.name,
        members=emails,
    )


@transaction.atomic
def remove_team(*, team: Team, removed_by: User) -> None:
    """Remove a team; its members stay in the account. Raises RefusedError for Everyone."""
    if team.is_everyone:
        raise RefusedError(_("The team Everyone cannot be removed: every member belongs to it."))
    record(account=team.account, actor=removed_by, action=AccountAction.TEAM_REMOVED, target=team.name)
    team.delete()


@transaction.atomic
def update_profile(*, user: User, name: str, language: str, time_zone: str) -> None:
    """Save what a person may change about themselves; the address is not among it."""
    before = {"name": user.name, "language": user.language, "time_zone": user.time_zone}
    after = {"name": name, "language": language, "time_zone": time_zone}
    User.objects.filter(pk=user.pk).update(**after)
    record_own(user, action=AccountAction.PROFILE_CHANGED, before=before, after=after)


def set_language(*, user: User, language: str) -> None:
    """Remember the language a user chose, for pages and mails."""
    user.language = language
    user.save(update_fields=["language"])


def set_time_zone(*, user: User, time_zone: str) -> None:
    """Remember where a user's clock is, for every time they read."""
    user.time_zone = time_zone
    user.save(update_fields=["time_zone"])
