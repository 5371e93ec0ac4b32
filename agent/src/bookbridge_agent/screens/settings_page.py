"""The settings of the agent, and whether it starts with the computer."""

from collections.abc import Callable
from dataclasses import replace

from werkzeug.wrappers import Response

from bookbridge_agent import service
from bookbridge_agent.configuration import Settings, check_address, check_proxy, shown_proxy
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
        values = {name: str(getattr(settings, name) or "") for name in TEXTS}
        return cls(values | {"proxy": shown_proxy(values["proxy"])})

    def changed(self, settings: Settings) -> Settings | None:
        """None when anything is wrong, which stands in `errors` then."""
        # Shown without its password; left as it is shown, it stays as it was.
        kept = settings.proxy or ""
        proxy = kept if self.values["proxy"] == shown_proxy(kept) else self.values["proxy"]
        self._check("endpoint", check_address, self.values["endpoint"])
        self._check("proxy", check_proxy, proxy)
        numbers = {name: self._number(name) for name in _NUMBERS}
        if self.errors:
            return None
        values = self.values
        return replace(
            settings,
            language=values["language"] if values["language"] in LANGUAGES else None,
            after="delete" if values["after"] == "delete" else "archive",
            endpoint=values["endpoint"],
            proxy=proxy or None,
            keep_activity_days=numbers["keep_activity_days"],
            screens_port=numbers["screens_port"],
        )

    def _check(self, name: str, check: Callable[[str], None], value: str) -> None:
        try:
            if value:
                check(value)
        except AgentError as fault:
            self.errors[name] = fault.message

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
        form.values["proxy"] = shown_proxy(form.values["proxy"])
        return _page(asked, form, 422)
    asked.change(lambda now: replace(now, settings=form.changed(now.settings) or now.settings))
    return asked.go("/settings/", "settings")


def switch(asked: Asked) -> Response:
    """Have the agent start by itself from the next time on, or no more. The one at work works on."""
    if not asked.is_post:
        return asked.go("/settings/")
    if asked.request.form.get("starts") == "yes":
        service.start_next_time(asked.desk.home)
        return asked.go("/settings/", "starts")
    service.uninstall()
    return asked.go("/settings/", "starts_not")


def _page(asked: Asked, form: SettingsForm, status: int = 200) -> Response:
    return asked.page(
        "settings.html",
        status,
        form=form,
        languages=LANGUAGES,
        done=asked.done,
        home=asked.desk.home,
        service=service.state(),
    )
