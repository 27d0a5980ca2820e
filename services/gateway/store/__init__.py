"""Where the gateway keeps and reads things: partners and keys in PostgreSQL, lists in Redis."""
