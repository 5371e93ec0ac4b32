"""Posting once, whatever the network and the package do."""

import socket  # house: allow outgoing (holds a port on which nobody answers)
from contextlib import closing
from datetime import timedelta

from bookbridge.documents import DocumentKind, difference
from bookbridge.kit import oauth
from bookbridge.kit.budgets import Limit, MemoryBudget, error_guard
from bookbridge.kit.conformance.cases import case, each_kind
from bookbridge.kit.conformance.expect import expect, none, only, posted_or_there, refused_at, soon_after
from bookbridge.kit.conformance.rig import Rig, changing, counting
from bookbridge.kit.errors import ClaimLostError, LaterError, SignInAgainError, UnreachableError
from bookbridge.kit.outcomes import (
    Absent,
    AlreadyThere,
    Found,
    Later,
    Outcome,
    Posted,
    Refused,
    SignInAgain,
    Unclear,
)
from bookbridge.kit.simulation import FaultKind, FaultRule


@each_kind()
def posts_once(rig: Rig, kind: DocumentKind) -> None:
    """A document is posted once, stands in the books once, and is found again without differences."""
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    external_id = posted_or_there(expect(Posted, rig.post(document)))
    assert only(rig, kind).identity == external_id, "the external id is not the one in the books"
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert found.external_id == external_id, "another record was found"
    assert not found.differences, f"differences to the same document: {found.differences}"


@each_kind()
def posts_the_same_twice(rig: Rig, kind: DocumentKind) -> None:
    """The same document posted again by another run is there already, and stays one."""
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    first = posted_or_there(rig.post(document))
    again = expect(AlreadyThere, rig.post(document))
    assert again.external_id == first, "the second answer names another record"
    only(rig, kind)


@each_kind("sales_invoice", "purchase_invoice", "journal_entry")
def posts_no_correction_beside_what_landed_unseen(rig: Rig, kind: DocumentKind) -> None:
    """A document that is in the books without our knowing it, and is corrected since, is refused: it stays one."""
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    rig.posted(document)
    before = only(rig, kind)
    expect(Refused, rig.post(rig.samples.doubled(document)))
    assert only(rig, kind) == before, "what was in the books has been changed"


@each_kind("sales_invoice", "purchase_invoice", "journal_entry")
def posts_without_a_number_of_ours(rig: Rig, kind: DocumentKind) -> None:
    """An entry whose own number can't be the package's is found by our reference, and posted again it stays one."""
    rig.posted(*rig.samples.needed_by(kind))
    changes = {"number": "M-2026/17"} if kind == "journal_entry" else {"number": "A-17", "invoice_number": None}
    document = rig.samples.of_kind(kind).model_copy(update=changes)
    first = posted_or_there(rig.post(document))
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert (found.external_id, found.differences) == (first, ()), f"found {found}"
    expect(AlreadyThere, rig.post(document))
    only(rig, kind)


@each_kind("sales_invoice", "purchase_invoice", "journal_entry")
def posts_a_difference_beside_what_it_corrects(rig: Rig, kind: DocumentKind) -> None:
    """A difference entry is one of its own: absent until it is posted, and neither is found for the other."""
    rig.posted(*rig.samples.needed_by(kind))
    before = rig.samples.of_kind(kind)
    first = posted_or_there(rig.post(before))
    entry = difference(before, rig.samples.doubled(before), "Difference to 26000123")
    assert entry is not None
    rig.corrections.append(entry)
    expect(Absent, rig.connector().find(rig.request(entry)))
    rig.fault(FaultKind.CUT_AFTER, kind, changes=True, times=1)
    expect(Unclear, rig.post(entry))
    second = posted_or_there(rig.post(entry))
    assert second != first, "the difference is taken for what it corrects"
    for document, external_id in ((before, first), (entry, second)):
        found = expect(Found, rig.connector().find(rig.request(document)))
        assert (found.external_id, found.differences) == (external_id, ()), f"found {found}, not {external_id}"
    assert len(rig.held(kind)) == 2, "the books hold another number of entries than the two"


@each_kind()
def line_cut_after_acceptance(rig: Rig, kind: DocumentKind) -> None:
    """The line is cut after the package took it: unclear, then found, and still one."""
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    connector = rig.connector()
    rig.fault(FaultKind.CUT_AFTER, kind, changes=True, times=1)
    expect(Unclear, rig.post(document, connector))
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert not found.differences, f"differences to the same document: {found.differences}"
    expect(AlreadyThere, rig.post(document))
    only(rig, kind)


