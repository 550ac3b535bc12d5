"""One answer as different hands write it, beside answers that only look like it: class by class."""

from dpo_math_assets.verifier import verify


def verdicts(one: str, other: str) -> set[bool | None]:
    """What is said of either answer where the other is the gold."""
    pairs = ((one, other), (other, one))
    return {verify(f"FINAL ANSWER: {answer}", gold).ok for answer, gold in pairs}


def all_pass(gold: str, *answers: str) -> None:
    for answer in answers:
        assert verdicts(answer, gold) == {True}, answer


def none_pass(gold: str, *answers: str) -> None:
    for answer in answers:
        assert verdicts(answer, gold) == {False}, answer


def nobody_knows(gold: str, *answers: str) -> None:
    for answer in answers:
        assert verdicts(answer, gold) == {None}, answer


def test_a_unit_in_plain_letters_is_the_unit_that_the_gold_has_upright() -> None:
    all_pass("8.4\\text{ m/s}^2", "8.4 m s^{-2}", "8.4 N/kg", "840 cm/s^2")
    all_pass("7\\text{ N}\\cdot\\text{m}", "7 N m", "7 N*m", "7 J")
    all_pass("30\\text{ kJ/mol}", "30000 J/mol", "30 kJ mol^{-1}")
    all_pass("8.3\\text{ J/(mol K)}", "8.3 J/(mol*K)", "8.3 J mol^{-1} K^{-1}", "8.3 J·mol⁻¹·K⁻¹")
    all_pass("90\\text{ km/h}", "90 kph", "25 m/s")
    all_pass("25^\\circ\\text{C}", "25℃")
    all_pass("40^\\circ", "40 deg")
    none_pass("8.4\\text{ m/s}^2", "8.4 m s^{-1}", "8.4 N/g")
    none_pass("7\\text{ N}\\cdot\\text{m}", "7 N/m", "7 W")


def test_letters_that_may_be_a_unit_do_not_make_a_right_number_wrong() -> None:
    nobody_knows("8.4", "8.4 m s^{-2}")
    nobody_knows("290", "290 K")
    none_pass("291", "290 K")


def test_letters_that_touch_a_number_are_factors_where_no_unit_can_stand() -> None:
    all_pass("2 m g \\sin\\theta", "2mg\\sin\\theta", "2*m*g*sin(theta)")
    all_pass("\\frac{h^2}{8 m L^2}", "\\frac{h^2}{8mL^2}", "h^2/(8mL^2)")
    none_pass("2 m g \\sin\\theta", "2mg\\cos\\theta", "mg\\sin\\theta")


def test_a_measured_length_is_no_product_whose_letters_may_change_places() -> None:
    none_pass("3 km", "3 mk")
    none_pass("5 min", "5 nim")


def test_parts_numbered_in_roman_or_with_half_a_bracket_come_in_turn() -> None:
    all_pass("5, 7", "(i) 5 (ii) 7", "(i) 5, (ii) 7", "a) 5 b) 7", "1) 5 2) 7")
    all_pass("(1) 5 (2) 7", "\\text{(1) }5\\text{ (2) }7")
    none_pass("(i) 5 (ii) 7", "(i) 7 (ii) 5", "7, 5")
    none_pass("(1) 5 (2) 7", "\\text{(1) }7\\text{ (2) }5")
    nobody_knows("5", "(i) 5")


def test_an_equation_between_absolute_values_gives_no_single_number() -> None:
    nobody_knows("|x| = 5", "5", "-5")


def test_a_solution_is_the_same_family_whatever_its_free_constants_are_called() -> None:
    all_pass("\\frac{x^4}{4} + C", "x^4/4 + c", "x^4/4 + 1 + c")
    all_pass("y = C_1 e^{3x} + C_2 e^{-x}", "y = c_1 e^{3x} + c_2 e^{-x}")
    all_pass("y = C_1 e^{3x} + C_2 e^{-x}", "C1*exp(3*x) + C2*exp(-x)", "C_2 e^{3x} + C_1 e^{-x}")
    all_pass("\\frac{x^2}{2} + ax + C", "\\frac{(x + a)^2}{2} + C")
    none_pass("\\frac{x^4}{4} + C", "x^3/4 + c", "x^4 + c", "\\frac{x^4}{4}")
    none_pass("y = C_1 e^{3x} + C_2 e^{-x}", "C_1 e^{3x} + C_2 e^{x}", "C_1 e^{3x} + C_1 e^{-x}")
    nobody_knows("C_1 + C_2 x", "C_2 + C_1 x")  # a fee and a price, as likely
    nobody_knows("\\ln|x + 4| + C", "\\log|x + 4| + C", "\\log|2x + 8| + C")


