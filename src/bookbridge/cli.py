"""The bookbridge program: a table of commands, each loaded on first use so that `read` needs no database."""

from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "serve": "bookbridge.commands.serve:serve",
    "worker": "bookbridge.commands.worker:worker",
    "migrate": "bookbridge.commands.migrate:migrate",
    "demo": "bookbridge.commands.demo:demo",
    "simulate": "bookbridge.commands.connectors:simulate",
    "read": "bookbridge.commands.read:read",
    "catalogue": "bookbridge.commands.catalogue:catalogue",
    "check-connector": "bookbridge.commands.connectors:check_connector",
    "new-connector": "bookbridge.commands.connectors:new_connector",
    "seed": "bookbridge.commands.seed.command:seed",
    "chaos": "bookbridge.commands.chaos.command:chaos",
    "add": "bookbridge.commands.setting_up:add",
    "user": "bookbridge.commands.users:user",
    "configure": "bookbridge.commands.setting_up:configure",
    "backup": "bookbridge.commands.backup:backup",
    "restore": "bookbridge.commands.backup:restore",
    "restored": "bookbridge.commands.backup:restored",
    "retention": "bookbridge.commands.retention:retention",
    "doctor": "bookbridge.commands.doctor:doctor",
    "secrets": "bookbridge.commands.secrets:secrets",
    "audit": "bookbridge.commands.audit:audit",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RuntimeError as error:
            from bookbridge.server.postgres_places import EmbeddedPostgresError

            if not isinstance(error, EmbeddedPostgresError):
                raise
            raise click.ClickException(str(error)) from None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bookbridge")
def main() -> None:
    """Carry documents between an operational system and the books, each exactly once."""