@each_kind()
def line_cut_before_acceptance(rig: Rig, kind: DocumentKind) -> None:
    """The line is cut before the package took it: unclear, then absent, and posted at the second try."""
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    connector = rig.connector()
    rig.fault(FaultKind.CUT_BEFORE, kind, changes=True, times=1)
    expect(Unclear, rig.post(document, connector))
    none(rig, kind)
    expect(Absent, rig.connector().find(rig.request(document)))
    expect(Posted, rig.post(document))
    only(rig, kind)


@case("sales_invoice")
def time_out_after_acceptance(rig: Rig) -> None:
    """The answer comes too late: unclear, then found, and still one."""
    rig.posted(rig.samples.customer())
    connector = rig.impatient()
    rig.fault(FaultKind.TIMEOUT_AFTER, "sales_invoice", changes=True, times=1)
    expect(Unclear, rig.post(rig.samples.sales(), connector))
    expect(Found, rig.connector().find(rig.request(rig.samples.sales())))
    only(rig, "sales_invoice")


@case("sales_invoice")
def time_out_before_acceptance(rig: Rig) -> None:
    """No answer in time and nothing taken: unclear, then absent."""
    rig.posted(rig.samples.customer())
    connector = rig.impatient()
    rig.fault(FaultKind.TIMEOUT_BEFORE, "sales_invoice", changes=True, times=1)
    expect(Unclear, rig.post(rig.samples.sales(), connector))
    expect(Absent, rig.connector().find(rig.request(rig.samples.sales())))
    none(rig, "sales_invoice")


@case("sales_invoice")
def outage_page_after_sending(rig: Rig) -> None:
    """A 503 with a page for people is no answer: unclear."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    rig.fault(FaultKind.SERVER_ERROR, "sales_invoice", changes=True, status=503)
    with rig.calls() as calls:
        expect(Unclear, rig.post(rig.samples.sales(), connector))
    spoiled = [call for call in changing(calls) if call["fault"]]
    assert len(spoiled) == 1, "a posting that may have arrived was sent again"


@case("sales_invoice")
def somebody_on_the_way_gives_up(rig: Rig) -> None:
    """A status by which a gateway or a tired server gives up is no refusal, whatever it says: unclear."""
    rig.posted(rig.samples.customer())
    for status in (408, 502, 504, 524):
        connector = rig.connector()
        rig.fault(FaultKind.SERVER_ERROR, "sales_invoice", changes=True, status=status, times=1)
        expect(Unclear, rig.post(rig.samples.sales(), connector))
    none(rig, "sales_invoice")


@case("sales_invoice")
def error_500_without_reason(rig: Rig) -> None:
    """A 500 without a reason of the package's own is an outage, not a refusal: unclear."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    rig.fault(FaultKind.SERVER_ERROR, "sales_invoice", changes=True, status=500)
    expect(Unclear, rig.post(rig.samples.sales(), connector))


@case("sales_invoice")
def refused_connection(rig: Rig) -> None:
    """No connection at all: later, since nothing can have arrived."""
    rig.posted(rig.samples.customer())
    settings = rig.package_settings()
    with closing(socket.create_server(("127.0.0.1", 0))) as held:
        closed = f"http://127.0.0.1:{held.getsockname()[1]}"
    connector = rig.connector(base_address=closed, settings=settings)
    later = expect(Later, rig.post(rig.samples.sales(), connector))
    assert later.not_before > rig.now(), "it asks to try again at once"
    expect(Posted, rig.post(rig.samples.sales()))
    only(rig, "sales_invoice")


@case("sales_invoice")
def slow_answer(rig: Rig) -> None:
    """A slow answer within the time-out is an answer."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    rig.fault(FaultKind.SLOW, "sales_invoice", changes=True, delay_s=0.1)
    expect(Posted, rig.post(rig.samples.sales(), connector))


@case("sales_invoice")
def a_bad_neighbour_stops_nobody(rig: Rig) -> None:
    """A refused document between two good ones: the good ones are posted, in order."""
    rig.posted(rig.samples.customer())
    bad = rig.samples.sales(number="26000002", lines=(rig.samples.line(ledger_account="NO-SUCH"),))
    documents = [rig.samples.sales(number="26000001"), bad, rig.samples.sales(number="26000003")]
    connector = rig.connector()
    size = rig.fact_sheet.capabilities.batch_size
    outcomes: list[Outcome] = []
    for start in range(0, 3, size):
        outcomes += connector.post([rig.prepared(document, connector) for document in documents[start : start + size]])
    assert [type(outcome) for outcome in outcomes] == [Posted, Refused, Posted], f"came {outcomes}"
    assert len(rig.held("sales_invoice")) == 2


@case("sales_invoice")
def prepare_changes_no_books(rig: Rig) -> None:
    """Preparing twice gives the same or a fresh fact, and leaves no entry in the books."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    request = rig.request(rig.samples.sales())
    first, second = connector.prepare(request), connector.prepare(request)
    assert set(first) == set(second), "preparing again gives other facts"
    none(rig, "sales_invoice")


