"""Sheets as PDF. Whatever letters stand in a journal's name are shown; nothing in it is taken for markup."""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, gettext
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer

from bookbridge.portal import letters
from bookbridge.portal.sheets import Sheet, Table
from bookbridge.portal.templatetags.bookbridge import plain_moment

FONT = "DejaVuSans"
_FONT_FILE = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
_PAGE = landscape(A4)
_MARGIN = 15 * mm
_FRAME = 6  # what reportlab keeps free inside its frame
_WIDTH = _PAGE[0] - 2 * _MARGIN - 2 * _FRAME
_GREY, _LINE, _RED = colors.HexColor("#535f70"), colors.HexColor("#dbe0e7"), colors.HexColor("#a01420")
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=9, leading=12)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontSize=16, leading=20, spaceAfter=2 * mm)
_HEADING = ParagraphStyle("heading", parent=_TEXT, fontSize=11, leading=14, spaceBefore=5 * mm, spaceAfter=1.5 * mm)
_NOTE = ParagraphStyle("note", parent=_TEXT, fontSize=8, leading=11, textColor=_GREY, spaceBefore=1.5 * mm)
_HEADER = ParagraphStyle("header", parent=_TEXT, fontSize=8, leading=10, textColor=_GREY)


def written(sheet: Sheet, made_at: datetime) -> bytes:
    """The sheet on as many pages as it needs; `made_at` stands on it."""
    _know_the_font()
    facts = [*sheet.facts, (gettext("Made on"), plain_moment(made_at))]
    story: list[Any] = [Paragraph(_markup(sheet.title), _TITLE), _facts(facts)]
    for table in sheet.tables:
        story += [Paragraph(_markup(table.title), _HEADING), _table(table)]
        story += [Paragraph(_markup(table.note), _NOTE)] if table.note else []
    story += [Spacer(1, 3 * mm), *(Paragraph(_markup(note), _NOTE) for note in sheet.notes)]
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=_PAGE,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 6 * mm,
        title=f"{sheet.title} · {' · '.join(value for _, value in sheet.facts)}",
        author="Bookbridge",
        lang=get_language() or "en",
    )
    document.build(story, canvasmaker=_NumberedCanvas)
    return file.getvalue()


@cache
def _know_the_font() -> None:
    pdfmetrics.registerFont(TTFont(FONT, str(_FONT_FILE)))
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=FONT, italic=FONT, boldItalic=FONT)
    letters.register()


@cache
def _own_letters() -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(FONT).face.charToGlyph)


def _markup(text: str) -> str:
    """The text for a paragraph: escaped, and each part in a font that has its letters."""
    parts = letters.parts(text, _own_letters())
    return "".join(f'<font name="{font}">{escape(part)}</font>' if font else escape(part) for font, part in parts)


def _facts(facts: Sequence[tuple[str, str]]) -> LongTable:
    rows = [[Paragraph(_markup(name), _HEADER), Paragraph(_markup(value), _TEXT)] for name, value in facts]
    return LongTable(
        rows,
        colWidths=[38 * mm, _WIDTH - 38 * mm],
        hAlign="LEFT",
        style=[*_PADDING, ("TOPPADDING", (0, 0), (-1, -1), 0)],
    )


_PADDING: list[tuple[Any, ...]] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("LEFTPADDING", (0, 0), (0, -1), 0),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def _table(table: Table) -> LongTable:
    body = [_row(row, table, wrong=number in table.wrong) for number, row in enumerate(table.rows)]
    totals = [_row(row, table) for row in table.totals]
    style = [
        *_PADDING,
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, _GREY),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, _LINE),
        *([("LINEABOVE", (0, len(body) + 1), (-1, len(body) + 1), 0.8, _GREY)] if totals else []),
    ]
    return LongTable(
        [_row(table.header, table, style=_HEADER), *body, *totals], colWidths=_widths(table), repeatRows=1, style=style
    )


def _row(values: Sequence[str], table: Table, *, wrong: bool = False, style: ParagraphStyle = _TEXT) -> list[Paragraph]:
    """Numbers at the right. A row that doesn't add up is red."""
    its = ParagraphStyle("row", parent=style, textColor=_RED if wrong else style.textColor)
    number = ParagraphStyle("number", parent=its, alignment=TA_RIGHT)
    return [Paragraph(_markup(value), its if place < table.texts else number) for place, value in enumerate(values)]


def _widths(table: Table) -> list[float]:
    """Texts get what numbers leave, and each number as much as every other."""
    numbers = len(table.header) - table.texts
    number = min(34 * mm, _WIDTH * 0.85 / max(numbers, 1))
    return [(_WIDTH - numbers * number) / table.texts] * table.texts + [number] * numbers


class _NumberedCanvas(Canvas):
    """Writes "page 2 of 5" when it is known how many there are."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 (reportlab's name)
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont(FONT, 8)
            self.setFillColor(_GREY)
            said = gettext("page %(number)s of %(count)s") % {"number": number, "count": len(self._pages)}
            self.drawString(_MARGIN + _FRAME, _MARGIN, "Bookbridge")
            self.drawRightString(_PAGE[0] - _MARGIN - _FRAME, _MARGIN, said)
            super().showPage()
        super().save()
