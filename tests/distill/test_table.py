"""What was seen is found again, however much there is."""

import numpy as np
import pytest

from distill.table import Names, Table


@pytest.mark.parametrize("bits", [32, 64])
def test_a_table_answers_as_a_dictionary_does(bits):
    rng = np.random.default_rng(bits)
    kind = np.uint32 if bits == 32 else np.uint64
    table, known = Table(rows=3, bits=bits), [{}, {}, {}]
    for number in range(6000):
        keys = rng.integers(0, 4000 if number % 2 else 2**bits, 3, dtype=kind)
        before = [d.get(int(key), -1) for d, key in zip(known, keys, strict=True)]
        assert table.find(keys).tolist() == before
        table.add(keys, number)
        for d, key in zip(known, keys, strict=True):
            d.setdefault(int(key), number)


def test_names_of_every_kind_come_back():
    names = Names()
    given = ["", "a", "字" * 9, "\ud800", "b" * 10_000]
    assert [names.add(name) for name in given] == [0, 1, 2, 3, 4]
    assert [names[n] for n in range(5)] == given
