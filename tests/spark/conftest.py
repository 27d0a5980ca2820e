"""Spark's tests use the trainer's bench."""

from tests.unit.recommender_model.conftest import bench

__all__ = ["bench"]
