"""What the sandbox answers to the calls of Salesforce's that a field table describes."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import ADMIN, Api, act, connect, refresh

Answers = dict[str, Any]
PACKAGES = (
    "SELECT Id, SubscriberPackageId, SubscriberPackageVersionId, MinPackageVersionId, SubscriberPackage.Name, "
    "SubscriberPackage.NamespacePrefix, SubscriberPackageVersion.Id, SubscriberPackageVersion.Name, "
    "SubscriberPackageVersion.MajorVersion, SubscriberPackageVersion.MinorVersion, "
    "SubscriberPackageVersion.PatchVersion, SubscriberPackageVersion.BuildNumber, SubscriberPackageVersion.IsBeta, "
    "SubscriberPackageVersion.IsManaged, SubscriberPackageVersion.IsDeprecated, "
    "SubscriberPackageVersion.ReleaseState FROM InstalledSubscriberPackage"
)
DEADLINE_SECONDS = 20


def answers(sandbox: SandboxProcess) -> Answers:
    """JSON answers by the names that the tables give to the calls."""
    tokens = connect(sandbox)
    fresh = refresh(sandbox, tokens["refresh_token"]).json()
    api = Api(sandbox, fresh["access_token"], version="66.0")
    act(sandbox, "install_package")
    act(sandbox, "add_field", object="Lead", name="Number__c", type="string", external_id=True)
    return {
        "POST /services/oauth2/token (code)": tokens,
        "POST /services/oauth2/token (refresh)": fresh,
        "POST /services/oauth2/token (client credentials)": _app_tokens(sandbox),
        **_connected(api, fresh["id"]),
        **_described(api),
        **_read(api),
        **_written(api),
        **_collected(api),
        **_composed(api),
        **_bulk(sandbox, api),
        **_tooling(api),
    }


def _app_tokens(sandbox: SandboxProcess) -> Answers:
    credentials = {"client_id": "shapes", "client_secret": "shapes-secret"}
    act(sandbox, "add_app", consumer_key="shapes", consumer_secret="shapes-secret", name="Shapes", run_as=ADMIN[0])
    form = {"grant_type": "client_credentials", **credentials}
    answer: Answers = requests.post(f"{sandbox.url}/services/oauth2/token", data=form, timeout=10).json()
    return answer


def _connected(api: Api, identity: str) -> Answers:
    def get(path: str) -> Any:
        return requests.get(path if "://" in path else api.origin + path, headers=api.headers, timeout=10).json()

    return {
        "GET /services/oauth2/userinfo": get("/services/oauth2/userinfo"),
        "GET /id/{org}/{user}": get(identity),
        "GET /.well-known/openid-configuration": get("/.well-known/openid-configuration"),
        "GET /id/keys": get("/id/keys"),
    }


def _described(api: Api) -> Answers:
    return {
        "GET /services/data": api.get("/services/data").json(),
        "GET /services/data/v{version}": api.get("").json(),
        "GET /limits": api.get("/limits").json(),
        "GET /limits/recordCount": api.get("/limits/recordCount", params={"sObjects": "Lead,Contact"}).json(),
        "GET /sobjects": api.get("/sobjects").json(),
        "GET /sobjects/{sobject}": api.get("/sobjects/Lead").json(),
        "GET /sobjects/{sobject}/describe": api.get("/sobjects/Lead/describe").json(),
    }


def _read(api: Api) -> Answers:
    soql = "SELECT Id, Name, Owner.Name FROM Lead"
    small = {"Sforce-Query-Options": "batchSize=200"}
    page = api.get("/query", params={"q": soql}, headers=small).json()
    now = datetime.now(UTC)
    span = {"start": (now - timedelta(days=20)).isoformat(), "end": (now + timedelta(minutes=5)).isoformat()}
    gone = api.create("Lead", LastName="Gone", Company="Gone")
    api.call("DELETE", f"/sobjects/Lead/{gone}")
    return {
        "GET /query": api.query(f"{soql} LIMIT 3"),
        "GET /query (a page of several)": page,
        "GET /query (refused)": api.get("/query", params={"q": "SELECT Nothing FROM Lead"}).json(),
        "GET /query/{locator}": api.get(page["nextRecordsUrl"]).json(),
        "GET /queryAll": api.query(f"{soql} LIMIT 3", "/queryAll"),
        "GET /sobjects/{sobject}/{id}": api.record("Lead", page["records"][0]["Id"]),
        "GET /sobjects/{sobject}/updated": api.get("/sobjects/Lead/updated", params=span).json(),
        "GET /sobjects/{sobject}/deleted": api.get("/sobjects/Lead/deleted", params=span).json(),
    }


def _written(api: Api) -> Answers:
    lead = {"LastName": "Nova", "Company": "Nova"}
    return {
        "POST /sobjects/{sobject}": api.call("POST", "/sobjects/Lead", json=lead).json(),
        "PATCH /sobjects/{sobject}/{field}/{value}": api.call(
            "PATCH", "/sobjects/Lead/Number__c/one", json=lead
        ).json(),
    }


def _collected(api: Api) -> Answers:
    path, typed = "/composite/sobjects", {"attributes": {"type": "Lead"}}
    good, bad = typed | {"LastName": "Nova", "Company": "Nova"}, typed | {"LastName": None}
    made = api.call("POST", path, json={"records": [good, good]}).json()
    several = {"ids": ",".join(record["id"] for record in made), "fields": "Id,Name"}
    return {
        f"POST {path}": made,
        f"POST {path} (refused)": api.call("POST", path, json={"records": [bad]}).json(),
        f"PATCH {path}/{{sobject}}/{{field}}": api.call(
            "PATCH", f"{path}/Lead/Number__c", json={"records": [good | {"Number__c": "two"}]}
        ).json(),
        f"GET {path}/{{sobject}}": api.get(f"{path}/Lead", params=several).json(),
        "POST /composite/tree/{sobject}": api.call(
            "POST",
            "/composite/tree/Lead",
            json={"records": [good | {"attributes": {"type": "Lead", "referenceId": "ref"}}]},
        ).json(),
    }


def _composed(api: Api) -> Answers:
    path = api.base.removeprefix(api.origin) + "/sobjects/Lead"
    part = {"method": "POST", "url": path, "referenceId": "made", "body": {"LastName": "Nova", "Company": "Nova"}}
    wrong = part | {"referenceId": "wrong", "body": {}}
    return {
        "POST /composite": api.call("POST", "/composite", json={"compositeRequest": [part]}).json(),
        "POST /composite (refused)": api.call(
            "POST", "/composite", json={"allOrNone": True, "compositeRequest": [part, wrong]}
        ).json(),
        "POST /composite/graph": api.call(
            "POST", "/composite/graph", json={"graphs": [{"graphId": "1", "compositeRequest": [part]}]}
        ).json(),
    }


def _bulk(sandbox: SandboxProcess, api: Api) -> Answers:
    query = {"operation": "query", "query": "SELECT Id FROM Lead"}
    jobs, uploads = "/jobs/query", "/jobs/ingest"
    sandbox.post("/_sandbox/switches", {"bulk_seconds": 60})
    unwanted = api.call("POST", jobs, json=query).json()
    aborted = api.call("PATCH", f"{jobs}/{unwanted['id']}", json={"state": "Aborted"}).json()
    sandbox.post("/_sandbox/switches", {"bulk_seconds": 0})
    made = api.call("POST", jobs, json=query).json()
    upload = api.call("POST", uploads, json={"operation": "insert", "object": "Lead"}).json()
    sent = api.call(
        "PUT",
        f"{uploads}/{upload['id']}/batches",
        data="LastName,Company\nNova,Nova\n",
        headers={"Content-Type": "text/csv"},
    )
    assert sent.status_code == 201, sent.text
    moved = api.call("PATCH", f"{uploads}/{upload['id']}", json={"state": "UploadComplete"}).json()
    return {
        f"POST {jobs}": made,
        f"GET {jobs}/{{job}}": _finished(api, f"{jobs}/{made['id']}"),
        f"GET {jobs}/{{job}}/resultPages": api.get(f"{jobs}/{made['id']}/resultPages").json(),
        f"GET {jobs}": api.get(jobs).json(),
        f"PATCH {jobs}/{{job}}": aborted,
        f"POST {uploads}": upload,
        f"PATCH {uploads}/{{job}}": moved,
        f"GET {uploads}/{{job}}": _finished(api, f"{uploads}/{upload['id']}"),
    }


def _finished(api: Api, path: str) -> Answers:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (job := api.get(path).json())["state"] in {"UploadComplete", "InProgress"}:
        assert time.monotonic() < deadline, job
        time.sleep(0.01)
    found: Answers = job
    return found


def _tooling(api: Api) -> Answers:
    return {
        "GET /tooling/query (packages)": api.query(PACKAGES, "/tooling/query"),
        "GET /tooling/query (any other)": api.query("SELECT EndpointUrl, IsActive FROM RemoteProxy", "/tooling/query"),
        "GET /tooling/sobjects": api.get("/tooling/sobjects").json(),
    }
