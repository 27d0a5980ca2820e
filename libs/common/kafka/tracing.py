"""A batch's span: continues the one trace that it comes from, or links to the many."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.propagate import extract
from opentelemetry.trace import Link, SpanKind

from libs.common.kafka.records import Record

MOST_LINKS = 64
tracer = trace.get_tracer(__name__)


@contextmanager
def consuming(name: str, batch: Sequence[Record]) -> Iterator[None]:
    """Runs a block in the span of handling a batch."""
    traces = list(dict.fromkeys(r.traceparent for r in batch if r.traceparent))[:MOST_LINKS]
    contexts = [extract({"traceparent": each}) for each in traces]
    with tracer.start_as_current_span(
        f"consume {name}",
        context=contexts[0] if len(contexts) == 1 else None,
        kind=SpanKind.CONSUMER,
        links=[Link(trace.get_current_span(each).get_span_context()) for each in contexts],
        attributes={"messaging.batch.message_count": len(batch)},
    ):
        yield
