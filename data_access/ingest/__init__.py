"""How data comes in: MQTT, HTTP payloads, file imports; rules evaluated in batches."""
