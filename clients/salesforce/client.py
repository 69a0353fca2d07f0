"""Salesforce's REST, Tooling and Bulk 2.0 query APIs, as far as the console needs them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import urlencode

import requests
from simple_salesforce.api import Salesforce

from clients.http import (
    AccessDenied,
    BoundedAdapter,
    Download,
    OnCall,
    ProviderSession,
    expected_shape,
    network_errors,
    read_body,
    reported_call,
    told_call,
)
from clients.salesforce.errors import SERVICE, QueryInterrupted, SessionExpired, error_of, raise_for_error, refusal_in
from clients.values import as_text, count, flag, required, short_text, storable, warn_unreadable, whole_number

T = TypeVar("T")

_USAGE = re.compile(r"api-usage=(\d{1,9})/(\d{1,9})\b", re.ASCII)
_LAST_PAGE = "null"  # Salesforce sends the word


class Access(NamedTuple):
    """Where the org's API is, and the token for it."""

    instance_url: str
    token: str


@dataclass(frozen=True)
class Organization:
    """The Salesforce org; `type` is the edition, `instance` the name of the server it lives on."""

    id: str
    name: str
    is_sandbox: bool
    type: str
    instance: str


@dataclass(frozen=True)
class UserInfo:
    """The Salesforce user whose token the client uses."""

    user_id: str
    organization_id: str
    username: str
    name: str
    email: str


class QueryJobState(StrEnum):
    """The states of a Bulk 2.0 query job, as Salesforce spells them."""

    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"

    @classmethod
    def of(cls, value: object) -> Self:
        """A state that is not known counts as one that goes on: whoever waits for its end has a deadline."""
        try:
            return cls(str(value))
        except ValueError:
            warn_unreadable("state", value, known=False)
            return cls("InProgress")


@dataclass(frozen=True)
class QueryJob:
    """A Bulk 2.0 query job; `rows` counts what it has found so far."""

    job_id: str
    state: QueryJobState
    rows: int
    error: str


@dataclass(frozen=True)
class Found:
    """The records of one query of several, read page by page; `refusal` says why there are none."""

    records: Iterator[dict[str, Any]]
    refusal: AccessDenied | None = None


class ResultsPage(Download):
    """
    One page of a query job's results, as CSV with a header line; `rows` counts the rows without that line and is None
    when Salesforce does not tell, `next_locator` is None on the last page.
    """

    def __init__(self, response: requests.Response) -> None:
        super().__init__(SERVICE, response)
        locator = response.headers.get("Sforce-Locator", _LAST_PAGE)
        self.next_locator = None if locator == _LAST_PAGE else locator
        self.rows = whole_number(response.headers.get("Sforce-NumberOfRecords"))


