"""What profile can be asked to do."""
