"""What the demo starts with: three people and one registered Marketo instance, before step 1 of the guide."""

from accounts.models import User
from accounts.services import create_verified_user
from connections.models import MarketoAdmin, MarketoInstance
from devtools.personas import MARKETO_ADMIN, NAMES, OPS, PASSWORD


def set_up(*, endpoint: str) -> None:
    """Create what is missing; run again, it changes nothing but the sandbox's address."""
    for email, name in NAMES.items():
        if not User.objects.with_email(email):
            create_verified_user(email=email, password=PASSWORD, name=name, language="en")
    User.objects.filter(email=OPS).update(is_ops_staff=True)
    instance, _ = MarketoInstance.objects.update_or_create(
        munchkin_id="123-ABC-456",
        defaults={
            "name": "Acme Inc",
            "endpoint": endpoint,
            "client_id": "sandbox-client-id",
            "client_secret": "sandbox-client-secret",
        },
    )
    MarketoAdmin.objects.get_or_create(
        instance=instance, email=MARKETO_ADMIN, defaults={"first_name": "Mia", "last_name": "Holm"}
    )
