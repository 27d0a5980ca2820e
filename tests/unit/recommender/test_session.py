"""Which records of a batch a partition applies."""

from datetime import UTC, datetime

from aiokafka import ConsumerRecord

from libs.common.contracts.redis_values import Mark, Offsets
from libs.common.kafka.records import Record
from services.recommender.worker.session import MOST_STRAYS, Session, Stream


def record(offset: int, log: str = "log") -> Record:
    """A record of a log."""
    return Record(
        topic="profile.interaction.v1",
        partition=0,
        offset=offset,
        key="a",
        id=f"{log}-{offset}",
        type="profile.interaction.v1",
        time=datetime.now(UTC),
        value=None,
        fault="none",
        traceparent=None,
        raw=ConsumerRecord("", 0, offset, 0, 0, None, None, None, 0, 0, ()),
    )


def mark(offset: int, log: str = "log") -> Mark:
    """The mark of such a record."""
    return Mark(offset, f"{log}-{offset}")


def opened(applied: Mark | None, anchor: Mark | None, end: int = 0) -> Stream:
    """A stream that may be applied from its anchor on."""
    return Stream(mark=applied, anchor=anchor, end=end, opened=True)


def offsets(records: list[Record]) -> list[int]:
    """The offsets of records."""
    return [each.offset for each in records]


def test_reading_goes_on_behind_the_marked_record() -> None:
    """The marked record is seen again and not applied again."""
    stream = opened(mark(5), mark(5))
    assert offsets(stream.accept([record(5), record(6), record(9)])) == [6, 9]
    stream.mark = mark(9)
    stream.settle()
    assert offsets(stream.accept([record(10)])) == [10]


def test_a_log_read_from_its_beginning_begins_with_its_first_record() -> None:
    """The first record is the anchor, and is applied."""
    stream = opened(None, mark(3))
    assert offsets(stream.accept([record(3), record(4)])) == [3, 4]


def test_a_batch_fetched_before_the_seek_is_dropped() -> None:
    """What lies ahead of the anchor would leave a gap; it comes again in its turn."""
    stream = opened(mark(5), mark(5))
    assert stream.accept([record(40), record(41)]) == []
    assert not stream.doubtful
    assert offsets(stream.accept([record(5), record(6)])) == [6]


def test_strays_of_a_batch_handled_again_are_dropped_again() -> None:
    """While a commit fails, what lies ahead of the anchor in the same batch is not applied either."""
    stream = opened(None, mark(0))
    batch = [record(40), record(0), record(1)]
    for _ in range(MOST_STRAYS + 1):
        assert offsets(stream.accept(batch)) == [0, 1]
    assert not stream.doubtful


def test_an_anchor_that_comes_alone_has_come() -> None:
    """A batch with nothing new to commit is done with as well."""
    session = Session(0, b"", "id", opened(None, None), opened(mark(5), mark(5)))
    assert session.interaction.accept([record(5)]) == []
    session.settle()
    assert offsets(session.interaction.accept([record(6)])) == [6]


def test_an_anchor_that_never_comes_is_doubted() -> None:
    """Compaction may have taken it: the partition is checked again."""
    stream = opened(mark(5), mark(5))
    for offset in range(MOST_STRAYS):
        assert not stream.doubtful
        stream.accept([record(40 + offset)])
    assert stream.doubtful


def test_a_batch_handled_again_applies_nothing_twice() -> None:
    """After a commit whose answer was lost, the same records are passed over without a doubt."""
    stream = opened(mark(5), mark(5))
    batch = [record(5), record(6), record(7)]
    assert offsets(stream.accept(batch)) == [6, 7]
    assert offsets(stream.accept(batch)) == [6, 7]
    stream.mark = mark(7)
    assert stream.accept(batch) == []
    assert not stream.doubtful


def test_a_log_that_fell_back_is_doubted() -> None:
    """Records at or before the mark, and not the marked one, are of another log."""
    stream = opened(mark(5), None)
    assert stream.accept([record(0, "new"), record(1, "new")]) == []
    assert stream.doubtful
    stream = opened(mark(5), None)
    assert stream.accept([record(5, "new"), record(6, "new")]) == []
    assert stream.doubtful


def test_a_closed_stream_takes_nothing() -> None:
    """Interactions before the learners are known are read later."""
    assert Stream(mark=None, anchor=mark(0), end=3).accept([record(0)]) == []


def test_caught_up_means_the_end_that_was_seen() -> None:
    """An empty log is caught up; another when its last record was applied."""
    assert opened(None, None, end=0).caught_up
    assert not opened(mark(7), None, end=9).caught_up
    assert opened(mark(8), None, end=9).caught_up


def test_a_rebuild_shows_its_last_record_only() -> None:
    """Lists are not made for what is read again, but for its end and all that follows."""
    stream = Stream(mark=None, anchor=mark(0), end=3, opened=True, rebuilding=True)
    assert [stream.shown(record(offset)) for offset in range(5)] == [False, False, True, True, True]


def test_the_witness_is_where_reading_began() -> None:
    """The anchor, or in an empty log the first record applied; later records do not move it."""
    assert opened(mark(5), mark(5)).witness == mark(5)
    stream = opened(None, None)
    stream.accept([record(0), record(1)])
    stream.accept([record(2)])
    assert stream.witness == mark(0)


def test_offsets_keep_the_other_log() -> None:
    """A batch of one log moves only its mark."""
    session = Session(0, b"", "id", opened(mark(1), None), opened(mark(2), None))
    assert session.offsets([], [record(7)]) == Offsets("id", mark(1), mark(7))
