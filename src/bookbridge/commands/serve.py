"""bookbridge serve"""

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256), help="Requests served at once.")
def serve(host: str, port: int, threads: int) -> None:
    """Serve the portal until stopped."""
    from bookbridge.server.start import load_django

    load_django()
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "bookbridge.server.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        log_access=False,
    ).serve()
