"""What goes wrong once everything is set up: it stands on top of the status page, and what is done stays done."""

from dataclasses import asdict

from django.urls import reverse
from django.utils import timezone

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, SalesforceConnection
from connections.orgs import OrgMove
from problems.codes import ProblemCode
from salesforce_package.models import PackageChange, PackageCheck
from salesforce_package.org import Finding, State
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin, make_run
from tests.guide.conftest import ORG_ID
from tests.pages import text_of


def test_a_held_run_stands_on_top_of_the_status_page(complete: SalesAccount, admin: User, client_of: ClientOf) -> None:
    """What is done stays done: nobody is sent back into the installer, here or on other pages."""
    make_marketo_admin(complete.marketo_instance, admin.email)
    run = make_run(complete, RunStatus.HELD, held={"removed": {"not_in_salesforce": 1550, "queue_owner": 3}})
    page = text_of(client_of(admin).get("/"))
    assert f'<h2 id="trouble-title">Run {run.pk} would remove 1,553 people. Nothing has changed.</h2>' in page
    assert f'btn-primary btn-lg" href="{run.get_absolute_url()}">Decide' in page
    assert "People in the Sales account" in page
    assert "Everything is set up" not in page
    assert "Next: step" not in text_of(client_of(admin).get(reverse("connections:salesforce")))


def test_where_a_salesforce_admin_must_act_others_hand_it_on(
    complete: SalesAccount, admin: User, salesforce_admin: User, member: User, client_of: ClientOf
) -> None:
    SalesforceConnection.objects.update(status="needs_reconnecting", problem=ProblemCode.SALESFORCE_APP_BLOCKED)
    page = text_of(client_of(admin).get("/"))
    assert "Your Salesforce org blocks the connected app of this console.</h2>" in page
    assert "Waiting for a Salesforce admin" in page
    assert f'name="subject" value="problem:{ProblemCode.SALESFORCE_APP_BLOCKED}"' in page
    assert "Needs you" in text_of(client_of(salesforce_admin).get("/"))
    of_member = text_of(client_of(member).get("/"))
    assert "Waiting for a Salesforce admin" in of_member
    assert "Share a fix link" not in of_member


def test_the_guide_hands_on_what_is_not_for_the_reader(
    connected: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    """Also before all seven steps are done."""
    SalesforceConnection.objects.update(status="needs_reconnecting", problem=ProblemCode.SALESFORCE_APP_BLOCKED)
    page = text_of(client_of(admin).get("/"))
    assert "Waiting for a Salesforce admin" in page
    assert "Share a fix link" in page


def test_what_broke_in_the_package_was_done_before(complete: SalesAccount, admin: User, client_of: ClientOf) -> None:
    """The checklist is no step of the set-up any more; what never was in place would be one."""
    check = PackageCheck.objects.get()
    whole, gone = check.results["activity_fields"], asdict(Finding(State.MISSING, "not_installed"))
    told = {"before": whole, "after": gone, "seen_at": timezone.now()}
    PackageChange.objects.create(account=complete, org_id=ORG_ID, item="activity_fields", **told)
    PackageCheck.objects.update(results=check.results | {"activity_fields": gone})
    page = text_of(client_of(admin).get("/"))
    assert "Something in the Salesforce package has broken</h2>" in page
    assert "1 item that was in place was changed." in page
    assert "Waiting for a Salesforce admin" in page
    assert f'btn-lg btn-primary" href="{reverse("guide:ask", args=[7])}"' in page
    assert f'href="{reverse("salesforce_package:package")}">Open checklist' in page
    PackageChange.objects.all().delete()
    assert "Set up Sales Insight Actions" in text_of(client_of(admin).get("/"))


def test_a_problem_is_yours_only_where_you_may_mend_it(
    complete: SalesAccount, admin: User, member: User, client_of: ClientOf
) -> None:
    MarketoConnection.objects.update(status="needs_reconnecting", problem=ProblemCode.MARKETO_NOT_MARKETO)
    assert "Who can do it: You" in text_of(client_of(admin).get("/"))
    assert "Who can do it: An Admin or a Salesforce admin of the Sales account" in text_of(client_of(member).get("/"))


def test_a_move_that_waits_for_a_decision_stands_on_top(
    complete: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    OrgMove.objects.create(
        account=complete,
        from_org_id=ORG_ID,
        org_id="00D000000000002AAA",
        org_name="Acme 2027",
        is_sandbox=False,
        offered_by=admin,
    )
    page = text_of(client_of(admin).get("/"))
    assert "A move to Acme 2027 waits for a decision</h2>" in page
    assert f'href="{reverse("guide:org_move")}">Decide' in page
