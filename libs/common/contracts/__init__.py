"""The contracts between services: events and their topics, and the values and keys in Redis."""
