"""The trail's pages: who changed which field from what to what, when and from where; filtered, proven, taken along."""

import ast
import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from bookbridge.exchange import repair, telling
from bookbridge.exchange.models import Line
from bookbridge.organisations import queries, trail, trail_chain, trail_reading
from bookbridge.organisations.models import AuditEntry, Organisation
from bookbridge.organisations.trail_reading import Wanted
from bookbridge.organisations.walls import acting_for
from bookbridge.portal import trail_words
from bookbridge.portal.views import trail as views
from tests import factories
from tests.organisations.test_what_is_recorded import _actions
from tests.plans import know_the_tables, rows_read
from tests.portal.people import today_of_a_user
from tests.portal.stored import stored_at
from tests.roles import as_the_app

pytestmark = pytest.mark.django_db
SOURCE = Path("src/bookbridge")
MADE_OF_STATES = {
    *("posting.pending", "posting.posted", "posting.refused", "posting.uncertain", "file.taken_in", "file.set_aside"),
    *("outstanding.written", "outstanding.held", "outstanding.discarded"),
}
"""Actions whose names are put together in the code."""


@pytest.fixture
def company() -> Organisation:
    return factories.organisation()


def record(of: Organisation, action: str = "configuration.changed", **more: Any) -> None:
    with acting_for(of.pk):
        trail.record(of.pk, action, **{"subject": ("configuration", 1), **more})


def by(person: Any) -> trail.Actor:
    return trail.user_actor(person.pk, "192.0.2.7")


def as_a(role: str, of: Organisation, **fields: Any) -> Client:
    client = Client()
    client.force_login(factories.member(of, role, **fields))
    return client


def page_of(client: Client, of: Organisation, query: str = "", name: str = "trail", *more: Any) -> Any:
    answer = client.get(reverse(name, args=(of.pk, *more)) + query)
    assert answer.status_code == 200
    return answer


def shown(answer: Any) -> list[str]:
    return [row.entry.action for row in answer.context["rows"]]


def test_every_action_has_words() -> None:
    """A new action gets a line in portal/trail_words.py."""
    found = {action for path in SOURCE.rglob("*.py") for action in _actions(ast.parse(path.read_text()))}
    assert sorted((found | MADE_OF_STATES) - set(trail_words.ACTION)) == []


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_the_words_are_in_every_language(language: str) -> None:
    english = {action: str(word) for action, word in trail_words.ACTION.items()}
    with override(language):
        assert [action for action, word in trail_words.ACTION.items() if str(word) == english[action]] == []


def test_every_action_is_of_a_kind_to_filter_by() -> None:
    beginnings = tuple(begin for _, begins in trail_words.GROUP.values() for begin in begins)
    installation = ("app_registration.", "secrets.")
    assert [a for a in trail_words.ACTION if not a.startswith((*beginnings, *installation))] == []


def test_who_changed_what_from_what_to_what(company: Organisation) -> None:
    anna = factories.member(company, "owner", name="Anna Voorbeeld")
    changes = {"mappings.vat_codes.H": ("2", "4"), "is_active": (True, False), "client_secret": ("a", "b")}
    record(company, changes=changes, actor=by(anna))
    text = page_of(as_a("bookkeeper", company), company).content.decode()
    for said in (
        *("Settings of an administration changed", "Anna Voorbeeld", "from 192.0.2.7", "VAT codes H"),
        *("<del>2</del> → <ins>4</ins>", "<del>Yes</del> → <ins>No</ins>", "not shown"),
    ):
        assert said in text, said


def test_whatever_an_entry_holds_is_text(company: Organisation) -> None:
    attack = "<script>alert(1)</script>"
    record(company, "integration.added", subject=("integration", attack), changes={attack: (attack, "=1+1")})
    client = as_a("owner", company)
    assert "<script>alert" not in page_of(client, company).content.decode()
    (row,) = rows_of(client, company)
    assert row["Before"] == attack
    assert row["After"] == "'=1+1"


