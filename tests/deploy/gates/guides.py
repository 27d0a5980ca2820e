"""The commands of runbooks and guide: they exist, what they name is deployed, and they run where they may."""

import re
from collections.abc import Iterator

from tests.deploy.rendering import ROOT, Manifest, Manifests, container, named, of_kind

COMMAND = re.compile(
    r"^ {4,}((?:kubectl|kustomize|make|python3?|\S*/python|promtool) .+)$", re.MULTILINE
)
OURS = re.compile(r"python3? -m ((?:services|libs|deploy|tests)\.[^|>\n]+)")
WORKLOAD = re.compile(r"\b(deployment|statefulset|cronjob)/([\w-]+)")
EXEC = re.compile(r"exec (deployment|statefulset)/([\w-]+) -- python3? -m ([\w.]+)")
FOLDER = re.compile(r"-k (deploy/\S+)")
KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet", "cronjob": "CronJob"}
DEAD_LETTERS = "libs.common.dead_letters"


def lines(text: str) -> list[str]:
    """The command lines of a page: what is indented by four or more."""
    return [line.strip() for line in COMMAND.findall(text)]


def ours(text: str) -> list[str]:
    """What of them is a command of Stackwise's, from its module on."""
    return [said.strip() for line in lines(text) for said in OURS.findall(line)]


def problems(text: str, manifests: Manifests) -> list[str]:
    """What the page's commands name and nobody deploys, or ask where it cannot be done."""
    deployed = {(one["kind"], one["metadata"]["name"]) for one in manifests}
    found = [
        f"there is no {kind}/{name}"
        for line in lines(text)
        for kind, name in WORKLOAD.findall(line)
        if (KINDS[kind], name) not in deployed
    ]
    if found:
        return found
    for line in lines(text):
        found += [
            f"there is no {path}" for path in FOLDER.findall(line) if not (ROOT / path).exists()
        ]
        for kind, name, module in EXEC.findall(line):
            found += _runs_there(module, named(manifests, KINDS[kind], name), manifests)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = {line.split()[1] for line in lines(text) if line.startswith("make ")}
    return found + [f"there is no make {target}" for target in sorted(made - targets)]


def _runs_there(module: str, workload: Manifest, manifests: Manifests) -> Iterator[str]:
    name, process = workload["metadata"]["name"], container(workload)
    if module.startswith("services."):
        image = f"stackwise/{module.split('.')[1]}"
        if not process["image"].startswith((f"{image}:", f"{image}@")):
            yield f"{name} has no {module}"
    if module == DEAD_LETTERS:
        variables = {v["name"]: v.get("value") for v in process.get("env", ())}
        user = variables.get("STACKWISE_KAFKA_USERNAME")
        yield from (f"{name} {missing}" for missing in _refused(user, manifests))


def _refused(user: str | None, manifests: Manifests) -> list[str]:
    """What of reading and replaying dead letters the user may not."""
    acls = [
        acl
        for one in of_kind(manifests, "KafkaUser")
        if one["metadata"]["name"] == user
        for acl in one["spec"]["authorization"]["acls"]
    ]
    may = {(acl["resource"]["name"], what) for acl in acls for what in acl["operations"]}
    topics = [one["metadata"]["name"] for one in of_kind(manifests, "KafkaTopic")]
    needs = [(name, "Read" if name.endswith(".dlq") else "Write") for name in topics]
    needs += [(name, "Describe") for name in topics]
    return [f"may not {what} {name}" for name, what in needs if (name, what) not in may]
