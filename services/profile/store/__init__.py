"""Learners in PostgreSQL."""
