"""Questions to Marketo."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from clients.marketo.client import MarketoClient
from clients.marketo.sample import sample_people
from diagnostics.probe.question import ADOBE, RECORDED, Answer, Question, Verdict, holds_of_each

# Four public connectors agree on these.
ACTIVITY_IDS = {
    "New Lead": 12,
    "Change Data Value": 13,
    "Sync Lead to SFDC": 19,
    "Convert Lead": 21,
    "Change Owner": 23,
    "Add to List": 24,
    "Delete Lead from SFDC": 29,
    "Merge Leads": 32,
    "Delete Lead": 37,
}
PEOPLE_FIELDS = ("id", "createdAt", "sfdcLeadId", "sfdcContactId")
# Kinds of data, by the REST names of the fields that are copied.
KINDS = {"email": "email", "firstName": "string", "lastName": "string", "company": "string", "sfdcType": "string"}
_DESCRIBE, _TYPES, _LEADS = "/rest/v1/leads/describe.json", "/rest/v1/activities/types.json", "/rest/v1/leads.json"
_USERS = "/userservice/management/v1/users"
_LOOKED_BACK = timedelta(days=7)


class Remembering:
    """Asks each thing once: many questions look at the same answer, and Marketo takes 100 calls in 20 seconds."""

    def __init__(self, client: MarketoClient) -> None:
        self._client = client
        self._answers: dict[Any, Any] = {}

    def get(self, path: str, **params: Any) -> Any:
        """An answer as Marketo sends it."""
        return self._once((path, *sorted(params.items())), partial(self._client.get, path, **params))

    def activity_type_ids(self) -> dict[str, int]:
        return dict(self._once("types", self._client.activity_type_ids))

    def paging_token(self) -> str:
        """From where the activities of the last days begin."""
        return str(self._once("token", lambda: self._client.paging_token(timezone.now() - _LOOKED_BACK)))

    def people(self) -> list[dict[str, Any]]:
        """Some people, with what is asked about them."""
        return list(self._once("people", partial(sample_people, self._client, PEOPLE_FIELDS)))

    def has_first_ids(self) -> bool:
        return bool(self._client.leads_by_filter("id", range(1, 301), ["id"]))

    def _once(self, key: Any, ask: Callable[[], Any]) -> Any:
        if key not in self._answers:
            self._answers[key] = ask()
        return self._answers[key]


def _fields(client: Remembering) -> dict[str, dict[str, Any]]:
    records = client.get(_DESCRIBE)["result"]
    return {record["rest"]["name"]: record for record in records if "rest" in record}


def _kind_of(name: str) -> Any:
    return lambda client: str(_fields(client).get(name, {}).get("dataType", "no such field"))


def _activity_id(name: str) -> Any:
    return lambda client: client.activity_type_ids().get(name, 0)


def _sfdc_length(client: Remembering) -> Answer:
    values = [person.get(name) for person in client.people() for name in ("sfdcLeadId", "sfdcContactId")]
    lengths = {len(str(value)) for value in values if value}
    return max(lengths, default=Verdict.NONE_SEEN) if len(lengths) < 2 else "mixed"


def _has_explicit_nulls(client: Remembering) -> Answer:
    return holds_of_each({"sfdcLeadId", "sfdcContactId"} <= person.keys() for person in client.people())


def _time_form(value: object) -> str:
    """A time with its digits hidden."""
    return re.sub(r"\d", "9", str(value)) if re.fullmatch(r"[\d:T.Z+-]{8,40}", str(value)) else "another form"


def _created_form(client: Remembering) -> Answer:
    people = client.people()
    return _time_form(people[0].get("createdAt")) if people else Verdict.NONE_SEEN


def _folder_form(client: Remembering) -> Answer:
    folders = client.get("/rest/asset/v1/folders.json", maxDepth=1, maxReturn=20).get("result") or []
    return _time_form(folders[0].get("createdAt")) if folders else Verdict.NONE_SEEN


def _page(client: Remembering, path: str, **params: Any) -> dict[str, Any]:
    token = client.paging_token()
    found: dict[str, Any] = client.get(f"/rest/v1/activities{path}.json", nextPageToken=token, **params)
    return found


def _activities(client: Remembering, *names: str) -> dict[str, Any]:
    known = client.activity_type_ids()
    return _page(client, "", activityTypeIds=",".join(str(known[name]) for name in names if name in known))


def _found(page: dict[str, Any]) -> list[dict[str, Any]]:
    """What a page holds; the key is not there when it holds nothing."""
    return page.get("result") or []


def _lists_deletions(client: Remembering) -> Answer:
    as_activities, as_deletions = (
        bool(_found(page)) for page in (_activities(client, "Delete Lead"), _page(client, "/deletedleads"))
    )
    return as_activities is as_deletions if as_activities or as_deletions else Verdict.NONE_SEEN


def _merge_ids(client: Remembering) -> Answer:
    merges = _found(_activities(client, "Merge Leads"))
    kinds = [
        type(item.get("value")).__name__
        for activity in merges
        for item in activity.get("attributes") or []
        if item.get("name") == "Merge IDs"
    ]
    return next(iter(kinds), "no such attribute") if merges else Verdict.NONE_SEEN


def _users(client: Remembering) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{_USERS}/allusers.json", pageSize=20, pageOffset=0)
    return found


def _takes(path: str, **params: Any) -> Any:
    """Is the call answered at all?"""
    return lambda client: bool(_page(client, path, **params))


QUESTIONS = [
    *(
        Question(
            f"marketo_activity_{number}",
            f"The activity {name} has the id {number}.",
            RECORDED,
            _activity_id(name),
            expected=number,
        )
        for name, number in ACTIVITY_IDS.items()
    ),
    *(
        Question(
            f"marketo_field_{name}", f"The field {name} is of the kind {kind}.", ADOBE, _kind_of(name), expected=kind
        )
        for name, kind in KINDS.items()
    ),
    Question(
        "marketo_linkedin",
        "People have the field linkedInProfileURL.",
        ADOBE,
        lambda c: "linkedInProfileURL" in _fields(c),
    ),
    Question(
        "marketo_salesforce_fields",
        "People have the fields of the native sync.",
        ADOBE,
        lambda c: {"sfdcLeadId", "sfdcContactId", "sfdcType"} <= _fields(c).keys(),
    ),
    Question(
        "marketo_soap_names",
        "Describe still has SOAP names.",
        ADOBE,
        lambda c: any("soap" in one for one in c.get(_DESCRIBE)["result"]),
    ),
    Question(
        "marketo_sfdc_length", "Salesforce ids of people have 18 characters.", "no source", _sfdc_length, expected=18
    ),
    Question("marketo_nulls", "A field without a value comes as null.", RECORDED, _has_explicit_nulls),
    Question(
        "marketo_created_form", "Times of people end with Z.", RECORDED, _created_form, expected="9999-99-99T99:99:99Z"
    ),
    Question(
        "marketo_folder_form",
        "Times of folders end with Z+0000.",
        RECORDED,
        _folder_form,
        expected="9999-99-99T99:99:99Z+9999",
    ),
    Question(
        "marketo_first_ids",
        "The ids 1 to 300 belong to somebody.",
        "no source",
        lambda c: c.has_first_ids(),
    ),
    Question(
        "marketo_id_numbers",
        "Ids of people are numbers.",
        RECORDED,
        lambda c: holds_of_each(isinstance(one["id"], int) for one in c.people()),
    ),
    Question(
        "marketo_sales_email",
        "Send Sales Email is an activity type.",
        ADOBE,
        lambda c: "Send Sales Email" in c.activity_type_ids(),
    ),
    Question(
        "marketo_type_keys",
        "Activity types have attributes.",
        RECORDED,
        lambda c: holds_of_each("attributes" in one for one in c.get(_TYPES)["result"]),
    ),
    Question(
        "marketo_token",
        "A paging token is Base32.",
        ADOBE,
        lambda c: bool(re.fullmatch(r"[A-Z2-7]+=*", c.paging_token())),
    ),
    Question(
        "marketo_next_token",
        "A page of activities has the next token.",
        ADOBE,
        lambda c: "nextPageToken" in _activities(c, "New Lead"),
    ),
    Question(
        "marketo_more",
        "A page of activities says whether there are more.",
        ADOBE,
        lambda c: "moreResult" in _activities(c, "New Lead"),
    ),
    Question(
        "marketo_activity_id",
        "Activities have a number besides the GUID.",
        ADOBE,
        lambda c: holds_of_each("id" in one for one in _found(_activities(c, "New Lead", "Change Data Value"))),
    ),
    Question(
        "marketo_deletions_listed",
        "Deletions are listed among the activities.",
        "no source",
        _lists_deletions,
    ),
    Question(
        "marketo_changes_of_ids",
        "Lead changes take the field sfdcLeadId.",
        "no source",
        _takes("/leadchanges", fields="sfdcLeadId"),
    ),
    Question("marketo_merge_ids", "Merge IDs come as a list.", RECORDED, _merge_ids, expected="list"),
    Question(
        "marketo_usage",
        "Usage of today has a row.",
        ADOBE,
        lambda c: bool(c.get("/rest/v1/stats/usage.json").get("result")),
    ),
    Question("marketo_users_bare", "Users come as a bare list.", ADOBE, lambda c: isinstance(_users(c), list)),
    Question(
        "marketo_user_ids",
        "A user's id is an email address.",
        ADOBE,
        lambda c: holds_of_each("@" in str(one["userid"]) for one in _users(c)),
    ),
    Question(
        "marketo_admin_role",
        "The role Admin has the id 1.",
        ADOBE,
        lambda c: any(one["id"] == 1 and one["name"] == "Admin" for one in c.get(f"{_USERS}/roles.json")),
    ),
    Question(
        "marketo_all_zones",
        "The workspace 0 stands for all.",
        ADOBE,
        lambda c: any(one["id"] == 0 for one in c.get(f"{_USERS}/workspaces.json")),
    ),
    Question(
        "marketo_export_list",
        "Exports can be listed.",
        ADOBE,
        lambda c: c.get("/bulk/v1/leads/export.json").get("success") is True,
    ),
]
