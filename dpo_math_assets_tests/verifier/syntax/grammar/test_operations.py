r"""Operations that are no products of numbers: of vectors, of functions, and with names."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import (
    all_pass,
    differs_either_way,
    nobody_knows,
    verdicts,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\vec{p} \cdot \vec{q}", r"\vec{q} \cdot \vec{p}"),
        (r"\mathbf{p} \cdot \mathbf{q}", r"\vec{q} \cdot \vec{p}"),
        (r"\bm{p} \times \bm{q}", r"-\boldsymbol{q} \times \boldsymbol{p}"),
        (r"\vec{p} \times 3\vec{q}", r"3(\vec{p} \times \vec{q})"),
        (r"(\vec{p} + 2\vec{q}) \cdot \vec{r}", r"\vec{p} \cdot \vec{r} + 2\vec{r} \cdot \vec{q}"),
        (r"(\vec{p} - \vec{q}) \times \vec{r}", r"\vec{p} \times \vec{r} + \vec{r} \times \vec{q}"),
        (r"|\vec{p} \times \vec{q}|", r"|\vec{q} \times \vec{p}|"),
        (r"\nabla \times \mathbf{E}", r"\nabla \times \vec{E}"),
        (r"3 \times \vec{p}", r"3\vec{p}"),
    ],
)
def test_products_of_vectors_are_linear_and_know_their_order(one: str, other: str) -> None:
    all_pass(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\vec{p} \times \vec{q}", r"\vec{p} \cdot \vec{q}"),
        (r"\hat{p} \times \mathbf{q}", r"\hat{p} \cdot \mathbf{q}"),
        (r"\boldsymbol{\omega} \times \mathbf{r}", r"\boldsymbol{\omega} \cdot \mathbf{r}"),
        (r"\nabla \cdot \mathbf{E}", r"\nabla \times \mathbf{E}"),
        (r"\nabla \cdot \mathbf{E}", r"\mathbf{E} \cdot \nabla"),
        (r"\vec{p} \times 3\vec{q}", r"\vec{p} \cdot 3\vec{q}"),
        (r"\vec{p} \cdot \vec{q}", "pq"),
        (r"\textbf{p} \times \textbf{q}", r"\textbf{p} \cdot \textbf{q}"),
        (r"\underline{p} \times \underline{q}", r"\underline{p} \cdot \underline{q}"),
        (r"\vec{p} \wedge \vec{q}", r"\vec{q} \wedge \vec{p}"),
        (r"(\vec{p} \cdot \vec{q})\vec{r}", r"\vec{p}(\vec{q} \cdot \vec{r})"),
        (r"(1, 2, 3) \times (4, 5, 6)", r"(1, 2, 3) \cdot (4, 5, 6)"),
    ],
)
def test_a_dot_is_no_cross(one: str, other: str) -> None:
    nobody_knows(one, other)


def test_a_cross_the_other_way_round_differs() -> None:
    differs_either_way(r"\mathbf{p} \times \mathbf{q}", r"\mathbf{q} \times \mathbf{p}")
    differs_either_way(r"2\vec{p} \times \vec{q}", r"2\vec{q} \times \vec{p}")


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["circ", "ast", "bullet", "star", "oplus", "otimes", "odot", "#"])
def test_a_named_operation_equals_only_itself(sign: str) -> None:
    all_pass(rf"p \{sign} q", rf"p\{sign}{{q}}")
    nobody_knows(rf"p \{sign} q", rf"q \{sign} p", "pq", "p + q")
    nobody_knows(rf"p \{sign} q \{sign} r", rf"p \{sign} (q \{sign} r)")


@pytest.mark.parametrize(
    ("one", "other"),
    [("q ∘ p", "p ∘ q"), ("q ∗ p", "p ∗ q"), ("q ⊕ p", "p ⊕ q"), ("q • p", "p • q")],
)
def test_signs_of_unicode_are_the_same_operations(one: str, other: str) -> None:
    nobody_knows(one, other)
    all_pass(one, one)


def test_a_composition_is_applied_from_the_right() -> None:
    all_pass(r"f(g(x))", r"(f \circ g)(x)", "(f ∘ g)(x)")
    all_pass(r"f(g(h(x)))", r"(f \circ g \circ h)(x)")
    nobody_knows(r"(f \circ g)(x) = 2x", r"(g \circ f)(x) = 2x")
    all_pass(r"(f \circ g)(x) = 2x", "2x")
    assert verdicts(r"(f \circ g)(x)", "(f*g)(x)").isdisjoint({True})


def test_a_small_circle_behind_a_number_means_degrees() -> None:
    all_pass(r"90^\circ", r"90\circ", "90∘")


def test_stars_and_bullets_between_numbers_multiply() -> None:
    all_pass("12", r"3 \ast 4", r"3 \bullet 4", "3 ∗ 4", "3 • 4", "3 × 4")
    nobody_knows("12", r"3 \star 4", r"3 \otimes 4")


def test_statements_joined_by_and_and_or_are_no_list() -> None:
    all_pass("p or q and r", r"p \vee (q \wedge r)")  # `and` binds closer
    nobody_knows("p or q and r", "p, q, r", "p and q or r")


def test_products_of_sets_know_their_order() -> None:
    nobody_knows(r"\mathbb{R} \times \mathbb{Z}", r"\mathbb{Z} \times \mathbb{R}")
    nobody_knows(r"\{1, 2\} \times \{3, 4\}", r"\{3, 4\} \times \{1, 2\}")
    all_pass(r"\mathbb{R} \times \mathbb{Z}", "ℝ × ℤ")


def test_angle_brackets_and_braces_of_one_item_are_not_dropped() -> None:
    nobody_knows(r"\langle h \rangle", "h", r"\langle h^2 \rangle")
    nobody_knows(r"\langle 7 \rangle", "7")
    nobody_knows(r"\{t\}", "t", r"t - \lfloor t \rfloor")
    nobody_knows(r"t\{t\}", "t^2")
    all_pass(r"\sin t", r"\sin\{t\}")  # the brackets of the function
    all_pass(r"\langle h \rangle", r"\left\langle h \right\rangle", "⟨h⟩")
    all_pass("7", r"\{7\}", r"\{3 + 4\}")
    all_pass("(1, 2)", r"\langle 1, 2 \rangle")
    all_pass("3", r"\min\{3, 4\}")
