"""Which credential of the catalog a verified badge is.

Anyone can sign a badge that names anyone's achievement with a key of their own. So a badge is a credential of the catalog
only if it was signed by that credential's issuer: the same id, a name on the Web (`did:web:college.example`) that is the
issuer's own or lies within it, or a key that the operator says is theirs. A name with a path may be one of many who share
the host, so it stands for itself only.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from libs.common.contracts.calls import MatchedBy
from libs.common.contracts.catalog import Credential
from services.profile.domain.badges import Match
from services.profile.domain.claims import Claims

Key = tuple[MatchedBy, str]
# By the DID that signs, the ids of the issuers whose it is.
Issuers = Mapping[str, Sequence[str]]


class Catalog:
    """Credentials by what a badge may name them by. `put` every snapshot; `find` in the order id, CTID, URL, name."""

    def __init__(self, issuers: Issuers | None = None) -> None:
        self._issuers = issuers or {}
        self._credentials: dict[str, Credential] = {}
        self._by_key: dict[Key, set[str]] = defaultdict(set)

    def put(self, credential: Credential) -> None:
        """Takes over a snapshot."""
        if before := self._credentials.get(credential.id):
            for key in _keys(before):
                self._by_key[key].discard(before.id)
        self._credentials[credential.id] = credential
        for key in _keys(credential):
            self._by_key[key].add(credential.id)

    def match(self, claims: Claims, own_id: str) -> Match:
        """The badge's credential, else its skills under an id of its own."""
        for key in _wanted(claims):
            for credential_id in sorted(self._by_key.get(key, ())):
                if self._is_issuer(claims.issuer, self._credentials[credential_id]):
                    return Match(credential_id=credential_id, by=key[0])
        by: MatchedBy | None = "skills" if claims.skills else None
        return Match(credential_id=own_id, by=by, skills=claims.skills)

    def _is_issuer(self, signer: str, credential: Credential) -> bool:
        issuer = credential.issuer.id
        if signer == issuer or issuer in self._issuers.get(signer, ()):
            return True
        host = _own_host(signer)
        return host is not None and any(
            host == known or host.endswith(f".{known}")
            for known in (_host(issuer), _host(credential.url))
            if known is not None
        )


def _keys(credential: Credential) -> Iterator[Key]:
    yield "id", credential.id
    if credential.ctid is not None:
        yield "ctid", credential.ctid
    yield "url", _address(credential.url)
    yield "issuer_and_name", _name(credential.name)


def _wanted(claims: Claims) -> Iterator[Key]:
    yield from (("id", url) for url in claims.urls)
    yield from (("ctid", ctid) for ctid in claims.ctids)
    yield from (("url", _address(url)) for url in claims.urls)
    if claims.name is not None:
        yield "issuer_and_name", _name(claims.name)


def _address(url: str) -> str:
    """A URL but for what differs between two spellings of one page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}"


def _name(name: str) -> str:
    return " ".join(name.casefold().split())


def _own_host(signer: str) -> str | None:
    """The name on the Web that a signer alone stands for; a port is part of it."""
    if signer.startswith("did:web:") and ":" not in signer.removeprefix("did:web:"):
        return unquote(signer.removeprefix("did:web:")).lower()
    return _host(signer) if signer.startswith("https://") and signer.count("/") == 2 else None


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).netloc.lower() or None
    except ValueError:
        return None