class PlainHttpAdapter(BoundedAdapter):
    """simple-salesforce writes https into every address; a local server that speaks http gets it back."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, **options)


class SalesforceClient:
    """
    One Salesforce org, called with one user's token. `session` must allow the origin of every access.

    `refresh` answers a new access, perhaps at another origin, and is called at most once for each call, when the token
    is refused; `on_usage` is told (used, allowed) API requests of the org's day with each answer. Nothing here waits:
    every method raises an error of `clients.http` or `clients.salesforce.errors`, after telling `on_call`.
    """

    def __init__(
        self,
        access: Access,
        *,
        refresh: Callable[[], Access],
        session: ProviderSession,
        api_version: str = "62.0",
        on_usage: Callable[[int, int], None] | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._session, self._version = session, api_version
        self._refresh, self._on_usage, self.on_call = refresh, on_usage, on_call
        # For each call, not on the session: the refresh may use the same session for another API.
        self._hooks = {"response": self._inspect}
        self._connect(access)

    def get(self, path: str, **params: Any) -> Any:
        """An answer as Salesforce sends it, for questions about its shape; `path` begins behind the version."""
        return self._rest(path, params=params)

    def organization(self) -> Organization:
        record = self.query("SELECT Id, Name, IsSandbox, OrganizationType, InstanceName FROM Organization")
        with expected_shape(SERVICE, record):
            names = ("Id", "Name", "OrganizationType", "InstanceName")
            org_id, name, kind, instance = (short_text(record[0][one]) for one in names)
            return Organization(org_id, name, flag(record[0]["IsSandbox"]) is True, kind, instance)

    def user_info(self) -> UserInfo:
        path = "/services/oauth2/userinfo"
        answer = self._call(path, lambda: self._get(path).json())
        with expected_shape(SERVICE, answer):
            names = ("user_id", "organization_id", "preferred_username", "name", "email")
            return UserInfo(*(short_text(answer[name]) for name in names))

    def query(self, soql: str) -> list[dict[str, Any]]:
        """All records of a query that is known to find few."""
        return list(self.query_iter(soql))

    def query_iter(self, soql: str, *, include_deleted: bool = False) -> Iterator[dict[str, Any]]:
        """
        The records of a query, read page by page; `include_deleted` finds deleted and merged records too.

        Raises QueryInterrupted when the cursor or the token dies on the way, since a cursor dies with its token.
        """
        return self._pages(self._rest("queryAll" if include_deleted else "query", params={"q": soql}))

    def queries(self, soqls: Sequence[str], *, include_deleted: bool = False) -> list[Found]:
        """
        What each of up to five queries finds, for the price of one call while none finds more than a page.

        Raises ApiError; a single query that the user may not ask has a refusal instead.
        Source: REST API Developer Guide, "Composite": the whole series counts as one call.
        """
        resource = "queryAll" if include_deleted else "query"
        path = f"/services/data/v{self._version}/{resource}"
        parts = [
            {"method": "GET", "referenceId": f"query{number}", "url": f"{path}?{urlencode({'q': soql})}"}
            for number, soql in enumerate(soqls)
        ]
        answer = self._rest("composite", method="POST", json={"allOrNone": False, "compositeRequest": parts})
        with expected_shape(SERVICE, answer):
            answers = {part["referenceId"]: part for part in answer["compositeResponse"]}
            ordered = [answers[part["referenceId"]] for part in parts]
            found = [(int(one["httpStatusCode"]), one["body"]) for one in ordered]
        return [self._found(resource, *one) for one in found]

    def _found(self, operation: str, status: int, body: Any) -> Found:
        if status < 400:
            return Found(self._pages(body))
        try:
            with told_call(self.on_call, operation):
                raise error_of(status, body)
        except AccessDenied as refusal:
            return Found(iter(()), refusal)

    def count(self, soql: str) -> int:
        """The answer to a `SELECT COUNT() FROM ...`."""
        answer = self._rest("query", params={"q": soql})
        with expected_shape(SERVICE, answer):
            return int(answer["totalSize"])

    def may_view_all_data(self) -> bool:
        """Has the user View All Data, whatever gives it?"""
        return self.has_permission("ViewAllData")

    def has_permission(self, name: str) -> bool:
        """Has the user a system permission? Anybody may ask (Object Reference, "UserPermissionAccess")."""
        field = f"Permissions{name}"
        records = self.query(f"SELECT {field} FROM UserPermissionAccess")  # noqa: S608 (our own names)
        with expected_shape(SERVICE, records):
            return flag(records[0][field]) is True

    def objects_viewed_whole(self, user_id: str) -> set[str]:
        """
        The objects on which a user has View All Records, by profile, permission set or group of permission sets.

        A hidden permission set stands for a profile and for a group (Object Reference, "PermissionSet"); one that holds
        only in sessions that activate it is left out. Needs View Setup and Configuration.
        """
        records = self.query(
            "SELECT SobjectType FROM ObjectPermissions WHERE PermissionsViewAllRecords = true "  # noqa: S608
            "AND Parent.HasActivationRequired = false AND ParentId IN (SELECT PermissionSetId "
            f"FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}' AND IsActive = true)"
        )
        with expected_shape(SERVICE, records):
            return {str(record["SobjectType"]) for record in records}

    def sharing_defaults(self) -> dict[str, str]:
        """
        What everybody may do with the records of others, by object: "None", "Read", "Edit", "ReadEditTransfer" or, of
        contacts, "ControlledByParent" (Object Reference, "Organization").
        """
        columns = {name: f"Default{name}Access" for name in ("Account", "Contact", "Lead", "Opportunity")}
        records = self.query(f"SELECT {', '.join(columns.values())} FROM Organization")  # noqa: S608 (our own names)
        with expected_shape(SERVICE, records):
            return {name: str(records[0][column]) for name, column in columns.items()}

    def record_counts(self, sobjects: Iterable[str]) -> dict[str, int]:
        """
        About how many records of each object the org holds, whoever may see them, deleted ones not counted.

        A snapshot that Salesforce renews now and then, without objects it does not know. Needs View Setup and
        Configuration (REST API Developer Guide, "Record Count").
        """
        answer = self._rest("limits/recordCount", params={"sObjects": ",".join(sobjects)})
        with expected_shape(SERVICE, answer):
            return {str(item["name"]): required(whole_number(item["count"])) for item in answer["sObjects"]}

    def tooling_query(self, soql: str) -> list[dict[str, Any]]:
        """All records of a Tooling API query: packages, fields, layouts and other set-up."""
        return list(self._pages(self._rest("tooling/query", params={"q": soql})))

    def fields_of(self, sobject: str) -> dict[str, dict[str, Any]]:
        """The fields of an object by API name, as its describe tells them: those the user may not see are absent."""
        answer = self._rest(f"sobjects/{sobject}/describe")
        with expected_shape(SERVICE, answer):
            return {str(field["name"]): dict(field) for field in answer["fields"]}

    def create_record(self, sobject: str, values: Mapping[str, Any]) -> str:
        """Make a record and answer its id. An error says nothing about whether it was made: answers get lost."""
        answer = self._rest(f"sobjects/{sobject}", method="POST", json=dict(values))
        with expected_shape(SERVICE, answer):
            return str(answer["id"])

    def record(self, sobject: str, record_id: str, fields: Iterable[str]) -> dict[str, Any]:
        """Some fields of a record, of those that the user may see."""
        answer = self._rest(f"sobjects/{sobject}/{record_id}", params={"fields": ",".join(fields)})
        with expected_shape(SERVICE, answer):
            return dict(answer)

    def delete_record(self, sobject: str, record_id: str) -> None:
        """Put a record into the recycle bin."""
        self._rest(f"sobjects/{sobject}/{record_id}", method="DELETE")

    def create_query_job(self, soql: str, *, include_deleted: bool = False) -> str:
        """Start a Bulk 2.0 query and answer its job id; `include_deleted` finds deleted and merged records too."""
        body = {"operation": "queryAll" if include_deleted else "query", "query": soql}
        answer = self._rest("jobs/query", method="POST", json=body)
        with expected_shape(SERVICE, answer):
            return str(answer["id"])

    def query_job(self, job_id: str) -> QueryJob:
        """Raises AccessDenied for a job that failed because the user may not read what it asks for."""
        answer = self._rest(f"jobs/query/{job_id}")
        with expected_shape(SERVICE, answer):
            job = QueryJob(
                job_id=job_id,
                state=QueryJobState.of(answer.get("state")),
                rows=count(answer.get("numberRecordsProcessed")) or 0,
                error=storable(as_text(answer.get("errorMessage")) or ""),
            )
        if refusal := refusal_in(job.error):
            raise refusal
        return job

    @contextmanager
    def open_results(self, job_id: str, locator: str | None = None) -> Iterator[ResultsPage]:
        """
        One page of a completed job's results: the first, or the one a locator names.

        A page can be read again with its locator, so a dropped connection (Unreachable) repeats one page.
        """
        path = f"/services/data/v{self._version}/jobs/query/{job_id}/results"
        params = {"locator": locator} if locator else {}
        with self._call(path, lambda: self._get(path, params=params, stream=True)) as response:
            yield ResultsPage(response)

    def _pages(self, answer: Any) -> Iterator[dict[str, Any]]:
        addresses = set[str]()
        while True:
            with expected_shape(SERVICE, answer):
                records, following = _records(answer["records"]), _following(answer)
            yield from records
            if not following:
                return
            if following in addresses:
                # What comes after it is not known, and records that are not read look as if there were none.
                raise QueryInterrupted(SERVICE, "repeated_page")
            addresses.add(following)
            answer = self._next_page(following)

    def _next_page(self, url: str) -> Any:
        with reported_call(self.on_call, "query", SERVICE):
            try:
                with network_errors(SERVICE):
                    return self._salesforce.query_more(url, identifier_is_url=True, hooks=self._hooks)
            except SessionExpired as error:
                raise QueryInterrupted(SERVICE, error.code, error.detail) from None

    def _rest(self, path: str, **options: Any) -> Any:
        return self._call(path, lambda: self._restful(path, **options))

    def _restful(self, path: str, **options: Any) -> Any:
        # simple-salesforce asks how long an answer is, also where it is null.
        with expected_shape(SERVICE, None):
            return self._salesforce.restful(path, hooks=self._hooks, **options)

    def _get(self, path: str, **options: Any) -> requests.Response:
        """A call that simple-salesforce has no method for."""
        headers = {"Authorization": f"Bearer {self._salesforce.session_id}"}
        return self._session.get(self._instance_url + path, headers=headers, hooks=self._hooks, **options)

    def _call(self, operation: str, send: Callable[[], T]) -> T:
        """Send; when the token is refused, refresh it and send once more."""
        with reported_call(self.on_call, operation, SERVICE), network_errors(SERVICE):
            try:
                return send()
            except SessionExpired:
                self._connect(self._refresh())
                return send()

    def _connect(self, access: Access) -> None:
        self._instance_url = access.instance_url
        if access.instance_url.startswith("http://"):
            self._session.mount(
                f"{access.instance_url.replace('http://', 'https://')}/", PlainHttpAdapter(self._session.circuits)
            )
        self._salesforce = Salesforce(
            instance_url=access.instance_url,
            session_id=access.token,
            version=self._version,
            session=self._session,
            object_pairs_hook=dict,
        )

    def _inspect(self, response: requests.Response, **options: Any) -> None:
        """Look at each answer before simple-salesforce does, whose errors hold the whole query and no headers."""
        usage = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if usage and self._on_usage:
            self._on_usage(int(usage[1]), int(usage[2]))
        if options.get("stream") and response.status_code >= 400:
            read_body(response)
        raise_for_error(response)


def _following(answer: Mapping[str, Any]) -> str:
    """Where the rest is; empty for the last page. Raises ValueError where there is a rest, and nobody says where."""
    address = answer.get("nextRecordsUrl") or ""
    if not isinstance(address, str) or (not address and flag(answer.get("done")) is False):
        raise ValueError("no address for the rest")
    return address


def _records(found: object) -> list[dict[str, Any]]:
    """Raises TypeError for what is no list: an empty object would look like no records."""
    if not isinstance(found, list):
        raise TypeError("records are a list")
    return [dict(record) for record in found]
