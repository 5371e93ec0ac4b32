"""From the text of a field to a value, by the settings of a profile. What the profile leaves open is not guessed."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache

from bookbridge.formats.profile import Profile

CODE_LENGTH = 60
TEXT_LENGTH = 2000
"""The bounds of `Code` and `Text` in the documents."""

_THOUSANDS = {"dot": r"\.", "comma": ",", "space": "[  ]", "apostrophe": "['’]"}
_YES = frozenset({"J", "Y", "1", "TRUE", "JA", "YES"})
_NO = frozenset({"", "N", "0", "FALSE", "NEE", "NO"})

_D, _M = r"(?P<d>[0-9]{2})", r"(?P<m>[0-9]{2})"
_Y4, _Y2 = r"(?P<y>[0-9]{4})", r"(?P<yy>[0-9]{2})"
_DATES = {
    "ddmmyyyy": f"{_D}{_M}{_Y4}",
    "dd/mm/yyyy": rf"(?P<d>[0-9]{{1,2}})/(?P<m>[0-9]{{1,2}})/{_Y4}",
    "dd-mm-yyyy": rf"(?P<d>[0-9]{{1,2}})-(?P<m>[0-9]{{1,2}})-{_Y4}",
    "dd.mm.yyyy": rf"(?P<d>[0-9]{{1,2}})\.(?P<m>[0-9]{{1,2}})\.{_Y4}",
    "dd-mm-yy": rf"(?P<d>[0-9]{{1,2}})-(?P<m>[0-9]{{1,2}})-{_Y2}",
    "dd/mm/yy": rf"(?P<d>[0-9]{{1,2}})/(?P<m>[0-9]{{1,2}})/{_Y2}",
    "ddmmyy": f"{_D}{_M}{_Y2}",
    "ddmmyyy_1900": f"{_D}{_M}(?P<since>1[0-9]{{2}})",
    "yyyymmdd": f"{_Y4}{_M}{_D}",
    "yyyy-mm-dd": f"{_Y4}-{_M}-{_D}",
    "mm/dd/yyyy": rf"(?P<m>[0-9]{{1,2}})/(?P<d>[0-9]{{1,2}})/{_Y4}",
}
_WRITTEN = {
    "ddmmyyyy": "%d%m%Y",
    "dd/mm/yyyy": "%d/%m/%Y",
    "dd-mm-yyyy": "%d-%m-%Y",
    "dd.mm.yyyy": "%d.%m.%Y",
    "dd-mm-yy": "%d-%m-%y",
    "dd/mm/yy": "%d/%m/%y",
    "ddmmyy": "%d%m%y",
    "yyyymmdd": "%Y%m%d",
    "yyyy-mm-dd": "%Y-%m-%d",
    "mm/dd/yyyy": "%m/%d/%Y",
}


class Unreadable(ValueError):  # noqa: N818 (a fact of a file, no error of ours)
    """The text is no value of this kind; `why` names the kind of problem (see texts)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def amount_reader(profile: Profile, *, decimals: int = 2) -> Callable[[str], Decimal]:
    """A function from text to Decimal. With `decimal = "auto"` up to `decimals` digits may follow the one separator:
    more would not tell a decimal sign from a thousands separator. Raises Unreadable."""
    thousands = _THOUSANDS.get(profile.thousands)
    whole = "[0-9]{0,15}" if thousands is None else f"(?:[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+|[0-9]{{0,15}})"
    sign = {"auto": "[.,]", "dot": r"\.", "comma": ","}[profile.decimal]
    digits = decimals if profile.decimal == "auto" else 6
    fits = re.compile(f"[+-]?(?=[0-9.,]){whole}(?:(?:{sign})[0-9]{{1,{digits}}})?").fullmatch
    needless = re.compile(thousands) if thousands else None

    def read(text: str) -> Decimal:
        # Not remembered: most amounts of a file are unlike the ones before.
        if not fits(text):
            text = text.strip()
            if not fits(text):
                raise Unreadable(_why_no_amount(text))
        if needless is not None:
            text = needless.sub("", text)
        return Decimal(text.replace(",", "."))

    return read


