"""Layout profiles as a site writes them (TOML), and a file read under what they say."""

from bookbridge.formats import ProfileError, load_profile
from tests.formats.invariants import PAIRS, SAMPLES, check_kept, check_results, read_all

INSTRUMENTED = ("bookbridge.formats",)
SEEDS = [
    b"\0",
    b"\0separator = ';'\ndecimal = 'comma'\n",
    b"\0entry_start = 1\nzero_amount_lines = 'drop'\namount_includes_vat = 'always'\n",
    b"\0[sign]\nV = 'debit_positive'\nM = 'credit_positive'\n[default_journals]\nV = '70'\n",
    b"\0encoding = 'utf-8'\nquote = 'none'\nmax_columns = 30\nmin_columns = 2\n",
    b"\0thousands = 'dot'\ndecimal = 'comma'\ntwo_digit_year_pivot = 50\ndate_formats = ['yyyy-mm-dd']\n",
    b"\x06country_map = {NLD = 'NL'}\ndefault_country = 'BE'\n",
    b"\x0akinds = ['sales', 'purchase']\nquoting = 'none'\n[names]\ninvoice_no = 'faktuur'\n",
]


def check(data: bytes) -> None:
    if not data:
        return
    format, name = PAIRS[data[0] % len(PAIRS)]
    adjustments = data[1:].decode("utf-8", "replace")
    try:
        load_profile(name, adjustments)
    except ProfileError:
        return
    results = read_all(SAMPLES[format], name, adjustments)
    check_results(results)
    check_kept(results)
