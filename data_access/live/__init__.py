"""Redis bus, outbox relay, replay stream, fan-out hub."""
