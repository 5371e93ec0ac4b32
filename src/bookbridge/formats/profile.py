"""Layout profiles: how a site's files are written. Shipped as TOML, adjusted by TOML, checked before use."""

import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from bookbridge.documents import Amount, Currency
from bookbridge.formats.layouts import DEFAULT_COLUMNS, IGNORED, KNOWN_COLUMNS, REQUIRED_COLUMNS

Format = Literal["fmuta6", "debitr", "credit", "dbopen"]
FORMATS: tuple[Format, ...] = ("fmuta6", "debitr", "credit", "dbopen")

DateFormat = Literal[
    "ddmmyyyy",
    "dd/mm/yyyy",
    "dd-mm-yyyy",
    "dd.mm.yyyy",
    "dd-mm-yy",
    "dd/mm/yy",
    "ddmmyy",
    "ddmmyyy_1900",
    "yyyymmdd",
    "yyyy-mm-dd",
    "mm/dd/yyyy",
]
Sign = Literal["document", "debit_positive", "credit_positive"]


class ProfileError(ValueError):
    """A profile's name or one of its settings is wrong; the message names it and what is allowed."""


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _single_character(value: Any) -> Any:
    if not isinstance(value, str) or len(value) != 1 or value in "\r\n\0" or value.isalnum():
        raise ValueError("give one character, such as ',' or ';'")
    return value


def _auto_or_single_character(value: Any) -> Any:
    try:
        return value if value == "auto" else _single_character(value)
    except ValueError as error:
        raise ValueError(f"{error}, or 'auto'") from None


class Profile(BaseModel):
    """What all profiles share. Every setting is described in docs/formats.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    format: Format
    name: str
    name_pattern: Annotated[tuple[str, ...], BeforeValidator(_one_or_many), Field(min_length=1)]
    encoding: Literal["cp1252", "cp850", "utf-8", "latin-1"] = "cp1252"
    separator: Annotated[str, BeforeValidator(_auto_or_single_character)] = "auto"
    quote: Literal['"', "'", "none"] = '"'
    lenient_quotes: bool = True
    repair_missing_comma_0_quote: bool = False
    decimal: Literal["auto", "dot", "comma"] = "auto"
    thousands: Literal["none", "dot", "comma", "space", "apostrophe"] = "none"
    date_formats: Annotated[tuple[DateFormat, ...], BeforeValidator(_one_or_many), Field(min_length=1)] = (
        "ddmmyyyy",
        "dd/mm/yyyy",
        "dd-mm-yyyy",
        "dd-mm-yy",
        "ddmmyy",
    )
    two_digit_year_pivot: Annotated[int, Field(ge=0, le=99)] = 90
    column_shift: Annotated[int, Field(ge=0, le=1)] = 0
    min_columns: Annotated[int, Field(ge=1, le=200)]
    max_columns: Annotated[int, Field(ge=1, le=200)]
    name_row: bool = False
    columns: tuple[str, ...] = ()
    relabel: dict[str, str] = {}
    column_names: dict[str, str] = {}
    default_currency: Currency = "EUR"

    @property
    def name_patterns(self) -> tuple[str, ...]:
        return self.name_pattern

    @property
    def layout(self) -> tuple[str, ...]:
        """The columns as the file has them, a leading company number and re-labelled columns included."""
        columns = self.columns or DEFAULT_COLUMNS[self.format]
        leading = ("company_no",) if self.column_shift else ()
        return (*leading, *(self.relabel.get(column, column) for column in columns))

    @model_validator(mode="after")
    def _settings_agree(self) -> Self:
        if self.min_columns > self.max_columns:
            raise ValueError(f"min_columns ({self.min_columns}) is more than max_columns ({self.max_columns})")
        if self.decimal != "auto" and self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands can't both be {self.decimal}")
        if self.decimal == "auto" and self.thousands != "none":
            raise ValueError(f"thousands = '{self.thousands}' needs decimal to be 'dot' or 'comma', not 'auto'")
        if self.separator == self.quote:
            raise ValueError(f"separator and quote can't both be {self.separator}")
        _check_columns(self.format, self.layout, self.relabel, self.column_names)
        return self


def _check_columns(
    format: str, layout: tuple[str, ...], relabel: Mapping[str, str], column_names: Mapping[str, str]
) -> None:
    known = {*KNOWN_COLUMNS[format], IGNORED}
    for setting, names in (
        ("columns", layout),
        ("relabel", (*relabel, *relabel.values())),
        ("column_names", column_names.values()),
    ):
        for name in names:
            if name not in known:
                raise ValueError(f"{setting}: '{name}' is no column of {format}; known are {', '.join(sorted(known))}")
    named = [name for name in layout if name != IGNORED]
    for name in named:
        if named.count(name) > 1:
            raise ValueError(f"columns: '{name}' stands twice")
    for name in REQUIRED_COLUMNS[format]:
        if name not in named:
            raise ValueError(f"columns: '{name}' is missing, and {format} can't be read without it")


class SignPerJournal(BaseModel):
    """Which sign of the amount column is an ordinary entry, per kind of journal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    V: Sign = "document"
    I: Sign = "document"  # noqa: E741 (the vendor's letter)
    K: Sign = "document"
    B: Sign = "document"
    G: Sign = "document"
    M: Sign = "debit_positive"


