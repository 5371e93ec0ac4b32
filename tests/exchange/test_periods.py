"""What became of a period's documents: each case computed by hand, each document once."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbridge.exchange import periods
from bookbridge.exchange.models import Difference, Line, Posting, Run
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.differences import difference
from tests.plans import know_the_tables
from tests.roles import as_the_app

pytestmark = pytest.mark.django_db
SINCE, UNTIL = factories.NOW - timedelta(days=5), factories.NOW + timedelta(days=5)
LAST_MONTH = factories.NOW - timedelta(days=30)


@pytest.fixture
def books() -> Iterator[Configuration]:
    configuration = factories.whole_integration()
    with acting_for(configuration.organisation_id):
        yield configuration


def counted(books: Configuration, **moments: Any) -> periods.Period:
    since, until = moments.get("since", SINCE), moments.get("until", UNTIL)
    with as_the_app():
        return periods.of_integration(books.integration, since, until)


def rows_of(found: periods.Period) -> dict[str, dict[str, str]]:
    """Journal and currency → what isn't nought; the proof is checked on the way."""
    told = {}
    for row in found.rows:
        parts = [getattr(row, column) for column in periods.COLUMNS[1:]]
        assert row.file == sum(parts, Decimal(0)), row
        amounts = {column: str(getattr(row, column)) for column in periods.COLUMNS if getattr(row, column)}
        told[f"{row.journal} {row.currency}"] = {"documents": str(row.documents), **amounts}
    for each in found.from_runs:
        assert each.file == sum((row.file for row in found.rows if row.currency == each.currency), Decimal(0))
    return told


def sale(number: str, total: str, **fields: Any) -> Any:
    return factories.sales_invoice(number, total=total, **fields)


def offered(books: Configuration, *lines: tuple[Any, ...], **fields: Any) -> tuple[Run, list[Line]]:
    """An ended run with lines of (document, outcome[, reason]), each with the posting that there is of its document."""
    run = factories.run(books, **fields)
    made = []
    for document, outcome, *reason in lines:
        known = Posting.objects.filter(configuration=books, key=factories.posting_key(document)).first()
        more = {"posting": known} if known else {}
        made.append(factories.line(run, document, outcome, reason=reason[0] if reason else "", **more))
    return factories.conclude(run), made


def becomes(line: Line, state: str) -> None:
    Posting.objects.filter(pk=line.posting_id).update(state=state)


def test_each_outcome_stands_in_its_column_by_journal_and_currency(books: Configuration) -> None:
    offered(
        books,
        (sale("1", "100.10"), "posted"),
        (sale("2", "-20.05"), "posted"),
        (sale("3", "7.00"), "refused"),
        (sale("4", "3.33"), "uncertain"),
        (sale("5", "50.00", currency="GBP", exchange_rate="1.17"), "posted"),
        (factories.purchase_invoice(total="605.00"), "posted"),
    )
    before = factories.posting(books, sale("6", "1.00"))
    run = factories.run(books)
    factories.line(run, sale("6", "1.00"), "skipped", reason="already_posted", posting=before)
    factories.conclude(run)
    assert rows_of(counted(books)) == {
        "IK EUR": {"documents": "1", "file": "605.00", "posted": "605.00"},
        "VK EUR": {
            "documents": "5",
            "file": "91.38",
            "posted": "80.05",
            "refused": "7.00",
            "uncertain": "3.33",
            "skipped": "1.00",
        },
        "VK GBP": {"documents": "1", "file": "50.00", "posted": "50.00"},
    }


def test_refused_and_posted_by_a_retry_is_one_posted_document(books: Configuration) -> None:
    run, (line,) = offered(books, (sale("1", "100.00"), "refused"))
    assert rows_of(counted(books))["VK EUR"] == {"documents": "1", "file": "100.00", "refused": "100.00"}
    offered(books, (sale("1", "100.00"), "posted"), trigger="retry", previous=run)
    becomes(line, "posted")
    found = counted(books)
    assert rows_of(found) == {"VK EUR": {"documents": "1", "file": "100.00", "posted": "100.00"}}
    assert (found.runs, found.booked_otherwise) == (1, [])


def unread(books: Configuration, **fields: Any) -> Line:
    """A line of rows that could not be read but for their amount, in an ended run."""
    run = factories.run(books)
    facts = {"reason": "not_read", "journal": "VK", "currency": "EUR", "amount": Decimal("100.00"), **fields}
    made = factories.line(run, None, "refused", delivery=factories.delivery(run), **facts)
    factories.conclude(run)
    return made


