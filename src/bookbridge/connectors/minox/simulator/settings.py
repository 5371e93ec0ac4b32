"""Settings of the Minox simulator, above those of every simulator: one for each reading of what no source settles."""

from typing import Literal

from pydantic import ConfigDict, Field

from bookbridge.kit.simulation import SimulatorSettings


class MinoxSimulatorSettings(SimulatorSettings):
    """The defaults are the likeliest readings; the fact sheet's `to_confirm` names the questions."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    window_limit: int | None = Field(default=20, ge=1, description="calls a window; minute_limit goes before it")
    window_s: int = Field(default=120, ge=1, description="seconds of a window (Apideck saw a wait of 120 s)")
    tells_limits: bool = Field(default=True, description="x-rate-limit headers on every answer")

    relation_line: Literal["account", "beside"] = Field(
        default="account", description="the debtor is the line's account, or stands beside the collective account"
    )
    vat_booking: Literal["on_top", "within", "own_lines"] = Field(
        default="on_top", description="VAT is added to a line's amount, taken out of it, or written by the caller"
    )
    vat_per: Literal["line", "code"] = Field(default="line", description="VAT is rounded per line, or per VAT code")
    vat_in_memorials: bool = Field(default=False, description="an account's VAT setting works in a memorial too")
    batch_shows_vat: Literal["lines", "amounts", "nothing"] = Field(
        default="lines", description="how a batch that is read tells the VAT that Minox added"
    )
    put_answer: Literal["nothing", "id", "batch"] = "id"
    unbalanced: Literal["refuse", "difference_account"] = Field(
        default="refuse", description="what becomes of an entry that is not in balance"
    )
    uuid4_only: bool = Field(default=True, description="a batch's id must be a uuid of version 4")

    duplicate_invoice: Literal["accept", "refuse"] = Field(
        default="accept", description="a second entry with the relation and invoice number of another"
    )
    duplicate_entry: Literal["accept", "refuse"] = "refuse"
    without_invoice_number: Literal["assign", "refuse"] = "assign"

    list_form: Literal["collection", "bare"] = "collection"
    paging: Literal["offset", "ignored", "refused", "limit_alone"] = Field(
        default="offset", description="limit and offset count, are ignored, or are refused; or only limit counts"
    )
    page_size: int = Field(default=50, ge=1, description="the most that a page holds")
    not_found: Literal["404", "null"] = "404"
    error_form: Literal["string", "object", "list", "text"] = "string"
    refusal_status: Literal[200, 400, 422, 500] = 400
    inspect_form: Literal["objects", "numbers"] = "objects"
    patch: Literal["merge", "replace"] = Field(
        default="merge", description="what a PATCH does to an object in a record"
    )

    vat_tells_account: bool = True
    journal_tells_account: bool = True
    period_tells_closed: bool = True
    lines_tell_batch: bool = True
    payable_sign: Literal[1, -1] = Field(default=1, description="sign of what we owe in the list of payables")
