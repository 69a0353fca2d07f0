"""Loads the files of Marketo's exports into PostgreSQL with dlt (https://dlthub.com), in the way its guides show.

``var/peer/bin/python tests/load/peer.py ORIGIN DATABASE_URL EXPORT...`` prints the seconds that it took. It runs apart
from the console, by the Python in which dlt is installed. The exports are completed ones: waiting is not measured.
"""

import csv
import io
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import dlt  # type: ignore[import-not-found]
import requests

CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "sandbox-client-id",
    "client_secret": "sandbox-client-secret",
}
PAGE = 5_000


def people(origin: str, exports: list[str]) -> Iterator[list[dict[str, str | None]]]:
    """Pages of people, as a source of dlt yields them."""
    token = requests.get(f"{origin}/identity/oauth/token", params=CREDENTIALS, timeout=60).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for export in exports:
        address = f"{origin}/bulk/v1/leads/export/{export}/file.json"
        with requests.get(address, headers=headers, stream=True, timeout=60) as answer:
            body: Any = answer.raw
            body.decode_content, body.auto_close = True, False
            rows = csv.DictReader(io.TextIOWrapper(body, encoding="utf-8", newline=""))
            while page := list(islice(rows, PAGE)):
                yield [{name: None if value == "null" else value for name, value in row.items()} for row in page]


def main() -> None:
    origin, database_url, *exports = sys.argv[1:]
    pipeline = dlt.pipeline("peer", destination=dlt.destinations.postgres(database_url), dataset_name="peer")
    started = time.perf_counter()
    pipeline.run(
        people(origin, exports),
        table_name="person",
        primary_key="id",
        write_disposition="replace",
        loader_file_format="csv",
    )
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
