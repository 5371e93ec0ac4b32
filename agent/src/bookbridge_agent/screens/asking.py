"""One request, and what answers to it need."""

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from bookbridge_agent import configuration
from bookbridge_agent.configuration import Configuration
from bookbridge_agent.messages import AgentError
from bookbridge_agent.screens.desk import Desk
from bookbridge_agent.screens.pages import Pages
from bookbridge_agent.words import Words


class Asked:
    def __init__(self, request: Request, desk: Desk, pages: Pages, words: Words) -> None:
        self.request = request
        self.desk = desk
        self.words = words
        self._pages = pages

    @property
    def is_post(self) -> bool:
        return self.request.method == "POST"

    def configuration(self) -> Configuration:
        """Raises AgentError when it is damaged."""
        return configuration.load(self.desk.home)

    def change(self, changed: Callable[[Configuration], Configuration]) -> None:
        """Raises AgentError when it can't be kept."""
        try:
            configuration.change(self.desk.home, changed)
        except OSError as error:
            raise AgentError.of_system(error, "not_kept", folder=self.desk.home.folder) from None

    def page(self, template: str, status: int = 200, *, is_bare: bool = False, **values: object) -> Response:
        shown = self._pages.show(
            template,
            t=self.words,
            token="" if is_bare else self.desk.doors.token,
            here=self.request.path,
            is_bare=is_bare,
            version=version("bookbridge-agent"),
            moment=shown_moment,
            **values,
        )
        return Response(shown, status, mimetype="text/html")

    def go(self, path: str, done: str = "") -> Response:
        """On to another page after something was done, which that page says."""
        return redirect(f"{path}?done={done}" if done else path, 303)

    @property
    def done(self) -> str:
        """What was done just before: one of the words that begin with `done_`."""
        name = f"done_{self.request.args.get('done', '')}"
        return self.words(name) if self.words.has(name) else ""


def shown_moment(at: object) -> str:
    """In this computer's zone; empty for none."""
    return f"{datetime.fromisoformat(str(at)).astimezone():%Y-%m-%d %H:%M:%S}" if at else ""