# --- limits


@case("sales_invoice")
def too_many_requests(rig: Rig) -> None:
    """The package says that a limit is hit: later, at the moment that it names, and nothing was posted."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    rig.fault(FaultKind.TOO_MANY_REQUESTS, "sales_invoice", changes=True, times=1, delay_s=42)
    asked_at = rig.now()
    later = expect(Later, rig.post(rig.samples.sales(), connector))
    soon_after(later.not_before, asked_at + timedelta(seconds=42), within_s=5)
    none(rig, "sales_invoice")
    expect(Posted, rig.post(rig.samples.sales()))


@case("sales_invoice", minute_limit=30)
def the_package_counts_for_itself(rig: Rig) -> None:
    """The package's own minute limit: later until the minute ends; then the rest goes through, each once."""
    rig.posted(rig.samples.customer())
    documents = [rig.samples.sales(number=str(26000000 + number)) for number in range(1, 31)]
    waited = 0
    for document in documents:
        outcome = rig.post(document)
        if isinstance(outcome, Later):
            waited += 1
            assert rig.now() < outcome.not_before <= rig.now() + timedelta(seconds=61), f"told to wait until {outcome}"
            rig.advance((outcome.not_before - rig.now()).total_seconds() + 1)
            outcome = rig.post(document)
        posted_or_there(outcome)
    assert waited, "30 calls a minute were never used up"
    assert len(rig.held("sales_invoice")) == len(documents)


@case("sales_invoice")
def budget_used_up(rig: Rig) -> None:
    """No call left in the budget: later, and nothing is sent."""
    rig.posted(rig.samples.customer())
    budget = MemoryBudget((Limit("minute", 1, 60),), None, rig.now)
    budget.take()
    connector = rig.connector(budget=budget)
    with rig.calls() as calls:
        later = expect(Later, rig.post(rig.samples.sales(), connector))
    assert not calls, f"calls without a budget: {calls}"
    assert later.not_before > rig.now()


@case("sales_invoice")
def stops_before_the_error_guard(rig: Rig) -> None:
    """Errors that the package counts: we stop before the number at which it blocks the connection."""
    rig.posted(rig.samples.customer())
    guard = error_guard(rig.fact_sheet.limits)
    if guard is None:
        return
    settings, budget = rig.package_settings(), MemoryBudget((), guard, rig.now)
    rig.simulator.oauth.revoke_all()
    with rig.calls() as calls:
        outcomes = [rig.post(rig.samples.sales(), rig.connector(budget=budget, settings=settings)) for _ in range(12)]
    assert isinstance(outcomes[0], SignInAgain), f"expected SignInAgain, came {outcomes[0]}"
    expect(Later, outcomes[-1])
    assert len(calls) <= guard.calls, f"{len(calls)} calls that failed, the guard is {guard.calls}"


# --- tokens and claims


@case("sales_invoice", oauth=True)
def token_expires_in_a_run(rig: Rig) -> None:
    """The access token expires between two documents: it is renewed once, before the call, and both are posted."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    expect(Posted, rig.post(rig.samples.sales(number="26000001"), connector))
    rig.advance(rig.fact_sheet.oauth_rules.access_token_s + 1)
    with rig.calls() as calls:
        expect(Posted, rig.post(rig.samples.sales(number="26000002"), connector))
    assert rig.tokens.refreshes == 1, f"{rig.tokens.refreshes} refreshes"
    assert all(call["status"] != 401 for call in calls), "the old token was tried first"


@case("sales_invoice")
def token_is_not_renewed_without_need(rig: Rig) -> None:
    """A token that is still good is not renewed."""
    rig.posted(rig.samples.customer())
    rig.posted(rig.samples.sales(number="26000001"), rig.samples.sales(number="26000002"))
    assert rig.tokens.refreshes == 0


@case("sales_invoice")
def access_withdrawn(rig: Rig) -> None:
    """The user took the access away: sign in again, and nothing is posted."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    rig.simulator.oauth.revoke_all()
    expect(SignInAgain, rig.post(rig.samples.sales(), connector))
    none(rig, "sales_invoice")


@case(oauth=True)
def refresh_gives_a_new_pair(rig: Rig) -> None:
    """A refresh gives new tokens with aware UTC times; the old refresh token is not good for another."""
    old = rig.oauth_tokens.pair
    rig.advance(rig.fact_sheet.oauth_rules.access_token_s + 1)
    rules = rig.fact_sheet.oauth_rules
    new = oauth.refresh(rules, rig.address, rig.app, old, rig.now())
    assert new.access_token != old.access_token
    assert new.expires_at.utcoffset() == timedelta(0), "times must be UTC"
    soon_after(new.expires_at, rig.now() + timedelta(seconds=rules.access_token_s), within_s=5)
    if new.refresh_token == old.refresh_token:
        return  # This package's refresh tokens can be used again.
    try:
        oauth.refresh(rules, rig.address, rig.app, old, rig.now())
    except SignInAgainError:
        return
    raise AssertionError("a used refresh token still gave tokens")


