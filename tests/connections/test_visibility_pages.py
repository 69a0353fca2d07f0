"""The pages of the connections say how much their users are shown, and what cures it, in both languages."""

import pytest
from django.test import Client

from connections.models import MarketoConnection, SalesforceConnection
from connections.services.visibility import Kind, Sight, Verdict, Visibility, keep_visibility
from problems.messages import PROBLEMS
from tests.pages import text_of

pytestmark = pytest.mark.django_db

SALESFORCE_PAGE = "/settings/admin/salesforce/"
MARKETO_PAGE = "/settings/admin/marketo/"
ALL = {Kind.LEAD: Sight(Verdict.ALL), Kind.CONTACT: Sight(Verdict.ALL)}
SOME = {Kind.LEAD: Sight(Verdict.SOME, 1123, 2231), Kind.CONTACT: Sight(Verdict.ALL)}
BOTH = {Kind.LEAD: Sight(Verdict.SOME, 1123, 2231), Kind.CONTACT: Sight(Verdict.SOME, 7, 80)}
UNKNOWN = dict.fromkeys((Kind.LEAD, Kind.CONTACT), Sight(Verdict.UNKNOWN))
CURE = "Give admin@acme.example View All Records on Lead and Contact, in Salesforce under Setup > Permission Sets."
SWEDISH_CURE = "Ge admin@acme.example View All Records på Lead och Contact, i Salesforce under Setup > Permission Sets."


@pytest.mark.parametrize(
    ("language", "sights", "sentence", "cure"),
    [
        ("en", {}, "Not known yet", ""),
        ("en", ALL, "Yes", ""),
        ("en", SOME, "Only some: 1,123 of 2,231 leads <", CURE),
        ("en", BOTH, "Only some: 1,123 of 2,231 leads, 7 of 80 contacts <", CURE),
        ("en", UNKNOWN, "Cannot tell", CURE),
        ("sv", ALL, "Ja", ""),
        ("sv", BOTH, "Bara en del: 1 123 av 2 231 leads, 7 av 80 kontakter <", SWEDISH_CURE),
        ("sv", UNKNOWN, "Går inte att avgöra", SWEDISH_CURE),
    ],
)
def test_the_salesforce_page_says_what_is_seen_and_what_cures_it(
    salesforce_connection: SalesforceConnection,
    browser: Client,
    language: str,
    sights: dict[Kind, Sight],
    sentence: str,
    cure: str,
) -> None:
    keep_visibility(salesforce_connection, Visibility(sights))
    line = line_of(browser, SALESFORCE_PAGE, language, {"en": "Sees all leads", "sv": "Ser alla leads"}[language])
    assert sentence in line
    assert (cure in line) if cure else ("View All Records" not in line)


@pytest.mark.parametrize(
    ("language", "sight", "sentence", "cure"),
    [
        ("en", Sight(Verdict.ALL, 300, 300), "Yes", ""),
        ("en", Sight(Verdict.SOME, 161, 300), "Only some: 161 of 300 people checked", "its role in all workspaces."),
        ("en", Sight(Verdict.UNKNOWN), "Cannot tell", "its role in all workspaces."),
        (
            "sv",
            Sight(Verdict.SOME, 161, 300),
            "Bara en del: 161 av 300 kontrollerade personer",
            "roll i alla arbetsytor.",
        ),
    ],
)
def test_the_marketo_page_says_so_too(
    marketo_connection: MarketoConnection, browser: Client, language: str, sight: Sight, sentence: str, cure: str
) -> None:
    keep_visibility(marketo_connection, Visibility({Kind.PERSON: sight}))
    line = line_of(browser, MARKETO_PAGE, language, {"en": "Sees everybody", "sv": "Ser alla"}[language])
    assert sentence in line
    assert cure in line


def line_of(browser: Client, page: str, language: str, label: str) -> str:
    """What stands on a page beside a label."""
    browser.post("/language/", {"language": language})
    return text_of(browser.get(page)).partition(label)[2].partition("</dd>")[0]


def test_every_problem_of_sight_has_sentences() -> None:
    for sights in (BOTH, UNKNOWN, {Kind.PERSON: Sight(Verdict.SOME)}, {Kind.PERSON: Sight(Verdict.UNKNOWN)}):
        assert Visibility(sights).problem_code in PROBLEMS