def test_numbered_unknowns_need_no_sign_of_the_index() -> None:
    all_pass("4, 9", "x1 = 4, x2 = 9")
    none_pass("4, 9", "x1 = 4, x2 = 8")


def test_the_length_of_a_segment_has_one_name_with_bars_or_without() -> None:
    all_pass("AB = 5", "|AB| = 5", "\\overline{AB} = 5", "BA = 5")
    none_pass("AB = 5", "|AB| = 6")
    none_pass("|AB| = 5", "|AC| = 5")


def test_one_pair_is_the_same_solution_in_braces_and_in_square_brackets() -> None:
    all_pass("x = 2, y = -1", "\\{(2, -1)\\}")
    all_pass("(2, -1)", "\\{(2, -1)\\}", "[2, -1]")
    all_pass("(2, 0)", "[2, 0]")
    none_pass("(2, -1)", "\\{(-1, 2)\\}", "[-1, 2]")
    none_pass("(1, 2)", "[1, 2]")


def test_a_line_through_a_point_is_added_up_in_tuples_as_in_columns() -> None:
    line = "\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix} + t\\begin{pmatrix} 1 \\\\ -1 \\end{pmatrix}"
    all_pass(line, "(2, 1) + t(1, -1)", "(2 + t, 1 - t)")
    none_pass(line, "(2, 1) + t(1, 1)")


def test_a_set_of_general_solutions_says_no_more_than_its_condition() -> None:
    turns = "x = \\frac{\\pi}{4} + k\\pi, k \\in \\mathbb{Z}"
    all_pass(
        turns,
        "\\{x | x = \\frac{\\pi}{4} + n\\pi, n \\in \\mathbb{Z}\\}",
        "\\frac{\\pi}{4} - k\\pi",
    )
    none_pass(turns, "\\{x | x = \\frac{\\pi}{3} + k\\pi, k \\in \\mathbb{Z}\\}")
    domain = "x \\ne k\\pi, k \\in \\mathbb{Z}"
    all_pass(domain, "\\{x \\mid x \\ne k\\pi, k \\in \\mathbb{Z}\\}")
    range_ = "(2k\\pi, 2k\\pi + \\pi), k \\in \\mathbb{Z}"
    all_pass(range_, "\\{x | 2k\\pi < x < 2k\\pi + \\pi, k \\in \\mathbb{Z}\\}")
    none_pass(range_, "\\{x | 2k\\pi \\le x < 2k\\pi + \\pi, k \\in \\mathbb{Z}\\}")


def test_a_set_in_bare_braces_may_have_a_colon() -> None:
    all_pass("[0, 1)", "{x : 0 <= x < 1}")
    none_pass("[0, 1)", "{x : 0 < x < 1}")
    all_pass("(2, -1)", "{x: 2, y: -1}")


def test_a_comma_before_a_unit_separates_where_the_other_answer_is_a_list() -> None:
    all_pass("30^\\circ, 60^\\circ", "30,60 degrees")
    all_pass("2.5\\text{ cm}", "2,5 cm")
    none_pass("30^\\circ, 60^\\circ", "30,50 degrees")


def test_words_for_what_has_a_sign_are_this_sign() -> None:
    all_pass("\\infty", "positive infinity")
    all_pass("-\\infty", "negative infinity", "minus infinity")
    all_pass("\\mathbb{R}", "any real number")
    all_pass("(2, 3)", "the point (2, 3)")
    all_pass("\\text{absolutely convergent}", "The series converges absolutely")
    none_pass("\\text{absolutely convergent}", "converges conditionally")
    none_pass("\\infty", "negative infinity")


def test_a_gold_equation_accepts_what_it_says_of_either_letter() -> None:
    assert verify("FINAL ANSWER: x - 1", "y + 1 = x").ok is True
    assert verify("FINAL ANSWER: x + 1", "y + 1 = x").ok is False