@case(oauth=True)
def refresh_too_early(rig: Rig) -> None:
    """A refresh before the package allows one is not tried, and when the package says so it means later."""
    rules = rig.fact_sheet.oauth_rules
    if not rules.refresh_not_before_s:
        return
    hasty = rules.model_copy(update={"refresh_not_before_s": 0})
    for allowed, pair in ((rules, rig.oauth_tokens.pair), (hasty, _forgetful(rig.oauth_tokens.pair))):
        try:
            oauth.refresh(allowed, rig.address, rig.app, pair, rig.now())
        except LaterError as error:
            not_before = error.not_before
        else:
            raise AssertionError("a token was renewed too early")
        assert not_before > rig.now(), "it says to try again at once"


def _forgetful(pair: oauth.TokenPair) -> oauth.TokenPair:
    """The pair with the time forgotten from which it may be renewed."""
    return oauth.TokenPair(pair.access_token, pair.refresh_token, pair.issued_at, pair.expires_at, pair.issued_at)


@case(oauth=True)
def wrong_code(rig: Rig) -> None:
    """A code that is not ours, or was used, gives no tokens."""
    try:
        oauth.exchange_code(rig.fact_sheet.oauth_rules, rig.address, rig.app, "not-a-code", rig.now())
    except SignInAgainError:
        return
    raise AssertionError("tokens for a made-up code")


@case(oauth=True)
def token_endpoint_out_of_order(rig: Rig) -> None:
    """The token endpoint fails: unreachable, so that the engine tries again, and never sign in again."""
    rig.advance(rig.fact_sheet.oauth_rules.access_token_s + 1)
    rig.simulator.faults.add(
        [FaultRule(kind=FaultKind.SERVER_ERROR, path=rig.fact_sheet.oauth_rules.token_path, delay_s=rig.held_s)]
    )
    try:
        rig.oauth_tokens.renew()
    except UnreachableError:
        return
    raise AssertionError("a failing token endpoint gave tokens")


@case("sales_invoice")
def claim_lost(rig: Rig) -> None:
    """The worker lost its claim: it stops, and no call that changes anything is made."""
    rig.posted(rig.samples.customer())

    def lost() -> None:
        raise ClaimLostError("another worker took over")

    connector = rig.connector(check_claim=lost)
    with rig.calls() as calls:
        try:
            outcome = connector.post([rig.prepared(rig.samples.sales(), connector)])
        except ClaimLostError:
            outcome = []
    assert not outcome, f"it went on after the claim was lost: {outcome}"
    assert not changing(calls), f"calls after the claim was lost: {changing(calls)}"


@case("sales_invoice", "customer")
def claim_checked_before_each_change(rig: Rig) -> None:
    """The claim is checked before every call that changes the books, and never without one."""
    check_claim, asked = counting()
    connector = rig.connector(check_claim=check_claim)
    with rig.calls() as calls:
        expect(Posted, rig.post(rig.samples.customer(bank_account="NL91ABNA0417164300"), connector))
        expect(Posted, rig.post(rig.samples.sales(), connector))
    assert len(asked) == len(changing(calls)), f"{len(asked)} checks for {len(changing(calls))} changes"


# --- refusals


@case("sales_invoice")
def each_known_error(rig: Rig) -> None:
    """Each message in the fact sheet becomes its problem: its code, its place, and words for the reader."""
    rig.posted(rig.samples.customer())
    document = rig.samples.sales()
    wrong: list[str] = []
    for known in rig.fact_sheet.known_errors:
        connector = rig.connector()
        rig.heal()
        rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, message=known.text)
        try:
            problem = refused_at(rig.post(document, connector), document, None)
            assert problem.code == known.code, f"it became {problem.code}"
            assert known.text in (problem.evidence or ""), "the package's own words are not shown"
        except AssertionError as error:
            wrong.append(f"{known.text!r}: {error}")
    assert not wrong, "; ".join(wrong)
    none(rig, "sales_invoice")


@case("sales_invoice")
def unknown_error(rig: Rig) -> None:
    """A message that nobody has seen before is a refusal that shows the package's own words."""
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, message="Zomaar iets nieuws 42")
    problem = refused_at(rig.post(rig.samples.sales(), connector), rig.samples.sales(), None)
    assert "Zomaar iets nieuws 42" in problem.reason
    assert problem.evidence == "Zomaar iets nieuws 42"
