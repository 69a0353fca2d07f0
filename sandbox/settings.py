"""What a sandbox is started with. Nothing here changes while it runs; see switches.py for what does."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

DEMO_PASSWORD = "Demo-Passw0rd!"
DEMO_USERS = ("marketo-admin@demo.example", "salesforce-admin@demo.example", "ops@demo.example")
INTEGRATION_USER = "integration@acme.example"
API_USER = "sandbox-api@acme.example"


def today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class ApiClient:
    """A custom service of the Marketo instance: its credentials, the API-only user that owns it, and what that user's
    role allows (names as in Marketo's role editor; None: everything)."""

    client_id: str
    client_secret: str
    user: str = API_USER
    permissions: frozenset[str] | None = None

    def may(self, any_of: tuple[str, ...]) -> bool:
        return self.permissions is None or not any_of or not self.permissions.isdisjoint(any_of)


@dataclass(frozen=True)
class Settings:
    """The seeded world and the credentials that open it.

    The seeded people were created evenly over so many ``days`` before the day ``epoch``. The same people, seed, days
    and epoch give the same bytes.
    """

    company: str = "untidy"
    people: int = 2_500
    seed: int = 1
    days: int = 300
    epoch: date = field(default_factory=today)
    munchkin_id: str = "123-ABC-456"
    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"
    salesforce_user: str = "admin@acme.example"
    salesforce_password: str = "sandbox-password"
    org_number: int = 1
    org_name: str = "Acme Inc"
    consumer_key: str = "sandbox-consumer-key"
    consumer_secret: str = "sandbox-consumer-secret"
    more_clients: tuple[ApiClient, ...] = ()

    @cached_property
    def api_clients(self) -> tuple[ApiClient, ...]:
        """All custom services of Marketo, the one with every permission first."""
        return (ApiClient(self.client_id, self.client_secret), *self.more_clients)
