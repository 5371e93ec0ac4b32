"""The settings of the agent, and whether it starts with the computer."""

import sys
from dataclasses import replace

from werkzeug.wrappers import Response

from bookbridge_agent import configuration, service
from bookbridge_agent.configuration import Settings, check_address
from bookbridge_agent.messages import AgentError, Message, message
from bookbridge_agent.screens.asking import Asked
from bookbridge_agent.words import LANGUAGES

TEXTS = ("language", "after", "endpoint", "proxy", "keep_activity_days", "screens_port")
LONGEST = 1000
_NUMBERS = {"keep_activity_days": (1, 3650), "screens_port": (1024, 65535)}


class SettingsForm:
    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.errors: dict[str, Message] = {}

    @classmethod
    def saved(cls, settings: Settings) -> "SettingsForm":
        return cls({name: str(getattr(settings, name) or "") for name in TEXTS})

    def changed(self, settings: Settings) -> Settings | None:
        """None when anything is wrong, which stands in `errors` then."""
        for name in ("endpoint", "proxy"):
            self._check_address(name)
        numbers = {name: self._number(name) for name in _NUMBERS}
        if self.errors:
            return None
        values = self.values
        return replace(
            settings,
            language=values["language"] if values["language"] in LANGUAGES else None,
            after="delete" if values["after"] == "delete" else "archive",
            endpoint=values["endpoint"],
            proxy=values["proxy"] or None,
            keep_activity_days=numbers["keep_activity_days"],
            screens_port=numbers["screens_port"],
        )

    def _check_address(self, name: str) -> None:
        try:
            if self.values[name]:
                check_address(self.values[name])
        except AgentError:
            self.errors[name] = message("no_address" if name == "endpoint" else "no_proxy", value=self.values[name])

    def _number(self, name: str) -> int:
        least, most = _NUMBERS[name]
        try:
            number = int(self.values[name])
        except ValueError:
            number = -1
        if not least <= number <= most:
            self.errors[name] = message("number_wrong", least=least, most=most)
        return number


def show(asked: Asked) -> Response:
    if not asked.is_post:
        return _page(asked, SettingsForm.saved(asked.configuration().settings))
    sent = asked.request.form
    form = SettingsForm({name: sent.get(name, "")[:LONGEST].strip() for name in TEXTS})
    if form.changed(asked.configuration().settings) is None:
        return _page(asked, form, 422)
    configuration.change(asked.desk.home, lambda now: replace(now, settings=form.changed(now.settings) or now.settings))
    return asked.go("/settings/", "settings")


def _page(asked: Asked, form: SettingsForm, status: int = 200) -> Response:
    return asked.page(
        "settings.html",
        status,
        form=form,
        languages=LANGUAGES,
        done=asked.done,
        home=asked.desk.home,
        service=service.state(),
        is_windows=sys.platform == "win32",
    )
