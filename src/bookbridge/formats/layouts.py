"""The columns of each layout in order, by our names, and the names under which a row of names may give them."""

FMUTA6_COLUMNS = (
    *("line_no", "journal_type", "journal_no", "period", "fiscal_year", "voucher_no", "description", "entry_date"),
    *("gl_account", "debtor_no", "creditor_no", "invoice_no", "amount", "journalise_in_fc", "currency"),
    *("exchange_rate", "credit_term_kind", "credit_term_amount", "invoice_due_date", "credit_term_due_date"),
    *("vat_code", "vat_amount", "week_no", "payment_reference", "payment_method", "blocked_account_amount"),
    *("cost_centre", "cost_unit", "quantity", "difference_code", "reserved_31", "reversal", "reserved_33"),
    *("reserved_34", "reserved_35", "reserved_36", "reserved_37", "reserved_38", "reserved_39", "reserved_40"),
)
"""Exact Globe's import definition of financial entries, 40 columns."""

FMUTA6_EXTRA = ("company_no", "header_description", "incl_excl")
"""Columns that only some variants have: the leading company number, and two of the files with a row of names."""

_RELATION_START = (
    *("name", "address_1", "address_2", "postal_code", "city", "country", "search_code", "currency", "phone", "fax"),
    *("contact_name", "contact_sex", "contact_title", "contact_initials", "contact_function", "contact_phone"),
    "bank_account",
)

DEBITR_COLUMNS = (
    "debtor_no",
    *_RELATION_START,
    *("bank_name", "reserved_20", "giro_account", "payment_method", "offset_account", "journal_no", "attention"),
    *("category", "invoice_debtor_no", "credit_limit", "reminders", "payment_condition", "blocked", "sales_rep"),
    *("price_list", "extra_item_code", "delivery_method", "discount_pct", "last_reminder_date", "layout_code"),
    "language",
    *(f"balance_{number}" for number in range(40, 46)),
    *(f"turnover_{number}" for number in range(46, 50)),
    *("amount_on_order", "factoring", "vat_number", "vat_check_date"),
)
"""Exact Globe's debtors, 53 columns."""

CREDIT_COLUMNS = (
    "creditor_no",
    *_RELATION_START,
    *("blocked_account", "bank_name", "reserved_21", "giro_account", "payment_method", "offset_account"),
    *("journal_no", "attention", "category", "credit_limit", "auto_payment", "payment_condition", "blocked"),
    *("customer_code", "price_list", "extra_item_code", "discount_pct", "layout_code", "language", "reserved_38"),
    *(f"balance_{number}" for number in range(39, 45)),
    *(f"turnover_{number}" for number in range(45, 49)),
    *("amount_on_order", "vat_number", "vat_check_date"),
)
"""Exact Globe's creditors, 51 columns."""

RELATION_EXTRA = ("company_no", "email")

DBOPEN_COLUMNS = (
    *("kind", "relation_no", "invoice_no", "voucher_no", "invoice_date", "due_date", "reference", "currency"),
    *("exchange_rate", "invoice_amount", "vat_amount", "paid_amount", "open_amount", "last_payment_date"),
    *("journal_no", "fiscal_year"),
)
DBOPEN_EXTRA = ("relation_name",)

IGNORED = "ignored"
"""The column name for what a site wants skipped; it may stand more than once."""

KNOWN_COLUMNS: dict[str, tuple[str, ...]] = {
    "fmuta6": (*FMUTA6_COLUMNS, *FMUTA6_EXTRA),
    "debitr": (*DEBITR_COLUMNS, *RELATION_EXTRA, "blocked_account"),
    "credit": (*CREDIT_COLUMNS, *RELATION_EXTRA),
    "dbopen": (*DBOPEN_COLUMNS, *DBOPEN_EXTRA),
}

REQUIRED_COLUMNS: dict[str, tuple[str, ...]] = {
    "fmuta6": ("line_no", "journal_type", "journal_no", "entry_date", "gl_account", "amount"),
    "debitr": ("debtor_no", "name"),
    "credit": ("creditor_no", "name"),
    "dbopen": ("relation_no", "invoice_no"),
}

DEFAULT_COLUMNS: dict[str, tuple[str, ...]] = {
    "fmuta6": FMUTA6_COLUMNS,
    "debitr": DEBITR_COLUMNS,
    "credit": CREDIT_COLUMNS,
    "dbopen": DBOPEN_COLUMNS,
}
