"""How rows of this room are read: through the account they belong to, or by what is due."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import BigIntegerField, BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Sum, Value, Window
from django.db.models.functions import Collate, Lower, Now, RowNumber

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission
from connections.models import ConnectionStatus, MarketoConnection, MarketoInstance, SalesforceConnection
from sync.statuses import UNFINISHED, WAITING_FOR_A_DECISION, ExtractStatus, RunStatus

if TYPE_CHECKING:
    from sync.models import (  # noqa: F401 (named in strings)
        Cursor,
        HeldPerson,
        Person,
        RejectedRow,
        SyncRun,
    )
    from sync.policies import HoldLimit, Schedule  # noqa: F401 (named in strings)

# A worker renews its lease every second, so this long without a sign of life means that it is gone.
LEASE = timedelta(seconds=20)
# There are 288 of them a day for each account.
IDLE_RUNS_KEPT = timedelta(days=3)


class LeasedJobQuerySet(models.QuerySet[Any]):
    """Rows that workers claim. The clock is the database's, the one that all workers share."""

    def due(self) -> Self:
        """Rows whose next step may begin and which nobody is working on."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()), due_at__lte=Now())

    def claim(self, pk: int) -> Any:
        """Take a due row for LEASE; None when it is not due or somebody else was quicker."""
        with transaction.atomic():
            row = self.due().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if row is not None:
                row.attempt += 1
                row.tries += 1
                self.filter(pk=pk).update(attempt=row.attempt, tries=row.tries, lease_until=Now() + LEASE)
        return row

    def take_from_workers(self, **values: Any) -> int:
        """Change rows whoever works on them; those workers find their lease lost."""
        freed = {"lease_until": None, "tries": 0, "waiting_reason": "", "waiting_since": None}
        return self.update(attempt=F("attempt") + 1, **freed, **values)


class SyncRunQuerySet(LeasedJobQuerySet):
    def for_account(self, account: SalesAccount) -> SyncRunQuerySet:
        return self.filter(account=account)

    def unfinished(self) -> SyncRunQuerySet:
        return self.filter(status__in=UNFINISHED)

    def due(self) -> Self:
        """Without those that somebody has paused; one that was paused while it was being held expires all the same."""
        return super().due().exclude(paused_at__isnull=False, status__in=UNFINISHED)

    def bulk(self) -> Self:
        """Runs whose next step keeps a worker busy for long: the merge."""
        return self.filter(status=RunStatus.MERGING)

    def short(self) -> Self:
        return self.exclude(status=RunStatus.MERGING)

    def disconnected(self) -> SyncRunQuerySet:
        """Runs that still have to read, of accounts that lack a working connection."""
        reading = self.filter(status__in=(RunStatus.PLANNING, RunStatus.EXTRACTING), undoes=None)
        return reading.exclude(_works(MarketoConnection), _works(SalesforceConnection))

    def outdated(self) -> SyncRunQuerySet:
        """Runs that followed changes and nobody will ask for: days after they found none, else with the journal."""
        from sync.models import RunKind

        over = self.filter(kind=RunKind.INCREMENTAL, finished_at__lt=Now() - IDLE_RUNS_KEPT, has_leftovers=False)
        is_idle = Q(added=0, updated=0, removed=0)
        return over.filter(is_idle | Q(finished_at__lt=Now() - timedelta(days=settings.JOURNAL_DAYS)))

    def usual_removals(self, run: SyncRun) -> tuple[int, int]:
        """Of the account's last 30 runs of this kind that succeeded: how many there are, and the most one removed."""
        before = self.filter(account=run.account_id, kind=run.kind, status=RunStatus.SUCCEEDED, pk__lt=run.pk)
        removed = list(before.order_by("-pk").values_list("removed", flat=True)[:30])
        return len(removed), max(removed, default=0)

    def full(self) -> SyncRunQuerySet:
        """Runs that read everybody."""
        from sync.models import RunKind

        return self.filter(kind=RunKind.FULL)

    def watched_by(self, user: User, member: Member | None) -> Self:
        """Every run for ops staff; their own account's for its admins and for the admins of its Marketo instance."""
        if user.is_ops_staff:
            return self
        accounts = Q(account__in=MarketoInstance.objects.administered_by(user).values("account"))
        if member and member.may(Permission.CONTROL_RUNS):
            accounts |= Q(account=member.account)
        return self.filter(accounts)

    def waiting_for_a_decision(self) -> SyncRunQuerySet:
        """Held runs and dry runs, the newest first."""
        return self.filter(status__in=WAITING_FOR_A_DECISION).order_by("-pk")

    def held(self, account: SalesAccount) -> SyncRun | None:
        """The account's last run that waits for a decision, and with it what it would change."""
        return self.for_account(account).filter(status=RunStatus.HELD).order_by("-pk").first()

    def last_success(self) -> SyncRun | None:
        """The one that ended last: one that was held may have begun before others."""
        run: SyncRun | None = self.filter(status=RunStatus.SUCCEEDED).order_by("-finished_at", "-pk").first()
        return run

    def last_sync(self) -> SyncRun | None:
        """The last success that has read Marketo and Salesforce: an undo asks neither."""
        from sync.models import RunKind

        return self.exclude(kind=RunKind.UNDO).last_success()

    def last_read(self, list_id: int | None) -> SyncRun | None:
        """The last full run of everybody, or of that list, that has found out who gets in."""
        run: SyncRun | None = self.full().filter(seen__gt=0, list_id=list_id).order_by("-pk").first()
        return run

    def with_cause(self, code: str) -> Self:
        """Runs that failed by it, or that it keeps waiting now."""
        from sync.models import Extract

        waiting = Extract.objects.filter(run=OuterRef("pk"), waiting_reason=code)
        return self.filter(Q(failure=code) | Q(waiting_reason=code) | Exists(waiting))

    def with_waiting(self) -> Self:
        """Adds `is_waiting`: something outside keeps the run or one of its extracts."""
        from sync.models import Extract

        waiting = Extract.objects.filter(run=OuterRef("pk")).exclude(waiting_reason="")
        return self.annotate(is_waiting=Exists(waiting) | ~Q(waiting_reason=""))


