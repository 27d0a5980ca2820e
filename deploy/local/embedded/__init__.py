"""Real PostgreSQL, real Valkey and a Kafka-protocol broker from PyPI wheels, run as our own children."""
