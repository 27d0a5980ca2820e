"""A real Apache Kafka (KRaft, one node) without Docker, from Maven Central's jars on Java 17."""