def test_rows_that_could_not_be_read_count_as_the_document_that_they_became(books: Configuration) -> None:
    line = unread(books)
    rows = factories.row_correction(line.run)
    refused = {"VK EUR": {"documents": "1", "file": "100.00", "refused": "100.00"}}
    assert rows_of(counted(books)) == refused
    again, (posted,) = offered(books, (sale("1", "121.00"), "refused"), trigger="retry")
    type(rows).objects.update(retried_in=again, posting=posted.posting, is_ready=True)
    assert rows_of(counted(books)) == refused
    Line.objects.filter(pk=posted.pk).update(outcome="posted")
    becomes(posted, "posted")
    found = counted(books)
    assert rows_of(found) == {"VK EUR": {"documents": "1", "file": "100.00", "posted": "100.00"}}
    [otherwise] = found.booked_otherwise
    assert (otherwise.file, otherwise.booked) == (Decimal("100.00"), Decimal("121.00"))

    # The source sends the right one later: that stands for both.
    offered(books, (sale("1", "121.00"), "skipped", "already_posted"))
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "121.00", "posted": "121.00"}}


def test_rows_that_are_not_to_be_sent_are_skipped(books: Configuration) -> None:
    factories.row_correction(unread(books).run, reason="Booked by hand", document=None)
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "100.00", "skipped": "100.00"}}


def test_what_a_person_corrected_is_told_beside_the_proof(books: Configuration) -> None:
    _, lines = offered(books, (sale("1", "100.00"), "refused"), (sale("2", "10.00"), "refused"))
    again = factories.run(books, trigger="retry")
    for line, corrected in zip(lines, (sale("1", "121.00"), sale("2", "10.00", journal="VK2")), strict=True):
        factories.line(again, corrected, "posted", posting=line.posting)
        becomes(line, "posted")
    found = counted(books)
    assert rows_of(found) == {"VK EUR": {"documents": "2", "file": "110.00", "posted": "110.00"}}
    told = [(o.file, o.booked_journal, o.booked, o.difference, o.documents) for o in found.booked_otherwise]
    assert sorted(told) == [
        (Decimal("10.00"), "VK2", Decimal("10.00"), Decimal("0.00"), 1),
        (Decimal("100.00"), "VK", Decimal("121.00"), Decimal("21.00"), 1),
    ]


def test_exported_again_counts_once(books: Configuration) -> None:
    one = (sale("1", "100.00"), "posted")
    offered(books, one)
    for _ in range(2):
        offered(books, (sale("1", "100.00"), "skipped", "already_posted"))
    found = counted(books)
    assert rows_of(found) == {"VK EUR": {"documents": "1", "file": "100.00", "posted": "100.00"}}
    assert [(each.runs, each.again) for each in found.from_runs] == [(Decimal("300.00"), Decimal("200.00"))]


def test_twice_in_one_file_and_twice_refused_count_once(books: Configuration) -> None:
    offered(books, (sale("1", "5.00"), "posted"), (sale("1", "5.00"), "skipped", "already_posted"))
    offered(books, (sale("2", "8.00"), "refused"))
    offered(books, (sale("2", "8.50"), "refused"))
    assert rows_of(counted(books)) == {
        "VK EUR": {"documents": "2", "file": "13.50", "posted": "5.00", "refused": "8.50"}
    }


def test_mended_in_the_source_the_later_content_counts(books: Configuration) -> None:
    _, (line,) = offered(books, (sale("1", "90.00"), "refused"))
    offered(books, (sale("1", "100.00"), "posted"))
    becomes(line, "posted")
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "100.00", "posted": "100.00"}}


def test_changed_since_it_was_posted_counts_as_posted_and_as_skipped(books: Configuration) -> None:
    offered(books, (sale("1", "100.00"), "posted"))
    changed = (sale("1", "130.00"), "skipped", "changed_since_posted")
    offered(books, changed)
    offered(books, changed)
    found = counted(books)
    assert rows_of(found) == {"VK EUR": {"documents": "2", "file": "230.00", "posted": "100.00", "skipped": "130.00"}}
    assert found.changed == 1
    offered(books, (sale("1", "100.00"), "skipped", "already_posted"))
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "100.00", "posted": "100.00"}}


