"""Looks at data before training and at a run after it, and names what goes wrong there."""
