"""Settings of the Twinfield simulator, above those of every simulator."""

from typing import Literal

from pydantic import ConfigDict, Field

from bookbridge.kit.simulation import SimulatorSettings


class TwinfieldSimulatorSettings(SimulatorSettings):
    """What Twinfield does by default, and what no public source settles as named switches."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    language: Literal["nl"] = "nl"
    minute_limit: int | None = Field(default=25, ge=1, description="credits a minute; 500 for a certified app")
    cluster_url: str | None = Field(default=None, description="the work host that a token is told; none = this one")
    token_refusal: Literal["fault", "result", "status"] = Field(
        default="fault", description="how a token that isn't taken is told: a SOAP fault, a result in a 200, a 401"
    )
    repeated_invoice_number: Literal["refuse", "warn", "ignore"] = Field(
        default="warn", description="the office's setting for an invoice number that is there already"
    )
    keeps_free_text: bool = Field(default=True, description="whether the daybooks have free text fields")
    browse_shows_header_free_text: bool = Field(default=True, description="whether a line of a browse has the header's")
    vatvalue_counts: bool = Field(default=True, description="whether a detail line's vatvalue overrules the VAT code")
    lists_are_replaced: bool = Field(
        default=True, description="addresses and banks that a change doesn't name: gone, or left as they are"
    )
    description_limit: int | None = Field(default=None, ge=1, description="signs of a line's description; none = any")
    description_overflow: Literal["refuse", "cut"] = "refuse"
    customer_mask: str = Field(default=".*", description="regular expression that codes of debtors must match")
    customer_format: str = Field(default="*", description="the same as Twinfield writes it in its refusal")
    tells_formats: bool = Field(default=True, description="whether a dimension type can be read by its bare element")
    finder_rows: int | None = Field(default=None, ge=1, description="most rows that a search gives at once; none = all")
    declares_utf_16: bool = Field(default=True, description="a result begins with an XML declaration that says utf-16")
    children_lost: int = Field(default=0, ge=0, description="so many of the last children miss in an answer to a batch")
    children_reversed: bool = Field(default=False, description="an answer has the children of a batch in reverse order")
    with_line_ids: bool = Field(default=True, description="whether refused lines keep their ids in the answer")
