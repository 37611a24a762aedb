"""Scores summaries beside baselines, and keeps the report."""