def _why_no_amount(text: str) -> str:
    if re.fullmatch(r"[+-]?[0-9]+(?:[.,][0-9]+)?[Ee][+-]?[0-9]+", text):
        return "spreadsheet"
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:[.,'’  ][0-9]{3})+(?:[.,][0-9]*)?", text) or {".", ","} <= set(text):
        return "thousands"
    return "amount"


def date_reader(profile: Profile) -> Callable[[str], date | None]:
    """A function from text to date; blank and all zeros are None. Raises Unreadable."""
    formats = list(profile.date_formats)
    fits = [re.compile(_DATES[name]).fullmatch for name in formats]
    # A spreadsheet takes the leading zero of 01062016 away. Where the DOS way of three-digit years is allowed,
    # seven digits mean that, and never both.
    pads = "ddmmyyyy" in formats and "ddmmyyy_1900" not in formats
    pivot = profile.two_digit_year_pivot

    @lru_cache(maxsize=8192)
    def read(text: str) -> date | None:
        text = text.strip()
        if not text.strip("0"):
            return None
        if pads and len(text) == 7 and text.isdigit():
            text = "0" + text
        for fit in fits:
            if (match := fit(text)) and (day := _as_date(match, pivot)):
                return day
        raise Unreadable("date")

    return read


def _as_date(match: re.Match[str], pivot: int) -> date | None:
    parts = match.groupdict()
    if "since" in parts:
        year = 1900 + int(parts["since"])
    elif "yy" in parts:
        year = full_year(int(parts["yy"]), pivot)
    else:
        year = int(parts["y"])
    if not 1900 <= year <= 2999:
        return None
    try:
        return date(year, int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None


def date_writer(format: str) -> Callable[[date | None], str]:
    if format == "ddmmyyy_1900":
        return lambda day: "" if day is None else f"{day:%d%m}{day.year - 1900:03d}"
    return lambda day: "" if day is None else day.strftime(_WRITTEN[format])


def full_year(two_digits: int, pivot: int) -> int:
    return two_digits + (1900 if two_digits >= pivot else 2000)


def year_reader(profile: Profile) -> Callable[[str], int | None]:
    """Two or four digits; blank and zeros are None. Raises Unreadable."""

    @lru_cache(maxsize=256)
    def read(text: str) -> int | None:
        text = text.strip()
        if not text.strip("0"):
            return None
        if re.fullmatch("[0-9]{1,2}", text):
            return full_year(int(text), profile.two_digit_year_pivot)
        if re.fullmatch("[0-9]{4}", text) and 1900 <= int(text) <= 2999:
            return int(text)
        raise Unreadable("number")

    return read


@lru_cache(maxsize=1024)
def read_period(text: str) -> int | None:
    text = text.strip()
    if not text.strip("0"):
        return None
    if re.fullmatch("0*[0-9]{1,2}", text):
        return int(text)
    raise Unreadable("number")


@lru_cache(maxsize=16384)
def read_line_number(text: str) -> int | None:
    """The number, or None where the text is none."""
    text = text.strip()
    return int(text) if re.fullmatch(r"\+?[0-9]{1,6}", text) else None


@lru_cache(maxsize=256)
def read_currency(text: str) -> str:
    text = text.strip().upper()
    if not re.fullmatch("[A-Z]{3}", text):
        raise Unreadable("currency")
    return text


def read_choice(text: str) -> bool:
    """J/N, Y/N, 0/1, True/False; blank is no. Raises Unreadable."""
    text = text.strip().upper()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Unreadable("choice")


def says_yes(text: str) -> bool:
    """Whether it says yes; anything else is no."""
    return text.strip().upper() in ("J", "Y", "1", "TRUE")


def read_code(text: str) -> str | None:
    text = text.strip()
    if len(text) > CODE_LENGTH:
        raise Unreadable("long")
    return text or None


def read_text(text: str) -> str | None:
    text = text.strip()
    if len(text) > TEXT_LENGTH:
        raise Unreadable("long")
    return text or None
