"""What the system does per second and per CPU-second, each beside its ceiling in the same run."""
