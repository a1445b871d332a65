from runs.seeds import sample_seed


def test_seeds_have_31_bits_and_differ():
    seeds = {sample_seed(s, p, i) for s in range(3) for p in ("a", "b") for i in range(500)}
    assert len(seeds) == 3000
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_problem_and_index_do_not_run_into_each_other():
    assert sample_seed(0, "1", 11) != sample_seed(0, "11", 1)
