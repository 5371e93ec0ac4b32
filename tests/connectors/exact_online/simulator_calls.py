"""Plain HTTP calls on a running Exact Online simulator, as any client would make them. No code of the connector."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bookbridge.connectors.exact_online.simulator import DEMO_DIVISION, create_simulator
from bookbridge.connectors.exact_online.simulator.settings import ExactOnlineSimulatorSettings
from bookbridge.kit.simulation import SimulatorServer
from tests.plain_http import PLAIN

BACK = "http://127.0.0.1:9/back"
CLIENT = {"client_id": "bookbridge-demo", "client_secret": "bookbridge-demo-secret"}
START = 1_790_000_000.0  # 21 September 2026, 14:13:20 UTC
SALES, PURCHASES = "salesentry/SalesEntries", "purchaseentry/PurchaseEntries"
MEMORIALS = "generaljournalentry/GeneralJournalEntries"
NOBODY = "11111111-2222-3333-4444-555555555555"
JSON = {"Accept": "application/json", "Prefer": "return=representation"}


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> float:
        return self.at


class Caller:
    """An app with an access token, and the control endpoints beside it."""

    def __init__(self, url: str, clock: HandClock, division: int = DEMO_DIVISION) -> None:
        self.http = httpx.Client(base_url=url, timeout=10, headers=JSON, verify=PLAIN)
        self.clock = clock
        self.division = division
        self.tokens: dict[str, Any] = {}
        self._codes: dict[tuple[str, str], str] = {}

    def log_in(self) -> dict[str, Any]:
        code = self.approve()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **CLIENT}
        tokens: dict[str, Any] = self.http.post("/api/oauth2/token", data=form).raise_for_status().json()
        self.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return tokens

    def approve(self) -> str:
        ask = {"client_id": CLIENT["client_id"], "redirect_uri": BACK, "response_type": "code", "decision": "approve"}
        answer = self.http.post("/api/oauth2/auth", data=ask)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def refresh(self, token: str) -> httpx.Response:
        return self.http.post(
            "/api/oauth2/token", data={"grant_type": "refresh_token", "refresh_token": token, **CLIENT}
        )

    def get(self, resource: str, division: int | None = None, **options: Any) -> httpx.Response:
        params = {f"${name}": value for name, value in options.items()}
        return self.http.get(f"/api/v1/{division or self.division}/{resource}", params=params)

    def rows(self, resource: str, **options: Any) -> list[dict[str, Any]]:
        """Every row of every page."""
        found: list[dict[str, Any]] = []
        answer = self.get(resource, **options).raise_for_status().json()["d"]
        while isinstance(answer, dict):
            found += answer["results"]
            if "__next" not in answer:
                return found
            answer = self.http.get(answer["__next"]).raise_for_status().json()["d"]
        return found + answer

    def post(self, resource: str, body: Any, **headers: str) -> httpx.Response:
        return self.http.post(f"/api/v1/{self.division}/{resource}", json=body, headers=headers)

    def made(self, resource: str, body: Any) -> dict[str, Any]:
        answer = self.post(resource, body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()["d"]
        return made

    def refused(self, resource: str, body: Any, status: int = 500) -> str:
        """The text of a refusal."""
        answer = self.post(resource, body)
        assert answer.status_code == status, answer.text
        return message(answer)

    def gl(self, code: str) -> str:
        """The guid of a ledger account."""
        return self._id("financial/GLAccounts", code)

    def _id(self, resource: str, code: str) -> str:
        if (resource, code) not in self._codes:
            self._codes[resource, code] = self.rows(resource, filter=f"Code eq '{code}'", select="ID")[0]["ID"]
        return self._codes[resource, code]

    def customer(self, **fields: Any) -> str:
        return str(self.made("crm/Accounts", {"Name": "Camping De Eik BV", "Status": "C", **fields})["ID"])

    def supplier(self, **fields: Any) -> str:
        return str(self.made("crm/Accounts", {"Name": "Groothandel Noord BV", "IsSupplier": True, **fields})["ID"])

    def sale(self, customer: str, **fields: Any) -> dict[str, Any]:
        """A sales entry's body: 100.00 at 21 %."""
        line = {"GLAccount": self.gl("8000"), "AmountFC": 100, "VATCode": "2"}
        return {"Journal": "70", "Customer": customer, "EntryDate": "2026-09-01", "SalesEntryLines": [line], **fields}

    def control(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(f"/_simulator/{path}", json=body)

    def settings(self, **body: Any) -> None:
        self.control("settings", body).raise_for_status()

    def books(self, division: int | None = None) -> dict[str, Any]:
        books: dict[str, Any] = self.http.get(
            "/_simulator/books", params={"division": division or self.division}
        ).json()
        return books


def line(exact: Caller, account: str, amount: object, **fields: Any) -> dict[str, Any]:
    return {"GLAccount": exact.gl(account), "AmountFC": amount, **fields}


def purchase(exact: Caller, supplier: str, **fields: Any) -> dict[str, Any]:
    lines = [line(exact, "4110", 50, VATCode="5")]
    return {
        "Journal": "60",
        "Supplier": supplier,
        "EntryDate": "2026-09-02",
        "YourRef": "F-88",
        "PurchaseEntryLines": lines,
        **fields,
    }


def memorial(exact: Caller, *amounts: object, **fields: Any) -> dict[str, Any]:
    lines = [line(exact, "1200", amount, Date="2026-09-30", Description="M-000417") for amount in amounts]
    return {
        "JournalCode": "90",
        "FinancialYear": 2026,
        "FinancialPeriod": 9,
        "GeneralJournalEntryLines": lines,
        **fields,
    }


def message(answer: httpx.Response) -> str:
    """The text of an error answer, after a check of its shape."""
    body = answer.json()
    assert set(body) == {"error"}
    assert body["error"]["code"] == ""
    assert body["error"]["message"]["lang"] == ""
    return str(body["error"]["message"]["value"])


@contextmanager
def running_simulator(**settings: Any) -> Iterator[Caller]:
    """A simulator with a caller who is logged in. Unlimited calls unless the settings say otherwise."""
    clock = HandClock()
    unlimited = {"minute_limit": None, "day_limit": None, "error_limit": False}
    app = create_simulator(ExactOnlineSimulatorSettings.model_validate({**unlimited, **settings}), clock)
    with SimulatorServer(app) as server:
        caller = Caller(server.url, clock)
        caller.tokens = caller.log_in()
        yield caller
        caller.http.close()