def test_uncertain_and_found_later_is_posted(books: Configuration) -> None:
    _, (line,) = offered(books, (sale("1", "100.00"), "uncertain"))
    becomes(line, "posted")
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "100.00", "posted": "100.00"}}


def test_what_a_person_left_out_is_skipped(books: Configuration) -> None:
    _, [line] = offered(books, (sale("1", "100.00"), "refused"))
    becomes(line, "left_out")
    told = rows_of(counted(books))
    assert list(told.values()) == [{"documents": "1", "file": "100.00", "skipped": "100.00"}]


def test_a_retry_on_its_way_is_waiting(books: Configuration) -> None:
    _, (line,) = offered(books, (sale("1", "100.00"), "refused"))
    again = factories.run(books, trigger="retry", state="working")
    factories.line(again, sale("1", "100.00"), "waiting", posting=line.posting)
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "100.00", "waiting": "100.00"}}


def test_a_run_that_works_counts_its_lines(books: Configuration) -> None:
    run = factories.run(books, state="working")
    factories.line(run, sale("1", "1.00"), "posted")
    factories.line(run, sale("2", "2.00"), "waiting")
    factories.line(run, sale("3", "4.00"), "refused")
    found = counted(books)
    assert rows_of(found) == {
        "VK EUR": {"documents": "3", "file": "7.00", "posted": "1.00", "refused": "4.00", "waiting": "2.00"}
    }
    assert found.runs_open == 1


def test_unreadable_rows_with_an_amount_count_each_time(books: Configuration) -> None:
    run = factories.run(books)
    for outcome in ("refused", "skipped"):
        factories.line(run, None, outcome, amount=Decimal("2.50"), currency="EUR", journal="VK")
    factories.line(run, None, "refused")
    factories.conclude(run)
    assert rows_of(counted(books)) == {
        "VK EUR": {"documents": "2", "file": "5.00", "refused": "2.50", "skipped": "2.50"}
    }


def test_what_was_booked_before_the_period_is_skipped_in_it(books: Configuration) -> None:
    offered(books, (sale("1", "100.00"), "posted"), at=LAST_MONTH)
    offered(books, (sale("1", "100.00"), "skipped", "already_posted"))
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "100.00", "skipped": "100.00"}}
    both = counted(books, since=LAST_MONTH)
    assert rows_of(both) == {"VK EUR": {"documents": "1", "file": "100.00", "posted": "100.00"}}


def test_the_last_moment_is_not_in_the_period(books: Configuration) -> None:
    offered(books, (sale("1", "1.00"), "posted"), at=UNTIL)
    offered(books, (sale("2", "2.00"), "posted"), at=SINCE)
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "1", "file": "2.00", "posted": "2.00"}}


def test_runs_whose_lines_are_forgotten_count_as_they_ended(books: Configuration) -> None:
    run, lines = offered(books, (sale("1", "100.00"), "posted"), (sale("2", "8.00"), "refused"))
    Line.objects.filter(run=run).delete()
    Run.objects.filter(pk=run.pk).update(lines_forgotten_at=timezone.now())
    becomes(lines[1], "posted")
    found = counted(books)
    assert rows_of(found) == {"VK EUR": {"documents": "2", "file": "108.00", "posted": "100.00", "refused": "8.00"}}
    assert found.runs_as_ended == 1


def test_half_forgotten_runs_count_as_they_ended_too(books: Configuration) -> None:
    books.organisation.keep_lines_days = 1
    _, lines = offered(books, (sale("1", "5.00"), "refused"), (sale("2", "8.00"), "refused"))
    lines[0].delete()
    assert rows_of(counted(books)) == {"VK EUR": {"documents": "2", "file": "13.00", "refused": "13.00"}}


def test_lines_that_were_lost_are_seen(books: Configuration) -> None:
    """The sums of the runs and the lines are two sources: the one proves the other."""
    _, lines = offered(books, (sale("1", "5.00"), "posted"), (sale("2", "8.00"), "refused"))
    lines[1].delete()
    (row,) = counted(books).rows
    assert row.file - row.posted - row.refused == Decimal("8.00")


def test_another_companys_lines_are_not_there(books: Configuration) -> None:
    other = factories.whole_integration(factories.organisation("Hotel De Linde"))
    offered(other, (sale("1", "5.00"), "posted"))
    found = counted(books)
    assert (found.rows, found.runs) == ([], 0)
    with as_the_app():
        assert periods.of_integration(other.integration, SINCE, UNTIL).rows == []