def test_values_keep_the_names_that_tell_them_apart() -> None:
    all_pass(
        "\\max = 8, \\min = 2", "max 8, min 2", "maximum: 8; minimum: 2", "minimum 2, maximum 8"
    )
    all_pass("8, 2", "the maximum is 8, the minimum is 2")
    all_pass("Ann: 5, Ben: 3", "Ann: 5; Ben: 3", "Ben: 3; Ann: 5")
    all_pass("A: 5, B: 3", "B: 3, A: 5")
    all_pass("8", "\\max = 8", "Maximum: 8")
    none_pass("\\max = 8, \\min = 2", "max 2, min 8", "maximum: 2; minimum: 8")
    none_pass("Ann: 5, Ben: 3", "Ann: 3; Ben: 5")
    none_pass("A: 5, B: 3", "A: 3, B: 5")
    nobody_knows("\\max = 8", "\\min = 8", "Minimum: 8")
    nobody_knows("\\gcd = 6", "\\lcm = 6")


def test_lines_with_roots_are_equal_up_to_a_factor() -> None:
    all_pass("y = \\pm\\frac{\\sqrt{3}}{3}x", "x \\pm \\sqrt{3}y = 0", "\\sqrt{3}x \\pm 3y = 0")
    all_pass("x - \\sqrt{2}y + 2 = 0", "y = \\frac{\\sqrt{2}}{2}x + \\sqrt{2}")
    all_pass("x = 1 \\text{ or } x - 2y + 1 = 0", "x = 1 or y = (x + 1)/2")
    none_pass("y = \\pm\\frac{\\sqrt{3}}{3}x", "x \\pm \\sqrt{2}y = 0")
    none_pass("x - \\sqrt{2}y + 2 = 0", "y = \\frac{\\sqrt{2}}{2}x - \\sqrt{2}")
    none_pass("x = 1 \\text{ or } x - 2y + 1 = 0", "x = 1 or y = (x + 3)/2")
    nobody_knows("\\ln y = x", "y = e^x")


def test_a_sequence_may_be_written_as_a_function_and_numbered_by_another_letter() -> None:
    all_pass("a_n = 3n - 1", "a(n) = 3n - 1", "a_k = 3k - 1")
    none_pass("a_n = 3n - 1", "a_k = 3k + 1", "b_n = 3n - 1")
    none_pass("F_x = 3", "F_y = 3")


def test_cases_may_stand_in_an_array_or_as_computer_algebra_prints_them() -> None:
    gold = "f(x) = \\begin{cases} x + 4 & x < 0 \\\\ 3x & x \\ge 0 \\end{cases}"
    array = "\\left\\{\\begin{array}{ll} x + 4, & x < 0 \\\\ 3x, & x \\ge 0 \\end{array}\\right."
    all_pass(gold, f"f(x) = {array}", "Piecewise((x + 4, x < 0), (3*x, True))")
    none_pass(gold, "Piecewise((x + 5, x < 0), (3*x, True))")
    all_pass("(1, 2)", "\\left\\{\\begin{array}{l} x = 1 \\\\ y = 2 \\end{array}\\right.")


def test_dots_between_numbers_leave_out_what_everybody_would_fill_in() -> None:
    all_pass("\\{1, 2, \\dots, 6\\}", "\\{1, 2, 3, \\ldots, 6\\}", "\\{1, 2, 3, 4, 5, 6\\}")
    all_pass("\\{1, 2, \\dots, 6\\}", "\\{n \\in \\mathbb{Z} : 1 \\le n \\le 6\\}")
    none_pass("\\{1, 2, \\dots, 6\\}", "\\{1, 2, \\dots, 7\\}", "\\{0, 1, \\dots, 6\\}")
    nobody_knows("2, 4, \\dots, 16", "2, 4, 8, 16")  # powers, or even numbers
    nobody_knows("x_1, \\dots, x_n", "x_1, x_2, \\dots, x_n")


def test_integers_from_a_number_on_are_no_interval_of_reals() -> None:
    all_pass("n \\ge 3", "all integers n \\ge 3", "all positive integers $n$ with $n > 2$")
    all_pass("n \\ge 3", "\\{3, 4, 5, \\dots\\}", "\\{\\mathbb{Z} \\mid n > 2\\}")
    all_pass("2k + 1, k \\in \\mathbb{Z}", "all odd integers", "2k - 1, k \\in \\mathbb{Z}")
    none_pass("n \\ge 3", "all integers n \\ge 4")
    none_pass("2k, k \\in \\mathbb{Z}", "all odd integers")
    nobody_knows("n \\ge 3", "n > 2")
    nobody_knows("[3, \\infty)", "all integers n \\ge 3")
    none_pass("x \\ge 3", "x > 2")


