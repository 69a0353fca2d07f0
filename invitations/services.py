"""Writes of this room: inviting, resending, revoking. Each holds the row of its Sales account."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit_actions import AccountAction
from accounts.models import Member, SalesAccount, Team, User
from accounts.permissions import Permission, Role
from accounts.services import (
    RefusedError,
    create_account,
    lock_account,
    record,
    refuse_unless_allowed,
)
from common import mail_limits
from common.address_fields import reason_against, trouble_with
from common.addresses import lookup_form
from common.after_commit import after_commit
from common.names import clean_name
from common.queues import priority_after
from common.throttling import hit
from connections.models import MarketoInstance
from invitations import tasks
from invitations.audit_actions import InvitationAction
from invitations.csv_rows import InviteRow
from invitations.eligibility import InviteEligibility
from invitations.models import LIFETIME, CsvUpload, Invitation

# Keeps one admin from flooding a mailbox.
RESEND_PAUSE = timedelta(minutes=1)
# Of an account in a minute; those beyond let the mails of others go first.
FEW_MAILS = 10


@dataclass(frozen=True)
class NewInvitation:
    """Whom to invite, as what. The address is in its stored form; without a language the mail speaks the inviter's."""

    email: str
    name: str = ""
    role: Role = Role.USER
    teams: tuple[Team, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Skipped:
    """An address that was not invited; `reason` is a sentence for the person who invites."""

    email: str
    reason: str


@dataclass
class InviteOutcome:
    """What became of a list of addresses, in its order."""

    sent: list[Invitation] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@transaction.atomic
def invite(*, account: SalesAccount, invited_by: User, addresses: Sequence[NewInvitation]) -> InviteOutcome:
    """
    Invite people; an address that cannot be invited is skipped with the reason. Mails leave after the commit. Raises
    PermissionDenied for somebody who may no more.
    """
    lock_account(account)
    refuse_unless_allowed(account, invited_by, Permission.MANAGE_USERS)
    outcome = InviteOutcome()
    eligibility = InviteEligibility(account, [new.email for new in addresses])
    for new in addresses:
        reason = eligibility.reason_against(new.email)
        if reason:
            outcome.skipped.append(Skipped(new.email, reason))
            continue
        outcome.sent.append(_create(account=account, invited_by=invited_by, new=new))
        eligibility.count(new.email)
    _mail(account, outcome.sent)
    return outcome


def dry_run(*, account: SalesAccount, people: Sequence[InviteRow]) -> list[InviteRow]:
    """The rows of a file as `invite` would treat them now; whoever would be skipped gets the reason as problem."""
    eligibility = InviteEligibility(account, [person.email for person in people if not person.problem])
    judged = []
    for person in people:
        problem = person.problem or eligibility.reason_against(person.email)
        if not problem:
            eligibility.count(person.email)
        judged.append(replace(person, problem=problem))
    return judged


@transaction.atomic
def set_up_sales_account(*, instance: MarketoInstance, email: str, invited_by: User, name: str = "") -> Invitation:
    """Step 1, Send Invite: create the instance's Sales account and invite its first admin.

    For another admin than before the open invitation is revoked. Raises RefusedError when this admin has an open one,
    or the account has members already.
    """
    account = _account_of(instance)
    if account.members.exists():
        raise RefusedError(
            _("This Sales account is in use already. Its admins invite more people under Settings > User Management.")
        )
    email = lookup_form(email)
    _refuse_if(reason_against(email))
    if account.invitations.open().filter(purpose=Invitation.Purpose.FIRST_ADMIN, email=email).exists():
        raise RefusedError(_("%(email)s is invited already. Press Send again for another mail.") % {"email": email})
    _close_open(account, invited_by)
    new = NewInvitation(email, name, Role.ADMIN)
    invitation = _create(account=account, invited_by=invited_by, new=new, purpose=Invitation.Purpose.FIRST_ADMIN)
    _mail(account, [invitation])
    return invitation


@transaction.atomic
def ask_salesforce_admin(*, account: SalesAccount, email: str, step: int, invited_by: User) -> Invitation | None:
    """Ask somebody to do step 2, 6 or 7 of the Setup guide.

    A stranger gets an invitation as Salesforce admin; a member with the rights gets the link to the step, and None is
    returned. Raises RefusedError when the address cannot be asked.
    """
    lock_account(account)
    refuse_unless_allowed(account, invited_by, Permission.ASK_SALESFORCE_ADMIN)
    email = lookup_form(email)
    member = Member.objects.for_account(account).filter(user__email=email).select_related("user").first()
    if member:
        _ask_member(member, step, invited_by)
        return None
    waiting = account.invitations.undecided().filter(email=email).first()
    if waiting and waiting.purpose != Invitation.Purpose.FIRST_ADMIN:
        return _ask_invited(waiting, step, invited_by)
    _refuse_if(InviteEligibility(account, [email]).reason_against(email))
    new = NewInvitation(email, role=Role.SALESFORCE_ADMIN)
    purpose = Invitation.Purpose.SALESFORCE_STEPS
    invitation = _create(account=account, invited_by=invited_by, new=new, purpose=purpose, step=step)
    _mail(account, [invitation])
    return invitation


@transaction.atomic
def resend(*, invitation: Invitation, resent_by: User) -> Invitation:
    """Send a new mail with a new token for another seven days; the old token is dead at once.

    Behind that of a first admin stands whoever has sent it last: its sender may be no Marketo admin any more. Raises
    RefusedError when the invitation is decided, was sent a moment ago, or expired and its seat is taken.
    """
    account = lock_account(invitation.account)
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if invitation.accepted_at or invitation.revoked_at:
        raise _decided()
    _refuse_if(trouble_with(invitation.email))
    if invitation.sent_at and invitation.sent_at > timezone.now() - RESEND_PAUSE:
        _refuse_if(_("This invitation was sent less than a minute ago. Wait a moment for it to arrive."))
    if not invitation.is_open:
        _refuse_if(InviteEligibility(account, []).no_room())
    invitation.token_hash = invitation.mail_token = invitation.reminder_token_hash = invitation.mail_problem = ""
    invitation.mail_begun_at = invitation.sent_at = invitation.send_after = invitation.reminded_at = None
    invitation.expires_at = timezone.now() + LIFETIME
    if invitation.purpose == Invitation.Purpose.FIRST_ADMIN:
        invitation.invited_by = resent_by
    invitation.save()
    _record(invitation, resent_by, InvitationAction.RESENT)
    _mail(account, [invitation])
    return invitation


@transaction.atomic
def revoke(*, invitation: Invitation, revoked_by: User) -> None:
    """Take an invitation back; its link stops working. Raises RefusedError when it was accepted in the meantime."""
    account = lock_account(invitation.account)
    revoked = account.invitations.undecided().filter(pk=invitation.pk).update(revoked_at=timezone.now())
    if not revoked:
        raise _decided()
    record(account=account, actor=revoked_by, action=InvitationAction.REVOKED, target=invitation.email)


@transaction.atomic
def revoke_what_gives_rights(*, account: SalesAccount, invited_by: User, revoked_by: User) -> None:
    """
    Somebody may invite no more. What they have offered with more rights than those of a User ends with their own: to
    an address of theirs it would bring them back.
    """
    for invitation in account.invitations.undecided().filter(invited_by=invited_by).exclude(role=Role.USER):
        revoke(invitation=invitation, revoked_by=revoked_by)


@transaction.atomic
def change_invited_role(*, invitation: Invitation, role: Role, changed_by: User) -> None:
    """
    Let an invitation make its receiver something else; its link stays. Whoever gives rights by that has invited from
    now on: the invitation ends with theirs. Raises RefusedError when it was decided, PermissionDenied for somebody who
    may no more.
    """
    account = lock_account(invitation.account)
    refuse_unless_allowed(account, changed_by, Permission.MANAGE_USERS)
    found = account.invitations.undecided().filter(pk=invitation.pk).first()
    if not found:
        raise _decided()
    before, found.role = found.role, role
    if before != role:
        found.invited_by = found.invited_by if role == Role.USER else changed_by
        found.save(update_fields=["role", "invited_by"])
        record(
            account=account,
            actor=changed_by,
            action=AccountAction.ROLE_CHANGED,
            target=found.email,
            before=before,
            after=role,
        )


@transaction.atomic
def add_invited_to_team(*, team: Team, invitations: Sequence[Invitation], added_by: User) -> None:
    """Let invitations of the same account lead into a team as well; those decided in the meantime are left out."""
    account = lock_account(team.account)
    found = list(account.invitations.undecided().filter(pk__in=[invitation.pk for invitation in invitations]))
    for invitation in found:
        invitation.teams.add(team)
    emails = [invitation.email for invitation in found]
    record(
        account=team.account, actor=added_by, action=AccountAction.TEAM_MEMBERS_ADDED, target=team.name, members=emails
    )


@transaction.atomic
def invite_from_upload(*, upload: CsvUpload, addresses: Sequence[NewInvitation]) -> InviteOutcome:
    """Invite the people of a file, which is deleted."""
    upload.delete()
    return invite(account=upload.account, invited_by=upload.uploaded_by, addresses=addresses)


def _create(
    *,
    account: SalesAccount,
    invited_by: User,
    new: NewInvitation,
    purpose: Invitation.Purpose = Invitation.Purpose.USER,
    step: int | None = None,
) -> Invitation:
    # An expired invitation to the same address gives way to the new one.
    account.invitations.undecided().filter(email=new.email).update(revoked_at=timezone.now())
    invitation = Invitation.objects.create(
        account=account,
        email=new.email,
        name=clean_name(new.name),
        role=new.role,
        language=new.language or invited_by.language,
        purpose=purpose,
        step=step,
        invited_by=invited_by,
        expires_at=timezone.now() + LIFETIME,
    )
    invitation.teams.set(team for team in new.teams if team.account_id == account.pk and not team.is_everyone)
    _record(invitation, invited_by, InvitationAction.CREATED)
    return invitation


def _record(invitation: Invitation, actor: User, action: InvitationAction) -> None:
    record(account=invitation.account, actor=actor, action=action, target=invitation.email, role=invitation.role)


def _mail(account: SalesAccount, invitations: Sequence[Invitation]) -> None:
    """Once the transaction is over. While the queue is away they become overdue, and are mailed as such."""
    after_commit(_queue, account.pk, [invitation.pk for invitation in invitations])


def _queue(account_id: int, invitation_ids: Sequence[int]) -> None:
    """One mail after the other is handed over: whoever invites many people keeps nobody else's waiting."""
    for number, invitation_id in enumerate(invitation_ids):
        before = max(number, hit(f"mails-at-once-{account_id}", seconds=60) - 1)
        tasks.send_invitation.apply_async((invitation_id,), priority=priority_after(before, FEW_MAILS))


def _account_of(instance: MarketoInstance) -> SalesAccount:
    """The instance's Sales account, created and linked on first use; its row is locked."""
    instance = MarketoInstance.objects.select_for_update(of=("self",)).get(pk=instance.pk)
    if not instance.account:
        instance.account = create_account(name=instance.name)
        instance.save(update_fields=["account"])
    return lock_account(instance.account)


def _close_open(account: SalesAccount, closed_by: User) -> None:
    for invitation in account.invitations.undecided():
        revoke(invitation=invitation, revoked_by=closed_by)


def _ask_member(member: Member, step: int, asked_by: User) -> None:
    if member.role == Role.USER:
        raise RefusedError(
            _("%(name)s is a member with the role User. Change the role to Salesforce admin in User Management first.")
            % {"name": member.user}
        )
    sender = mail_limits.admin(asked_by.pk)
    if not mail_limits.acquire(scope=member.account.slug, email=member.user.email, sender=sender):
        raise RefusedError(_("Too many mails were sent to this person or by you today. Ask again tomorrow."))
    record(
        account=member.account, actor=asked_by, action=InvitationAction.STEP_ASKED, target=member.user.email, step=step
    )
    after_commit(tasks.send_step_request.delay, member.user_id, asked_by.pk, step)


def _ask_invited(waiting: Invitation, step: int, asked_by: User) -> Invitation:
    """Another mail, with the step; whoever was invited as User would find no step behind its link."""
    if waiting.role == Role.USER:
        raise RefusedError(
            _(
                "%(email)s is invited with the role User. Change the role to Salesforce admin in User Management, "
                "then ask again."
            )
            % {"email": waiting.email}
        )
    if waiting.role == Role.SALESFORCE_ADMIN:
        waiting.purpose = Invitation.Purpose.SALESFORCE_STEPS
    waiting.step, waiting.invited_by = step, asked_by
    waiting.save(update_fields=["purpose", "step", "invited_by"])
    return resend(invitation=waiting, resent_by=asked_by)


def _decided() -> RefusedError:
    return RefusedError(_("This invitation was accepted or revoked in the meantime. Reload the page to see its state."))


def _refuse_if(reason: str) -> None:
    if reason:
        raise RefusedError(reason)
