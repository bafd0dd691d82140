"""A fault's run stops as soon as its verdict is known, and no sooner."""

from kill_rate.course import Course

TESTS = {
    "one": ["RET-02"],
    "two": ["RET-02"],
    "three": ["REC-01"],
    "beside": ["RET-01"],
    "beside too": ["RET-03", "REC-09"],
}


def course(*failed: str, passed: tuple[str, ...] = ()) -> Course:
    """Return the course of a run in which these tests are over."""
    followed = Course(must_break=["RET-02", "REC-01"], stays_green=["RET-01", "RET-03"], tests=TESTS)
    for test in (*failed, *passed):
        followed.hears(test, failed=test in failed, over=True)
    return followed


def needed(followed: Course) -> set[str]:
    """Return the tests that the run still needs."""
    return {test for test in TESTS if test not in followed.over and followed.needs(test)}


def test_first_failure_decides_on_a_requirement() -> None:
    """The other tests of a requirement that has failed are left out, and those of the others are not."""
    assert needed(course("one")) == {"three", "beside", "beside too"}


def test_requirement_holds_when_all_of_its_tests_have() -> None:
    """One passed test of two is no verdict; with the second the fault has survived, and nothing more is needed."""
    assert needed(course(passed=("one",))) == {"two", "three", "beside", "beside too"}
    assert needed(course("three", passed=("one", "two"))) == set()


def test_broken_neighbour_ends_the_run() -> None:
    """What must stay green and does not decides, whatever else is still to come."""
    assert needed(course("one", "beside")) == set()


def test_failure_of_one_phase_counts_before_the_test_is_over() -> None:
    """A test that fails is not over before it is torn down, but what it judges has failed."""
    followed = course()
    followed.hears("one", failed=True, over=False)

    assert not followed.needs("two")