def _works(model: type[MarketoConnection | SalesforceConnection]) -> Exists:
    """Whether the account of a row has such a connection, and it works."""
    connections: models.QuerySet[Any] = model.objects.for_account(OuterRef("account"))  # type: ignore[arg-type]
    return Exists(connections.filter(status=ConnectionStatus.CONNECTED))


class ExtractQuerySet(LeasedJobQuerySet):
    def due(self) -> Self:
        return super().due().filter(run__paused_at=None)

    def bulk(self) -> Self:
        """Extracts whose next step keeps a worker busy for long: files to be loaded, fairest order first."""
        return self.filter(_is_file_ready()).order_by(F("run__served_at").asc(nulls_first=True), "pk")

    def short(self) -> Self:
        return self.exclude(_is_file_ready())

    def in_turn(self) -> Self:
        """One of each run in turn."""
        turn = Window(RowNumber(), partition_by="run", order_by="pk")
        return self.annotate(turn=turn).order_by("turn", "pk")

    def of_run(self, run: SyncRun) -> ExtractQuerySet:
        return self.filter(run=run)

    def missing(self) -> ExtractQuerySet:
        """What the run still has to read."""
        return self.exclude(status=ExtractStatus.LOADED).exclude(pk__in=self.not_shown())

    def not_shown(self) -> ExtractQuerySet:
        """What Salesforce does not let the connected user read, and the run does without."""
        from sync.models import Source

        return self.filter(status=ExtractStatus.FAILED, source=Source.SALESFORCE_ROLES)

    def exported_bytes(self) -> int:
        """What Marketo's exports took of the day's allowance."""
        return int(self.aggregate(total=Sum("bytes"))["total"] or 0)


def _is_file_ready() -> Q:
    from sync.models import RunKind

    return Q(status__in=(ExtractStatus.READY, ExtractStatus.LOADING), run__kind=RunKind.FULL)


class CursorQuerySet(models.QuerySet["Cursor"]):
    def for_account(self, account: SalesAccount) -> CursorQuerySet:
        return self.filter(account=account)


class HeldPersonQuerySet(models.QuerySet["HeldPerson"]):
    def of_run(self, run: SyncRun) -> HeldPersonQuerySet:
        return self.filter(run=run)


class HoldLimitQuerySet(models.QuerySet["HoldLimit"]):
    def for_account(self, account: SalesAccount) -> HoldLimitQuerySet:
        return self.filter(account=account)


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def for_account(self, account: SalesAccount) -> ScheduleQuerySet:
        return self.filter(account=account)


class RejectedRowQuerySet(models.QuerySet["RejectedRow"]):
    def of_run(self, run: SyncRun) -> RejectedRowQuerySet:
        return self.filter(extract__run=run)


