"""How fast User Management and the dry run of a CSV file are at 10,000 people.

``python -m tests.load.bench_users`` starts its own servers and prints ``name: value`` lines.
"""

import os
import re
import tempfile
from html import unescape
from pathlib import Path
from time import perf_counter

import django

PEOPLE = 10_000
# First pages, other orders, a search, a filter; each is followed to its second page.
VISITS = ["", "?sort=-name", "?sort=since", "?sort=-seen", "?sort=role", "?q=person+001", "?role=user", "?state=active"]
ROUNDS = 25


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="msi-bench-"))
    folder.chmod(0o711)
    from devtools.embedded.attach import attach

    services = attach(folder, temporary=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
        "VAR_DIR": str(folder),
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "LOG_LEVEL": "WARNING",
    }
    django.setup()
    # Only now: they import models.
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(f"users_page_p95_ms: {users_page_p95_ms():.0f}")
    print(f"csv_dry_run_seconds_10k: {csv_dry_run_seconds():.2f}")


def users_page_p95_ms() -> float:
    """The slow end of opening the page, over first and second pages in every order."""
    from django.test import Client

    from accounts.models import Member, User
    from tests.factories import admin_of, make_account
    from tests.signing_in import let_in

    account = make_account("Bench")
    admin = admin_of(account)
    new = [User(email=f"person{n}@acme.example", name=f"Person {n:05}", password="!") for n in range(PEOPLE)]
    members = Member.objects.bulk_create(Member(account=account, user=user) for user in User.objects.bulk_create(new))
    account.teams.get(is_everyone=True).members.add(*members)
    browser = let_in(Client(HTTP_HOST="127.0.0.1"), admin)
    milliseconds = [time for visit in VISITS for time in visit_times(browser, f"/settings/admin/users/{visit}")]
    return sorted(milliseconds)[int(len(milliseconds) * 0.95)]


def visit_times(browser: "django.test.Client", address: str) -> list[float]:
    """Milliseconds of the first and of the second page, ROUNDS times each."""
    first = browser.get(address).content.decode()
    second = "/settings/admin/users/" + unescape(re.findall(r'href="(\?[^"]*&amp;page=[^"]+)"', first)[0])
    times = []
    for page in [address, second] * ROUNDS:
        start = perf_counter()
        assert browser.get(page).status_code == 200
        times.append((perf_counter() - start) * 1000)
    return times


def csv_dry_run_seconds() -> float:
    """From the bytes of a file to a verdict for every row."""
    from accounts.models import SalesAccount
    from invitations.csv_columns import guess_mapping
    from invitations.csv_rows import read_people
    from invitations.csv_table import read_table
    from invitations.services import dry_run

    account = SalesAccount.objects.get()
    rows = (f"new{n}@acme.example;Åsa {n};Öst;user" for n in range(PEOPLE))
    data = "\n".join(["Epost;Förnamn;Efternamn;Roll", *rows]).encode("cp1252")
    start = perf_counter()
    table = read_table(data)
    people = dry_run(account=account, people=read_people(table, guess_mapping(table), account.teams.all()))
    assert len(people) == PEOPLE
    return perf_counter() - start


if __name__ == "__main__":
    main()
