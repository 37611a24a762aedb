"""One branch or the other: settled while tracing where it can be, in the graph where it cannot."""

from collections.abc import Callable
from typing import Any

from keras import ops


def static_cond(flag: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """Return what `yes()` or `no()` returns; only that one is computed.

    Args:
        flag: a bool, or a bool tensor [] that is known only when the graph runs.
        yes: makes tensors of the same shapes and dtypes as `no`.
        no: called instead where the flag is False.
    """
    if isinstance(flag, bool):
        return yes() if flag else no()
    return ops.cond(flag, yes, no)
