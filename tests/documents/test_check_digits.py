"""Numbers that check themselves."""

import pytest

from bookbridge.documents import dutch_vat_number_is_valid, modulo_97


def test_modulo_97_counts_letters_from_ten() -> None:
    assert modulo_97("B") == 11
    assert modulo_97("ABNA0417164300NL91") == 1  # the IBAN that the Dutch banks give as their example


@pytest.mark.parametrize(
    "number",
    [
        "NL123456782B01",  # 1*9 + 2*8 + … + 8*2 - 2 = 154 = 14 * 11
        "NL000099998B57",  # modulo 97 alone
        "NL004495445B01",  # python-stdnum's example: the eleven-check alone
        "NL999999990B51",  # both
    ],
)
def test_a_number_that_passes_either_check_is_valid(number: str) -> None:
    assert dutch_vat_number_is_valid(number)


@pytest.mark.parametrize(
    "number",
    [
        "NL123456789B01",
        "NL000099998B58",
        "NL000000000B00",
        "NL12345678B01",
        "123456782B01",
        "NL123456782b01",
        "NL123456782B01 ",
        "NL١٢٣٤٥٦٧٨٢B01",
    ],
)
def test_any_other_number_is_not(number: str) -> None:
    assert not dutch_vat_number_is_valid(number)
