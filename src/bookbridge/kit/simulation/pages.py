"""The few HTML pages a simulator shows. Everything from outside is escaped."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

_FRAME = Markup(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f3f4f6; color: #1f2937; }}
main {{ max-width: 34rem; margin: 8vh auto; padding: 2rem; background: #fff; border-radius: .5rem;
  box-shadow: 0 1px 4px rgb(0 0 0 / .15); }}
h1 {{ font-size: 1.35rem; margin-top: 0; }}
.notice {{ border-left: .25rem solid #b45309; background: #fffbeb; padding: .5rem .75rem; font-size: .9rem; }}
button {{ font: inherit; padding: .55rem 1.2rem; border-radius: .35rem; border: 1px solid #1d4ed8; cursor: pointer; }}
button.approve {{ background: #1d4ed8; color: #fff; }}
button.deny {{ background: #fff; color: #1d4ed8; }}
button:focus-visible, a:focus-visible {{ outline: 3px solid #f59e0b; outline-offset: 2px; }}
</style></head><body><main>{body}</main></body></html>
"""
)
_NOTICE = Markup(
    '<p class="notice">This is an imitation of {package}, built from its public documentation for tests and demos. '
    "It is not {package}, and no real books are behind it.</p>"
)


def _page(title: str, body: Markup) -> str:
    return str(_FRAME.format(title=title, body=body))


def consent_page(
    package: str, *, app_name: str, permissions: Iterable[str], user_name: str, action: str, fields: Mapping[str, str]
) -> str:
    """The page on which the user lets an app in, or not."""
    hidden = Markup("").join(
        Markup('<input type="hidden" name="{}" value="{}">').format(name, value) for name, value in fields.items()
    )
    allowed = Markup("").join(Markup("<li>{}</li>").format(permission) for permission in permissions)
    body = Markup(
        "<h1>{app} asks for access to {package}</h1>{notice}<p>You are logged in as <strong>{user}</strong>.</p>"
        "<p>{app} may:</p><ul>{allowed}</ul>"
        '<form method="post" action="{action}">{hidden}'
        '<button class="approve" name="decision" value="approve">Approve</button> '
        '<button class="deny" name="decision" value="deny">Deny</button></form>'
    ).format(
        app=app_name,
        package=package,
        notice=_NOTICE.format(package=package),
        user=user_name,
        allowed=allowed,
        action=action,
        hidden=hidden,
    )
    return _page(f"{package}: access for {app_name}", body)


def problem_page(package: str, problem: str) -> str:
    """A page that says why the consent page cannot be shown."""
    body = Markup("<h1>This app cannot be let in</h1>{notice}<p>{problem}</p>").format(
        notice=_NOTICE.format(package=package), problem=problem
    )
    return _page(f"{package}: problem", body)


def front_page(package: str, links: Iterable[tuple[str, str]]) -> str:
    """What this simulator is, with links to what it holds."""
    listed = Markup("").join(Markup('<li><a href="{}">{}</a></li>').format(href, text) for href, text in links)
    body = Markup("<h1>{package} simulator</h1>{notice}<ul>{listed}</ul>").format(
        package=package, notice=_NOTICE.format(package=package), listed=listed
    )
    return _page(f"{package} simulator", body)
