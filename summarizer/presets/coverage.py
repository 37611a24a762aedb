"""Coverage: attention sees where it looked before, and pays for looking again; against repetition.

See et al. (2017), arXiv:1704.04368, eq. 10 to 13. The loss counts once the other has flattened.

summarizer train --preset coverage --data SPEC
"""

import dataclasses

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    attention = Part("additive", {"width": WIDTH, "coverage": True})
    made = variant("coverage", attention=attention)
    return dataclasses.replace(made, train=dataclasses.replace(made.train, coverage_loss=1.0))