def test_what_is_equal_for_integers_alone_is_not_called_different() -> None:
    nobody_knows("\\lfloor \\frac{n}{2} \\rfloor", "\\lceil \\frac{n - 1}{2} \\rceil")
    none_pass("\\lfloor \\frac{n}{2} \\rfloor", "\\lceil \\frac{n}{2} \\rceil")


def test_the_size_of_a_vector_or_a_complex_number_is_one_number() -> None:
    all_pass("5", "|\\vec{v}| = 5", "|z| = 5")
    none_pass("|z| = 5", "-5", "6")


def test_the_two_constants_of_planck_are_one_up_to_a_turn() -> None:
    all_pass("\\frac{\\hbar^2 \\pi^2}{2mL^2}", "\\frac{h^2}{8mL^2}")
    none_pass("\\frac{\\hbar^2 \\pi^2}{2mL^2}", "\\frac{h^2}{4mL^2}")


def test_a_rounded_coefficient_is_neither_right_nor_wrong() -> None:
    nobody_knows("\\frac{\\sqrt{3}}{4}a^2", "0.433a^2")
    none_pass("\\frac{\\sqrt{3}}{4}a^2", "0.433a^3", "0.44a^2")
    none_pass("5t^2 + 100", "4.9t^2 + 100")


def test_a_day_is_the_same_day_whichever_way_it_is_written() -> None:
    all_pass("March 5", "5 March", "Mar 5", "March 5th")
    none_pass("March 5", "March 15", "May 5")
    all_pass("17 R 3", "17 remainder 3", "17 r 3")
    none_pass("17 R 3", "17 remainder 4", "3 remainder 17")


def test_engineers_write_j_for_the_imaginary_unit_beside_a_number() -> None:
    all_pass("3 + 4i", "3 + 4j")
    none_pass("3 + 4i", "3 - 4j")
    none_pass("4i", "4j")  # two unit vectors


def test_the_condition_of_a_set_of_points_says_all_of_it() -> None:
    all_pass("x^2 + y^2 \\le 4", "\\{(x, y) : x^2 + y^2 \\le 4\\}")
    none_pass("x^2 + y^2 \\le 4", "\\{(x, y) : x^2 + y^2 < 4\\}")


def test_rows_in_round_brackets_are_a_matrix_beside_one() -> None:
    gold = "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"
    all_pass(gold, "((1, 2), (3, 4))")
    none_pass(gold, "((1, 3), (2, 4))")


def test_a_unit_behind_a_power_of_ten_is_no_product_of_letters() -> None:
    all_pass("2.5 \\times 10^{-4}\\text{ mol}", "2.5 × 10⁻⁴ mol")
    all_pass("6 \\times 10^{14}\\text{ Hz}", "6 × 10^14 Hz")
    none_pass("2.5 \\times 10^{-4}\\text{ mol}", "2.5 × 10⁻³ mol")


def test_two_values_of_one_letter_are_no_point() -> None:
    all_pass("x = 1 \\text{ or } x = 2", "1, 2", "\\{1, 2\\}")
    nobody_knows("x = 1 \\text{ or } x = 2", "(1, 2)")
    none_pass("x = 1 \\text{ or } x = 2", "(1, 3)")


def test_an_angle_has_its_name_with_the_sign_or_without() -> None:
    all_pass("\\angle A = 60^\\circ", "A = 60°", "60")
    none_pass("\\angle A = 60^\\circ", "A = 30°")


def test_a_product_of_vectors_in_bold_letters_is_not_called_another() -> None:
    nobody_knows("\\vec{a} \\cdot \\vec{b} = 3", "a·b = 3")
    none_pass("\\vec{a} \\cdot \\vec{b} = 3", "a·b = 4")


def test_the_greatest_value_of_a_function_is_a_number() -> None:
    all_pass("5", "f(x)_{\\max} = 5", "[f(x)]_{max} = 5")


def test_a_date_in_digits_is_no_difference() -> None:
    nobody_knows("2017", "2020-01-02")


def test_brackets_beside_floors_are_those_of_gauss() -> None:
    all_pass("\\lfloor m/3 \\rfloor", "[m/3]", "\\left[\\frac{m}{3}\\right]", "$[\\tfrac{m}{3}]$")
    all_pass("\\lfloor x \\rfloor + \\lfloor 2x \\rfloor", "[x] + [2x]")
    none_pass("\\lfloor m/3 \\rfloor", "[m/3] + 1", "[m/2]", "\\frac{m}{3}", "\\lceil m/3 \\rceil")
    none_pass("\\lfloor x \\rfloor", "\\sqrt[3]{x}", "[1, x]")
