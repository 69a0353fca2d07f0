"""Links that show one problem or one step to the person who can solve it and who need not sign in here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.functional import Promise

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission
from accounts.services import record
from common.throttling import hit
from diagnostics.audit_actions import DiagnosticsAction
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem

LIFETIME = timedelta(days=7)
LINKS_PER_HOUR = 30

_SALT = "connections.help-link"
# The longest code and the longest number fit.
_LONGEST_SUBJECT = 60
_SECONDS_BETWEEN_CHECKS = 30
# Of all links of an account: a look at the package is over thirty calls, and a company's day has 15,000 at the least.
_CHECKS_A_DAY, _SECONDS_OF_DAY = 30, 24 * 60 * 60


@dataclass(frozen=True)
class Part:
    """One of several things that are to be done: a field to add."""

    label: str
    name: str
    type: str
    is_done: bool
    found: str

    @property
    def field_name(self) -> str:
        """What to enter as Field Name: Salesforce adds the ending."""
        return self.name.removesuffix("__c")


@dataclass(frozen=True)
class HelpRequest:
    """What somebody is asked to do: no name of a person, no secret, nothing else of the account."""

    company: str
    what: Promise | str
    found: Promise | str
    todo: Promise | str
    who: Promise | str
    is_solved: bool
    where: Promise | str = ""
    setup_url: str = ""
    values: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    # Can a check show that it was done?
    is_checked: bool = True


@dataclass(frozen=True)
class Subject:
    """What a link is about: something of an account, named by `key` among the things of its kind."""

    account: SalesAccount
    # Who made the link.
    by_id: int
    key: str


@dataclass(frozen=True)
class HelpKind:
    """A kind of things that links may be about; each room registers its own."""

    # What stands before the colon of a subject.
    name: str
    # How it stands now; None when there is no such thing.
    describe: Callable[[Subject], HelpRequest | None]
    # Look now whether it was done; raises ConnectionProblem.
    check: Callable[[Subject], None]
    # Name of the address where the button for a link stands, and whether the key is a mark on that page.
    page: str
    has_anchor: bool = False
    # What the maker of a link must be allowed.
    permission: Permission = Permission.READ_DIAGNOSTICS


KINDS: dict[str, HelpKind] = {}


def register(kind: HelpKind) -> None:
    """Let links be about a kind of things; ValueError for a name that another kind has."""
    if KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(kind.name)


def make_help_link(*, account: SalesAccount, by: User, subject: str) -> tuple[str, HelpRequest] | None:
    """
    The address of a page about `subject`, which is the name of a kind, a colon and a key; good for seven days and for
    as long as there is something to solve. None when there is not. Raises ConnectionProblem for too many.
    """
    asked = _describe(account, by.pk, subject) if len(subject) <= _LONGEST_SUBJECT else None
    if asked is None or asked.is_solved:
        return None
    _count_link(by)
    record(account=account, actor=by, action=DiagnosticsAction.HELP_LINK_MADE, target=asked.what)
    token = signing.dumps([account.pk, by.pk, subject], salt=_SALT)
    return settings.SITE_URL.rstrip("/") + reverse("diagnostics:help", args=[token]), asked


def read_help_link(token: str) -> HelpRequest | None:
    """
    What a link is about, as it stands now; None for a link that was tampered with, is too old, or was made by somebody
    who might not make it today.
    """
    about = _about(token)
    return _describe(*about) if about else None


def check_help_link(token: str) -> None:
    """Look now whether what a link asks for was done. Raises ConnectionProblem when that cannot be asked just now."""
    about = _about(token)
    asked = _describe(*about) if about else None
    if about is None or asked is None or asked.is_solved or not asked.is_checked:
        return
    account, by_id, subject = about
    # Whoever holds the link can press the button.
    if hit(f"help-checks-{account.pk}-{subject}", seconds=_SECONDS_BETWEEN_CHECKS) > 1:
        raise ConnectionProblem(ProblemCode.ASKED_JUST_NOW)
    if hit(f"help-checks-{account.pk}", seconds=_SECONDS_OF_DAY) > _CHECKS_A_DAY:
        raise ConnectionProblem(ProblemCode.TOO_MANY_CHECKS)
    kind, key = kind_and_key(subject)
    if kind:
        kind.check(Subject(account, by_id, key))


def kind_and_key(subject: str) -> tuple[HelpKind | None, str]:
    """The kind of a subject, None where no room has it, and the key."""
    name, _colon, key = subject.partition(":")
    return KINDS.get(name), key


def _about(token: str) -> tuple[SalesAccount, int, str] | None:
    """Account, maker and subject of a link that is good today."""
    try:
        account_id, by_id, subject = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    kind, _key = kind_and_key(subject)
    if kind is None:
        return None
    makers = Member.objects.filter(account_id=account_id, user_id=by_id, user__is_active=True)
    maker = makers.who_may(kind.permission).select_related("account").first()
    return (maker.account, by_id, subject) if maker else None


def _count_link(by: User) -> None:
    if hit(f"help-links-{by.pk}", seconds=3600) > LINKS_PER_HOUR:
        raise ConnectionProblem(ProblemCode.TOO_MANY_LINKS)


def _describe(account: SalesAccount, by_id: int, subject: str) -> HelpRequest | None:
    kind, key = kind_and_key(subject)
    return kind.describe(Subject(account, by_id, key)) if kind else None
