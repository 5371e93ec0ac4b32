"""The page on which a synchronisation is added or changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bookbridge_agent import connection_code
from bookbridge_agent.configuration import TYPES, Synchronisation
from bookbridge_agent.faults import PASSING
from bookbridge_agent.leftovers import Leftovers
from bookbridge_agent.masks import KINDS
from bookbridge_agent.messages import AgentError, Message, message
from bookbridge_agent.screens import checking, folders, summary, trying
from bookbridge_agent.screens.asking import Asked
from bookbridge_agent.screens.folders import Listing
from bookbridge_agent.screens.form import DETAILS, LONGEST, MASKS, PATHS, Form
from bookbridge_agent.screens.trying import Looked, Tried


def add(asked: Asked, type_: str) -> Response:
    if type_ not in TYPES:
        raise NotFound
    return _Filling(asked, type_, None).answer()


def change(asked: Asked, id_: str) -> Response:
    of = asked.configuration().of(id_)
    if of is None:
        raise NotFound
    return _Filling(asked, of.type, of).answer()


class _Filling:
    """One look at the form, or one button of it."""

    def __init__(self, asked: Asked, type_: str, of: Synchronisation | None) -> None:
        self._asked = asked
        self._type = type_
        self._of = of
        self._now = asked.configuration()
        sent = asked.request.form if asked.is_post else None
        self._draft = sent.get("draft", "") if sent else ""
        self._secret = sent.get("secret", "")[:LONGEST].strip() if sent else ""
        if sent is not None:
            self._form = Form.sent(sent, of)
        else:
            self._form = Form.saved(of) if of else Form.blank(self._now)
        self._checked: str = ""
        """How the check against the storage ended: `right`, `unsure`, `incomplete`, or empty when none was made."""
        self._browsed: tuple[str, Listing] | None = None
        self._tried: Tried | None = None
        self._looked: Looked | None = None
        self._try_name = sent.get("try_name", "")[:LONGEST] if sent else ""

    def answer(self) -> Response:
        if not self._asked.is_post:
            return self._show()
        sent = self._asked.request.form
        for name, act in (("browse", self._browse), ("choose", self._choose)):
            if name in sent:
                field, _, path = sent[name].partition(":")
                if field in PATHS:
                    act(field, path)
                return self._show()
        acts: dict[str, Callable[[], Response]] = {
            "save": self._save,
            "check": self._check,
            "live": self._live,
            "try": self._try,
            "look": self._look,
            "paste": self._paste,
            "reset": self._reset,
        }
        return acts.get(sent.get("do", "save"), self._show)()

    # What the buttons do.

    def _save(self) -> Response:
        made = self._form.synchronisation(self._of.id if self._of else uuid4().hex, self._type)
        secret = self._known_secret()
        if not secret:
            self._form.errors.setdefault("secret", message("no_secret" if self._of else "needed_here"))
        if made is not None:
            self._form.keep_apart(made, self._now)
            self._leave_none_behind(made)
        if made is None or self._form.errors:
            return self._show(422)
        found = self._ask(made, secret)
        if found is not None and found.code not in PASSING:
            self._form.errors[checking.FIELDS.get(found.code, "endpoint")] = found
            return self._show(422)
        return self._keep(made, found)

    def _leave_none_behind(self, made: Synchronisation) -> None:
        """Notes when files wait in the folder it had before: nobody would send them any more."""
        if self._of is not None and made.source != self._of.source:
            left = Leftovers(self._of, self._asked.desk.home, self._asked.desk.journal).count()
            if left:
                self._form.errors["source"] = message("left_behind", folder=self._of.source, count=left)

    def _keep(self, made: Synchronisation, found: Message | None) -> Response:
        desk, typed = self._asked.desk, self._typed_secret()
        if typed:
            made = replace(made, entered=datetime.now(UTC).isoformat())
            try:
                desk.vault.put(made.id, typed)
            except OSError as error:
                raise AgentError.of_system(error, "not_kept", folder=desk.home.folder) from None
        self._asked.change(lambda now: now.with_changed(made) if self._of else now.with_one_more(made))
        desk.drafts.forget(self._draft)
        done = "saved" if self._of else "added"
        return self._asked.go("/synchronisations/", done if found is None else f"{done}_unchecked")

    def _check(self) -> Response:
        self._form.check(is_all_needed=False)
        for name in DETAILS:
            if not self._form.values[name]:
                self._form.errors[name] = message("needed_here")
        if not self._known_secret():
            self._form.errors.setdefault("secret", message("needed_here"))
        self._ask_if_complete()
        return self._show()

    def _live(self) -> Response:
        """While a person types: nothing is asked of fields that are still empty."""
        self._form.check(is_all_needed=False)
        self._ask_if_complete()
        if self._try_name:
            self._tried = trying.tried(self._form.patterns(), self._try_name)
        return self._show(is_kept=False)

    def _try(self) -> Response:
        self._form.check(is_all_needed=False)
        if self._try_name:
            self._tried = trying.tried(self._form.patterns(), self._try_name)
        return self._show()

    def _look(self) -> Response:
        self._form.check(is_all_needed=False)
        source = self._form.values["source"]
        if not source:
            self._form.errors["source"] = message("needed_here")
        elif "source" not in self._form.errors:
            try:
                self._looked = trying.looked(self._form.patterns(), Path(source))
            except OSError as error:
                fault = AgentError.of_system(error, "folder_unreadable", folder=source)
                self._form.errors["source"] = fault.message
        return self._show()

    def _paste(self) -> Response:
        file = self._asked.request.files.get("code_file")
        text = self._asked.request.form.get("code", "")
        if file is not None and file.filename:
            text = file.read(connection_code.LONGEST + 1).decode("utf-8", "replace")
        try:
            code = connection_code.read(text)
        except AgentError as fault:
            self._form.errors["code"] = fault.message
            return self._show(422)
        self._form.fill(code)
        self._secret = code.secret
        self._form.check(is_all_needed=False)
        self._ask_if_complete()
        return self._show(is_pasted=True)

    def _reset(self) -> Response:
        self._asked.desk.drafts.forget(self._draft)
        return self._asked.go(self._asked.request.path)

    def _browse(self, field: str, path: str) -> None:
        self._browsed = (field, folders.listing(path or self._form.values[field]))

    def _choose(self, field: str, path: str) -> None:
        self._form.choose(field, Path(path))
        self._form.check(is_all_needed=False)

    # The secret, which no page shows.

    def _typed_secret(self) -> str:
        return self._secret or self._asked.desk.drafts.get(self._draft)

    def _known_secret(self) -> str:
        typed = self._typed_secret()
        if typed or self._of is None:
            return typed
        try:
            return self._asked.desk.vault.get(self._of.id) or ""
        except AgentError as fault:
            self._form.errors["secret"] = fault.message
            return ""

    def _ask(self, of: Synchronisation, secret: str) -> Message | None:
        return self._asked.desk.checker.ask(of, secret, self._now.settings.proxy)

    def _ask_if_complete(self) -> None:
        details, secret = self._form.details(self._type), self._known_secret()
        if details is None or not secret:
            self._checked = "incomplete"
            return
        found = self._ask(details, secret)
        if found is None:
            self._checked = "right"
            return
        self._form.errors[checking.FIELDS.get(found.code, "endpoint")] = found
        self._checked = "unsure" if found.code in PASSING else ""

    def _show(self, status: int = 200, *, is_kept: bool = True, is_pasted: bool = False) -> Response:
        if self._secret and is_kept:
            self._asked.desk.drafts.forget(self._draft)
            self._draft = self._asked.desk.drafts.keep(self._secret)
        has_draft = bool(self._asked.desk.drafts.get(self._draft))
        of = self._of
        return self._asked.page(
            "form.html",
            status,
            form=self._form,
            of=of,
            type_name=TYPES[self._type],
            kinds={name: kind.upper() for name, kind in MASKS.items()},
            all_kinds=[kind.upper() for kind in KINDS],
            draft=self._draft if has_draft else "",
            has_draft=has_draft,
            checked=self._checked,
            browsed=self._browsed,
            tried=self._tried,
            looked=self._looked,
            try_name=self._try_name,
            is_pasted=is_pasted,
            done=self._asked.done,
            summary=summary.of(of, self._asked.desk.journal, self._asked.words) if of else None,
            of_others=self._of_others(),
        )

    def _of_others(self) -> int:
        """How many files wait for another integration."""
        if self._of is None:
            return 0
        left = Leftovers(self._of, self._asked.desk.home, self._asked.desk.journal)
        try:
            return sum(len(aside.waiting) for aside in left.for_others())
        except AgentError:
            # That its folder can't be reached stands among its troubles.
            return 0
