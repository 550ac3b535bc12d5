"""Units, currencies, percentages, times of day and bases."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import (
    all_pass,
    differs_either_way,
    is_not_passed,
    is_undecided,
    nobody_knows,
    none_pass,
    passes_either_way,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("101_2", "5"),
        ("50\\%", "0.5"),
        ("5\\text{ cm}", "5"),
        ("150 cm", "1.5\\text{ m}"),
        ("90^\\circ", "\\frac{\\pi}{2}"),
        ("30^\\circ 30'", "30.5^\\circ"),
        ("3 hours 20 minutes", "200 minutes"),
        ("18\\text{ km/h}", "5\\text{ m/s}"),
        ("60\\text{ miles per hour}", "60 mph"),
        ("100^\\circ\\text{C}", "100"),
        ("five apples", "5"),
        ("7\\text{ KM}", "7\\text{ km}"),
        ("7\\text{ Hrs}", "7 hours"),
        ("7 PEARS", "7"),
        ("4 lakh", "400000"),
        ("2.5\\text{ crore}", "25000000"),
        ("\u20b94,000", "4000 rupees"),
        ("1A_{16}", "26"),
        ("\\text{1A}_{16}", "1A"),
        ("(101)_2", "5"),
        ("\\cos^{-1}(0)", "90^\\circ"),
        ("33.33\\%", "1/3"),
        ("12 USD", "USD 12"),
        ("9 sq. ft", "9 square feet"),
        ("9 cubic cm", "9\\text{ cm}^3"),
        ("12 kg m/s", "12"),
        ("2 and a half hours", "2.5"),
        ("3 pm", "3:00 p.m."),
        ("5\\pi cm", "5\\pi"),
        ("5\\sqrt{3} cm", "5\\sqrt{3}"),
        ("2\\frac{1}{2} \\mathrm{~h}", "2.5"),
        ("5 lb", "80 oz"),
        ("1 gallon", "4 quarts"),
        ("1\\text{ L}", "1000\\text{ cm}^3"),
        ("3 years and 6 months", "3.5 years"),
        ("9.8\\ \\mathrm{m\\,s^{-2}}", "9.8\\text{ m/s}^2"),
        ("\\$0.12", "12 cents"),
        ("\\frac12\\text{ cm}", "0.5"),
        ("413 \\text{ (base 5)}", "413_5"),
        ("30^\\circ + 360^\\circ k", "30^\\circ + 360^\\circ n"),
        ("\\frac{\\pi}{4}\\text{ rad}", "45^\\circ"),
        ("1h 30min", "90 minutes"),
        ("5\\text{ N m}", "5\\text{ J}"),
        ("60 rpm", "1 Hz"),
        ("5 per cent", "5\\%"),
        ("8,000 copies", "8000"),
        ("8 fluid ounces", "1 cup"),
        ("8 fl. oz.", "8 fluid ounces"),
        ("2 tablespoons", "6 tsp"),
        ("60 km/hr", "60 kmph"),
        ("36\\text{ kph/s}", "10\\text{ m/s}^2"),
        ("12 cm2", "12\\text{ cm}^2"),
        ("36.87^\\circ", "\\arctan \\frac{3}{4}"),
        ("2.5 \\mathrm{~A}", "2.5"),
        ("2\\text{ A}", "2 \\mathrm{A}"),
        ("5 ft 6 in", "66 in"),
        ("0.005\\mathrm{~A}", "5\\text{ mA}"),
        ("10\\ \\mu\\text{C}", "10^{-5} \\mathrm{~C}"),
        ("4.7\\text{ k}\\Omega", "4700\\ \\Omega"),
        ("42平方厘米", "42\\text{ cm}^2"),
        ("1.5小时", "90 minutes"),
        ("5 A", "5\\text{ A}"),
        ("2 C", "2000\\text{ mC}"),
        ("1 kN", "1000\\text{ N}"),
        ("500\\text{ nm}", "5 \\times 10^{-7}\\text{ m}"),
        ("3 \\times 10^6\\text{ J}", "3\\text{ MJ}"),
        ("13.6 eV", "13.6"),
        ("4700\\ \\Omega", "4.7 \\mathrm{~k\\Omega}"),
        ("10 µC", "10^{-5}\\text{ C}"),
        ("250\\ \\mu\\mathrm{F}", "250 microfarads"),
        ("2\\text{ T}", "2\\text{ Wb/m}^2"),
        ("10 V", "10\\text{ W/A}"),
        (
            "8.31 \\mathrm{~J}/(\\mathrm{mol} \\cdot \\mathrm{K})",
            "8.31\\text{ J mol}^{-1}\\text{ K}^{-1}",
        ),
        ("60 rev/min", "1\\text{ Hz}"),
        ("€5", "5 euros"),
        ("£5", "5 pounds"),
        ("5 €", "5"),
        ("\\$4.50/\\text{hour}", "4.5 dollars per hour"),
    ],
)
def test_equal_quantities_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("50\\%", "5"),
        ("0.5\\%", "0.5"),
        ("5\\text{ cm}", "5\\text{ m}"),
        ("5\\text{ cm}", "5\\text{ cm}^2"),
        ("101_2", "101_3"),
        ("3 hours 20 minutes", "3 hours"),
        ("5\\text{ m/s}", "5\\text{ m}"),
        ("5\\text{ m/s}", "5\\text{ km/h}"),
        ("1A_{16}", "27"),
        ("3 am", "3 pm"),
        ("33.33\\%", "0.4"),
        ("6:40 p.m.", "3:20 p.m."),
        ("8:20 a.m.", "0.4"),
        ("\\$5", "5 cents"),
        ("50\\%", "50\\text{ cm}"),
        ("1 gallon", "5 quarts"),
        ("50^\\circ", "50\\%"),
        ("EUR 5", "5 USD"),
        ("36.88^\\circ", "\\arctan \\frac{3}{4}"),
        ("3\\text{ kN}", "3\\text{ N}"),
        ("5\\text{ V}", "5\\text{ A}"),
        ("5\\text{ MJ}", "5\\text{ mJ}"),
        ("5 A", "5\\text{ V}"),
        ("42平方厘米", "42 cm"),
        ("5 µm", "5 mm"),
        ("4.7\\text{ k}\\Omega", "4.7\\text{ M}\\Omega"),
        ("5\\text{ J}/(\\text{mol K})", "5\\text{ J/mol}"),
        ("2\\text{ T}", "2\\text{ Wb}"),
        ("70^\\circ\\text{F}", "25^\\circ\\text{C}"),
        ("£5", "\\$5"),
        ("\\text{£}5", "$5"),
        ("€4.50/hour", "4.5 dollars per hour"),
        ("2hr", "2rm"),
        ("2\\pi hr", "3\\pi rh"),
    ],
)
def test_different_quantities_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("2 cups", "500 mL"),
    ],
)
def test_quantities_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("12 months", "365 days"),
        ("16 ounces", "1 pint"),
        ("1\\text{ ton}", "2000\\text{ pounds}"),
        ("77^\\circ\\text{F}", "25^\\circ\\text{C}"),
        ("5\\text{ K}", "5^\\circ\\text{C}"),
        ("5\\text{ M}", "5000000"),
        ("1 eV", "1.6 \\times 10^{-19}\\text{ J}"),
        ("1 GB", "1024 MB"),
        ("2\\pi\\text{ rad/s}", "60 rpm"),
        ("¥5", "5 yuan"),
    ],
)
def test_quantities_that_pass_in_another_reading_are_undecided(answer: str, gold: str) -> None:
    is_undecided(answer, gold)


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


def test_a_unit_behind_a_power_of_ten_is_no_product_of_letters() -> None:
    all_pass("2.5 \\times 10^{-4}\\text{ mol}", "2.5 × 10⁻⁴ mol")
    all_pass("6 \\times 10^{14}\\text{ Hz}", "6 × 10^14 Hz")
    none_pass("2.5 \\times 10^{-4}\\text{ mol}", "2.5 × 10⁻³ mol")


def test_classes_of_growth_are_not_different_by_a_factor_or_a_lower_term() -> None:
    nobody_knows("O(m^2)", "O(7m^2)", "O(m^2 + 3m)")


def test_capitals_that_are_no_unit_are_neither_letters_nor_nothing() -> None:
    nobody_knows("7", "7\\text{ CC}")
