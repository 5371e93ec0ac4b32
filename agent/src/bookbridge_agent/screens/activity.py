"""What was taken, sent, fetched and refused."""

from werkzeug.wrappers import Response

from bookbridge_agent.screens.asking import Asked


def show(asked: Asked) -> Response:
    return asked.page("activity.html", entries=asked.desk.journal.activity())