class EntryProfile(Profile):
    """FMUTA6: financial entries."""

    format: Literal["fmuta6"]
    name_pattern: Annotated[tuple[str, ...], BeforeValidator(_one_or_many), Field(min_length=1)] = ("fmuta6.csv",)
    min_columns: Annotated[int, Field(ge=1, le=200)] = 29
    max_columns: Annotated[int, Field(ge=1, le=200)] = 40
    entry_start: Literal[0, 1] = 0
    sign: SignPerJournal = SignPerJournal()
    amount_includes_vat: Literal["by_vat_code", "always", "never"] = "by_vat_code"
    relation_key: Literal["number", "search_code"] = "number"
    balance_tolerance: Annotated[Amount, Field(ge=0, le=1)] = Field(default="0.01")  # type: ignore[assignment]
    header_difference: Literal["warn", "refuse"] = "warn"
    zero_amount_lines: Literal["keep", "drop"] = "keep"
    max_lines: Annotated[int, Field(ge=1, le=99999)] = 9999
    default_journals: dict[Literal["V", "I", "M"], Annotated[str, Field(min_length=1, max_length=60)]] = {}


class RelationProfile(Profile):
    """DEBITR and CREDIT: customers and suppliers."""

    format: Literal["debitr", "credit"]
    min_columns: Annotated[int, Field(ge=2, le=200)] = 9
    relation_key: Literal["number", "search_code"] = "number"
    default_country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "NL"
    country_map: dict[str, Annotated[str, Field(pattern="^[A-Z]{2}$")]] = {}


class OutstandingProfile(Profile):
    """DBOPEN: outstanding items, written for the source system (and read back by tests and people)."""

    format: Literal["dbopen"]
    name_pattern: Annotated[tuple[str, ...], BeforeValidator(_one_or_many), Field(min_length=1)] = ("dbopen.csv",)
    encoding: Literal["cp1252", "cp850", "utf-8", "utf-8-sig", "latin-1"] = "cp1252"  # type: ignore[assignment]
    file_name: Annotated[str, Field(pattern=r"^[^/\\:*?\"<>|]+$")] = "dbopen.csv"
    separator: Annotated[str, BeforeValidator(_single_character)] = ","
    quoting: Literal["text", "all", "none"] = "text"
    line_end: Literal["crlf", "lf"] = "crlf"
    unmappable_characters: Literal["replace", "refuse"] = "replace"
    decimal: Literal["dot", "comma"] = "dot"
    date_formats: Annotated[tuple[DateFormat, ...], BeforeValidator(_one_or_many), Field(min_length=1)] = ("ddmmyyyy",)
    min_columns: Annotated[int, Field(ge=1, le=200)] = 1
    max_columns: Annotated[int, Field(ge=1, le=200)] = 200
    names: dict[str, str] = {}
    kinds: Annotated[tuple[Literal["sales", "purchase"], ...], BeforeValidator(_one_or_many), Field(min_length=1)] = (
        "sales",
    )
    sign: Literal["document", "ledger"] = "document"
    scope: Literal["open", "all"] = "open"
    unmatched_payments: Literal["omit", "write"] = "omit"
    reference_length: Annotated[int, Field(ge=1, le=2000)] = 60

    @model_validator(mode="after")
    def _writable(self) -> Self:
        if self.quoting == "none" and self.decimal == "comma" and self.separator == ",":
            raise ValueError("quoting = 'none' with a comma as separator and as decimal sign can't be read back")
        if "kind" not in self.layout and len(self.kinds) > 1:
            raise ValueError("kinds: a file with both kinds needs the column 'kind'")
        return self


