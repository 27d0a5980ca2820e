"""Bodies as a partner would send them: complete by default, each part replaceable."""

from typing import Any

JSON = dict[str, Any]


def credential(**parts: Any) -> JSON:
    """An active micro-credential for 49 dollars that teaches the skill `python`."""
    return {
        "type": "MicroCredential",
        "name": "Python for analysts",
        "status": "active",
        "issuer": {"id": "acme", "name": "Acme Academy"},
        "url": "https://acme.example/python",
        "skills": [{"id": "python", "level": 0.66}],
        "cost": [{"amount": "49.00", "currency": "USD", "kind": "tuition"}],
        "languages": ["en"],
        **parts,
    }
