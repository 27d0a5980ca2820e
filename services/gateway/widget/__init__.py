"""The widget: what a job page loads, served as it is written."""
