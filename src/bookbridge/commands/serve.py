"""bookbridge serve"""

import socket  # house: allow outgoing (tries the address to listen on)
from functools import partial

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256), help="Requests served at once.")
def serve(host: str, port: int, threads: int) -> None:
    """Serve the portal until stopped."""
    _check_address(host, port)
    from bookbridge.server.start import load_django

    load_django()
    from granian import Granian
    from granian.constants import Interfaces

    from bookbridge.server.asgi import load_application

    server = Granian(
        "bookbridge.server.asgi", address=host, port=port, interface=Interfaces.ASGI, workers=1, log_access=False
    )
    server.serve(target_loader=partial(load_application, threads), wrap_loader=False)


def _check_address(host: str, port: int) -> None:
    """The server itself would end with a page of its own inner workings."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        reason = (error.strerror or "").partition(" (while")[0]
        remedy = "choose another with --host and --port, or end the program that listens there"
        raise click.ClickException(f"can't listen on {host}, port {port}: {reason}; {remedy}") from None
