"""Which font shows which letters of a text in a PDF.

Our font has the letters of Europe, Arabic and Hebrew. Chinese, Japanese and Korean ones are named by the fonts that the
PDF standard says every reader has, so that nothing large has to be carried along. Any other letter is shown by its
number in Unicode, `[U+1F600]`: never a blank, never a box.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Set
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

_EAST_ASIAN = {
    "HeiseiKakuGo-W5": "shift_jis",
    "STSong-Light": "gbk",
    "MSung-Light": "big5",
    "HYGothic-Medium": "euc_kr",
}
"""The standard's font → a character set that it surely has."""
_LAST_OF_FONTS = 0xFFFF
_RIGHT_TO_LEFT = {"R", "AL"}
_SPACES = {"\n": " ", "\r": " ", "\t": " "}


def register() -> None:
    for name in _EAST_ASIAN:
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def parts(text: str, own: Set[int]) -> Iterator[tuple[str, str]]:
    """The text as (font, letters), the font empty for our own, whose letters are `own`."""
    shown = _in_order("".join(_SPACES.get(letter, letter) for letter in text))
    for font, letters in groupby(shown, key=lambda letter: _font_of(letter, own)):
        if font is None:
            yield "", "".join(f"[U+{ord(letter):04X}]" for letter in letters)
        else:
            yield font, "".join(letters)


def _font_of(letter: str, own: Set[int]) -> str | None:
    if unicodedata.category(letter)[0] == "C":
        return None  # Without a shape, or one that turns the line around.
    if ord(letter) > _LAST_OF_FONTS:
        return None
    if ord(letter) in own:
        return ""
    return next((font for font, known in _EAST_ASIAN.items() if _has(letter, known)), None)


def _has(letter: str, known: str) -> bool:
    try:
        letter.encode(known)
    except UnicodeEncodeError:
        return False
    return True


def _in_order(text: str) -> Iterable[str]:
    """As it is seen from the left: what is read from the right is turned round."""
    shown: list[str] = []
    kept: list[str] = []
    for letter in text:
        if unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT:
            kept.append(letter)
        elif kept and unicodedata.combining(letter):
            kept[-1] += letter
        elif kept and letter == " ":
            kept.append(letter)
        else:
            shown += _turned(kept)
            kept = []
            shown.append(letter)
    return [letter for cluster in [*shown, *_turned(kept)] for letter in cluster]


def _turned(kept: list[str]) -> list[str]:
    """A space after the last word stays behind it."""
    words = len("".join(kept).rstrip(" ")) and max(i for i, cluster in enumerate(kept) if cluster != " ") + 1
    return [*reversed(kept[:words]), *kept[words:]]
