"""Reading: administrations, settings, and open items, all or nothing."""

from decimal import Decimal

from bookbridge.kit.conformance.cases import case
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.errors import PackageError, SignInAgainError, UnreachableError
from bookbridge.kit.simulation import FaultKind


@case()
def administrations_listed(rig: Rig) -> None:
    """The administrations that the user may choose from, each with a code and a name."""
    found = rig.connector(administration="", settings=None).administrations()
    assert rig.stage.administration in {administration.code for administration in found}, f"found {found}"
    assert all(administration.code and administration.name for administration in found)


@case()
def settings_complete(rig: Rig) -> None:
    """All settings are read, every page, with codes as people know them."""
    settings = rig.package_settings()
    assert not settings.unknown, f"not read: {settings.unknown}"
    for name, count in rig.stage.counts.items():
        found = getattr(settings, name)
        assert len(found) == count, f"{name}: read {len(found)} of {count}"
        codes = [item.code for item in found if hasattr(item, "code")]
        assert len(set(codes)) == len(codes), f"{name}: a code comes twice: {codes}"
        assert all(code == code.strip() for code in codes), f"{name}: padded codes: {codes}"


@case()
def accounts_classified(rig: Rig) -> None:
    """Control, VAT and blocked accounts are told apart from those that a line may use."""
    codes = rig.stage.codes
    accounts = {account.code: account for account in rig.package_settings().ledger_accounts}
    assert accounts[codes.customer_control_account].kind == "customer_control"
    assert accounts[codes.supplier_control_account].kind == "supplier_control"
    assert accounts[codes.vat_account].kind == "vat"
    assert accounts[codes.blocked_account].blocked
    assert accounts[codes.revenue_account].kind == "ordinary"
    assert not accounts[codes.revenue_account].blocked


@case()
def vat_codes_and_journals_understood(rig: Rig) -> None:
    """VAT codes have their percentage (21 means 21 %) and their side; journals have their kind."""
    settings, codes = rig.package_settings(), rig.stage.codes
    vat_codes = {vat_code.code: vat_code for vat_code in settings.vat_codes}
    assert vat_codes[codes.sales_vat].percentage == 21
    assert vat_codes[codes.sales_vat].inclusive is False
    assert vat_codes[codes.sales_vat].sales
    assert vat_codes[codes.purchase_vat].purchase
    if codes.inclusive_vat:
        assert vat_codes[codes.inclusive_vat].inclusive is True
    if codes.reverse_charge_vat:
        assert vat_codes[codes.reverse_charge_vat].reverse_charge
    journals = {journal.code: journal.kind for journal in settings.journals}
    wanted = {codes.sales_journal: "sales", codes.purchase_journal: "purchase", codes.general_journal: "general"}
    assert {code: journals.get(code) for code in wanted} == wanted


@case()
def periods_understood(rig: Rig) -> None:
    """Each day belongs to a period, and a closed one is known as closed, or not known."""
    codes = rig.stage.codes
    for day, is_open in ((codes.open_day, True), (codes.closed_day, False)):
        found = [period for period in rig.package_settings().periods if period.start <= day <= period.end]
        assert len(found) == 1, f"{day} is in {len(found)} periods"
        assert found[0].is_open in {is_open, None}, f"{day}: {found[0]}"


@case()
def reading_survives_a_hiccup(rig: Rig) -> None:
    """A read that fails once is repeated: it changes nothing."""
    for kind in (FaultKind.CUT_BEFORE, FaultKind.SERVER_ERROR):
        rig.heal()
        rig.fault(kind, "settings", times=1)
        settings = rig.connector(settings=None).package_settings()
        assert settings.ledger_accounts, f"{kind}: nothing was read"


@case()
def reading_says_sign_in_again(rig: Rig) -> None:
    """Reading with a withdrawn access says that a person must sign in again."""
    connector = rig.connector()
    rig.simulator.oauth.revoke_all()
    try:
        connector.package_settings()
    except SignInAgainError:
        return
    raise AssertionError("a withdrawn access could still read")


@case("sales_invoice", outstanding=True)
def outstanding_complete(rig: Rig) -> None:
    """All open items, over more than one page, each with its number, customer, date and amount."""
    count = rig.stage.page_size + 5
    rig.posted(rig.samples.customer())
    rig.posted(*(rig.samples.sales(number=str(26000000 + number)) for number in range(1, count + 1)))
    with rig.calls() as calls:
        items = rig.open_items(("sales",))
    assert len(items) == count, f"{len(items)} of {count} items"
    assert len({item.external_id for item in items}) == count, "two items share an id"
    assert sum(item.open_amount for item in items) == Decimal("121.00") * count
    assert {item.relation_number for item in items} == {rig.samples.customer().number}
    assert {item.invoice_date for item in items} == {rig.stage.codes.open_day}
    assert not changing(calls), "reading changed something"


