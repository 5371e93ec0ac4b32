"""The templates: what they are given is escaped, and a name that is missing is a mistake."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


class Pages:
    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=20,
        )

    def show(self, template: str, **values: object) -> str:
        # A name on Linux may be any bytes: what is no text is shown as `?`.
        return self._templates.get_template(template).render(values).encode("utf-8", "replace").decode()
