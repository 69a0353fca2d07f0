"""How a Marketo instance enters, who its admins are, and what must be true of it."""

import io
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.translation import override

from accounts.audit import sentence_of
from accounts.models import AuditEvent, User
from common.redis_client import redis_client
from connections.asking import asking
from connections.models import MarketoAdmin, MarketoInstance
from devtools.personas import MARKETO_ADMIN
from marketo_instances.admins import marketo_admins, refresh_marketo_admins
from marketo_instances.audit_actions import InstanceAction
from marketo_instances.prerequisites import CheckResult, prerequisites
from problems.messages import ConnectionProblem
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin, make_user
from tests.guide.clicks import ACTIONS_CONFIG
from tests.pages import text_of

NEW = "/ops/marketo-instances/new/"


def register(sandbox: SandboxProcess, **options: str) -> str:
    output = io.StringIO()
    values = {
        "munchkin_id": "123-ABC-456",
        "endpoint": sandbox.url,
        "client_id": "sandbox-client-id",
        "name": "Acme Inc",
        "first_admin": "Maria.Lind@acme.example",
    }
    call_command("register_marketo_instance", stdout=output, **(values | options))
    return output.getvalue()


@pytest.fixture
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETO_CLIENT_SECRET", "sandbox-client-secret")


@pytest.mark.usefixtures("_secret")
@pytest.mark.django_db
def test_the_command_registers_an_instance_and_its_first_admin(sandbox: SandboxProcess) -> None:
    output = register(sandbox)
    instance = MarketoInstance.objects.get()
    assert (instance.munchkin_id, instance.endpoint) == ("123-ABC-456", sandbox.url)
    first = User.objects.get()
    assert (first.email, first.has_usable_password()) == ("maria.lind@acme.example", False)
    assert list(MarketoInstance.objects.administered_by(first)) == [instance]
    assert "/accounts/password/reset/" in output
    assert "sandbox-client-secret" not in output


@pytest.mark.django_db
def test_the_command_reads_the_secret_from_standard_input(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MARKETO_CLIENT_SECRET", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-client-secret\n"))
    register(sandbox)
    assert MarketoInstance.objects.get().client_secret == "sandbox-client-secret"


@pytest.mark.usefixtures("_secret")
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"client_id": "wrong"}, "Marketo refused the Client ID"),
        ({"endpoint": "https://evil.example"}, "This is not the Munchkin Account ID"),
        ({"endpoint": "https://999-XYZ-999.mktorest.com"}, "belongs to another Marketo instance"),
        ({"munchkin_id": "acme", "endpoint": ""}, "This is not the Munchkin Account ID"),
    ],
)
@pytest.mark.django_db
def test_a_refused_instance_is_not_stored(sandbox: SandboxProcess, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        register(sandbox, **options)
    assert not MarketoInstance.objects.exists()
    assert not User.objects.exists()


@pytest.mark.usefixtures("_secret")
def test_registering_again_renews_the_credentials(instance: MarketoInstance, sandbox: SandboxProcess) -> None:
    MarketoInstance.objects.update(client_secret="rotated-away")
    make_user("maria.lind@acme.example")
    register(sandbox)
    assert MarketoInstance.objects.get().client_secret == "sandbox-client-secret"
    assert User.objects.count() == 1


def test_a_registered_admin_whom_marketo_never_names_can_be_removed(
    linked_instance: MarketoInstance, client_of: ClientOf
) -> None:
    """The list of Marketo lets out only those whom it once named: a former consultant kept the Client Secret."""
    former = make_user("former@agency.example")
    make_marketo_admin(linked_instance, former.email)
    refresh_marketo_admins(linked_instance)
    assert client_of(former).get(ACTIONS_CONFIG).status_code == 200
    call_command("remove_marketo_admin", linked_instance.munchkin_id, "Former@agency.example", stdout=io.StringIO())
    assert client_of(former).get(ACTIONS_CONFIG).status_code == 404
    assert sentence_of(AuditEvent.objects.get()).endswith("of 123-ABC-456 from former@agency.example")
    for email, why in ((former.email, "Nobody with this address"), (MARKETO_ADMIN, "Marketo names this admin")):
        with pytest.raises(CommandError, match=why):
            call_command("remove_marketo_admin", linked_instance.munchkin_id, email)


def test_a_superuser_registers_an_instance_on_a_page(sandbox: SandboxProcess, ops: User, client_of: ClientOf) -> None:
    ops.is_superuser = True
    ops.save()
    typed = {
        "munchkin_id": "123-ABC-456",
        "endpoint": sandbox.url,
        "client_id": "sandbox-client-id",
        "client_secret": "wrong",
        "name": "Acme Inc",
        "first_admin_email": "maria.lind@acme.example",
    }
    browser = client_of(ops)
    refused = text_of(browser.post(NEW, typed))
    assert "Marketo refused the Client ID" in refused
    assert 'value="maria.lind@acme.example"' in refused
    page = text_of(browser.post(NEW, typed | {"client_secret": "sandbox-client-secret"}, follow=True))
    assert "Acme Inc (123-ABC-456) is registered." in page
    assert AuditEvent.objects.filter(action=InstanceAction.REGISTERED, actor=ops).exists()


@pytest.mark.usefixtures("_secret")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"client_id": "wrong"}, "Marketo refused the Client ID"),
        ({"munchkin_id": "acme", "endpoint": ""}, "This is not the Munchkin Account ID"),
        ({"endpoint": "https://999-XYZ-999.mktorest.com"}, "belongs to another Marketo instance"),
    ],
)
def test_page_and_command_judge_alike(
    sandbox: SandboxProcess, ops: User, client_of: ClientOf, typed: dict[str, str], sentence: str
) -> None:
    """Pain 16: one code path for the screen and for whoever automates; the same checks, the same errors."""
    User.objects.filter(pk=ops.pk).update(is_superuser=True)
    form = {
        "munchkin_id": "123-ABC-456",
        "endpoint": sandbox.url,
        "client_id": "sandbox-client-id",
        "client_secret": "sandbox-client-secret",
        "name": "Acme Inc",
        "first_admin_email": "maria.lind@acme.example",
    }
    assert sentence in text_of(client_of(User.objects.get(pk=ops.pk)).post(NEW, form | typed))
    with pytest.raises(CommandError, match=sentence):
        register(sandbox, **typed)