def rows_of(client: Client, of: Organisation, query: str = "", name: str = "trail_csv", *more: Any) -> list[dict]:
    content = b"".join(page_of(client, of, query, name, *more).streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_filters(company: Organisation) -> None:
    anna, bram = factories.member(company, "owner"), factories.member(company, "bookkeeper")
    record(company, actor=by(anna))
    record(company, "line.corrected", subject=("line", 5), actor=by(bram))
    record(company, "run.asked_for", subject=("run", 5), actor=by(bram))
    record(company, "posting.posted", subject=("posting", 5), actor=trail.WORKER)
    record(company, "run.ended", subject=("run", 5), actor=trail.WORKER)
    client = as_a("bookkeeper", company)
    everything = ["run.ended", "posting.posted", "run.asked_for", "line.corrected", "configuration.changed"]
    today = today_of_a_user()
    wanted = {
        "": everything,
        f"?who=user:{bram.pk}": everything[2:4],
        "?who=worker": everything[:2],
        "?what=repair": everything[2:4],
        "?what=postings": ["posting.posted"],
        f"?what=settings&who=user:{anna.pk}": ["configuration.changed"],
        f"?what=settings&who=user:{bram.pk}": [],
        f"?since={today}&until={today}": everything,
        f"?until={today - timedelta(days=1)}": [],
        f"?since={today + timedelta(days=1)}": [],
        "?since=9999-12-31&until=9999-12-31": everything,
        "?who=user:999999&what=nonsense&since=x&before=" + "9" * 30: everything,
    }
    assert {query: shown(page_of(client, company, query)) for query in wanted} == wanted
    assert "No entry fits these filters" in page_of(client, company, "?what=members").content.decode()


def test_every_entry_is_on_exactly_one_page_and_in_the_csv(company: Organisation) -> None:
    with acting_for(company.pk):
        trail.record_many(company.pk, [trail.Entry("run.ended", ("run", n), {"posted": (None, n)}) for n in range(120)])
    client = as_a("bookkeeper", company)
    seen: list[int] = []
    address = "?what=runs"
    while address:
        answer = page_of(client, company, address)
        seen += [row.entry.sequence for row in answer.context["rows"]]
        address = answer.context["older"]
    assert seen == list(range(120, 0, -1))
    assert [int(row["Number"]) for row in rows_of(client, company, "?what=runs")] == seen


def test_the_csv_is_made_of_pages_in_the_users_language(company: Organisation, monkeypatch: Any) -> None:
    """The file is being sent when the request's own language and clock are over."""
    record(company, changes={"is_active": (True, False)})
    monkeypatch.setattr(trail_reading.every, "__defaults__", (1,))
    record(company)
    client = as_a("owner", company, language="nl", time_zone="America/Curacao")
    content = b"".join(page_of(client, company, "", "trail_csv").streaming_content).decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(content), delimiter=";")
    assert header[0] == "Nummer"
    assert [row[0] for row in rows] == ["2", "1"]
    assert rows[1][-2:] == ["Ja", "Nee"]
    moment = AuditEntry.objects.get(organisation=company, sequence=2).moment - timedelta(hours=4)
    assert rows[0][1] == f"{moment:%Y-%m-%d %H:%M:%S}"


def test_another_companys_entries_are_not_there(company: Organisation) -> None:
    record(factories.organisation("Hotel De Linde"))
    answer = page_of(as_a("owner", company), company)
    assert "Nothing has been recorded yet" in answer.content.decode()
    assert rows_of(as_a("owner", company), company) == []


def test_a_moment_is_found_by_halving(company: Organisation) -> None:
    with acting_for(company.pk):
        now = timezone.now()
        assert queries.around(company.pk, [now]) == {now: (0, 1)}
        for n in range(13):
            record(company, subject=("run", n))
        moments = list(
            AuditEntry.objects.filter(organisation=company).order_by("sequence").values_list("moment", flat=True)
        )
        later = moments[-1] + timedelta(seconds=1)
        assert queries.around(company.pk, [*moments, later]) == {
            **{moment: (number - 1, number) for number, moment in enumerate(moments, 1)},
            later: (13, 14),
        }


