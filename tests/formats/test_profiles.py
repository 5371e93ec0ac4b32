"""Layout profiles: the shipped ones, adjusting them, and messages that name the wrong setting."""

import pytest
from pydantic import ValidationError

from bookbridge.formats import FORMATS, ProfileError, format_of_file_name, load_profile, profile_names

SHIPPED = {
    "fmuta6": {"fmuta6_globe40", "fmuta6_financials41", "fmuta6_32", "fmuta6_30", "fmuta6_davi_dos", "fmuta_named"},
    "debitr": {"debitr_globe53", "debitr_fin54"},
    "credit": {"credit_globe51", "credit_fin52"},
    "dbopen": {"dbopen_default", "dbopen_reflexblue7"},
}


@pytest.mark.parametrize("format", FORMATS)
def test_shipped_profiles_load(format: str) -> None:
    names = profile_names(format)
    assert set(names) == SHIPPED[format]
    for name in names:
        profile = load_profile(name)
        assert (profile.format, profile.name) == (format, name)


def test_default_profile_comes_first() -> None:
    assert [profile_names(format)[0] for format in FORMATS] == [
        "fmuta6_globe40",
        "debitr_globe53",
        "credit_globe51",
        "dbopen_default",
    ]


WIDTHS = {
    "fmuta6_globe40": 40,
    "fmuta6_financials41": 41,
    "debitr_globe53": 53,
    "debitr_fin54": 54,
    "credit_globe51": 51,
    "credit_fin52": 52,
    "dbopen_default": 16,
    "dbopen_reflexblue7": 7,
}


@pytest.mark.parametrize(("profile", "width"), WIDTHS.items())
def test_layouts_have_their_number_of_columns(profile: str, width: int) -> None:
    assert len(load_profile(profile).layout) == width


@pytest.mark.parametrize(
    ("adjustments", "words"),
    [
        ('decimal = "point"', ["decimal", "point", "'auto', 'dot' or 'comma'"]),
        ('separator = ";;"', ["separator", ";;", "one character"]),
        ('separater = ";"', ["separater", "no such setting", "separator"]),
        ("min_columns = 50", ["min_columns (50)", "max_columns (40)"]),
        ('date_formats = ["yyyy"]', ["date_formats", "yyyy", "ddmmyyyy"]),
        ('encoding = "ebcdic"', ["encoding", "ebcdic", "cp850"]),
        ("two_digit_year_pivot = 100", ["two_digit_year_pivot", "100", "99"]),
        ('sign.V = "plus"', ["sign.V", "plus", "debit_positive"]),
        ('sign.X = "document"', ["sign.X"]),
        ('amount_includes_vat = "yes"', ["amount_includes_vat", "always"]),
        ('columns = ["line_no", "bogus"]', ["columns", "bogus"]),
        ('columns = ["line_no"]', ["columns", "missing"]),
        ('columns = ["line_no", "line_no"]', ["columns", "twice"]),
        ('relabel = { fax = "email" }', ["relabel", "fax"]),
        ('thousands = "dot"', ["thousands", "decimal"]),
        ('decimal = "dot"\nthousands = "dot"', ["decimal", "thousands"]),
        ("balance_tolerance = 0.01", ["balance_tolerance", "floating-point"]),
        ('default_currency = "euro"', ["default_currency", "euro"]),
        ("x = ", ["TOML"]),
        ('format = "credit"', ["format", "can't be adjusted"]),
        ("column_shift = 2", ["column_shift", "2"]),
    ],
)
def test_wrong_settings_are_named_with_what_is_allowed(adjustments: str, words: list[str]) -> None:
    with pytest.raises(ProfileError) as raised:
        load_profile("fmuta6_globe40", adjustments)
    message = str(raised.value)
    assert "fmuta6_globe40" in message
    for word in words:
        assert word in message, message


@pytest.mark.parametrize(
    ("profile", "adjustments", "word"),
    [
        ("dbopen_default", 'quoting = "none"\ndecimal = "comma"', "quoting"),
        ("dbopen_reflexblue7", 'kinds = ["sales", "purchase"]', "kinds"),
        ("dbopen_default", 'file_name = "../x"', "file_name"),
        ("dbopen_default", 'separator = "auto"', "separator"),
        ("debitr_globe53", 'country_map = { X = "xx" }', "country_map"),
        ("debitr_globe53", 'default_country = "nl"', "default_country"),
    ],
)
def test_wrong_settings_of_other_formats(profile: str, adjustments: str, word: str) -> None:
    with pytest.raises(ProfileError, match=word):
        load_profile(profile, adjustments)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ProfileError, match="fmuta6_globe40"):
        load_profile("fmuta7")
    with pytest.raises(ProfileError, match="dbopen"):
        profile_names("fmuta7")
    assert issubclass(ProfileError, ValueError)


def test_adjustments_complete_tables_and_replace_the_rest() -> None:
    profile = load_profile("debitr_globe53", 'name_pattern = ["deb*.csv"]\ncountry_map = { HOL = "NL" }')
    assert profile.name_patterns == ("deb*.csv",)
    assert profile.country_map["HOL"] == "NL"  # type: ignore[attr-defined]
    assert profile.country_map["D"] == "DE"  # type: ignore[attr-defined]


def test_tab_may_be_the_separator() -> None:
    assert load_profile("fmuta6_globe40", 'separator = "\\t"').separator == "\t"


def test_profiles_cannot_be_changed() -> None:
    profile = load_profile("fmuta6_globe40")
    with pytest.raises(ValidationError):
        profile.separator = ";"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "format"),
    [("FMUTA6.CSV", "fmuta6"), ("inbox/Debitr.csv", "debitr"), ("C:\\EXPORT\\CREDIT.CSV", "credit"),
     ("fmuta6.csv.tmp", None), ("", None), ("dbopen.csv", "dbopen")],
)  # fmt: skip
def test_format_is_known_by_the_file_name(name: str, format: str | None) -> None:
    profiles = [load_profile(profile_names(format)[0]) for format in FORMATS]
    found = format_of_file_name(name, profiles)
    assert (found.format if found else None) == format


def test_own_name_patterns() -> None:
    profile = load_profile("fmuta6_globe40", 'name_pattern = ["fmuta-????-??-??.csv", "boekingen*.csv"]')
    assert format_of_file_name("Fmuta-2026-02-03.CSV", [profile]) is profile
    assert format_of_file_name("fmuta6.csv", [profile]) is None


@pytest.mark.parametrize("adjustments", ["a = " + "[" * 3000, "a = " + "{b = " * 1500])
def test_adjustments_nested_beyond_measure_are_refused_like_others(adjustments: str) -> None:
    with pytest.raises(ProfileError, match="nested too deeply"):
        load_profile("fmuta6_globe40", adjustments)
