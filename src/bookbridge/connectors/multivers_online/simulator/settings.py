"""Settings of the Multivers simulator: each reading of what no public source settles is one of them."""

from typing import Literal

from pydantic import ConfigDict, Field

from bookbridge.kit.simulation import SimulatorSettings


class MultiversSimulatorSettings(SimulatorSettings):
    """What we take for likely by default; the connector is tested under the others too."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    language: Literal["nl"] = "nl"
    access_life_s: float = Field(default=3600, description="what the public mock server answers")
    refresh_is_one_time: bool = Field(default=True, description="every client stores the refresh token that comes back")
    retry_after: bool = Field(default=True, description="a 429 says for how long; no example of one is public")
    draw_reserves: bool = Field(default=False, description="the next number is another one each time it is asked for")
    draws_last_used: bool = Field(
        default=False, description="the number that is told is the last one in use, where there is one"
    )
    refusal_form: Literal["messages", "message", "broken_rules", "empty"] = Field(
        default="messages", description="how a document is refused; broken_rules: with status 200"
    )
    warnings: bool = Field(
        default=False, description="an entry is taken and its answer holds broken rules all the same"
    )
    created_body: bool = Field(default=True, description="a 201 holds the record; some have no body")
    absent_form: Literal["404", "404_empty", "204", "null"] = Field(
        default="404", description="the answer to a question for a record that isn't there"
    )
    invoice_state: Literal["open_settled_overdue", "any_open_paid"] = Field(
        default="open_settled_overdue", description="what 0, 1 and 2 mean in the list of invoices"
    )
    overdue_is_open: bool = Field(default=False, description="invoices that are overdue are in the list of open ones")
    carries_over: bool = Field(default=False, description="open items of earlier years are listed in later ones too")
    paging: Literal["honoured", "ignored"] = Field(default="honoured", description="whether lists take $top and $skip")
    page_cap: int | None = Field(default=60, ge=1, description="most records of a page, whatever is asked for")
    order: Literal["of_booking", "as_asked"] = Field(
        default="of_booking", description="as_asked: a list has another order at each call that names none by $orderby"
    )
    repeats_invoice_numbers: bool = Field(
        default=False, description="an invoice whose number is in use is booked all the same"
    )
    document_room: int | None = Field(default=None, ge=0, description="signs that are kept of a memorial's document")
    dates: Literal["d-M-yyyy", "dd-MM-yyyy", "iso"] = Field(default="d-M-yyyy", description="how dates are shown")
    nvl_capitals: bool = Field(default=False, description="name-value lists write Name and Value")
    credit_totals_negative: bool = Field(default=True, description="sign of a credit note's totals in its record")
    gives_condition: bool = Field(
        default=True, description="a new relation gets a payment condition where none is given"
    )
    vat_number_test: Literal["either", "modulo_97"] = Field(
        default="either", description="which check a Dutch VAT number must pass: one of the two, or that modulo 97"
    )
    digits_only: bool = Field(default=False, description="invoice numbers may hold digits only")
    closed_years: tuple[int, ...] = Field(default=(), description="fiscal years that are closed")
