"""Names of groups: one group has several, so that another name is not called wrong."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import all_pass, nobody_knows, none_pass


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("\\mathbb{Z}_{10}", "\\mathbb{Z}/10\\mathbb{Z}"),
        ("\\mathbb{Z}_{10}", "C_2 \\times C_5"),
        ("A_3", "C_3"),
        ("\\mathbb{Z}", "\\langle a \\rangle"),
    ],
)
def test_another_name_of_a_group_is_not_called_wrong(gold: str, answer: str) -> None:
    nobody_knows(gold, answer)


def test_a_power_of_the_integers_is_no_residue_class() -> None:
    all_pass("\\mathbb{Z}^3", "\\mathbb{Z}^{3}")
    none_pass("\\mathbb{Z}^3", "\\mathbb{Z}_3")
