"""Command line, supervisor, embedded parts, logging, metrics."""
