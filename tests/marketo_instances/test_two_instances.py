"""An admin of two Marketo instances works in one of them at a time."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, SalesAccount, User
from connections.models import MarketoAdmin, MarketoInstance
from guide.audit_actions import GuideAction
from tests.conftest import ClientOf
from tests.factories import make_instance, make_marketo_admin
from tests.pages import text_of

CONFIG = "/marketo/sales-insight/config/"
SWITCH = "/marketo/instance/"
ACTIONS_CONFIG = "/marketo/sales-insight/actions-config/"
SYNC = reverse("sync:preview")


@pytest.fixture
def second(marketo_admin: User) -> MarketoInstance:
    """Another instance of the same admin."""
    second = make_instance("999-ZZZ-999", name="Zenith Ltd")
    make_marketo_admin(second, marketo_admin.email)
    return second


def test_the_choice_is_remembered_by_every_browser(
    marketo_admin: User, instance: MarketoInstance, second: MarketoInstance, client_of: ClientOf
) -> None:
    browser = client_of(marketo_admin)
    page = text_of(browser.get(CONFIG))
    assert second.endpoint.lower() not in page.lower()
    assert f'<option value="{second.pk}">Zenith Ltd (999-ZZZ-999)</option>' in page
    answer = browser.post(SWITCH, {"instance": second.pk})
    assert answer["Location"] == "/marketo/sales-insight/actions-config/"
    for client in (browser, client_of(marketo_admin)):
        assert second.endpoint.lower() in text_of(client.get(CONFIG)).lower()
    browser.post(SWITCH, {"instance": instance.pk})
    assert second.endpoint.lower() not in text_of(browser.get(CONFIG)).lower()


def test_nobody_is_bothered_who_has_one_instance(marketo_admin: User, client_of: ClientOf) -> None:
    assert SWITCH not in text_of(client_of(marketo_admin).get(CONFIG))


@pytest.mark.parametrize("chosen", ["0", "x", "", "9" * 5000])
def test_an_instance_that_is_not_theirs_cannot_be_chosen(
    marketo_admin: User, second: MarketoInstance, client_of: ClientOf, chosen: str
) -> None:
    MarketoAdmin.objects.filter(instance=second).update(email="somebody@else.example")
    browser = client_of(marketo_admin)
    for wanted in (chosen, str(second.pk)):
        assert browser.post(SWITCH, {"instance": wanted}).status_code == 404
    assert second.endpoint.lower() not in text_of(browser.get(CONFIG)).lower()


def test_a_tab_that_stayed_open_does_nothing_in_another_instance(
    marketo_admin: User, instance: MarketoInstance, second: MarketoInstance, account: SalesAccount, client_of: ClientOf
) -> None:
    MarketoInstance.objects.filter(pk=second.pk).update(account=account)
    browser = client_of(marketo_admin)
    assert f'name="instance" value="{instance.munchkin_id}"' in text_of(browser.get(f"{ACTIONS_CONFIG}admins/"))
    browser.post(SWITCH, {"instance": second.pk})
    secret = f"{ACTIONS_CONFIG}credentials/"
    for stale in ({"instance": instance.munchkin_id}, {}):
        page = text_of(browser.post(secret, stale, follow=True))
        assert "you work in another Marketo instance now" in page
        assert not AuditEvent.objects.filter(action=GuideAction.MARKETO_SECRET_SHOWN).exists()
        assert browser.post(SYNC, stale)["Location"] == ACTIONS_CONFIG
    assert browser.get(SYNC, {"instance": instance.munchkin_id})["Location"] == ACTIONS_CONFIG
    browser.post(secret, {"instance": second.munchkin_id})
    assert AuditEvent.objects.filter(action=GuideAction.MARKETO_SECRET_SHOWN, target=second.munchkin_id).exists()
