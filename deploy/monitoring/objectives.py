"""The objectives of operations.md as recording and alert rules: the share of bad events by window, and how fast it uses
up what is allowed (multi-window burn rates: Google's SRE workbook, chapter 5)."""

from typing import Any, NamedTuple

WINDOWS = ("5m", "30m", "1h", "6h", "3d")

Rule = dict[str, Any]


class Burn(NamedTuple):
    """So many times too fast, in the long window and in the short one, for so long."""

    factor: str
    long: str
    short: str
    lasting: str
    severity: str


BURNS = (
    Burn("14.4", "1h", "5m", "2m", "page"),
    Burn("6", "6h", "30m", "15m", "page"),
    Burn("1", "3d", "6h", "1h", "ticket"),
)


class Objective(NamedTuple):
    """allowed: the share that may be bad. bad: what counts that share; `WINDOW` stands for the window."""

    name: str
    alert: str
    words: str
    allowed: str
    bad: str


def _missed(total: str, good: str) -> str:
    """The share of a total that is not good."""
    return f"1 - sum(rate({good}[WINDOW])) / sum(rate({total}[WINDOW]))"


def _counted(total: str, bad: str) -> str:
    """The share of a total that is bad, of which there may never have been any."""
    return f"(sum(rate({bad}[WINDOW])) or vector(0)) / sum(rate({total}[WINDOW]))"


_PUBLIC = 'route=~"/v1/.*"'
_LISTS = 'route=~"/v1/(.*/)?recommendations"'
_SECOND = 'le=~"1|1[.]0"'

OBJECTIVES = (
    Objective(
        "availability",
        "AvailabilityBurn",
        "99.9 % of requests are not 5xx",
        "0.001",
        _counted(
            f"stackwise_http_request_seconds_count{{{_PUBLIC}}}",
            f'stackwise_http_request_seconds_count{{{_PUBLIC},status=~"5.."}}',
        ),
    ),
    Objective(
        "latency",
        "LatencyBurn",
        "99 % of recommendations take under 200 ms",
        "0.01",
        _missed(
            f"stackwise_http_request_seconds_count{{{_LISTS}}}",
            f'stackwise_http_request_seconds_bucket{{{_LISTS},le="0.2"}}',
        ),
    ),
    Objective(
        "freshness",
        "FreshnessBurn",
        "99 % of interactions are in a committed list within 1 s",
        "0.01",
        _missed(
            "stackwise_recommender_freshness_seconds_count",
            f"stackwise_recommender_freshness_seconds_bucket{{{_SECOND}}}",
        ),
    ),
    Objective(
        "served_freshness",
        "ServedFreshnessBurn",
        "99 % of the canary's interactions are in a served list within 1 s",
        "0.01",
        _missed(
            "stackwise_canary_rounds_total",
            f"stackwise_canary_freshness_seconds_bucket{{{_SECOND}}}",
        ),
    ),
    Objective(
        "personalised",
        "PersonalisedShareBurn",
        "95 % of recommendations are no fallbacks",
        "0.05",
        _missed(
            "stackwise_gateway_recommendations_total",
            'stackwise_gateway_recommendations_total{fallback="none"}',
        ),
    ),
    Objective(
        "dead_letters",
        "DeadLettersBurn",
        "under 0.1 % of records are parked",
        "0.001",
        _counted(
            "stackwise_kafka_consumed_total", 'stackwise_kafka_consumed_total{outcome="parked"}'
        ),
    ),
)


def groups() -> list[dict[str, Any]]:
    """A group of rules for each objective."""
    return [{"name": f"objective-{each.name}", "rules": _rules(each)} for each in OBJECTIVES]


def _rules(objective: Objective) -> list[Rule]:
    recorded = [
        {"record": _series(objective, window), "expr": objective.bad.replace("WINDOW", window)}
        for window in WINDOWS
    ]
    return [*recorded, *(_alert(objective, burn) for burn in BURNS)]


def _alert(objective: Objective, burn: Burn) -> Rule:
    most = f"{burn.factor} * {objective.allowed}"
    both = (f"{_series(objective, window)} > {most}" for window in (burn.long, burn.short))
    return {
        "alert": objective.alert,
        "expr": " and ".join(both),
        "for": burn.lasting,
        "labels": {"severity": burn.severity, "burn": burn.factor},
        "annotations": {
            "summary": f"{objective.words}: the budget is used {burn.factor} times too fast",
            "runbook": f"deploy/runbooks/{objective.alert}.md",
        },
    }


def _series(objective: Objective, window: str) -> str:
    return f"stackwise:{objective.name}_bad:ratio_rate{window}"
