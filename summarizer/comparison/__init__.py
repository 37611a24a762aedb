"""Trains variants of a family alike, measures them alike, and lays them side by side."""
