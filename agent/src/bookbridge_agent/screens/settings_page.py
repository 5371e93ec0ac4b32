"""The settings of the agent."""

from werkzeug.wrappers import Response

from bookbridge_agent.screens.asking import Asked


def show(asked: Asked) -> Response:
    return asked.page("settings.html", settings=asked.configuration().settings)
