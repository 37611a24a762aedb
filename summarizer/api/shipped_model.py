"""Find the folder of a model: the one that is named, or the model that a clone ships."""

import logging
import os
from pathlib import Path

from summarizer.errors import ModelError

LOG = logging.getLogger("summarizer")

SHIPPED_MODEL = Path(__file__).parent.parent.parent / "saved_models" / "english"
FORMER_MODEL = Path("saved_models", "arxiv-titles")
"""The model that a clone shipped before; wrote titles of papers."""


def find_model(folder: str | Path | None) -> Path:
    """Return the folder of a model: `folder`, else `$SUMMARIZER_MODEL`, else the shipped model.

    Raises:
        ModelError: none is named and none is shipped.
    """
    named = folder or os.environ.get("SUMMARIZER_MODEL")
    if named:
        return Path(replace_former_model(named))
    if SHIPPED_MODEL.is_dir():
        return SHIPPED_MODEL
    raise ModelError(
        "no model: name one with --model FOLDER or SUMMARIZER_MODEL; the project's repository "
        f"ships saved_models/{SHIPPED_MODEL.name}, and `summarizer train` makes your own"
    )


def replace_former_model(folder: str | Path) -> str | Path:
    """Return a folder as it is named, or the shipped model in place of the former one.

    `saved_models/arxiv-titles`, wherever that lies, and the name alone stand for the folder
    `english` beside it, or else for the model that a clone ships. A line on stderr says so. A
    folder that exists is never replaced.
    """
    path = Path(folder)
    is_former = path.name == FORMER_MODEL.name and path.parent.name in (
        "",
        FORMER_MODEL.parent.name,
    )
    if not is_former or path.exists():
        return folder
    for shipped in (path.with_name(SHIPPED_MODEL.name), SHIPPED_MODEL):
        if (shipped / "config.json").is_file():
            LOG.warning("%s: is no longer shipped; using %s in its place", folder, shipped)
            return shipped
    return folder
