"""The catalog as the gateway has it in memory: snapshots, cards, and what is found among them."""
