"""What the gateway says to people, in every language that has a catalog: one `.ftl` file each."""
