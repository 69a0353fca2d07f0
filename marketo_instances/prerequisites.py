"""Whether Sales Insight Actions can work with a Marketo instance."""

from dataclasses import dataclass, field
from enum import StrEnum

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.http import ApiError
from clients.marketo.client import MarketoClient
from clients.marketo.sample import sample_people
from connections.asking import asking
from connections.models import MarketoInstance
from connections.services.client_factory import marketo_client
from marketo_instances.schema import describe_fields, linkedin_field
from problems.codes import problem_code
from problems.errors import CredentialsUnreadable
from problems.messages import ConnectionProblem, problem_for
from problems.problem import MARKETO_ADMIN, Problem

_SALESFORCE_FIELDS = ("sfdcLeadId", "sfdcContactId", "sfdcType")
_KEPT_SECONDS = 300
# Another one whenever Prerequisites change or move: consoles of two versions share a cache during an upgrade.
_KEPT_VERSION = 2
_ACCOUNT_MANAGER = _("Your Adobe account manager")


class CheckResult(StrEnum):
    """The answer to a question about a provider; not every question can be answered from here."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Prerequisite:
    """A verdict, the sentences that say why, with `values` to fill in, and whom to ask when it is not YES."""

    verdict: CheckResult
    sentences: tuple[Promise, ...]
    who: Promise
    values: dict[str, int | str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        text = " ".join(map(str, self.sentences))
        return text % self.values if self.values else text


# Every instance has its activity types: Send Sales Email is in Adobe's general list (marketo-developer.en,
# "Activity Type Filters").
_ASK = _(
    "Marketo's API does not show whether your subscription includes Sales Insight Actions. If in doubt, ask first."
)
_FEATURE = Prerequisite(CheckResult.UNKNOWN, (_ASK,), _ACCOUNT_MANAGER)


@dataclass(frozen=True)
class Prerequisites:
    """What must be true of a Marketo instance before step 1."""

    is_feature_enabled: Prerequisite
    is_salesforce_synced: Prerequisite

    @property
    def are_met(self) -> bool:
        """As far as can be told."""
        return self.is_salesforce_synced.verdict == CheckResult.YES


@dataclass(frozen=True)
class SalesforceSample:
    """Salesforce ids that some people of a Marketo instance carry; `people` counts all that were looked at."""

    people: int
    lead_ids: list[str]
    contact_ids: list[str]

    @property
    def synced(self) -> int:
        return len(self.lead_ids) + len(self.contact_ids)


def prerequisites(instance: MarketoInstance) -> Prerequisites:
    """
    Ask Marketo whether the native Salesforce sync is in place: one person at a time, and what is in place is not asked
    again for five minutes. Whether Sales Insight Actions is enabled can be asked of people only.
    """
    key = f"marketo-prerequisites-{instance.pk}"
    kept: Prerequisites | None = cache.get(key, version=_KEPT_VERSION)
    if kept:
        return kept
    try:
        with asking("marketo-prerequisites", instance.account_id, of=instance.pk):
            client = marketo_client(instance)
            found = Prerequisites(_FEATURE, _salesforce_synced(client))
    except (ConnectionProblem, CredentialsUnreadable) as refused:
        problem = refused.problem if isinstance(refused, ConnectionProblem) else problem_for(problem_code(refused))
        return Prerequisites(_FEATURE, _cannot_tell(problem))
    # What is missing may be mended at any moment.
    if found.are_met:
        cache.set(key, found, _KEPT_SECONDS, _KEPT_VERSION)
    return found


def read_salesforce_sample(client: MarketoClient) -> SalesforceSample:
    """The Salesforce ids of some people. Raises ApiError."""
    people = sample_people(client, ["id", "sfdcLeadId", "sfdcContactId"])
    contacts = [str(person["sfdcContactId"]) for person in people if person.get("sfdcContactId")]
    leads = [
        str(person["sfdcLeadId"])
        for person in people
        # A converted lead keeps its lead id beside the contact's.
        if person.get("sfdcLeadId") and not person.get("sfdcContactId")
    ]
    return SalesforceSample(len(people), leads, contacts)


def _salesforce_synced(client: MarketoClient) -> Prerequisite:
    no_sync = _("Marketo is not synced with Salesforce. Set up the native sync in Marketo under Admin > CRM first.")
    try:
        fields = describe_fields(client)
        if not {field.name for field in fields}.issuperset(_SALESFORCE_FIELDS):
            return Prerequisite(CheckResult.NO, (no_sync,), MARKETO_ADMIN)
        return _judge_sample(read_salesforce_sample(client), linkedin_field(fields))
    except ApiError as error:
        return _cannot_tell(problem_for(problem_code(error)))


def _judge_sample(sample: SalesforceSample, linkedin: str) -> Prerequisite:
    counts: dict[str, int | str] = {"synced": sample.synced, "people": sample.people, "linkedin": linkedin}
    if sample.synced:
        fact = _("Marketo and Salesforce are synced: %(synced)s of %(people)s people checked have a Salesforce ID.")
        return Prerequisite(CheckResult.YES, (fact, _linkedin_fact(linkedin)), MARKETO_ADMIN, counts)
    fact = _("Marketo has the Salesforce fields, but none of the %(people)s people checked has a Salesforce ID.")
    return Prerequisite(CheckResult.UNKNOWN, (fact,), MARKETO_ADMIN, counts)


def _linkedin_fact(linkedin: str) -> Promise:
    if linkedin:
        return _("The LinkedIn URL is read from the field %(linkedin)s.")
    return _("This Marketo instance has no field for the LinkedIn URL, so that stays empty.")


def _cannot_tell(problem: Problem) -> Prerequisite:
    return Prerequisite(CheckResult.UNKNOWN, (problem.what, problem.todo), problem.who)
