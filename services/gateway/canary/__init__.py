"""The freshness canary: posts an interaction now and then and reads it back, through the gateway as a partner does."""
