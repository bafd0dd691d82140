"""From outcomes to verdicts: nothing that was not verified ever reads as green."""

from dataclasses import replace

import pytest

from harness.baseline import KnownDefect
from harness.contract import Contract, Level, Requirement, Verdict, gravest
from harness.verdicts import COULD_NOT_VERIFY, FAILED, HARNESS_ERROR, PASSED, Judged, Outcome, Verdicts


def requirement(requirement_id: str, level: Level = Level.MUST, stage: int = 1) -> Requirement:
    """Return a requirement of a small contract."""
    return Requirement(id=requirement_id, level=level, stage=stage, hop="delivered", text="a promise")


CONTRACT = Contract([requirement("A-01"), requirement("A-02", stage=2), requirement("S-01", Level.SHOULD, 2)])


def judged(name: str, *requirements: str, stage: int = 1, closing: bool = False) -> Judged:
    """Return a test that judges those requirements."""
    return Judged(nodeid=name, stage=stage, closing=closing, requirements=requirements, promise="it holds")


def verdicts_after(*outcomes: Outcome) -> Verdicts:
    """Return the verdicts of a run of three tests after these outcomes."""
    tests = [judged("one", "A-01"), judged("two", "A-01", "A-02", stage=2), judged("three", "S-01", stage=2)]
    verdicts = Verdicts(CONTRACT, tests)
    for outcome in outcomes:
        verdicts.add(outcome)
    return verdicts


def passed(name: str) -> Outcome:
    """Return a green outcome."""
    return Outcome(nodeid=name, verdict=Verdict.PASSED)


def failed(name: str) -> Outcome:
    """Return a red outcome that blocks the later stages."""
    return Outcome(nodeid=name, verdict=Verdict.FAILED, reason="broken", hop="recorded", blocks=True)


def not_applicable(name: str) -> Outcome:
    """Return the outcome of a test of something that the target lacks."""
    return Outcome(nodeid=name, verdict=Verdict.NOT_APPLICABLE, reason="it has none")


def unverified(name: str) -> Outcome:
    """Return the outcome of a test that could not judge."""
    return Outcome(nodeid=name, verdict=Verdict.UNVERIFIED, reason="nobody may")


def test_requirement_is_decided_with_its_last_test() -> None:
    """A requirement that two tests judge is decided when the second has ended."""
    verdicts = verdicts_after()

    assert verdicts.add(passed("one")) == []
    assert [result.requirement.id for result in verdicts.add(passed("two"))] == ["A-01", "A-02"]


def test_one_failed_test_fails_the_requirement() -> None:
    """The gravest outcome counts, with its reason and its hop."""
    result = verdicts_after(passed("one"), failed("two")).result("A-01")

    assert (result.verdict, result.reason, result.hop, result.tests) == (Verdict.FAILED, "broken", "recorded", 2)


def test_requirement_without_outcome_is_unverified() -> None:
    """What did not run is unverified, however green the rest is."""
    verdicts = verdicts_after(passed("one"))

    assert verdicts.result("A-02").verdict is Verdict.UNVERIFIED
    assert verdicts.exit_code(strict=False) == COULD_NOT_VERIFY


def test_failed_teardown_spoils_a_green_test() -> None:
    """A later phase can only make the verdict graver, and the seconds of the phases add up."""
    verdicts = verdicts_after()
    verdicts.add(Outcome(nodeid="one", verdict=Verdict.PASSED, seconds=1.0), over=False)
    verdicts.add(Outcome(nodeid="one", verdict=Verdict.HARNESS_ERROR, seconds=0.5))
    verdicts.add(passed("two"))

    result = verdicts.result("A-01")
    assert (result.verdict, result.seconds) == (Verdict.HARNESS_ERROR, 1.5)


