"""One partition while this worker projects it: how far both logs have come, and which records count.

A consumer that was sought elsewhere may still hand over a batch fetched before. So each stream waits
for its anchor, a record known to stand in the log where reading (re)starts: the marked one, which has
been applied, or the log's first. What comes before the anchor is dropped and read again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from libs.common.contracts.redis_values import Mark, Offsets
from libs.common.kafka.records import Record

MOST_STRAYS = 3
"""Batches without the anchor after which the partition is checked again: compaction may have taken it."""


@dataclass
class Stream:
    """One of the two logs of a partition.

    mark: the last record applied. anchor: the record to wait for, until a batch that has it is done
    with: one that is handled again must begin there again. end: the log's end when it was checked. opened: whether records may be applied. rebuilding: whether it began without a mark.
    witness: where the session began in this log. A log that was replaced and outgrown while we read on
    has our newest mark, but another record at the witness's place.
    """

    mark: Mark | None
    anchor: Mark | None
    end: int
    opened: bool = False
    rebuilding: bool = False
    doubtful: bool = field(default=False, init=False)
    witness: Mark | None = field(default=None, init=False)
    _strays: int = field(default=0, init=False)
    _arrived: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.witness = self.anchor

    @property
    def caught_up(self) -> bool:
        """Whether everything that stood in the log when it was checked has been applied."""
        return self.end == 0 or (self.mark is not None and self.mark.offset >= self.end - 1)

    def accept(self, records: Sequence[Record]) -> list[Record]:
        """The records to apply, of one batch in the log's order; `doubtful` when they cannot be of this log."""
        self._arrived = False
        accepted = self._accepted(records) if records and self.opened else []
        if accepted and self.witness is None:
            self.witness = Mark(accepted[0].offset, accepted[0].id)
        return accepted

    def _accepted(self, records: Sequence[Record]) -> list[Record]:
        if self.anchor is not None:
            places = [i for i, record in enumerate(records) if _is(record, self.anchor)]
            if not places:
                self._strays += 1
                self.doubtful = self._strays >= MOST_STRAYS
                return []
            records, self._arrived, self._strays = records[places[0] :], True, 0
        mark = self.mark
        if mark is None or records[0].offset > mark.offset:
            return list(records)
        if not any(_is(record, mark) for record in records):
            self.doubtful = True
            return []
        return [record for record in records if record.offset > mark.offset]

    def settle(self) -> None:
        """The batch is done with: what comes next follows on it."""
        if self._arrived:
            self.anchor = None

    def shown(self, record: Record) -> bool:
        """Whether a list is made of this record; a rebuild makes none before it has caught up."""
        return not self.rebuilding or record.offset >= self.end - 1

    def applied(self, records: Sequence[Record]) -> Mark | None:
        """The mark after these records."""
        return Mark(records[-1].offset, records[-1].id) if records else self.mark


@dataclass
class Session:
    """`stored`: the packed offsets that Redis must hold for the next commit to be valid.

    restored: whether the states have what the trainer's archive knows (or there is none).
    """

    partition: int
    stored: bytes
    log: str
    learner: Stream
    interaction: Stream
    restored: bool = False

    @property
    def wants_archive(self) -> bool:
        """Whether the log alone would have to say everything that was done."""
        return self.interaction.mark is None and not self.restored

    @property
    def doubtful(self) -> bool:
        """Whether the stored offsets must be checked against the logs again."""
        return self.learner.doubtful or self.interaction.doubtful

    def offsets(self, learner: Sequence[Record], interaction: Sequence[Record]) -> Offsets:
        """The offsets after these records."""
        return Offsets(
            self.log, self.learner.applied(learner), self.interaction.applied(interaction)
        )

    def committed(self, stored: bytes, offsets: Offsets) -> None:
        """The commit was done: the next one starts from here."""
        self.stored = stored
        self.learner.mark, self.interaction.mark = offsets.learner, offsets.interaction
        self.settle()

    def settle(self) -> None:
        """The batch is done with, whether or not there was something to commit."""
        self.learner.settle()
        self.interaction.settle()


def _is(record: Record, mark: Mark) -> bool:
    return record.offset == mark.offset and record.id == mark.record_id
