"""The clicks of the admin guide, step by step, as its readers make them."""

import re

from playwright.sync_api import Locator, Page, expect

from devtools.personas import MARKETO_ADMIN, PASSWORD, SALESFORCE_ADMIN
from tests.browser.demo import Demo

INVITED = ["anna.berg@acme.example", "li.wei@acme.example"]
FROM_CSV = "email,first name,last name\nomar.said@acme.example,Omar,Saïd\n,No,Address\n"


def sign_in(page: Page, demo: Demo, email: str) -> None:
    page.goto(demo.url)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def step(page: Page, number: int) -> Locator:
    return page.locator(f"#step-{number}")


def expect_done(page: Page, demo: Demo, number: int) -> None:
    page.goto(demo.url)
    expect(step(page, number)).to_contain_text("done:")


def set_up_the_account(page: Page, demo: Demo) -> None:
    """Admin > Sales Insight > Actions Config > Send Invite, then Get Started in the mail."""
    step(page, 1).get_by_role("link", name="Send Invite").click()
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text("Actions Config")
    expect(page.get_by_text("Marketo and Salesforce are synced")).to_be_visible()
    expect(page.get_by_text("Appears after the first invitation")).to_have_count(2)
    page.get_by_label("Marketo admin to invite").select_option(label=f"Mia Holm, {MARKETO_ADMIN}")
    page.get_by_role("button", name="Send Invite").click()
    expect(page.get_by_text("Invitation sent to")).to_be_visible()
    expect(page.get_by_text("sandbox-client-id").first).to_be_visible()
    get_started(page, demo, MARKETO_ADMIN)
    page.get_by_role("button", name="Accept").click()
    expect_done(page, demo, 1)


def get_started(page: Page, demo: Demo, email: str) -> None:
    """Open the newest mail to `email` in the mailbox and follow its button."""
    page.goto(f"{demo.sandbox_url}/_sandbox/mailbox/")
    mails = page.get_by_role("row").filter(has_text=email).get_by_role("link")
    for _ in range(40):
        if mails.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    mails.first.click()
    link = page.frame_locator("iframe").get_by_role("link", name="Get Started")
    address = link.get_attribute("href")
    assert address
    page.goto(address)


def connect_to_salesforce(page: Page, demo: Demo) -> None:
    """Settings > Admin Settings > Salesforce > Connections & Customizations > Connect > OK."""
    settings(page, "Salesforce")
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="OK").click()
    log_in_to_salesforce(page, "admin@acme.example", "sandbox-password")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("link", name="Disconnect")).to_be_visible()
    expect(page.get_by_text("Connected to Acme Inc (production) as admin@acme.example.")).to_be_visible()
    expect_done(page, demo, 2)


def settings(page: Page, name: str) -> None:
    """Gear > Settings > Admin Settings > …"""
    page.get_by_label("Settings menu").click()
    page.get_by_role("link", name="Settings", exact=True).click()
    # Behind a name stands how many there are, or how it stands.
    link = re.compile(rf"^{re.escape(name)}( \d+ \w+| Connected| Needs attention| Calls failed)?$")
    page.get_by_role("navigation", name="Settings").get_by_role("link", name=link).click()


def connect_to_marketo(page: Page, demo: Demo) -> None:
    settings(page, "Marketo")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("link", name="Disconnect")).to_be_visible()
    expect_done(page, demo, 3)


def sync_people(page: Page, demo: Demo) -> None:
    """Actions Config > Action Field Sync > Sync > preview > Start Sync; the counts are the sandbox's."""
    page.get_by_role("navigation", name="Areas").get_by_role("link", name="Marketo").click()
    page.get_by_role("link", name="Sync", exact=True).click()
    expect(page.get_by_role("rowheader", name="LinkedIn URL")).to_be_visible()
    page.get_by_role("button", name="Start Sync").click()
    expect(page.get_by_text("Succeeded").first).to_be_visible(timeout=120_000)
    expected = demo.state()["expected"]
    synced = f"{expected['synced']:,}"
    expect(page.get_by_role("main").get_by_text(synced).first).to_be_visible()
    assert sum(expected.values()) == 10_000
    expect_done(page, demo, 4)
    expect(step(page, 4)).to_contain_text(f"{synced} people in the Sales account")
    settings(page, "People")
    expect(page.get_by_role("main").get_by_text(synced).first).to_be_visible()


def invite_users(page: Page, demo: Demo) -> None:
    """User Management > Actions > Invite Users, and … > Invite Users via CSV."""
    settings(page, "User Management")
    choose_action(page, "Invite Users")
    page.get_by_label("Email addresses").fill("; ".join(INVITED))
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", name="2 people were invited")).to_be_visible()
    page.get_by_role("link", name="OK", exact=True).click()
    choose_action(page, "Invite Users via CSV")
    file = {"name": "team.csv", "mimeType": "text/csv", "buffer": FROM_CSV.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("1 person can be invited.")).to_be_visible()
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", name="1 person was invited")).to_be_visible()
    expect_done(page, demo, 5)


def choose_action(page: Page, name: str) -> None:
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("link", name=name, exact=True).click()


def ask_for_the_package(page: Page, demo: Demo) -> None:
    page.goto(demo.url)
    step(page, 6).get_by_role("link", name="Ask a Salesforce admin").click()
    page.get_by_label("Email address of the Salesforce admin").fill(SALESFORCE_ADMIN)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("gets a mail that asks for steps 6 and 7")).to_be_visible()


def accept_as_salesforce_admin(page: Page, demo: Demo) -> None:
    sign_in(page, demo, SALESFORCE_ADMIN)
    expect(page.get_by_text("You are not in a Sales account yet")).to_be_visible()
    get_started(page, demo, SALESFORCE_ADMIN)
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Set up Sales Insight Actions")).to_be_visible()


