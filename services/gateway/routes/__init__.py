"""The public API of api.md: each module is one part of it."""