@pytest.mark.usefixtures("young_company")
def test_admins_are_read_once_a_day(instance: MarketoInstance, sandbox: SandboxProcess) -> None:
    make_marketo_admin(instance, "left@acme.example", marketo_user_id="left")
    emails = {admin.email for admin in marketo_admins(instance)}
    assert emails == {"marketo-admin@demo.example", "maria.lind@acme.example", "jonas.berg@acme.example"}
    sandbox.delete("/_sandbox/calls")
    assert len(marketo_admins(instance)) == 3
    assert sandbox.get("/_sandbox/calls") == []
    instance.admins_read_at = timezone.now() - timedelta(days=1, seconds=1)
    marketo_admins(instance)
    assert any("allusers" in call["path"] for call in sandbox.get("/_sandbox/calls"))


def test_refreshing_keeps_the_row_of_an_admin_who_stayed(instance: MarketoInstance, sandbox: SandboxProcess) -> None:
    stayed = make_marketo_admin(instance, "maria.lind@acme.example")
    refresh_marketo_admins(instance)
    stayed.refresh_from_db()
    assert str(stayed) == "Maria Lind"


def test_everything_in_place(instance: MarketoInstance) -> None:
    found = prerequisites(instance)
    assert found.is_salesforce_synced.verdict is CheckResult.YES
    assert "people checked have a Salesforce ID" in found.is_salesforce_synced.sentence


def test_what_is_in_place_is_not_asked_at_every_load(instance: MarketoInstance, sandbox: SandboxProcess) -> None:
    prerequisites(instance)
    sandbox.delete("/_sandbox/calls")
    with override("sv"):
        found = prerequisites(instance)
        assert found.are_met
        assert "people checked" not in found.is_salesforce_synced.sentence
    assert sandbox.get("/_sandbox/calls") == []


def test_what_a_console_of_another_version_kept_is_not_read(instance: MarketoInstance) -> None:
    """It was pickled with classes that stood in another module."""
    key = cache.make_key(f"marketo-prerequisites-{instance.pk}")
    redis_client().set(key, b"cconnections.services.instances\nPrerequisites\n.")
    assert prerequisites(instance).are_met


def test_what_is_missing_is_asked_again_and_by_one_person_at_a_time(
    instance: MarketoInstance, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    assert not prerequisites(instance).are_met
    sandbox.post("/_sandbox/switches", {"salesforce_sync": True})
    with asking("marketo-prerequisites", instance.account_id, of=instance.pk):
        busy = prerequisites(instance)
    assert busy.is_salesforce_synced.verdict is CheckResult.UNKNOWN
    assert "This is being done already" in busy.is_salesforce_synced.sentence
    assert prerequisites(instance).are_met


def test_what_is_missing_says_whom_to_ask(instance: MarketoInstance, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    found = prerequisites(instance)
    assert found.is_salesforce_synced.verdict is CheckResult.NO
    assert str(found.is_salesforce_synced.who) == "A Marketo admin of your company"


@pytest.mark.parametrize("is_enabled", [True, False])
def test_nobody_says_that_the_feature_is_enabled(
    instance: MarketoInstance, sandbox: SandboxProcess, *, is_enabled: bool
) -> None:
    """Each instance has the activity types of Sales Insight Actions, whether it is switched on or not."""
    sandbox.post("/_sandbox/switches", {"actions_enabled": is_enabled})
    found = prerequisites(instance).is_feature_enabled
    assert found.verdict is CheckResult.UNKNOWN
    assert str(found.who) == "Your Adobe account manager"


def test_what_cannot_be_asked_is_not_called_missing(instance: MarketoInstance, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/rest/v1/", "kind": "marketo:603"})
    found = prerequisites(instance)
    assert (found.is_feature_enabled.verdict, found.is_salesforce_synced.verdict) == (
        CheckResult.UNKNOWN,
        CheckResult.UNKNOWN,
    )
    assert "lacks a permission" in found.is_salesforce_synced.sentence


def test_an_answer_without_admins_locks_nobody_out(
    marketo_admin: User, instance: MarketoInstance, sandbox: SandboxProcess
) -> None:
    refresh_marketo_admins(instance)
    sandbox.post("/_sandbox/faults", {"path": "/userservice/.*/roles.json", "kind": "status:404", "count": 99})
    with pytest.raises(ConnectionProblem):
        refresh_marketo_admins(instance)
    assert MarketoInstance.objects.administered_by(marketo_admin).exists()


def test_the_admin_named_at_registration_stays_until_marketo_names_them(
    instance: MarketoInstance, sandbox: SandboxProcess
) -> None:
    make_marketo_admin(instance, "partner@agency.example")
    refresh_marketo_admins(instance)
    assert instance.admins.filter(email="partner@agency.example").exists()


def test_an_admin_on_a_domain_of_other_letters_is_the_same_person(instance: MarketoInstance) -> None:
    """Marketo may name them in Punycode, and the console's user is kept in letters."""
    user = make_user("nils@börse.example")
    MarketoAdmin.objects.create(instance=instance, email="Nils@xn--brse-5qa.example")
    assert MarketoInstance.objects.administered_by(user).get() == instance
