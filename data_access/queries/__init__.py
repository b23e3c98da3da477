"""Reads: a page or a viewport at a time, as view-models."""
