"""Writes HTML pages for people: where the words of a summary came from, and evaluation reports."""
