"""Which tests of the verifier take their time: those of worker processes and of large samples."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Deadlines and workers, in processes of their own.
PROCESS = ("runtime", "test_hostile.py")
SLOW = (
    "test_what_stands_before_the_decisive_part_of_a_completion_decides_nothing",
    "test_rearranging_an_expression_never_makes_it_different",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them before the suite's own hook takes what is unmarked for unit tests."""
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        if item.path.relative_to(HERE).parts[0] in PROCESS:
            item.add_marker("process")
        if getattr(item, "originalname", "") in SLOW:
            item.add_marker("slow")
