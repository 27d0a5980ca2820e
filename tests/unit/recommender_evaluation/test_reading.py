"""Files of interactions and catalogs, good and bad."""

import gzip
from pathlib import Path

import pytest

from libs.common.errors import InvalidRequest
from services.recommender.evaluation.catalog import read_catalog
from services.recommender.evaluation.log import some_learners
from services.recommender.evaluation.reading import read_log
from services.recommender.evaluation.rows import columns_of


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str, name: str = "events.csv") -> Path:
        path = tmp_path / name
        raw = text.encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return write


def test_rows_come_in_time_order(file) -> None:
    """Unix seconds, milliseconds and RFC 3339 are one clock; equal times keep the file's order; other columns are ignored."""
    log = read_log(
        file(
            "learner_id,rating,credential_id,occurred_at,kind\n"
            "a,5,x,1700000002,view\n"
            "b,4,y,1700000000500,enroll\n"
            "a,3,y,2023-11-14T22:13:20Z,complete\n"
            "c,3,z,1700000002.0,save\n"
        ),
        {},
    )
    assert [log.learner_ids[row] for row in log.learner] == ["a", "b", "a", "c"]
    assert [log.credential_ids[row] for row in log.credential] == ["y", "y", "x", "z"]
    assert [event.kind for event in log.events()] == ["complete", "enroll", "view", "save"]
    assert (log.at_ms - 1_700_000_000_000).tolist() == [0, 500, 2000, 2000]
    assert log.clock


def test_without_a_clock_learners_keep_their_order(file) -> None:
    """Steps are a second apart, and each row enrolls where no kind is given."""
    log = read_log(file("learner_id,credential_id\na,x\na,y\nb,z\na,z\nb,x\n"), {})
    order = [log.credential_ids[row] for row in log.credential[log.learner == 0]]
    assert order == ["x", "y", "z"]
    assert (log.at_ms - log.at_ms[0]).tolist() == [0, 0, 1000, 1000, 2000]
    assert {event.kind for event in log.events()} == {"enroll"}
    assert not log.clock


def test_columns_may_have_other_names_and_be_tab_separated_and_gzipped(file) -> None:
    """As MovieLens has them in recbole; a byte order mark is no part of a name, a quote is one."""
    path = file('\ufeffuser_id:token\titem_id:token\ttimestamp:float\n1\t12"\t7\n', "ml.inter.gz")
    columns = columns_of(
        "learner_id=user_id:token,credential_id=item_id:token,occurred_at=timestamp:float"
    )
    log = read_log(path, columns)
    assert (log.learner_ids, log.credential_ids, log.at_ms.tolist()) == (["1"], ['12"'], [7000])


def test_equal_times_keep_the_files_order(file) -> None:
    """However many there are."""
    rows = "".join(f"a,c{n},{7 if n % 2 else 8}\n" for n in range(100))
    log = read_log(file("learner_id,credential_id,occurred_at\n" + rows), {})
    order = [int(log.credential_ids[row][1:]) for row in log.credential]
    assert order == [*range(1, 100, 2), *range(0, 100, 2)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no column 'learner_id'"),
        ("learner_id,credential_id\n", "no interactions"),
        ("learner,credential_id\na,x\n", "no column 'learner_id', only learner, credential_id"),
        ("learner_id,credential_id\na,x\nb\n", "line 3: 1 cells instead of 2"),
        ("learner_id,credential_id\na,x\n\n,x\n", "line 4: learner_id and credential_id"),
        ("learner_id,credential_id,kind\na,x,liked\n", "line 2: kind 'liked'"),
        ("learner_id,credential_id,occurred_at\na,x,1\na,y,soon\n", "line 3: occurred_at 'soon'"),
        ("learner_id,credential_id,occurred_at\na,x,\n", "line 2: occurred_at ''"),
        ("learner_id,credential_id,occurred_at\na,x,nan\n", "line 2: occurred_at 'nan'"),
        ("learner_id,credential_id,occurred_at\na,x,1e300\n", "line 2: occurred_at '1e300'"),
        ("learner_id,credential_id,occurred_at\na,x,2023-01-01T00:00:00\n", "offset from UTC"),
        ('learner_id,credential_id\na,"x\n', "after line 1: unexpected end"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(file, text: str, why: str) -> None:
    """Nothing is guessed, skipped or read by half."""
    with pytest.raises(InvalidRequest, match=why):
        read_log(file(text), {})


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    """Not gzip though it says so; not UTF-8; cut off."""
    for name, raw in (
        ("a.csv.gz", b"learner_id,credential_id\na,x\n"),
        ("a.csv", b"learner_id,credential_id\na,\xff\n"),
        ("b.csv.gz", gzip.compress(b"learner_id,credential_id\na,x\n" * 99)[:-12]),
    ):
        path = tmp_path / name
        path.write_bytes(raw)
        with pytest.raises(InvalidRequest, match=name):
            read_log(path, {})


def test_a_column_that_is_named_must_be_there(file) -> None:
    """An optional one may only be absent when nobody asked for it."""
    path = file("learner_id,credential_id\na,x\n")
    with pytest.raises(InvalidRequest, match="no column 'ts'"):
        read_log(path, columns_of("occurred_at=ts"))


def test_no_time_is_beyond_what_a_date_can_say(file) -> None:
    """The last millisecond of the year 9999 is a time, the next is none."""
    path = file("learner_id,credential_id,occurred_at\na,x,253402300799999\n")
    assert read_log(path, {}).at_ms.tolist() == [253_402_300_799_999]
    for wrong in ("253402300800000", "-62135596800001"):
        path = file(f"learner_id,credential_id,occurred_at\na,x,{wrong}\n")
        with pytest.raises(InvalidRequest, match=r"line 2: .*the years 1 to 9999"):
            read_log(path, {})


@pytest.mark.parametrize("option", ["user", "learner_id=", "learner=user"])
def test_a_wrong_columns_option_is_refused(option: str) -> None:
    """Misspelt names are not ignored."""
    with pytest.raises(InvalidRequest, match="--columns"):
        columns_of(option)


def test_some_learners_keep_all_of_theirs(file) -> None:
    """With tables that hold only what is left, in the same order."""
    rows = "".join(f"l{n},c{n},{n}\nl{n},d{n},{n}\n" for n in range(20))
    whole = read_log(file("learner_id,credential_id,occurred_at\n" + rows), {})
    part = some_learners(whole, 3)
    assert (len(part), len(part.learner_ids), len(part.credential_ids)) == (6, 3, 6)
    for event in part.events():
        assert part.learner_ids[event.learner][1:] == part.credential_ids[event.credential][1:]


def test_a_catalog_becomes_credentials(file) -> None:
    """Lists are split, a category stands among the skills, what has no name here is left out."""
    catalog = read_catalog(
        file(
            "course,concepts,category,level,language\n"
            "x,Statistics | R|Statistics,data,beginner,english\n"
            "y,,,all,elvish\n"
        ),
        columns_of("credential_id=course,skills=concepts,learner_id=user"),
    )
    x, y = catalog.credentials["x"], catalog.credentials["y"]
    assert [skill.id for skill in x.skills] == ["R", "Statistics", "category:data"]
    assert (x.level, x.languages) == ("beginner", ["en"])
    assert (y.skills, y.level, y.languages) == ([], None, [])
    assert catalog.skills["x"] == {"R", "Statistics"}


def test_a_credential_is_in_a_catalog_once(file) -> None:
    """The second is refused with its line."""
    with pytest.raises(InvalidRequest, match=r"line 3: .*second time"):
        read_catalog(file("credential_id\nx\nx\n"), {})