def install_and_configure_the_package(page: Page, demo: Demo) -> None:
    """Steps 6 and 7: what Salesforce's Setup offers is done there, the rest is ticked by hand."""
    check_the_package(page)
    put_the_package_in_place(page, demo)


def check_the_package(page: Page) -> None:
    settings(page, "Salesforce package")
    # It was looked at already, when the org was connected.
    page.get_by_role("button", name=re.compile("Check (now|again)")).first.click()
    expect(item(page, "Install or upgrade")).to_contain_text("Missing")


def put_the_package_in_place(page: Page, demo: Demo) -> None:
    page.locator("summary", has_text="More").click()
    install_the_package(opened_by(page, page.get_by_role("link", name="Installed packages in your org")))
    add_remote_sites(opened_by(page, link_of(item(page, "Remote site for Adobe"))))
    add_activity_fields(opened_by(page, link_of(item(page, "The 15 activity fields"))))
    add_buttons(opened_by(page, link_of(item(page, "List views have the Actions buttons"))))
    assign_the_permission_set(opened_by(page, link_of(item(page, "Users have the permission set"))))
    add_sections(opened_by(page, link_of(item(page, "The Lead layout has the section"))))
    page.get_by_role("button", name="Check again").first.click()
    expect(item(page, "Install or upgrade")).to_contain_text("Found")
    expect_done(page, demo, 6)
    settings(page, "Salesforce package")
    tick_what_no_api_can_see(page)
    expect(page.get_by_text("Missing", exact=True)).to_have_count(0)
    expect_done(page, demo, 7)


def tick_what_no_api_can_see(page: Page) -> None:
    """Each tick brings a new page; between two pages there is no button at all, so ticked ones are awaited."""
    items = page.locator("ul.items")
    a_tick = page.get_by_role("button", name=re.compile(r"^Tick ?: "), include_hidden=True)
    tick = items.get_by_role("button", name=re.compile(r"^Tick ?: "), include_hidden=True)
    untick = items.get_by_role("button", name=re.compile(r"^Untick ?: "), include_hidden=True)
    expect(tick).not_to_have_count(0)
    for ticked in range(1, tick.count() + 1):
        unfold(page.locator("ul.items > li").filter(has=a_tick).first)
        tick.first.click()
        expect(untick).to_have_count(ticked)


def item(page: Page, title: str) -> Locator:
    """An item of the package checklist, also of a section that is done and therefore folded."""
    return page.locator("ul.items > li").filter(has=page.locator("summary", has_text=title))


def link_of(item: Locator) -> Locator:
    """Where in Salesforce's Setup an item of the package checklist is done."""
    unfold(item)
    return item.get_by_role("link").first


def unfold(item: Locator) -> None:
    if item.locator("> details:not([open])").count():
        item.locator("summary").first.click()


def opened_by(page: Page, link: Locator) -> Page:
    """The tab that a link into the org's Setup opens, logged in."""
    with page.expect_popup() as opened:
        link.click()
    setup = opened.value
    setup.wait_for_load_state()
    if setup.get_by_label("Username").count():
        log_in_to_salesforce(setup, SALESFORCE_ADMIN, PASSWORD)
    return setup


def log_in_to_salesforce(page: Page, username: str, password: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log In").click()


def install_the_package(setup: Page) -> None:
    setup.get_by_role("link", name="Get Marketo Sales Insight").click()
    setup.get_by_role("button", name="Install for Admins Only").click()
    expect(setup.get_by_text("is installed")).to_be_visible()
    setup.close()


def add_remote_sites(setup: Page) -> None:
    setup.get_by_role("button", name="Add these sites").click()
    for name, host in (("MarketoSoapAPI", "mktoapi.com"), ("MarketoRestAPI", "mktorest.com")):
        setup.get_by_label("Remote Site Name").fill(name)
        setup.get_by_label("Remote Site URL").fill(f"https://123-abc-456.{host}")
        setup.get_by_role("button", name="Save").click()
        expect(setup.get_by_role("cell", name=name, exact=True)).to_be_visible()
    setup.close()


def add_activity_fields(setup: Page) -> None:
    setup.get_by_role("button", name="Add these fields").click()
    setup.get_by_label("Picklist Values").fill("Call\nMeeting\nEmail\nReply")
    setup.get_by_role("button", name="Save picklist").click()
    expect(setup.get_by_role("cell", name="MSE_Viewed__c")).to_be_visible()
    setup.close()


def assign_the_permission_set(setup: Page) -> None:
    for username in (MARKETO_ADMIN, SALESFORCE_ADMIN):
        setup.get_by_role("button", name=f"Assign: {username}").click()
        expect(setup.get_by_role("button", name=f"Remove: {username}")).to_be_visible()
    setup.close()


def add_sections(setup: Page) -> None:
    for name in ("Lead", "Contact", "Account", "Opportunity"):
        setup.get_by_role("button", name=f"Add: {name}").click()
        expect(setup.get_by_role("button", name=f"Remove: {name}")).to_be_visible()
    setup.close()


def add_buttons(setup: Page) -> None:
    setup.get_by_role("button", name="Add these buttons").click()
    expect(setup.get_by_role("listitem").filter(has_text="Send Sales Email")).to_have_count(2)
    setup.close()


def activate_as_new_user(page: Page, demo: Demo) -> None:
    """An invited person without an account chooses a password and is in."""
    get_started(page, demo, INVITED[0])
    page.get_by_label("Name").fill("Anna Berg")
    for field in page.locator("input[type=password]").all():
        field.fill("Anna-Passw0rd!")
    page.get_by_role("button", name="Activate Account", exact=True).click()
    expect(page.get_by_role("navigation", name="Areas").get_by_role("link", name="Sales account")).to_be_visible()
