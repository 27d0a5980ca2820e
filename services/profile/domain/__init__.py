"""What a learner is and may do: pure functions over the contracts."""
