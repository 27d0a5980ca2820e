"""CPU time of other processes, and what they say of themselves on their metrics ports."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

Sums = dict[str, tuple[float, float]]
# Histograms whose mean tells what a stage costs, and the labels that tell the stages apart.
STAGES = {
    "stackwise_http_request_seconds": ("method", "route"),
    "stackwise_recommender_stage_seconds": ("stage",),
    "stackwise_recommender_freshness_seconds": (),
    "stackwise_kafka_record_delay_seconds": ("topic",),
}


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of the children that it has."""
    process = psutil.Process(pid)
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        times = each.cpu_times()
        total += times.user + times.system
    return total


def cpu_of(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds by the names of processes."""
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def pid_on(address: str) -> int | None:
    """Whose process listens on the port of a URL or HOST:PORT; None where that is not visible."""
    port = urlsplit(address if "//" in address else f"//{address}").port
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
            return connection.pid
    return None


async def scrape(urls: Mapping[str, str]) -> Sums:
    """By "process histogram labels": the sum in seconds and the count of what was observed so far."""
    found: Sums = {}
    async with httpx.AsyncClient(timeout=5) as http:
        for process, url in urls.items():
            answer = await http.get(url)
            found.update(_sums(process, answer.raise_for_status().text))
    return found


def means(before: Sums, after: Sums) -> dict[str, float]:
    """Milliseconds on average of what was observed in between."""
    result = {}
    for name, (total, count) in after.items():
        earlier_total, earlier_count = before.get(name, (0.0, 0.0))
        if count > earlier_count:
            result[name] = round((total - earlier_total) / (count - earlier_count) * 1000, 3)
    return dict(sorted(result.items()))


def _sums(process: str, text: str) -> Sums:
    totals: dict[str, float] = {}
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        if family.name not in STAGES:
            continue
        for sample in family.samples:
            labels = (sample.labels[name] for name in STAGES[family.name])
            key = " ".join((process, family.name.removeprefix("stackwise_"), *labels))
            if sample.name.endswith("_sum"):
                totals[key] = totals.get(key, 0.0) + sample.value
            elif sample.name.endswith("_count"):
                counts[key] = counts.get(key, 0.0) + sample.value
    return {key: (total, counts[key]) for key, total in totals.items()}
