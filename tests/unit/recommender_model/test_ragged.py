import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.recommender.model.ragged import Ragged

Plain = dict[int, dict[int, float]]
ROWS, INDEXES = 40, 30
ROW, INDEX = st.integers(0, ROWS - 1), st.integers(0, INDEXES - 1)
WEIGHT = st.floats(0, 2, width=32)
CONTENTS = st.dictionaries(INDEX, WEIGHT, max_size=INDEXES)
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), ROW, INDEX, WEIGHT),
        st.tuples(st.just("remove"), ROW, INDEX),
        st.tuples(st.just("replace"), ROW, CONTENTS),
    ),
    max_size=80,
)


def _replace(ragged: Ragged, row: int, contents: dict[int, float]) -> None:
    ragged.replace(row, np.array([*contents], np.int32), np.array([*contents.values()], np.float32))


def _assert_same(ragged: Ragged, plain: Plain) -> None:
    for row in range(ROWS + 1):
        index, weight = ragged.row(row)
        assert dict(zip(index.tolist(), weight.tolist(), strict=True)) == plain.get(row, {})
        assert len(index) == len(plain.get(row, {}))
    start, length = ragged.places(np.arange(ROWS + 5000, dtype=np.int64))
    assert length.tolist() == [len(plain.get(row, {})) for row in range(ROWS + 5000)]
    assert (start + length <= len(ragged.index)).all()


@given(st.lists(CONTENTS, max_size=5), OPERATIONS)
def test_rows_are_those_of_a_dictionary(
    filled: list[dict[int, float]], operations: list[tuple]
) -> None:
    """After a fill and any operations each row holds what a dictionary would, and unnamed rows nothing."""
    ragged, plain = Ragged(), {row: dict(contents) for row, contents in enumerate(filled)}
    rows = [row for row, contents in plain.items() for _ in contents]
    index = [each for contents in filled for each in contents]
    weight = [each for contents in filled for each in contents.values()]
    ragged.fill(
        np.array(rows, np.int64),
        np.array(index, np.int64),
        np.array(weight, np.float32),
        len(filled),
    )
    for name, row, *rest in operations:
        if name == "put":
            ragged.put(row, *rest)
            plain.setdefault(row, {})[rest[0]] = rest[1]
        elif name == "remove":
            ragged.remove(row, *rest)
            plain.get(row, {}).pop(rest[0], None)
        else:
            _replace(ragged, row, rest[0])
            plain[row] = rest[0]
    _assert_same(ragged, plain)


def test_holes_are_closed_and_rows_survive_it() -> None:
    """Rows that outgrow their place again and again stay whole, in arrays of no more than a few times their size."""
    ragged, plain, random = Ragged(), dict[int, dict[int, float]](), np.random.default_rng(2)
    for index in range(400):
        for row in random.permutation(ROWS).tolist():
            ragged.put(row, index, row + 0.5)
            plain.setdefault(row, {})[index] = row + 0.5
    _assert_same(ragged, plain)
    assert len(ragged.index) <= 4 * ROWS * 400
    for row in range(0, ROWS, 2):
        for index in range(400):
            ragged.remove(row, index)
        plain[row] = {}
    _assert_same(ragged, plain)


def test_a_row_far_beyond_the_others_may_be_named() -> None:
    """Naming row 5,000 first makes room for it, and the rows before it are empty."""
    ragged = Ragged()
    ragged.put(5_000, 7, 1.5)
    assert len(ragged) == 5_001
    assert ragged.row(5_000)[0].tolist() == [7]
    assert not len(ragged.row(4_999)[0])
