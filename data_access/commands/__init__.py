"""Writes: load, ask the domain, save row, history and outbox in one transaction."""
