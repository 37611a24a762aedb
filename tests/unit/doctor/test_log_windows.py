import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.doctor.log_windows import WINDOW_STEPS, smooth_log


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 9)), min_size=1, max_size=30))
def test_windows_keep_all_steps_and_the_mean_loss(records):
    steps = np.cumsum([count for count, _ in records])
    log = [
        {"step": int(step), "loss": loss, "accuracy": 0.5, "waiting": 0.0}
        for step, (_, loss) in zip(steps, records, strict=True)
    ]
    windows = smooth_log(log)
    assert windows[-1].step == sum(window.steps for window in windows) == steps[-1]
    assert all(window.steps >= WINDOW_STEPS for window in windows) or len(windows) == 1
    total = sum(count * loss for count, loss in records)
    assert sum(window.steps * window.loss for window in windows) == pytest.approx(total)
