"""Measurements: how long the pipeline takes, and why."""
