"""Queries that several dashboards make."""

RATE = "[$__rate_interval]"


def quantiles(histogram: str, by: str = "") -> dict[str, str]:
    """p50, p95 and p99 of a histogram, by a label."""
    labels = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    return {
        f"p{share * 100:.0f}{legend}": f"histogram_quantile({share}, "
        f"sum by ({labels}) (rate({histogram}_bucket{RATE})))"
        for share in (0.5, 0.95, 0.99)
    }


def rates(counter: str, by: str) -> dict[str, str]:
    """What a counter grows by a second, by a label."""
    return {f"{{{{{by}}}}}": f"sum by ({by}) (rate({counter}{RATE}))"}


def age(gauge: str) -> str:
    """Of the newest of the processes that say it; what has never been is left out."""
    return f"time() - max({gauge} > 0)"
