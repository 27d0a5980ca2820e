"""Custom resources against their definitions as an API server reads them: unknown fields rejected, CEL evaluated."""

import functools
from pathlib import Path
from typing import Any

import cel
import jsonschema
import yaml

from tests.deploy.gates.native import is_native
from tests.deploy.rendering import ROOT, Manifests, label

SCHEMAS = ROOT.parent / "shared" / "crd-schemas"
_NESTED = ("properties", "patternProperties")


def problems(manifests: Manifests) -> list[str]:
    """What the definitions refuse; a kind without one is refused."""
    found = []
    for manifest in manifests:
        if is_native(manifest):
            continue
        schema = schemas(SCHEMAS).get((manifest["apiVersion"], manifest["kind"]))
        if schema is None:
            found.append(f"{label(manifest)}: no definition of {manifest['apiVersion']}")
            continue
        validator = jsonschema.Draft202012Validator(schema)
        found += [
            f"{label(manifest)}{e.json_path[1:]}: {e.message}"
            for e in validator.iter_errors(manifest)
        ]
        found += [
            f"{label(manifest)}{broken}"
            for broken in _rules(schema, _defaulted(schema, manifest), "")
        ]
    return found


@functools.cache
def schemas(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """By apiVersion and kind, every served version of the definitions."""
    made = {}
    for path in sorted(folder.glob("*.yaml")):
        for definition in yaml.load_all(path.read_text(), yaml.CSafeLoader):
            if not definition:
                continue
            spec = definition["spec"]
            for version in spec["versions"]:
                if version["served"]:
                    key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                    made[key] = _root(version["schema"]["openAPIV3Schema"])
    return made


def _root(schema: dict[str, Any]) -> dict[str, Any]:
    """The status is the operator's; metadata is Kubernetes' own."""
    known = {"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}}
    properties = {n: v for n, v in schema["properties"].items() if n != "status"} | known
    strict: dict[str, Any] = _strict({**schema, "properties": properties})
    return strict


def _strict(schema: Any) -> Any:
    """JSON Schema of an OpenAPI structural schema, with no field allowed that it does not name."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _nested(name, value) for name, value in schema.items() if name != "format"}
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("anyOf", None)
        made["type"] = ["integer", "string"]
    if "properties" in made and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return made


def _nested(name: str, value: Any) -> Any:
    if name in _NESTED:
        return {key: _strict(one) for key, one in value.items()}
    # A structural schema repeats only conditions under these, never a complete list of fields.
    return (
        value if name in ("anyOf", "allOf", "oneOf", "not", "enum", "default") else _strict(value)
    )


def _defaulted(schema: dict[str, Any], value: Any) -> Any:
    """The value with the definition's defaults, which an API server sets before it looks at the rules."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        given = {n: p["default"] for n, p in properties.items() if "default" in p} | value
        others = schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {name: _defaulted(properties.get(name, others), one) for name, one in given.items()}
    if isinstance(value, list):
        return [_defaulted(schema.get("items", {}), one) for one in value]
    return value


def _rules(schema: dict[str, Any], value: Any, path: str) -> list[str]:
    """The CEL rules that a value breaks, and those of what it holds. Rules on changes have nothing to say."""
    found = [
        f"{path}: {rule.get('message', rule['rule'])}"
        for rule in schema.get("x-kubernetes-validations", ())
        if "oldSelf" not in rule["rule"] and cel.evaluate(rule["rule"], {"self": value}) is not True
    ]
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        for name, nested in value.items():
            below = schema.get("properties", {}).get(name, others)
            if isinstance(below, dict):
                found += _rules(below, nested, f"{path}.{name}")
    if isinstance(value, list):
        for place, nested in enumerate(value):
            found += _rules(schema.get("items", {}), nested, f"{path}[{place}]")
    return found
