"""Check digits of numbers that documents carry. Pure."""

import re
from typing import Final

_DUTCH_VAT_NUMBER: Final = re.compile(r"NL(\d{9})B\d{2}", re.ASCII)


def modulo_97(text: str) -> int:
    """What is left of digits and letters by 97, where A counts 10, B 11, … (ISO 7064); IBANs and VAT numbers leave 1.

    Raises ValueError for any other sign."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97


def dutch_vat_number_is_valid(number: str) -> bool:
    """Whether NL999999999B99, written without blanks or dots, passes one of the two checks of such numbers.

    A sole trader's number since 2020 passes that modulo 97; in an older one and a legal person's the nine digits pass
    the eleven-check of a BSN or RSIN (python-stdnum, stdnum/nl/btw.py; help.afas.nl, Btw-nummer controles EU landen).
    """
    match = _DUTCH_VAT_NUMBER.fullmatch(number)
    if match is None or not match[1].strip("0"):
        return False
    digits = [int(digit) for digit in match[1]]
    eleven = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=False)) - digits[8]
    return eleven % 11 == 0 or modulo_97(number) == 1
