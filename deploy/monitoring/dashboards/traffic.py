"""Kafka and the gateway."""

from deploy.monitoring.dashboards.queries import RATE, rates
from deploy.monitoring.grafana import Dashboard, Panel

KAFKA = Dashboard(
    "kafka",
    "Kafka",
    (
        Panel(
            "Delay of records, p99",
            "From a record's being written to its being handled, by topic: lag in seconds.",
            "s",
            {
                "{{topic}}": "histogram_quantile(0.99, sum by (le, topic) "
                f"(rate(stackwise_kafka_record_delay_seconds_bucket{RATE})))"
            },
        ),
        Panel(
            "Age of the newest handled record",
            "By topic; on a busy one this is the lag, on a quiet one it is how long nothing came.",
            "s",
            {
                "{{topic}}": "time() - max by (topic) (stackwise_kafka_handled_record_timestamp_seconds)"
            },
        ),
        Panel(
            "Records handled",
            "Records a second by outcome: applied, parked, skipped.",
            "ops",
            rates("stackwise_kafka_consumed_total", "outcome"),
        ),
        Panel(
            "Parked and skipped, by topic",
            "Records a second that no consumer could use.",
            "ops",
            {
                "{{topic}} {{outcome}}": "sum by (topic, outcome) "
                f'(rate(stackwise_kafka_consumed_total{{outcome!="applied"}}{RATE}))'
            },
        ),
        Panel(
            "Records sent",
            "Records a second by outcome: acknowledged, failed.",
            "ops",
            rates("stackwise_kafka_published_total", "outcome"),
        ),
        Panel(
            "Batches handled again",
            "Batches a second by consumer, because Redis or a handler failed.",
            "ops",
            rates("stackwise_kafka_retries_total", "consumer"),
        ),
        Panel(
            "Snapshots sent by the relays",
            "Snapshots a second by topic.",
            "ops",
            rates("stackwise_relay_sent_total", "topic"),
        ),
        Panel(
            "Oldest unpublished row",
            "How long a changed row has waited for its relay, by topic.",
            "s",
            {
                "{{topic}}": "max by (topic) "
                "(time() - (stackwise_relay_oldest_unpublished_timestamp_seconds > 0))"
            },
            60,
        ),
    ),
)
GATEWAY = Dashboard(
    "gateway",
    "Gateway",
    (
        Panel(
            "Requests",
            "Requests a second by status.",
            "reqps",
            {
                "{{status}}": "sum by (status) "
                f'(rate(stackwise_http_request_seconds_count{{route=~"/v1/.*"}}{RATE}))'
            },
        ),
        Panel(
            "Time to a recommendation",
            "Objective: 99 % under 200 ms.",
            "s",
            {
                f"p{share * 100:.0f}": f"histogram_quantile({share}, sum by (le) (rate("
                f'stackwise_http_request_seconds_bucket{{route=~"/v1/.*/recommendations"}}{RATE})))'
                for share in (0.5, 0.95, 0.99)
            },
            0.2,
        ),
        Panel(
            "Answers by fallback",
            "Answers a second; all but none are less than they should be.",
            "ops",
            rates("stackwise_gateway_recommendations_total", "fallback"),
        ),
        Panel(
            "Calls not made",
            "Calls a second that an open circuit spared a part that is away.",
            "ops",
            rates("stackwise_gateway_short_circuited_total", "part"),
        ),
        Panel(
            "Streams",
            "Open streams, and the lists that are followed for them.",
            "short",
            {
                "streams": "sum(stackwise_gateway_streams)",
                "lists": "sum(stackwise_gateway_stream_sources)",
            },
        ),
        Panel(
            "Limits",
            "Requests refused with 429 a second, and settlements that Redis did not take.",
            "ops",
            {
                "refused": f"sum(rate(stackwise_gateway_rate_limited_total{RATE}))",
                "unsettled": f"sum(rate(stackwise_gateway_limits_unsettled_total{RATE}))",
            },
        ),
        Panel(
            "Events of widgets",
            "Impressions and clicks a second by outcome.",
            "ops",
            rates("stackwise_gateway_exposures_total", "outcome"),
        ),
        Panel(
            "Slow clients",
            "Streams ended a second because their client took nothing for 15 s.",
            "ops",
            {"ended": f"sum(rate(stackwise_http_slow_clients_total{RATE}))"},
        ),
    ),
)
