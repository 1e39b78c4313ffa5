"""Runs workflows for real, under act, and reads what happens as typed events."""
