"""Check a dataset before training, or a run after training, for common problems."""
