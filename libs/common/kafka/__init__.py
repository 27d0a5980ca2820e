"""Kafka, built once: the broker, publishing, consuming, provisioning."""
