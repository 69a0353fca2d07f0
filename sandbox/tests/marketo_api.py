"""A thin caller of the sandbox's Marketo side, for tests."""

import time
from typing import Any

import requests

CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "sandbox-client-id",
    "client_secret": "sandbox-client-secret",
}
EXPORTS = "/bulk/v1/leads/export"
WHOLE_MAY = {"createdAt": {"startAt": "2026-05-01T00:00:00Z", "endAt": "2026-05-31T23:59:59Z"}}


class Marketo:
    """Calls with one token, taken at the start with the standard credentials or others."""

    def __init__(self, url: str, **credentials: str) -> None:
        self.url = url
        answer = requests.get(f"{url}/identity/oauth/token", params=CREDENTIALS | credentials, timeout=10)
        self.token: str = answer.json()["access_token"]

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.send("GET", path, params=parameters).json()
        return answer

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        answer: dict[str, Any] = self.send("POST", path, json=body).json()
        return answer

    def result(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.get(path, **parameters)
        assert answer["success"], answer
        result: list[dict[str, Any]] = answer["result"]
        return result

    def error(self, path: str, **parameters: Any) -> str:
        return str(self.get(path, **parameters)["errors"][0]["code"])

    def refused(self, method: str, path: str, **options: Any) -> str:
        """The error code of a call of any method."""
        return str(self.send(method, path, **options).json()["errors"][0]["code"])

    def create(self, **changes: Any) -> dict[str, Any]:
        body = {"fields": ["id", "email", "createdAt"], "filter": WHOLE_MAY} | changes
        return self.post(f"{EXPORTS}/create.json", body)

    def enqueue(self, export_id: str) -> dict[str, Any]:
        return self.post(f"{EXPORTS}/{export_id}/enqueue.json")

    def export(self, **changes: Any) -> dict[str, Any]:
        """The status record of an export that was created, enqueued and finished."""
        export_id = self.create(**changes)["result"][0]["exportId"]
        self.post(f"{EXPORTS}/{export_id}/enqueue.json")
        return self.wait(export_id, {"Completed", "Failed", "Cancelled"})

    def wait(self, export_id: str, statuses: set[str], root: str = EXPORTS) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            record = self.result(f"{root}/{export_id}/status.json")[0]
            if record["status"] in statuses:
                return record
            time.sleep(0.05)
        raise AssertionError(f"still {record}")

    def file(self, export_id: str, byte_range: str = "") -> requests.Response:
        headers = {"Range": f"bytes={byte_range}"} if byte_range else {}
        return self.send("GET", f"{EXPORTS}/{export_id}/file.json", headers=headers)
