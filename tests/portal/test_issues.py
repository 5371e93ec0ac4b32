"""The pages of issues: what they show, what they refuse at the field, and what comes of a code for all documents."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookbridge.exchange.issues import open_issues
from bookbridge.exchange.models import Correction, Line, Run
from bookbridge.exchange.preflight_texts import VAT_UNKNOWN
from bookbridge.integrations.models import Configuration, PackageCache
from bookbridge.kit.package_settings import PackageSettings, VatCode
from tests import factories
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
ONLY_VAT_CODES = PackageSettings(
    vat_codes=(VatCode(code="H", name="High"), VatCode(code="1", name="Low")),
    unknown=(
        "ledger_accounts",
        "journals",
        "payment_conditions",
        "cost_centres",
        "cost_units",
        "periods",
        "currencies",
    ),
)
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def run(settings: Any, tmp_path: Any) -> Run:
    stored_at(settings, tmp_path)
    made = factories.run_with_errors(factories.whole_integration())
    PackageCache.objects.create(
        organisation=made.organisation,
        configuration=made.configuration,
        settings=ONLY_VAT_CODES.model_dump(mode="json"),
        fetched_at=factories.NOW,
    )
    return made


@pytest.fixture
def anna(run: Run) -> Client:
    client = Client()
    client.force_login(factories.member(run.organisation, "bookkeeper"))
    return client


def place(run: Run) -> list[Any]:
    return [run.organisation_id, run.configuration.integration_id]


def key_of(run: Run, field: str = "lines.vat_code") -> str:
    issues = open_issues(run.organisation_id, [run.configuration_id]).issues
    return next(issue.cause.key for issue in issues if issue.cause.field == field)


def page(client: Client, run: Run, *more: Any, **asked: str) -> Any:
    name = "issue" if more else "issues"
    return client.get(reverse(name, args=[*place(run), *more]), asked)


def test_causes_are_listed_with_what_they_hold_up(anna: Client, run: Run) -> None:
    shown = page(anna, run).content.decode()
    assert "VAT code 9 is not known in the package." in shown
    assert reverse("issue", args=[*place(run), key_of(run)]) in shown


def test_my_company_leads_there(anna: Client, run: Run) -> None:
    shown = anna.get(reverse("company", args=[run.organisation_id])).content.decode()
    assert reverse("issues", args=place(run)) in shown


def test_the_code_is_chosen_seen_and_applied(anna: Client, run: Run) -> None:
    key = key_of(run)
    shown = page(anna, run, key, way="by_mapping", target="H").content.decode()
    assert "1 document would be right." in shown
    assert "9 → H" in shown
    assert Correction.objects.count() == 0

    answer = anna.post(
        reverse("apply_to_issue", args=[*place(run), key]), {"way": "by_mapping", "target": "H"}, follow=True
    )
    assert "ready to be offered again" in answer.content.decode()
    assert Configuration.objects.get(pk=run.configuration_id).mappings["vat_codes"]["9"] == "H"
    again = anna.post(reverse("retry_all", args=[*place(run), run.configuration_id]), follow=True)
    assert "offered again" in again.content.decode()
    assert Run.objects.filter(trigger="retry").count() == 1
    nothing = anna.post(reverse("retry_all", args=[*place(run), run.configuration_id]), follow=True)
    assert "Nothing is ready" in nothing.content.decode()


@pytest.mark.parametrize("target", ["", "   ", "nothing like it", "x" * 61, HOSTILE])
def test_a_code_that_the_package_does_not_have_is_refused_at_the_field(target: str, anna: Client, run: Run) -> None:
    key = key_of(run)
    for answer in (
        page(anna, run, key, way="in_these", target=target),
        anna.post(reverse("apply_to_issue", args=[*place(run), key]), {"way": "in_these", "target": target}),
    ):
        shown = answer.content.decode()
        assert answer.status_code == 422
        assert 'aria-describedby="target-why"' in shown
        assert "<script>alert" not in shown
    assert Correction.objects.count() == 0


def test_what_nobody_asked_for_is_refused(anna: Client, run: Run) -> None:
    answer = anna.post(reverse("apply_to_issue", args=[*place(run), key_of(run)]), {"way": "all", "target": "H"})
    assert answer.status_code == 422


def test_an_issue_that_closed_is_no_page(anna: Client, run: Run) -> None:
    assert page(anna, run, "0" * 16).status_code == 404


def test_what_the_file_says_does_nothing_on_the_page(anna: Client, run: Run) -> None:
    line = Line.objects.filter(run=run, posting__state="refused").latest("pk")
    line.identifier = HOSTILE[:80]
    line.problems = [VAT_UNKNOWN(field="lines.0.vat_code", value=HOSTILE).model_dump(mode="json")]
    line.save()
    key = next(
        issue.cause.key
        for issue in open_issues(run.organisation_id, [run.configuration_id]).issues
        if issue.cause.value == HOSTILE
    )
    for shown in (page(anna, run), page(anna, run, key)):
        assert "<script>alert" not in shown.content.decode()


def test_a_viewer_sees_and_changes_nothing(run: Run) -> None:
    client = Client()
    client.force_login(factories.member(run.organisation, "viewer"))
    key = key_of(run)
    assert "Repair all of them" not in page(client, run, key).content.decode()
    assert client.post(reverse("apply_to_issue", args=[*place(run), key]), {"way": "as_they_are"}).status_code == 403


def test_the_pages_ask_the_database_little(anna: Client, run: Run) -> None:
    """However many administrations the integration has."""
    own = run.configuration
    for number in range(20):
        factories.configuration(own.integration, own.authorisation, administration=f"more-{number}")
    key = key_of(run)
    page(anna, run)
    for asked in (lambda: page(anna, run), lambda: page(anna, run, key, way="by_mapping", target="H")):
        with CaptureQueriesContext(connection) as queries:
            asked()
        assert len(queries) <= 15, [query["sql"][:90] for query in queries]


def mappings_page(client: Client, run: Run, kind: str = "vat_codes", **asked: str) -> Any:
    return client.get(reverse("mappings", args=[*place(run), run.configuration_id, kind]), asked)


def test_the_mappings_name_the_codes_that_documents_wait_for(anna: Client, run: Run) -> None:
    factories.line(run, factories.sales_invoice("26000140"), Line.Outcome.REFUSED, [factories.unknown_vat_code()])
    shown = mappings_page(anna, run)
    [(issue, mapped_to)] = shown.context["held_up"]
    assert (issue.cause.value, issue.documents, mapped_to) == ("9", 2, None)
    text = shown.content.decode()
    for said in (
        "Codes that documents wait for",
        "?change=9#mapping",
        reverse("issue", args=[*place(run), key_of(run)]),
    ):
        assert said in text, said
    filled = mappings_page(anna, run, change="9").content.decode()
    assert 'name="source" value="9"' in filled
    assert "readonly" not in filled
    assert not mappings_page(anna, run, "ledger_accounts").context["held_up"]


def test_a_code_that_was_mapped_since_waits_to_be_offered_again(anna: Client, run: Run) -> None:
    Configuration.objects.filter(pk=run.configuration_id).update(mappings={"vat_codes": {"9": "H"}})
    text = mappings_page(anna, run).content.decode()
    assert "Mapped to H; its documents are still to be offered again." in text
    assert "?change=9#mapping" in text.split("Mapped codes")[-1]
    assert "?change=9#mapping" not in text.split("Mapped codes")[0]


def test_a_code_that_others_are_mapped_to_is_the_packages(anna: Client, run: Run) -> None:
    Configuration.objects.filter(pk=run.configuration_id).update(mappings={"vat_codes": {"X": "9"}})
    assert mappings_page(anna, run).context["held_up"] == []


def test_held_up_codes_are_never_script_and_cost_one_query(anna: Client, run: Run) -> None:
    for number in range(3):
        problems = [factories.unknown_vat_code(value=f"{HOSTILE}{number}")]
        factories.line(run, factories.sales_invoice(f"2600014{number}"), Line.Outcome.REFUSED, problems)
    with CaptureQueriesContext(connection) as asked:
        text = mappings_page(anna, run).content.decode()
    assert "<script>alert" not in text
    assert len(asked) <= 15
    assert sum("exchange_posting" in query["sql"] for query in asked) == 1
