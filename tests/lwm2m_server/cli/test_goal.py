"""What is linked for, and what it may use, as the options say."""

from compiler.profile import NO_LIMITS, Limits
from compiler.targets import BoardTable, default_slot
from lwm2m_server.cli.goal import goal_of, specs_for


def test_a_core_has_the_limits_that_are_given() -> None:
    goal = goal_of("cortex-m4", None, 20480, None)
    assert goal.limits == Limits(flash=None, ram=20480)
    assert goal.slot == default_slot(goal.target, 20480)


def test_a_board_with_slots_is_linked_for_its_own() -> None:
    goal = goal_of("sim-m4", None, None, None)
    board = BoardTable.load().get("sim-m4")
    assert board is not None
    assert (goal.slot, goal.limits) == (board.slots[1], NO_LIMITS)


def test_on_a_board_without_slots_arena_state_and_stack_share_its_ram() -> None:
    goal = goal_of("iotlab-m3", None, None, None)
    assert goal.limits == Limits(flash=512 * 1024, ram=64 * 1024)


def test_what_is_given_goes_before_what_the_board_has() -> None:
    assert goal_of("iotlab-m3", None, 4096, None).limits == Limits(flash=512 * 1024, ram=4096)
    assert goal_of("sim-m4", None, None, 4096).limits == Limits(flash=4096, ram=256 * 1024)


def test_every_build_that_is_tried_keeps_the_limits() -> None:
    goal = goal_of("iotlab-m3", None, None, None)
    specs = specs_for(b"", goal, image_overhead=0, vectors=3, objective=None)
    assert {spec.profile.limits for spec in specs} == {goal.limits}
