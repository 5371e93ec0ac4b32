"""The signs beside words: our own few strokes, in the page itself so that nothing has to load."""

from functools import cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

_PATHS = {
    "check": "M3.5 8.5l3 3 6-7",
    "cross": "M4.5 4.5l7 7M11.5 4.5l-7 7",
    "warning": "M8 2.2L14.4 13.5H1.6zM8 6.4v3.4M8 11.6v.2",
    "question": "M5.6 5.9a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.9-1.1 1.7M8 12.1v.2",
    "clock": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.5",
    "arrows": "M2.6 6.6A5.6 5.6 0 0 1 13 5.4M13.4 9.4A5.6 5.6 0 0 1 3 10.6M13.2 2.4v3.1h-3.1M2.8 13.6v-3.1h3.1",
    "pause": "M5.5 3.5v9M10.5 3.5v9",
    "skip": "M3.5 4l4 4-4 4M8.5 4l4 4-4 4",
    "key": "M5.2 8.2a3 3 0 1 0 0-.4zM8.2 8H14v2.4M11.6 8v1.8",
    "out": "M3 8h9.5M8.8 4.2L12.6 8l-3.8 3.8",
    "in": "M13 8H3.5M7.2 4.2L3.4 8l3.8 3.8",
    "cmp": "M3 5.5h10M10.2 2.8L13 5.5l-2.8 2.7M13 10.5H3M5.8 7.8L3 10.5l2.8 2.7",
    "file": "M4 1.8h5.2L12.4 5v9.2H4zM9 2v3.2h3.2",
    "download": "M8 2.5v7.5M4.6 7L8 10.4 11.4 7M3 13.5h10",
    "upload": "M8 10.5V3M4.6 6.2L8 2.8l3.4 3.4M3 13.5h10",
    "search": "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4l3.4 3.4",
    "chevron": "M6 3.5l4.5 4.5L6 12.5",
    "person": "M8 2.2a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2zM2.8 13.8c.4-2.8 2.4-4.4 5.2-4.4s4.8 1.6 5.2 4.4",
    "lock": "M4 7.2h8v6.3H4zM5.6 7V5a2.4 2.4 0 0 1 4.8 0v2",
}


_FRAME = (
    '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.7"'
    ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{}"/></svg>'
)


@cache
def icon_svg(name: str) -> SafeString:
    """A decorative sign: the word beside it says the same."""
    return format_html(_FRAME, _PATHS[name])