def test_a_moment_is_found_without_reading_all_behind_the_wall(company: Organisation) -> None:
    """PostgreSQL uses fewer indexes there than for the tables' owner."""
    with acting_for(company.pk):
        posted = [trail.Entry("posting.posted", ("posting", n), None, trail.WORKER) for n in range(5_000)]
        trail.record_many(company.pk, posted)
    know_the_tables("organisations_auditentry")
    with as_the_app(), acting_for(company.pk):
        with CaptureQueriesContext(connection) as asked:
            queries.around(company.pk, [timezone.now()])
        assert 0 < rows_read(asked[-1]["sql"]) < 200


def test_rare_entries_are_found_without_reading_all(company: Organisation) -> None:
    with acting_for(company.pk):
        posted = [trail.Entry("posting.posted", ("posting", n), None, trail.WORKER) for n in range(5_000)]
        trail.record_many(company.pk, posted)
    record(company, actor=by(factories.member(company)))
    know_the_tables("organisations_auditentry")
    for wanted, index in (
        (Wanted(actor="user:1"), "audit_by_people"),
        (Wanted(actions=("configuration.changed", "line.corrected")), "audit_by_action"),
    ):
        with CaptureQueriesContext(connection) as asked:
            trail_reading.page(company.pk, wanted, 50)
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + asked[-1]["sql"].replace("%", "%%"), [])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert index in plan, plan


# Whether it is whole


def test_it_is_verified_and_says_so(company: Organisation) -> None:
    record(company)
    client = as_a("bookkeeper", company)
    assert "has not been verified here yet" in page_of(client, company).content.decode()
    verify = reverse("verify_trail", args=(company.pk,))
    said = client.post(verify, follow=True).content.decode()
    assert "The entries 1 to 1 are whole" in said
    assert "Last verified here on" in said
    assert "within the last minute" in client.post(verify, follow=True).content.decode()
    assert AuditEntry.objects.filter(organisation=company, action="trail.verified").count() == 1


def test_only_the_newest_are_verified_in_a_request(company: Organisation, monkeypatch: Any) -> None:
    monkeypatch.setattr(views, "VERIFIED_AT_ONCE", 3)
    for n in range(10):
        record(company, subject=("run", n))
    client = as_a("bookkeeper", company)
    said = client.post(reverse("verify_trail", args=(company.pk,)), follow=True).content.decode()
    assert "The entries 8 to 10 are whole" in said


@pytest.mark.parametrize("sequence", [7, 9, 10])
def test_a_changed_entry_is_named(sequence: int, company: Organisation, monkeypatch: Any) -> None:
    monkeypatch.setattr(views, "VERIFIED_AT_ONCE", 4)
    for n in range(10):
        record(company, subject=("run", n))
    _as_owner("UPDATE organisations_auditentry SET changes = '{\"x\": [1, 2]}' WHERE sequence = %s", sequence)
    client = as_a("bookkeeper", company)
    said = client.post(reverse("verify_trail", args=(company.pk,)), follow=True).content.decode()
    assert f"The trail is not whole: entry {sequence} was changed" in said
    assert "Not whole" in page_of(client, company).content.decode()


def test_what_was_removed_at_the_edge_is_seen(company: Organisation) -> None:
    for n in range(6):
        record(company, subject=("run", n))
    _as_owner("DELETE FROM organisations_auditentry WHERE sequence = %s", 3)
    with acting_for(company.pk):
        for newest in (3, 4, 5):
            fault = trail_chain.verify_end(company.pk, newest).fault
            assert fault is not None
            assert (fault.kind, fault.sequence) == ("removed", 3)
        assert trail_chain.verify_end(company.pk, 2).fault is None


