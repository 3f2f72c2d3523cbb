from wasi_nn_conformance.results.kept_rounds import KeptRounds, kept_rounds, round_words

BEFORE, ONE, OTHER, AFTER = ("> b", "< b"), ("> one", "< one"), ("> other", "< other"), ("> a", "< a")


def note(first: int, last: int | None = None) -> tuple[str, str]:
    return f"> ({round_words(first, last)})", "< (...)"


def test_a_transcript_without_rounds_has_none() -> None:
    assert kept_rounds((*BEFORE, *AFTER)) is None


def test_a_first_round_that_goes_wrong_is_no_round_among_others() -> None:
    assert kept_rounds((*BEFORE, *note(1), *ONE)) is None


def test_the_first_round_stands_for_all() -> None:
    assert kept_rounds((*BEFORE, *note(1), *ONE, *note(2, 500), *AFTER)) == KeptRounds(BEFORE, ONE, 500, AFTER)


def test_the_round_that_goes_wrong_is_the_last_of_them() -> None:
    assert kept_rounds((*note(1), *ONE, *note(37), *OTHER)) == KeptRounds((), ONE, 37, ())
