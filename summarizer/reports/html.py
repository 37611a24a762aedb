"""Renders the templates of this package; each page is one file that loads nothing."""

import base64
import functools
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(template: str, **context: object) -> str:
    """Return a template filled with values; all text is escaped.

    Args:
        template: the name of a file in `templates/`.
        context: the values by the names that the template uses.

    Raises:
        jinja2.UndefinedError: the template uses a name that is not in `context`.
    """
    return _environment().get_template(template).render(context)


def asset(name: str) -> str:
    """Return the text of a file in `assets/`."""
    return (files("summarizer.reports") / "assets" / name).read_text("utf-8")


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("summarizer.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    script = asset("highlights.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals |= {
        "style": Markup(asset("style.css")),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
    }
    return environment