def _as_owner(statement: str, sequence: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organisations_auditentry DISABLE TRIGGER audit_keep")
        cursor.execute(statement, [sequence])
        cursor.execute("ALTER TABLE organisations_auditentry ENABLE TRIGGER audit_keep")


# Of an integration and of a document


def test_an_integration_shows_its_own_settings_alone(company: Organisation) -> None:
    own, other = factories.whole_integration(company), factories.whole_integration(company, name="Winkel")
    for configuration in (own, other):
        record(company, subject=configuration)
        record(company, "integration.added", subject=configuration.integration)
        record(company, "authorisation.given", subject=configuration.authorisation)
    client = as_a("bookkeeper", company)
    answer = page_of(client, company, "", "integration_trail", own.integration_id)
    assert [row.entry.sequence for row in answer.context["rows"]] == [3, 2, 1]
    csv_rows = rows_of(client, company, "?what=settings", "integration_trail_csv", own.integration_id)
    assert [row["Number"] for row in csv_rows] == ["3", "2", "1"]
    assert 'href="/companies' in answer.content.decode()


@pytest.fixture
def corrected(settings: Any, tmp_path: Any, company: Organisation) -> Line:
    """Saved twice by a person: first two fields, then one of them again; then retried and posted."""
    stored_at(settings, tmp_path)
    run = factories.run_with_errors(factories.whole_integration(company))
    line = Line.objects.select_related("run", "posting").get(run=run, identifier="26000130")
    client = as_a("bookkeeper", company, name="Bram Voorbeeld")
    save = reverse("save_correction", args=(company.pk, run.pk, line.pk))
    client.post(save, {"version": "0", "lines.1.vat_code": "L", "description": "Anders", "reoffer": "1"})
    client.post(save, {"version": "1", "lines.1.vat_code": "H", "reoffer": "1"})
    client.post(reverse("retry", args=(company.pk, run.pk)))
    with acting_for(company.pk):
        posting = line.posting
        assert posting is not None
        posting.state = "posted"
        trail.record_many(company.pk, [telling.outcome(posting, "refused", run_id=run.pk)])
    return line


def test_a_document_tells_its_corrections_field_by_field(corrected: Line, company: Organisation) -> None:
    answer = page_of(as_a("viewer", company), company, "", "line_trail", corrected.run_id, corrected.pk)
    rows = answer.context["rows"]
    assert shown(answer) == ["posting.posted", "run.asked_for", "line.corrected", "line.corrected"]
    told = [[(change.name, change.before, change.after) for change in row.changes] for row in rows]
    assert ("VAT code, line 2", "9", "H") in told[2]
    assert ("VAT code, line 2", "", "changed again later") in told[3]
    assert ("Description", "Boeking 8841", "Anders") in told[3]
    assert ("State", "Refused", "Posted") in told[0]
    assert [row.who for row in rows[1:]] == ["Bram Voorbeeld"] * 3


def test_a_viewer_sees_nobodys_address(corrected: Line, company: Organisation) -> None:
    for role, sees in (("viewer", False), ("bookkeeper", True)):
        answer = page_of(as_a(role, company), company, "", "line_trail", corrected.run_id, corrected.pk)
        assert ("from 127.0.0.1" in answer.content.decode()) == sees


def test_the_entry_itself_holds_names_of_fields_alone(corrected: Line) -> None:
    entries = AuditEntry.objects.filter(action="line.corrected")
    assert {json.loads(entry.changes)["fields"][1] for entry in entries} >= {"lines.1.vat_code"}
    assert not any("Anders" in entry.changes for entry in entries)
    assert repair.correction_of(corrected) is not None


def test_a_row_without_a_document_has_an_empty_trail(company: Organisation) -> None:
    run = factories.run(factories.whole_integration(company))
    line = factories.line(run, None, "refused")
    answer = page_of(as_a("viewer", company), company, "", "line_trail", run.pk, line.pk)
    assert "Nothing has been recorded of this line" in answer.content.decode()


def test_no_page_asks_more_than_fifteen_queries(corrected: Line, company: Organisation) -> None:
    anna = factories.member(company)
    link = corrected.run.configuration.integration
    record(company, "file.uploaded", subject=link, actor=by(anna))
    record(company, "file.received", subject=("delivery", corrected.delivery_id))
    record(company, "membership.added", subject=anna)
    client = as_a("owner", company)
    today = today_of_a_user()
    for name, more in (
        ("trail", ()),
        ("integration_trail", (link.pk,)),
        ("line_trail", (corrected.run_id, corrected.pk)),
    ):
        with CaptureQueriesContext(connection) as asked:
            page_of(client, company, f"?since={today}&until={today}", name, *more)
        assert len(asked) <= 15, (name, len(asked))
