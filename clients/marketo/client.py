"""Marketo's REST, bulk extract and user management APIs, as far as the console needs them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import quote

import requests

from clients.http import (
    Download,
    OnCall,
    ReconnectNeeded,
    UnexpectedAnswer,
    expected_shape,
    network_errors,
    read_body,
    reported_call,
)
from clients.marketo.errors import SERVICE, ExportFileMissing, TokenRefused, raise_for_error
from clients.marketo.types import (
    ChangesPage,
    Export,
    LeadField,
    MarketoUser,
    StaticList,
    TokenCache,
    Workspace,
    calls_of_today,
)
from clients.values import all_readable, as_text, moment, objects, required, short_text, warn_unreadable, whole_number

_LEAD_BATCH = 300  # filter values, and people, in one call
_PAGE_SIZE = 200  # users, folders
_TOKEN_MARGIN_SECONDS = 60
_TOKEN_PATH = "/identity/oauth/token"  # noqa: S105
_FIELDS_PATH = "/rest/v1/leads/describe.json"
# The calls that show whether credentials work.
PROBE_PATHS = (_TOKEN_PATH, _FIELDS_PATH)
_EXPORT_PATH = "/bulk/v1/leads/export"
_USERS_PATH = "/userservice/management/v1/users"


class MemoryTokenCache:
    """A token cache for one process."""

    def __init__(self) -> None:
        self._token: str | None = None
        self._expires = 0.0

    def get(self) -> str | None:
        return self._token if monotonic() < self._expires else None

    def set(self, token: str, seconds: int) -> None:
        self._token, self._expires = token, monotonic() + seconds

    def clear(self) -> None:
        self._token = None


class MarketoClient:
    """
    One Marketo instance, called as its API-only user. `session` must allow `origin`. Nothing here waits: every method
    raises an error of `clients.http` or `clients.marketo.errors`, transient ones with the seconds to wait,
    after telling `on_call`.
    """

    def __init__(
        self,
        origin: str,
        client_id: str,
        client_secret: str,
        *,
        session: requests.Session,
        token_cache: TokenCache | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._origin, self._session, self.on_call = origin, session, on_call
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._token_cache = token_cache or MemoryTokenCache()

    @property
    def name(self) -> str:
        """Whose answers these are: another API-only user of the same instance may be shown others."""
        return f"{self._origin} {self._credentials['client_id']}"

    def check_credentials(self) -> str:
        """
        Ask for a token with the client id and secret and answer whose it is: the email address of the API-only user.

        Raises ReconnectNeeded when Marketo refuses them.
        """
        with reported_call(self.on_call, _TOKEN_PATH, SERVICE):
            answer = self._renew_token()
            with expected_shape(SERVICE, answer):
                return str(answer["scope"])

    def get(self, path: str, **params: Any) -> Any:
        """An answer as Marketo sends it, for questions about its shape."""
        return self._answer("GET", path, params=params)

    def describe_fields(self) -> list[LeadField]:
        """The fields of a person; those that REST cannot read are left out."""
        records = self._result("GET", _FIELDS_PATH)
        with expected_shape(SERVICE, records):
            listed = [record for record in records if not isinstance(record, dict) or "rest" in record]
            return all_readable("field", listed, LeadField.from_answer)

    def leads_by_filter(
        self, filter_type: str, values: Sequence[str | int], fields: Iterable[str]
    ) -> list[dict[str, Any]]:
        """
        The people whose `filter_type` field equals one of the values, with the given fields.

        Each 300 values must match no more than 1,000 people, else Marketo answers with code 1003.
        """
        form = {"filterType": filter_type, "fields": ",".join(fields)}
        people: list[dict[str, Any]] = []
        for start in range(0, len(values), _LEAD_BATCH):
            batch = ",".join(map(str, values[start : start + _LEAD_BATCH]))
            people += self._lead_pages(form | {"filterValues": batch})
        return people

    def _lead_pages(self, form: dict[str, str]) -> Iterator[dict[str, Any]]:
        # Sent as a POST that means GET, because 300 values do not fit in an address.
        tokens = set[str]()
        while True:
            answer = self._answer("POST", "/rest/v1/leads.json", params={"_method": "GET"}, data=form)
            with expected_shape(SERVICE, answer):
                # Whoever is asked for and missing leaves the copy: nobody is left out here for being unreadable.
                people = [dict(record) for record in answer["result"]]
                token = as_text(answer.get("nextPageToken"))
            yield from people
            if not token:
                return
            if token in tokens:
                warn_unreadable("nextPageToken", token, reason="repeated")
                return
            tokens.add(token)
            form = form | {"nextPageToken": token}

    def people(self) -> list[MarketoUser]:
        """The users who are people; what they are in Marketo is told by `roles_of`, one at a time."""
        records = list(self._user_records(api_only=False))
        with expected_shape(SERVICE, records):
            return [MarketoUser.from_answer(record) for record in records]

    def roles_of(self, user_id: str) -> set[str]:
        """The names of a user's roles, in whatever workspaces."""
        roles = self._roles(user_id)
        with expected_shape(SERVICE, roles):
            return {str(role["accessRoleName"]) for role in roles}

    def _user_records(self, *, api_only: bool) -> Iterator[dict[str, Any]]:
        """The users who are people, or the API-only ones, who cannot log in."""
        offset = 0
        while True:
            params = {"pageSize": _PAGE_SIZE, "pageOffset": offset}
            page = self._answer("GET", f"{_USERS_PATH}/allusers.json", params=params)
            with expected_shape(SERVICE, page):
                yield from [record for record in page if bool(record["apiOnly"]) == api_only]
            if len(page) < _PAGE_SIZE:
                return
            offset += len(page)

    def _roles(self, user_id: str) -> Any:
        return self._answer("GET", f"{_USERS_PATH}/{quote(user_id, safe='')}/roles.json")

    def own_workspace_ids(self) -> set[int]:
        """
        The workspaces in which the API-only user has a role, 0 for all of them; empty when Marketo does not list it.

        It is shown the people of their partitions (Adobe documentation, "Custom Services" and "User Management").
        """
        address = self.check_credentials().casefold()
        users = list(self._user_records(api_only=True))
        with expected_shape(SERVICE, users):
            own = [str(user["userid"]) for user in users if user["emailAddress"].casefold() == address]
            roles = [role for user_id in own for role in self._roles(user_id)]
            return {required(whole_number(role["workspaceId"])) for role in roles}

    def workspaces(self) -> list[Workspace]:
        """The workspaces people can be given; the one with the id 0 stands for all of them and is left out."""
        records = self._answer("GET", f"{_USERS_PATH}/workspaces.json")
        with expected_shape(SERVICE, records):
            # One that cannot be read counts: whoever sees all others does not see all.
            known = [Workspace(required(whole_number(record["id"])), short_text(record["name"])) for record in records]
            return [workspace for workspace in known if workspace.workspace_id]

    def activity_type_ids(self) -> dict[str, int]:
        """The ids of all activity types of the instance by their names."""
        records = self._result("GET", "/rest/v1/activities/types.json")
        with expected_shape(SERVICE, records):
            return dict(all_readable("activity type", records, _activity_type))

    def paging_token(self, since: datetime) -> str:
        """Where the reading of changes that happened from `since` on begins."""
        params = {"sinceDatetime": _marketo_time(since)}
        answer = self._answer("GET", "/rest/v1/activities/pagingtoken.json", params=params)
        with expected_shape(SERVICE, answer):
            return str(answer["nextPageToken"])

    def lead_changes(self, token: str, fields: Collection[str]) -> ChangesPage:
        """People who are new or of whom one of the fields has changed."""
        return self._changes("activities/leadchanges.json", token, {"fields": ",".join(fields)})

    def activities(self, token: str, type_ids: Collection[int]) -> ChangesPage:
        """People with an activity of one of at most ten types; of merged people, the losers too."""
        return self._changes("activities.json", token, {"activityTypeIds": ",".join(map(str, type_ids))})

    def deleted_leads(self, token: str) -> ChangesPage:
        """People who were deleted; Marketo keeps this for 14 days."""
        return self._changes("activities/deletedleads.json", token, {})

    def _changes(self, path: str, token: str, params: dict[str, str]) -> ChangesPage:
        answer = self._answer("GET", f"/rest/v1/{path}", params=params | {"nextPageToken": token})
        with expected_shape(SERVICE, answer):
            return ChangesPage.from_answer(answer, token)

    def oldest_folder_created_at(self) -> datetime | None:
        """When the first top-level folder was made: nobody in the instance is older (Adobe's own advice)."""
        params = {"maxDepth": 1, "maxReturn": _PAGE_SIZE}
        answer = self._answer("GET", "/rest/asset/v1/folders.json", params=params)
        with expected_shape(SERVICE, answer):
            # The asset API leaves out an empty result.
            # One of unknown age may be the oldest: whoever is older than a later one would leave the copy.
            times = [required(moment(record["createdAt"])) for record in answer.get("result") or []]
        return min(times, default=None)

    def usage_today(self) -> int:
        """Calls by everybody since the instance's day began; 0 also while Marketo does not say, or tells of another."""
        answer = self._answer("GET", "/rest/v1/stats/usage.json")
        with expected_shape(SERVICE, answer):
            days = objects("usage", answer.get("result"))
        return calls_of_today(days[0] if days else {})

    def static_lists(self, name: str) -> list[StaticList]:
        """The static lists of that name."""
        # Marketo takes what stands between commas for several names: such a list is looked for among all.
        asked = {} if "," in name else {"name": name}
        lists = [found for page in self._list_pages(asked) for found in page]
        return [found for found in lists if found.name.casefold() == name.casefold()]

    def _list_pages(self, params: dict[str, Any]) -> Iterator[list[StaticList]]:
        tokens = {""}
        params = params | {"batchSize": _LEAD_BATCH}
        while True:
            answer = self._answer("GET", "/rest/v1/lists.json", params=params)
            with expected_shape(SERVICE, answer):
                yield [_static_list(one) for one in answer["result"]]
                token = as_text(answer.get("nextPageToken")) or ""
            if token in tokens:
                return
            tokens.add(token)
            params = params | {"nextPageToken": token}

    def members_of_list(self, list_id: int, person_ids: Sequence[int]) -> set[int]:
        """Who of the people is on a static list."""
        members = set[int]()
        for start in range(0, len(person_ids), _LEAD_BATCH):
            params = {"id": person_ids[start : start + _LEAD_BATCH]}
            records = self._result("GET", f"/rest/v1/lists/{list_id}/leads/ismember.json", params=params)
            with expected_shape(SERVICE, records):
                members |= {
                    required(whole_number(record["id"])) for record in records if record["status"] == "memberof"
                }
        return members

    def create_export(self, fields: Collection[str], created_from: datetime, created_to: datetime) -> Export:
        """
        Define an export of the people made between two times, both ends included, at most 31 days apart.

        The export does nothing until it is enqueued.
        """
        window = {"startAt": _marketo_time(created_from), "endAt": _marketo_time(created_to)}
        return self._create_export(fields, {"createdAt": window})

    def create_list_export(self, fields: Collection[str], list_id: int) -> Export:
        """Define an export of the members that a static list has when the export begins."""
        return self._create_export(fields, {"staticListId": list_id})

    def _create_export(self, fields: Collection[str], people: dict[str, Any]) -> Export:
        body = {"fields": list(fields), "format": "CSV", "filter": people}
        return self._export("POST", "create.json", json=body)

    def enqueue_export(self, export_id: str) -> Export:
        """Raises ExportQueueFull, ExportAlreadyQueued or QuotaExceeded."""
        return self._export("POST", f"{export_id}/enqueue.json")

    def export_status(self, export_id: str) -> Export:
        """Marketo renews what it answers here once a minute."""
        return self._export("GET", f"{export_id}/status.json")

    def cancel_export(self, export_id: str) -> Export:
        return self._export("POST", f"{export_id}/cancel.json")

    @contextmanager
    def open_export_file(self, export_id: str, offset: int = 0) -> Iterator[Download]:
        """
        The CSV file of a completed export, from byte `offset` on; `length` is what remains.

        Raises ExportFileMissing, and Unreachable while reading when the connection drops: open again from there.
        """
        # A compressed body would count other bytes than the size and checksum of the export do.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
        try:
            response = self._request("GET", f"{_EXPORT_PATH}/{export_id}/file.json", headers=headers, stream=True)
        except UnexpectedAnswer as error:
            if error.code == "404":
                raise ExportFileMissing(SERVICE, error.code, error.detail) from None
            raise
        with response:
            first = _first_byte(response)
            if first > offset:
                raise UnexpectedAnswer(SERVICE, "unexpected_range", f"{first} instead of {offset}")
            yield Download(SERVICE, response, skip=offset - first)

    def _export(self, method: str, path: str, **options: Any) -> Export:
        records = self._result(method, f"{_EXPORT_PATH}/{path}", **options)
        with expected_shape(SERVICE, records):
            return Export.from_answer(records[0])

    def _result(self, method: str, path: str, **options: Any) -> Any:
        answer = self._answer(method, path, **options)
        with expected_shape(SERVICE, answer):
            return answer["result"]

    def _answer(self, method: str, path: str, **options: Any) -> Any:
        with network_errors(SERVICE):
            return self._request(method, path, **options).json()

    def _request(self, method: str, path: str, **options: Any) -> requests.Response:
        """One call; a refused token is renewed and the call made once more."""
        with reported_call(self.on_call, path, SERVICE):
            try:
                return self._send(method, path, self._token(), **options)
            except TokenRefused:
                self._token_cache.clear()
                return self._send(method, path, self._token(), **options)

    def _send(
        self, method: str, path: str, token: str, headers: dict[str, str] | None = None, **options: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} | (headers or {})
        with network_errors(SERVICE):
            response = self._session.request(method, self._origin + path, headers=headers, **options)
            if options.get("stream") and not _is_file(response):
                read_body(response)
            raise_for_error(response)
        return response

    def _token(self) -> str:
        return self._token_cache.get() or str(self._renew_token()["access_token"])

    def _renew_token(self) -> dict[str, Any]:
        # In the body, so that no log of addresses keeps the secret.
        form = {"grant_type": "client_credentials"} | self._credentials
        with network_errors(SERVICE):
            response = self._session.post(self._origin + _TOKEN_PATH, data=form)
            if response.status_code == 401:
                raise ReconnectNeeded(SERVICE, "invalid_client", response.text)
            raise_for_error(response)
            answer = response.json()
        with expected_shape(SERVICE, answer):
            token, lifetime = required(as_text(answer["access_token"])), whole_number(answer.get("expires_in"))
            if lifetime is None:
                warn_unreadable("expires_in", answer.get("expires_in"))
            elif lifetime > _TOKEN_MARGIN_SECONDS:
                self._token_cache.set(token, lifetime - _TOKEN_MARGIN_SECONDS)
            return dict(answer)


def _activity_type(record: dict[str, Any]) -> tuple[str, int] | None:
    name, number = as_text(record.get("name")), whole_number(record.get("id"))
    return (name, number) if name and number is not None else None


def _static_list(record: dict[str, Any]) -> StaticList:
    return StaticList(
        required(whole_number(record["id"])), short_text(record["name"]), short_text(record.get("programName"))
    )


def _is_file(response: requests.Response) -> bool:
    return response.status_code in (200, 206) and "application/json" not in response.headers.get("Content-Type", "")


def _first_byte(response: requests.Response) -> int:
    """Where in the file the body begins: a server may ignore the asked range and send all."""
    if response.status_code != 206:
        return 0
    content_range = response.headers.get("Content-Range", "")
    with expected_shape(SERVICE, content_range):
        return int(content_range.removeprefix("bytes ").split("-")[0])


def _marketo_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
