"""From a field of a document to the place in the file where it was read."""

from bookbridge.documents import SourceRef

_ENTRY_FIELDS = {
    "administration": "company_no",
    "number": "voucher_no",
    "journal": "journal_no",
    "kind": "journal_type",
    "due_date": "invoice_due_date",
    "customer": "debtor_no",
    "supplier": "creditor_no",
    "your_reference": "payment_reference",
    "total": "amount",
    "vat": "amount",
    "payment_condition": "credit_term_kind",
    "invoice_number": "invoice_no",
}
_LINE_FIELDS = {
    "ledger_account": "gl_account",
    "line_date": "entry_date",
    "customer": "debtor_no",
    "supplier": "creditor_no",
    "invoice_number": "invoice_no",
}
_RELATION_FIELDS = {
    "administration": "company_no",
    "address_line_1": "address_1",
    "address_line_2": "address_2",
    "blocked_bank_account": "blocked_account",
    "ledger_account": "offset_account",
    "our_customer_number": "customer_code",
}
_ITEM_FIELDS = {"relation_number": "relation_no", "invoice_number": "invoice_no", "voucher_number": "voucher_no"}
# A sales or purchase invoice takes these from its first detail row.
_ON_DETAILS = ("invoice_number", "lines")


def locate(profile_format: str, field: str, rows: tuple[int, ...], file_name: str) -> SourceRef:
    """The file, row and column of a field's path such as `lines.1.vat_code`, `due_date` or `customer`.

    `rows` as in SourceDocument.rows. A path that no column holds gives the row alone.
    """
    head, *rest = field.split(".")
    row = rows[0] if rows else None
    if profile_format in ("debitr", "credit"):
        number = "debtor_no" if profile_format == "debitr" else "creditor_no"
        return SourceRef(
            file=file_name, row=row, column=number if head == "number" else _RELATION_FIELDS.get(head, head)
        )
    if profile_format == "dbopen":
        return SourceRef(file=file_name, row=row, column=_ITEM_FIELDS.get(head, head))
    if head in _ON_DETAILS and len(rows) > 1:
        row = rows[1]
    if head != "lines":
        return SourceRef(file=file_name, row=row, column=_ENTRY_FIELDS.get(head, head) or None)
    if rest and rest[0].isdigit():
        index = int(rest[0]) + 1
        row = rows[index] if index < len(rows) else None
        rest = rest[1:]
    column = _LINE_FIELDS.get(rest[0], rest[0]) if rest else None
    return SourceRef(file=file_name, row=row, column=column)
