"""What the benchmarks read from processes."""

import os
import socket

from tests.benchmarks.processes import _sums, cpu_seconds, means, pid_on

_METRICS = """\
# TYPE stackwise_http_request_seconds histogram
stackwise_http_request_seconds_bucket{method="GET",route="/a",status="200",le="+Inf"} 3
stackwise_http_request_seconds_count{method="GET",route="/a",status="200"} 3
stackwise_http_request_seconds_sum{method="GET",route="/a",status="200"} 0.03
stackwise_http_request_seconds_count{method="GET",route="/a",status="404"} 1
stackwise_http_request_seconds_sum{method="GET",route="/a",status="404"} 0.01
# TYPE stackwise_recommender_stage_seconds histogram
stackwise_recommender_stage_seconds_count{stage="read"} 2
stackwise_recommender_stage_seconds_sum{stage="read"} 0.5
# TYPE stackwise_other_seconds histogram
stackwise_other_seconds_count 9
stackwise_other_seconds_sum 9
"""


def test_stages_are_summed_over_the_labels_that_do_not_matter() -> None:
    """Statuses of one route are one stage; histograms that are not asked for are left out."""
    assert _sums("worker", _METRICS) == {
        "worker http_request_seconds GET /a": (0.04, 4),
        "worker recommender_stage_seconds read": (0.5, 2),
    }


def test_means_are_of_what_happened_in_between() -> None:
    """What was observed before counts no more; what was not observed since has no mean."""
    before = {"a": (1.0, 10.0), "b": (5.0, 5.0)}
    after = {"a": (1.2, 20.0), "b": (5.0, 5.0), "c": (0.3, 3.0)}
    assert means(before, after) == {"a": 20.0, "c": 100.0}


def test_a_process_is_found_by_its_port() -> None:
    """The listener's own id comes back for a URL and for HOST:PORT; a closed port is nobody's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert pid_on(f"http://127.0.0.1:{port}") == os.getpid()
        assert pid_on(f"127.0.0.1:{port}") == os.getpid()
    assert pid_on(f"127.0.0.1:{port}") is None


def test_cpu_time_grows_with_work() -> None:
    """Work of this process is seen in its CPU time."""
    before = cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) < before + 0.02:
        sum(range(1_000))
