"""Coverage: additive attention that sees its own history, with a loss against repetition.

See et al. (2017), arXiv:1704.04368, eq. 10 to 13. The coverage loss starts when the main loss is
flat.

summarizer train --preset coverage --data SPEC
"""

import dataclasses

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    attention = Part("additive", {"width": WIDTH, "coverage": True})
    base = variant("coverage", attention=attention)
    return dataclasses.replace(base, train=dataclasses.replace(base.train, coverage_loss=1.0))
