"""The catalog in schema.org's terms, as search engines and others read it (https://schema.org, JSON-LD 1.1).

What schema.org has no term for is said by the nearest one and `additionalType` from CTDL, or left out: never guessed.
"""

from libs.common.schema_org.documents import CONTEXT, Names, document, item_list

__all__ = ["CONTEXT", "Names", "document", "item_list"]