@pytest.mark.parametrize(
    ("last", "strict", "code"),
    [
        (passed("three"), False, PASSED),
        (failed("three"), False, PASSED),
        (failed("three"), True, FAILED),
        (Outcome(nodeid="three", verdict=Verdict.HARNESS_ERROR), False, HARNESS_ERROR),
        (Outcome(nodeid="three", verdict=Verdict.UNVERIFIED), False, PASSED),
        (Outcome(nodeid="three", verdict=Verdict.UNVERIFIED), True, COULD_NOT_VERIFY),
    ],
)
def test_should_counts_only_when_strict(last: Outcome, code: int, *, strict: bool) -> None:
    """An unmet SHOULD is a warning, unless the run is strict; a harness error is never ignored."""
    assert verdicts_after(passed("one"), passed("two"), last).exit_code(strict=strict) == code


def test_failed_outweighs_could_not_verify() -> None:
    """A broken MUST is reported as such though another one could not be verified."""
    verdicts = verdicts_after(failed("one"), Outcome(nodeid="two", verdict=Verdict.UNVERIFIED))

    assert verdicts.exit_code(strict=False) == FAILED


@pytest.mark.parametrize("tidied_up", [Verdict.PASSED, Verdict.HARNESS_ERROR])
def test_what_is_not_applicable_is_not_passed_by_tidying_up(tidied_up: Verdict) -> None:
    """A test that was left out stays left out when its teardown is fine, and only then."""
    verdicts = verdicts_after()
    verdicts.add(not_applicable("two"), over=False)
    verdicts.add(Outcome(nodeid="two", verdict=tidied_up))

    expected = Verdict.NOT_APPLICABLE if tidied_up is Verdict.PASSED else tidied_up
    assert verdicts.result("A-02").verdict is expected


def test_requirement_is_judged_by_what_is_applicable_of_it() -> None:
    """A requirement of which one test is not applicable is passed by the other, and not applicable without any."""
    verdicts = verdicts_after(passed("one"), not_applicable("two"), passed("three"))

    assert [verdicts.result(each).verdict for each in ("A-01", "A-02")] == [Verdict.PASSED, Verdict.NOT_APPLICABLE]
    assert verdicts.exit_code(strict=False) == PASSED


@pytest.mark.parametrize(
    ("outcome", "code", "waived"),
    [(unverified("two"), PASSED, "nobody may"), (failed("two"), FAILED, ""), (None, COULD_NOT_VERIFY, "")],
    ids=["could not be exercised", "failed", "was not reached"],
)
def test_waiver_covers_what_could_not_be_exercised_alone(outcome: Outcome | None, code: int, waived: str) -> None:
    """A waived requirement does not block a deploy when its tests could not judge; broken or not reached, it does."""
    verdicts = Verdicts(
        CONTRACT, [judged("one", "A-01"), judged("two", "A-02", stage=2)], waived={"A-02": "nobody may"}
    )
    verdicts.add(passed("one"))
    if outcome:
        verdicts.add(outcome)

    assert (verdicts.exit_code(strict=False), verdicts.result("A-02").waived) == (code, waived)


def known(requirement_id: str) -> dict[str, KnownDefect]:
    """Return a baseline that lists one requirement."""
    return {requirement_id: KnownDefect(requirement=requirement_id, reason="ours", until=None, where="a file, line 1")}


