"""What the deployed ranking is compared with, and itself. `registry.contenders` makes them by name."""