AnyProfile = Annotated[EntryProfile | RelationProfile | OutstandingProfile, Field(discriminator="format")]
_ADAPTER: TypeAdapter[EntryProfile | RelationProfile | OutstandingProfile] = TypeAdapter(AnyProfile)


@cache
def _shipped() -> dict[str, dict[str, Any]]:
    """The profiles of this package: name → its settings, those of its `base` included."""
    folder = files("bookbridge.formats").joinpath("profiles")
    read = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }

    def complete(name: str) -> dict[str, Any]:
        settings = dict(read[name])
        base = settings.pop("base", None)
        return _laid_over(complete(base), settings) if base else settings

    return {name: {**complete(name), "name": name} for name in sorted(read)}


def _laid_over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are completed, everything else is replaced."""
    laid = dict(base)
    for name, value in changes.items():
        below = laid.get(name)
        laid[name] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return laid


def profile_names(format: str) -> tuple[str, ...]:
    """The shipped profiles of a format, the one to use by default first. Raises ProfileError for an unknown format."""
    if format not in FORMATS:
        raise ProfileError(f"'{format}' is no format we know; known are {', '.join(FORMATS)}")
    names = [name for name, settings in _shipped().items() if settings["format"] == format]
    return tuple(sorted(names, key=lambda name: (name not in _DEFAULTS, name)))


_DEFAULTS = ("fmuta6_globe40", "debitr_globe53", "credit_globe51", "dbopen_default")


def load_profile(name: str, adjustments: str = "") -> Profile:
    """The named profile with a site's adjustments (TOML text) laid over it.

    Raises ProfileError naming the wrong setting and what is allowed.
    """
    if name not in _shipped():
        raise ProfileError(f"'{name}' is no layout profile we know; known are {', '.join(_shipped())}")
    try:
        changes = tomllib.loads(adjustments)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"the adjustments of profile {name} are no valid TOML: {error}") from error
    except RecursionError:
        raise ProfileError(f"the adjustments of profile {name} are nested too deeply") from None
    for fixed in ("format", "name", "base"):
        if fixed in changes:
            raise ProfileError(f"profile {name}: '{fixed}' can't be adjusted; choose another profile instead")
    try:
        return _ADAPTER.validate_python(_laid_over(_shipped()[name], changes))
    except ValidationError as error:
        raise ProfileError(f"profile {name}: {_first_words(error)}") from error


def _first_words(error: ValidationError) -> str:
    """What is wrong with each setting, in words a consultant can act on."""
    told: dict[str, str] = {}
    for detail in error.errors(include_url=False):
        place = ".".join(str(part) for part in detail["loc"] if part not in FORMATS)
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            allowed = sorted(_settings_of(str(detail["loc"][0])))
            message = f"there is no such setting; settings are {', '.join(allowed)}"
        elif detail["type"] != "value_error" or place:
            message = f"{detail['input']!r} is wrong: {message[0].lower()}{message[1:]}"
        told.setdefault(place, f"{place}: {message}" if place else message)
    return "; ".join(told.values())


def _settings_of(format: str) -> set[str]:
    for model in (EntryProfile, RelationProfile, OutstandingProfile):
        if format in model.model_fields["format"].annotation.__args__:  # type: ignore[union-attr]
            return set(model.model_fields) - {"format", "name"}
    return set()


def format_of_file_name(file_name: str, profiles: Iterable[Profile]) -> Profile | None:
    """The first profile whose name pattern fits the file's name, capitals or not; folders in it don't count."""
    bare = PureWindowsPath(PurePosixPath(file_name).name).name.lower()
    for profile in profiles:
        if any(fnmatchcase(bare, pattern.lower()) for pattern in profile.name_pattern):
            return profile
    return None