@pytest.mark.parametrize(
    ("outcome", "verdict", "code"),
    [
        (failed("one"), Verdict.KNOWN_DEFECT, PASSED),
        (passed("one"), Verdict.PASSED, FAILED),
        (unverified("one"), Verdict.UNVERIFIED, COULD_NOT_VERIFY),
        (not_applicable("one"), Verdict.NOT_APPLICABLE, PASSED),
        (Outcome(nodeid="one", verdict=Verdict.HARNESS_ERROR), Verdict.HARNESS_ERROR, HARNESS_ERROR),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_known_defect_is_let_through_and_nothing_else(
    outcome: Outcome, verdict: Verdict, code: int, *, strict: bool
) -> None:
    """A listed requirement may fail, strict or not; one that holds is listed wrongly, and no other verdict changes."""
    verdicts = Verdicts(CONTRACT, [judged("one", "A-01")], baseline=known("A-01"))
    verdicts.add(outcome)

    assert (verdicts.result("A-01").verdict, verdicts.exit_code(strict=strict)) == (verdict, code)
    assert verdicts.result("A-01").known == ("known defect: ours" if verdict is Verdict.KNOWN_DEFECT else "")


def test_known_defect_excuses_no_other() -> None:
    """A requirement that is not listed fails the gate, though the test that shows it judges a known defect too."""
    verdicts = Verdicts(CONTRACT, [judged("one", "A-01", "A-02")], baseline=known("A-01"))
    verdicts.add(failed("one"))

    assert (verdicts.result("A-02").verdict, verdicts.exit_code(strict=False)) == (Verdict.FAILED, FAILED)


@pytest.mark.parametrize(("requirement_id", "narrowed"), [("A-02", False), ("A-01", True)])
def test_baseline_is_not_outdated_by_what_was_left_out(requirement_id: str, *, narrowed: bool) -> None:
    """A requirement that was not selected, or by half of its tests alone, may still be broken."""
    verdicts = Verdicts(CONTRACT, [judged("one", "A-01")], baseline=known(requirement_id), narrowed=narrowed)
    verdicts.add(passed("one"))

    assert (verdicts.outdated(), verdicts.exit_code(strict=False)) == ([], PASSED)


def test_no_verdict_at_all_is_never_green() -> None:
    """The gravest of nothing is unverified."""
    assert gravest([]) is Verdict.UNVERIFIED


def test_later_rank_waits_for_the_earlier_one() -> None:
    """A rank opens when every test of the lower ranks is over."""
    verdicts = Verdicts(CONTRACT, [judged("one", "A-01"), judged("two", "A-02", stage=2)])

    before = verdicts.progress()["open_rank"]
    verdicts.add(passed("one"))

    assert (before, verdicts.progress()["open_rank"]) == (verdicts.judged["one"].rank, verdicts.judged["two"].rank)
    assert before < verdicts.progress()["open_rank"]


def test_closing_test_waits_for_the_whole_run() -> None:
    """Tests that disturb run alone and in turn, and a closing one after all tests of all stages."""
    turns = [replace(judged(f"turn {turn}", "A-01"), turn=turn) for turn in (0, 1, 2)]
    late = replace(judged("late", "A-02", stage=11), turn=999)
    ranks = [
        test.rank for test in (*turns, judged("next", "A-02", stage=2), late, judged("last", "A-01", closing=True))
    ]

    assert ranks == sorted(set(ranks))


def test_crash_ends_all_waiting() -> None:
    """After a crash nobody waits for tests that may be queued behind the one that waits; they are blocked instead."""
    verdicts = verdicts_after(Outcome(nodeid="one", verdict=Verdict.HARNESS_ERROR, blocks=True, crashed=True))

    progress = verdicts.progress()

    assert progress["open_rank"] > max(test.rank for test in verdicts.judged.values())
    assert (progress["blocker"]["stage"], progress["crashed"]) == (1, True)


def test_lowest_failed_stage_blocks() -> None:
    """The blocker is the failure of the lowest stage, named by its requirements."""
    verdicts = verdicts_after(failed("two"), failed("one"))

    assert verdicts.progress()["blocker"] == {"stage": 1, "reason": "A-01: broken"}


def test_requirement_that_no_test_judges_makes_the_run_partial() -> None:
    """A run that left requirements out says so, and they are unverified."""
    verdicts = Verdicts(CONTRACT, [judged("one", "A-01")])
    verdicts.add(passed("one"))

    assert verdicts.partial
    assert verdicts.result("A-02").reason == "not selected"
    assert verdicts.exit_code(strict=False) == PASSED


def test_run_that_was_asked_to_leave_tests_out_is_partial() -> None:
    """Though every requirement has a test, a run that some tests were kept from says so."""
    tests = [judged("one", "A-01", "A-02", "S-01")]

    assert [Verdicts(CONTRACT, tests, narrowed=each).partial for each in (False, True)] == [False, True]
