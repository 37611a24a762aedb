"""Trains variants under equal budgets and compares them, or compares saved reports."""
