"""What the page of a line shows of what the source changed since it was posted, and of difference entries."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from bookbridge.documents import DIFFERENCE, document_to_json
from bookbridge.exchange import differences
from bookbridge.exchange.differences import Offer
from bookbridge.exchange.models import Difference, Line, Posting
from bookbridge.portal import difference_view, document_view, words


@dataclass(frozen=True, slots=True)
class Made:
    """A difference entry, and the latest line that tells of it; None once that is no longer kept."""

    difference: Difference
    line: Line | None


def context(line: Line, *, may_repair: bool) -> dict[str, Any]:
    """For the page's template."""
    posting = line.posting
    if posting is None:
        return {}
    made = differences.about(posting)
    shown: dict[str, Any] = {"made": _with_lines(made)}
    if posting.key.startswith(DIFFERENCE):
        shown["corrects"] = _correcting(posting)
    if line.reason != Line.Reason.CHANGED:
        return shown
    before = document_to_json(differences.held_before(line, made))
    shown["differences"] = difference_view.differences(before, line.document or {})
    changed = differences.undecided(line, made) if may_repair else None
    if changed is not None:
        shown |= {"leaves": changed.is_latest, **_offered(differences.offer(changed, text_of(line)))}
    return shown


def text_of(line: Line) -> str:
    """What the difference entry of a line says it corrects: by the number that the first entry has in the books."""
    number = line.posting.external_number if line.posting else ""
    return gettext("Difference to %(number)s") % {"number": number or line.identifier}


def _offered(offer: Offer) -> dict[str, Any]:
    if offer.document is None:
        fields = ", ".join(document_view.field_name(name) for name in offer.fields)
        why = str(words.NO_DIFFERENCE[offer.obstacle])
        return {"no_difference": why % {"fields": fields} if fields else why}
    content = document_to_json(offer.document)
    return {"entry": offer, "entry_lines": document_view.shown_document(content, [])}


def _correcting(posting: Posting) -> Difference | None:
    """The difference that an entry is."""
    own = Difference.objects.filter(organisation_id=posting.organisation_id, posting=posting)
    return own.select_related("corrects", "line", "decided_by").first()


def _with_lines(made: Collection[Difference]) -> list[Made]:
    if not made:
        return []
    postings = [each.posting_id for each in made]
    lines = Line.objects.filter(organisation_id=next(iter(made)).organisation_id, posting__in=postings)
    latest = lines.order_by("posting", "-run", "-pk").distinct("posting").defer("document", "raw")
    known = {line.posting_id: line for line in latest}
    return [Made(each, known.get(each.posting_id)) for each in made]
