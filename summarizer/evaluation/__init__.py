"""Says how good summaries are: ROUGE in every script, baselines, intervals and reports."""