# What is typed where a keyboard lacks the letters of Europe's languages. The indexes of Person are made with
# these: a change needs them anew.
WITHOUT_ACCENTS = {
    "a": "àáâãäåāăą",
    "c": "çćĉċč",
    "d": "ďđð",
    "e": "èéêëēĕėęě",
    "g": "ĝğġģ",
    "h": "ĥħ",
    "i": "ìíîïĩīĭįı",
    "j": "ĵ",
    "k": "ķ",
    "l": "ĺļľŀł",
    "n": "ñńņň",
    "o": "òóôõöøōŏő",
    "r": "ŕŗř",
    "s": "śŝşšș",
    "t": "ţťŧț",
    "u": "ùúûüũūŭůűų",
    "w": "ŵ",
    "y": "ýÿŷ",
    "z": "źżž",
}
ACCENTED = "".join(WITHOUT_ACCENTS.values())
PLAIN = "".join(plain * len(letters) for plain, letters in WITHOUT_ACCENTS.items())


# A text of SQL in small letters without accents, however its letters were composed. Not PostgreSQL's unaccent: that is
# an extension, and no index may use it. Most names are ASCII, and translating them would cost ten times as much.
FOLDED = (
    "(CASE WHEN octet_length({text}) = length({text}) THEN lower({text}) "
    f"ELSE translate(lower(normalize({{text}}, NFC)), '{ACCENTED}', '{PLAIN}') END)"
)


class Folded(Func):
    """What FOLDED makes of an expression."""

    template = FOLDED.format(text="%(expressions)s")


def folded(text: str) -> str:
    """What FOLDED makes of a text of Python, which alone makes two letters of the capital i with a dot."""
    composed = unicodedata.normalize("NFC", text).replace("İ", "i")
    return composed.lower().translate(str.maketrans(ACCENTED, PLAIN))


# What people are found by the beginning of, compared byte by byte: by that order an index finds beginnings, and stops
# after as many as are wanted. The indexes of Person are made with these: a change needs them anew.
SEARCHED = {
    "email": Collate(Lower("email"), "C"),
    "first_name": Collate(Folded("first_name"), "C"),
    "last_name": Collate(Folded("last_name"), "C"),
    "company": Collate(Folded("company"), "C"),
}
# So many a search reads of each index: of a letter that a tenth of all people begin with the rest would take seconds.
MOST_FOUND = 1_000


class IsAnyOf(Func):
    """Whether a value is in an array, however many are in it: one value of a statement, where IN has one for each."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()


class PersonQuerySet(models.QuerySet["Person"]):
    def for_account(self, account: SalesAccount) -> PersonQuerySet:
        return self.filter(account=account)

    def live(self) -> PersonQuerySet:
        """People in the copy, without those who were removed from it."""
        return self.filter(removed_at=None)

    def has_anybody(self) -> bool:
        """
        Is there anybody? By the primary key: `exists()` does not care where it finds them, and so may read everybody's
        rows, one after the other, until the account's come.
        """
        return bool(self.order_by("marketo_id").values_list("marketo_id")[:1])

    def among(self, ids: Collection[int]) -> PersonQuerySet:
        """People who have one of these Marketo IDs."""
        return self.filter(IsAnyOf("marketo_id", Value(list(ids), ArrayField(BigIntegerField()))))

    def search(self, text: str) -> PersonQuerySet:
        """Those whom `ids_found` finds just now."""
        return self.among(set(self.ids_found(text)))

    def ids_found(self, text: str) -> QuerySet[Person, int]:
        """
        Marketo IDs, some of them perhaps twice, of people whose email address, first name, last name or company begins
        with the text, whatever the accents, or whose Marketo ID it is; of two words the first may be the first name and
        the second the last. Of more than MOST_FOUND not all are among them.
        """
        ways = [way.values_list("marketo_id", flat=True)[: MOST_FOUND + 1] for way in self._ways_to_find(text)]
        return ways[0].union(*ways[1:], all=True)

    def _ways_to_find(self, text: str) -> list[PersonQuerySet]:
        """Each asks for people in the order of an index, so that this index alone is read."""
        people, whole = self.annotate(**{f"{name}_key": key for name, key in SEARCHED.items()}), folded(text.strip())
        first, _, last = whole.partition(" ")
        beginnings = dict.fromkeys(SEARCHED, whole) | {"email": text.strip().lower()}
        ways = [
            people.filter(**{f"{name}_key__startswith": beginning}).order_by(SEARCHED[name])
            for name, beginning in beginnings.items()
        ]
        if last.strip():
            both = {"first_name_key__startswith": first, "last_name_key__startswith": last.strip()}
            ways.append(people.filter(**both).order_by(SEARCHED["last_name"]))
        if whole.isdecimal():
            ways.append(self.filter(marketo_id=int(whole)))
        return ways
