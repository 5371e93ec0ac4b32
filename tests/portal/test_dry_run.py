"""The page that shows what a run would book."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookbridge.exchange import pausing
from bookbridge.exchange.models import Run
from bookbridge.integrations.models import PackageCache
from bookbridge.kit.package_settings import LedgerAccount, PackageSettings, VatCode
from tests import factories
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(settings: Any, tmp_path: Any) -> Run:
    stored_at(settings, tmp_path)
    configuration = factories.whole_integration()
    why = pausing.paused(configuration, timezone.now()).why.model_dump(mode="json")
    made = factories.run(configuration, state="waiting", waiting_for=why, counts={"waiting": 60})
    for number in range(60):
        document = factories.sales_invoice(f"26{number:06}", description="<script>alert(1)</script>")
        factories.line(made, document, "waiting")
    return made


def page_of(client: Client, run: Run, query: str = "") -> Any:
    return client.get(reverse("dry_run", args=[run.organisation_id, run.pk]) + query)


@pytest.fixture
def viewer(run: Run) -> Client:
    client = Client()
    client.force_login(factories.member(run.organisation, "viewer"))
    return client


def test_every_document_is_on_one_page_in_the_packages_codes(run: Run, viewer: Client) -> None:
    seen, query = [], ""
    while True:
        answer = page_of(viewer, run, query)
        seen += [one.line.identifier for one in answer.context["documents"]]
        assert "<script>alert" not in answer.content.decode()
        query = answer.context["older"]
        if not query:
            break
    assert seen == [f"26{number:06}" for number in range(60)]
    first = page_of(viewer, run).context["documents"][0]
    assert (first.document.journal, first.document.lines[0].ledger_account) == ("70", "8000")


def test_it_says_when_nothing_could_be_checked_and_what_would_be_refused_when_it_could(
    run: Run, viewer: Client
) -> None:
    unchecked = page_of(viewer, run).content.decode()
    assert "so nothing could be checked" in unchecked
    assert "Would be posted" in unchecked
    known = PackageSettings(
        ledger_accounts=(LedgerAccount(code="8000", name="Camping revenue"),),
        vat_codes=(VatCode(code="1"), VatCode(code="2")),
        unknown=("journals", "periods", "payment_conditions", "cost_centres", "currencies"),
    )
    PackageCache.objects.create(
        organisation=run.organisation,
        configuration=run.configuration,
        settings=known.model_dump(mode="json"),
        fetched_at=timezone.now(),
    )
    page = page_of(viewer, run).content.decode()
    assert "Camping revenue" in page
    assert "Would be refused" in page
    assert "8020" in page
    assert "so nothing could be checked" not in page


def test_the_run_leads_to_it_and_it_asks_few_queries(run: Run, viewer: Client) -> None:
    link = reverse("dry_run", args=[run.organisation_id, run.pk])
    assert link in viewer.get(reverse("run", args=[run.organisation_id, run.pk])).content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert page_of(viewer, run).status_code == 200
    assert len(asked) <= 15


def test_a_run_of_which_nothing_waits_says_so(run: Run, viewer: Client) -> None:
    ended = factories.run(run.configuration)
    assert "No document of this run waits" in page_of(viewer, ended).content.decode()
