"""The list of synchronisations, choosing the type of a new one, and taking one away."""

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bookbridge_agent.configuration import TYPES
from bookbridge_agent.leftovers import Leftovers
from bookbridge_agent.messages import AgentError
from bookbridge_agent.screens import summary
from bookbridge_agent.screens.asking import Asked


def begin(asked: Asked) -> Response:
    return asked.go("/synchronisations/")


def show(asked: Asked) -> Response:
    now = asked.configuration()
    rows = [summary.of(each, asked.desk.journal, asked.words) for each in now.synchronisations]
    return asked.page("listing.html", rows=rows, types=TYPES, done=asked.done)


def choose_type(asked: Asked) -> Response:
    chosen = asked.request.args.get("type", "")
    if chosen in TYPES:
        return asked.go(f"/synchronisations/add/{chosen}/")
    return asked.page("types.html", types=TYPES)


def delete(asked: Asked, id_: str) -> Response:
    of = asked.configuration().of(id_)
    if of is None:
        raise NotFound
    if not asked.is_post:
        return asked.page("delete.html", of=of, waiting=Leftovers(of, asked.desk.home, asked.desk.journal).count())
    asked.change(lambda now: now.without(id_))
    asked.desk.vault.forget(id_)
    asked.desk.journal.tell(id_, "removed", of.name)
    return asked.go("/synchronisations/", "deleted")


def decide(asked: Asked, id_: str) -> Response:
    """What becomes of files that wait for another integration."""
    of = asked.configuration().of(id_)
    if of is None:
        raise NotFound
    left, fault = Leftovers(of, asked.desk.home, asked.desk.journal), None
    if asked.is_post:
        do = asked.request.form.get("do")
        try:
            if do == "send":
                left.send_on()
                return asked.go(f"/synchronisations/{id_}/", "sent_on")
            if do == "put_back":
                left.put_back()
                return asked.go(f"/synchronisations/{id_}/", "put_back")
        except AgentError as refused:
            fault = refused.message
    return asked.page("waiting.html", 200 if fault is None else 409, of=of, asides=left.for_others(), fault=fault)