def test_posted_lines_are_not_read(books: Configuration) -> None:
    """A month of any size costs what was not posted at once: those come from an index, whatever else there is."""
    run, _ = offered(books, *((sale(str(n), "1.00"), "posted") for n in range(3)), (sale("9", "2.00"), "refused"))
    _copies_of(run, 5_000)
    know_the_tables("exchange_line", "exchange_run", "exchange_posting")
    with CaptureQueriesContext(connection) as asked:
        counted(books)
    question = next(each["sql"] for each in asked if "was_not_posted" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + question.replace("%", "%%"), [])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "line_not_posted" in plan
    assert "Seq Scan on exchange_line" not in plan


def _copies_of(run: Run, number: int) -> None:
    first = run.lines.filter(outcome="posted").first()
    assert first is not None
    lines = []
    for position in range(number):
        first.pk, first.position = None, 10_000 + position
        lines.append(
            Line(**{f.attname: getattr(first, f.attname) for f in Line._meta.concrete_fields if f.name != "id"})
        )
    Line.objects.bulk_create(lines)


# --- difference entries


def grown(line: Line, by: str, state: str = "booked") -> Line:
    """What a changed line says is in the books since, by an entry that makes its document that much larger."""
    difference(line, amount=by, state=state)
    return line


def test_what_a_difference_entry_brought_into_the_books_is_posted_with_what_it_says_now(books: Configuration) -> None:
    offered(books, (sale("1", "100.00"), "posted"), (sale("2", "1.00"), "posted"))
    _, [line] = offered(books, (sale("1", "150.00"), "skipped", "changed_since_posted"))
    assert rows_of(counted(books))["VK EUR"] == {
        "documents": "3",
        "file": "251.00",
        "posted": "101.00",
        "skipped": "150.00",
    }
    grown(line, "50.00", "open")
    assert counted(books).changed == 1, "it isn't in the books yet"
    Difference.objects.update(state="booked")
    found = counted(books)
    assert rows_of(found)["VK EUR"] == {"documents": "2", "file": "151.00", "posted": "151.00"}
    assert found.changed == 0
    assert found.booked_otherwise == []


def test_of_one_that_was_booked_before_the_period_only_the_difference_is_posted_in_it(books: Configuration) -> None:
    offered(books, (sale("1", "100.00"), "posted"), at=LAST_MONTH)
    _, [line] = offered(books, (sale("1", "150.00"), "skipped", "changed_since_posted"))
    grown(line, "50.00")
    offered(books, (sale("1", "150.00"), "skipped", "already_posted"))
    assert rows_of(counted(books))["VK EUR"] == {
        "documents": "1",
        "file": "150.00",
        "posted": "50.00",
        "skipped": "100.00",
    }


def test_one_that_was_refused_first_and_changed_since_counts_once(books: Configuration) -> None:
    _, [first] = offered(books, (sale("1", "100.00"), "refused"))
    retry = factories.run(books, trigger="retry")
    factories.line(retry, sale("1", "100.00"), "posted", posting=first.posting)
    becomes(first, "posted")
    _, [line] = offered(books, (sale("1", "70.00"), "skipped", "changed_since_posted"))
    grown(line, "-30.00")
    offered(books, (sale("1", "70.00"), "skipped", "already_posted"))
    assert rows_of(counted(books))["VK EUR"] == {"documents": "1", "file": "70.00", "posted": "70.00"}


def test_there_and_back_again_and_what_came_since(books: Configuration) -> None:
    """100 → 150 → 100 are three entries, and what came after them is in no books."""
    offered(books, (sale("1", "100.00"), "posted"))
    for total, by in (("150.00", "50.00"), ("100.00", "-50.00")):
        _, [line] = offered(books, (sale("1", total), "skipped", "changed_since_posted"))
        grown(line, by)
    assert rows_of(counted(books))["VK EUR"] == {"documents": "1", "file": "100.00", "posted": "100.00"}
    offered(books, (sale("1", "120.00"), "skipped", "changed_since_posted"))
    found = counted(books)
    assert rows_of(found)["VK EUR"] == {
        "documents": "2",
        "file": "220.00",
        "posted": "100.00",
        "skipped": "120.00",
    }
    assert found.changed == 1
