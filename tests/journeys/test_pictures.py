"""Every page as a bookkeeper sees it: checked for accessibility at both widths, light and dark, and pictured."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from bookbridge.exchange.models import Line
from bookbridge.integrations.agents import read_sign
from bookbridge.integrations.models import AccessKey
from tests import factories
from tests.agents import agent_of
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


class Cast:
    """A company with some weeks behind it, seen by Anna, who keeps its books."""

    def __init__(self, language: str = "en") -> None:
        self.company = factories.organisation("Camping De Eik")
        self.anna = factories.member(
            self.company, "owner", "anna@example.org", name="Anna Voorbeeld", language=language, is_operator=True
        )
        factories.member(self.company, "bookkeeper", "bram@example.org", name="Bram Voorbeeld")
        factories.member(self.company, "viewer", "accountant@example.org")
        # Else all of its PCs would be silent by now.
        link = factories.integration(self.company, "Reserveringen", agent_silent_after_h=None)
        factories.authorisation(link, "sign_in_again", label="Oude account", status_reason="Old refresh token used.")
        self.configuration = factories.configuration(link)
        second = factories.whole_integration(self.company, name="Winkel en horeca", is_paused=True)
        self.link, now = link, factories.NOW
        self._access_keys()
        self._pcs()
        for day in range(1, 5):
            for hour in (0, 6):
                self._good_run(now - timedelta(days=day, hours=hour), 14 + day * 3 % 11)
        self._good_run(now - timedelta(days=3), 5, second)
        self.run = factories.run_with_errors(self.configuration, at=now - timedelta(hours=2))
        failed = factories.run(
            self.configuration,
            at=now - timedelta(hours=30),
            result="failed",
            problem=factories.NOT_A_LAYOUT(value="kassa.csv").model_dump(mode="json"),
        )
        factories.delivery(
            failed,
            "kassa.csv",
            at=failed.created_at,
            state="set_aside",
            profile="",
            format="",
            rows=0,
            problem=factories.NOT_A_LAYOUT().model_dump(mode="json"),
        )
        first = self.run.deliveries.get(file_name="fmuta6.csv")
        factories.delivery(self.run, "fmuta6 (2).csv", at=self.run.created_at, repeats=first, rows=0)
        self.held = factories.held_run(self.configuration, at=now - timedelta(hours=1))
        self.live = factories.run(self.configuration, at=now, state="working", counts={"posted": 133, "waiting": 81})
        self.line = Line.objects.get(run=self.run, outcome="refused", document__isnull=False)
        self.reject = Line.objects.get(run=self.run, document__isnull=True)

    def _access_keys(self) -> None:
        used = {"last_used_at": factories.NOW - timedelta(minutes=4), "last_used_from": "192.0.2.17"}
        factories.access_key(self.link, "Kassa-pc", created_by=self.anna, key_id="BBQX4MZ7LTS2KEVGH35A", **used)
        factories.access_key(self.link, "Server van het ERP", created_by=self.anna, key_id="BBK2PW6RNAJ4YUDC7TFQ")
        revoked = factories.NOW - timedelta(days=2)
        factories.access_key(self.link, "Oude kassa", key_id="BBH7ZC3XVOE5MQLB4SYD", revoked_at=revoked)
        AccessKey.objects.update(created_at=factories.NOW - timedelta(days=9))

    def _pcs(self) -> None:
        """One that is well and one with an older agent, whose folder can't be reached."""
        sent = {"last_sent": "2026-03-12T10:29:00+01:00", "last_fetched": "2026-03-12T10:26:00+01:00"}
        missing = {"code": "source_missing", "values": {"folder": "\\\\server\\export"}}
        for version, told in (
            ("0.1.0", {"name": "Kassa", "last_sent_name": "fmuta6.csv", **sent}),
            ("0.0.9", {"name": "Server van het ERP", "waiting": 2, "troubles": [missing], **sent}),
        ):
            sign = read_sign(json.dumps({"version": version, "synchronisations": [told]}).encode())
            assert sign is not None
            kept = {"version": version, "synchronisations": sign.synchronisations}
            agent_of(self.link, installation=f"{version[-1]}4c1e0b2" * 4, **kept)

    def _good_run(self, at: Any, lines: int, configuration: Any = None) -> None:
        made = factories.run(configuration or self.configuration, at=at)
        factories.delivery(made, at=at)
        for number in range(lines):
            factories.line(made, factories.sales_invoice(f"{at:%m%d%H}{number:03d}", total=f"{80 + number * 13}.45"))
        factories.conclude(made)

    def pages(self) -> dict[str, str]:
        company = f"/companies/{self.company.pk}/"
        link = f"{company}integrations/{self.link.pk}/"
        return {
            "company": company,
            "integrations": f"{company}integrations/",
            "integration": link,
            "history": f"{link}history/",
            "history-empty": f"{link}history/?until=2020-01-01",
            "files": f"{link}files/",
            "drop-box": f"{link}drop-box/",
            "march": f"{link}reconciliation/?since=2026-03-01&until=2026-03-31",
            "march-empty": f"{link}reconciliation/?since=2020-01-01&until=2026-03-31",
            "trail-empty": f"{company}trail/",
            "run": f"{company}runs/{self.run.pk}/",
            "run-all-lines": f"{company}runs/{self.run.pk}/?shown=1",
            "run-held": f"{company}runs/{self.held.pk}/",
            "run-working": f"{company}runs/{self.live.pk}/",
            "line": f"{company}runs/{self.run.pk}/lines/{self.line.pk}/",
            "line-not-read": f"{company}runs/{self.run.pk}/lines/{self.reject.pk}/",
            "companies": "/companies/",
            "installation": "/installation/",
            "packages": "/packages/",
            "package": "/packages/exact_online/",
            "preferences": "/preferences/",
            "password": "/accounts/password/change/",
            "two-step": "/accounts/2fa/",
        }


LOOKS = [("desktop", "light"), ("phone", "dark")]
NOT_PICTURED = {
    "desktop": {
        "march",
        "march-empty",
        "trail-empty",
        "companies",
        "password",
        "two-step",
        "history-empty",
        "run-all-lines",
    },
    "phone": {
        *(
            "companies",
            "password",
            "two-step",
            "history-empty",
            "run-all-lines",
            "preferences",
            "installation",
            "package",
        ),
        *("line-not-read", "files", "run-working", "log-in", "march", "march-empty", "trail-empty"),
    },
}
"""Looked at in every run of the tests, but too alike to keep."""


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=["-".join(look) for look in LOOKS])
def test_every_page_is_accessible(width: str, scheme: Any, open_page: Callable[..., Page], picture: Any) -> None:
    cast = Cast()
    page = open_page(viewport=DESKTOP if width == "desktop" else PHONE, color_scheme=scheme)
    page.goto("/accounts/login/")
    check_accessibility(page)
    if "log-in" not in NOT_PICTURED[width]:
        picture(page, f"log-in-{width}-{scheme}")
    log_in(page, cast.anna.email)
    for name, address in cast.pages().items():
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        check_accessibility(page)
        if name not in NOT_PICTURED[width]:
            picture(page, f"{name}-{width}-{scheme}")