@case("sales_invoice", outstanding=True)
def broken_page_is_never_the_last(rig: Rig) -> None:
    """When a later page fails, the read fails: it is neither an empty page nor the end."""
    rig.posted(rig.samples.customer())
    numbers = range(1, rig.stage.page_size + 3)
    rig.posted(*(rig.samples.sales(number=str(26000000 + number)) for number in numbers))
    for kind in (FaultKind.SERVER_ERROR, FaultKind.CUT_BEFORE, FaultKind.REFUSE, FaultKind.TOO_MANY_REQUESTS):
        rig.heal()
        page = rig.connector().outstanding(("sales",))
        assert page.following, "the first page says that it is the last"
        rig.fault(kind, "open_items")
        try:
            rig.connector().outstanding(("sales",), page.following)
        except PackageError:
            continue
        raise AssertionError(f"{kind}: a broken page went unnoticed")


@case("sales_invoice", outstanding=True)
def part_paid_items_over_the_edge_of_a_page(rig: Rig) -> None:
    """Part-paid invoices are items with what is left, also where the package tells of one on two pages."""
    count = rig.stage.page_size + 1
    rig.posted(rig.samples.customer())
    rig.posted(*(rig.samples.sales(number=str(26000000 + number)) for number in range(1, count + 1)))
    for record in rig.held("sales_invoice")[1:]:
        rig.control(rig.stage.pay(record, Decimal("50.00")))
    amounts = sorted(item.open_amount for item in rig.open_items(("sales",)))
    assert amounts == [Decimal("71.00")] * (count - 1) + [Decimal("121.00")], f"amounts: {amounts}"


@case("sales_invoice", outstanding=True)
def part_paid_item(rig: Rig) -> None:
    """A part-paid invoice is one item with what is left."""
    rig.posted(rig.samples.customer(), rig.samples.sales())
    rig.control(rig.stage.pay(rig.held("sales_invoice")[0], Decimal("50.00")))
    items = rig.open_items(("sales",))
    assert [item.open_amount for item in items] == [Decimal("71.00")], f"items: {items}"


@case("sales_invoice", outstanding=True)
def paid_item_is_gone(rig: Rig) -> None:
    """A paid invoice is no longer among the open items; its neighbour stays."""
    rig.posted(rig.samples.customer(), rig.samples.sales(), rig.samples.sales(number="26000124"))
    paid = next(record for record in rig.held("sales_invoice") if record.number == "26000123")
    rig.control(rig.stage.pay(paid, Decimal("121.00")))
    items = rig.open_items(("sales",))
    assert [item.voucher_number or item.invoice_number for item in items] == ["26000124"], f"items: {items}"


@case("sales_invoice", outstanding=True)
def unmatched_payment_is_flagged(rig: Rig) -> None:
    """A receipt that is linked to no invoice is an item of its own, flagged and negative."""
    rig.posted(rig.samples.customer(), rig.samples.sales())
    rig.control(rig.stage.pay_unmatched(rig.samples.customer().number, Decimal("40.00")))
    for settings in (rig.package_settings(), None):
        items = rig.open_items(("sales",), settings=settings)
        flagged = [item.open_amount for item in items if item.unmatched_payment]
        plain = [item.open_amount for item in items if not item.unmatched_payment]
        assert (flagged, plain) == ([Decimal("-40.00")], [Decimal("121.00")]), f"items: {items}"


@case("sales_invoice", outstanding=True)
def open_credit_note_is_negative(rig: Rig) -> None:
    """An open credit note is an item with a negative amount, and no payment."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(amount=Decimal("-100.00"), vat_amount=Decimal("-21.00"))
    rig.posted(rig.samples.sales(total=Decimal("-121.00"), lines=(line,)))
    items = rig.open_items(("sales",))
    assert [(item.open_amount, item.unmatched_payment) for item in items] == [(Decimal("-121.00"), False)], f"{items}"


@case("purchase_invoice", outstanding=True)
def outstanding_of_both_kinds(rig: Rig) -> None:
    """Sales and purchases are read together and told apart; what we owe is positive."""
    if "purchase" not in rig.fact_sheet.capabilities.outstanding:
        return
    rig.posted(rig.samples.customer(), rig.samples.supplier(), rig.samples.sales(), rig.samples.purchase())
    items = rig.open_items(("sales", "purchase"))
    found = {item.kind: (item.open_amount, item.relation_number) for item in items}
    expected = {
        "sales": (Decimal("121.00"), rig.samples.customer().number),
        "purchase": (Decimal("121.00"), rig.samples.supplier().number),
    }
    assert len(items) == 2, f"items: {items}"
    assert found == expected, f"items: {items}"


@case(outstanding=True)
def nothing_outstanding(rig: Rig) -> None:
    """Empty books have no open items, and that is an answer."""
    assert not rig.open_items(rig.fact_sheet.capabilities.outstanding)


@case(outstanding=True)
def outstanding_unreachable(rig: Rig) -> None:
    """No connection is an exception, never an empty snapshot."""
    connector = rig.connector()
    rig.stop()
    try:
        page = connector.outstanding(("sales",))
    except UnreachableError:
        return
    raise AssertionError(f"without a connection {len(page.items)} items were read")
