"""Verdicts by example: what equals what, and what must never pass for another answer."""

import pytest

from dpo_math_assets.verifier import Conventions, compare, verify
from dpo_math_assets.verifier.runtime.pipeline import Pool
from dpo_math_assets.verifier.syntax.nodes import Node

EQUAL = [
    ("1/2", "0.5"),
    ("\\frac{1}{2}", "0.50"),
    ("1,000", "1000"),
    ("2^{100}", "1267650600228229401496703205376"),
    ("0.\\overline{3}", "1/3"),
    ("2\\sqrt{2}", "\\sqrt{8}"),
    ("\\sqrt{3}+\\sqrt{2}", "\\sqrt{5+2\\sqrt{6}}"),
    ("\\frac{1}{\\sqrt{3}}", "\\frac{\\sqrt{3}}{3}"),
    ("\\sqrt[3]{-8}", "-2"),
    ("(-8)^(1/3)", "-2"),
    ("e^{i\\pi}", "-1"),
    ("\\binom{10}{3}", "120"),
    ("(x-1)(x+1)", "x^2-1"),
    ("\\sin^2 x+\\cos^2 x", "1"),
    ("\\cos 2x", "1-2\\sin^2 x"),
    ("\\frac{x+2}{7}", "\\frac{x}{7}+\\frac{2}{7}"),
    ("2^{x+1}", "2 \\cdot 2^x"),
    ("x = 5", "5"),
    ("y = 2x + 3", "2x - y + 3 = 0"),
    ("(x-1)^2 + (y-2)^2 = 9", "x^2 + y^2 - 2x - 4y - 4 = 0"),
    ("f(x) = x^2", "f(t) = t^2"),
    ("x = 2 + 3 = 5", "5"),
    ("x > 2", "2 < x"),
    ("-x > -1", "x < 1"),
    ("1 \\le x < 2", "[1, 2)"),
    ("x \\ne 2", "(-\\infty, 2) \\cup (2, \\infty)"),
    ("(0, 1) \\cup [1, 2)", "(0, 2)"),
    ("\\{x \\mid x > 2\\}", "(2, \\infty)"),
    ("|x| < 3", "(-3, 3)"),
    ("\\{1, 2, 3\\}", "\\{3, 2, 1\\}"),
    ("3, 5", "5 and 3"),
    ("x = 3 or x = -2", "-2, 3"),
    ("(p, q) = (3, 2)", "p = 3, q = 2"),
    ("3 \\pm \\sqrt{2}", "3 - \\sqrt{2}, 3 + \\sqrt{2}"),
    ("(\\pm 1, 2)", "(1, 2), (-1, 2)"),
    ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "(1, 2)"),
    ("\\begin{pmatrix} 0.5 & 1 \\end{pmatrix}", "\\begin{bmatrix} 1/2 & 1 \\end{bmatrix}"),
    ("2\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix} 2 & 4 \\end{pmatrix}"),
    ("101_2", "5"),
    ("50\\%", "0.5"),
    ("5\\text{ cm}", "5"),
    ("150 cm", "1.5\\text{ m}"),
    ("90^\\circ", "\\frac{\\pi}{2}"),
    ("30^\\circ 30'", "30.5^\\circ"),
    ("(C)", "C"),
    ("\\text{(C) } 14", "C"),
    ("\\text{Yes}", "yes"),
    ("twelve", "12"),
    ("6 : 4", "3 : 2"),
    ("\\int_0^1 x\\,dx", "\\frac{1}{2}"),
    ("\\sum_{k=1}^{10} k", "55"),
    ("all real numbers", "\\mathbb{R}"),
    ("1.414", "\\sqrt{2}"),
    ("\\frac{\\pi}{4} + k\\pi, k \\in \\mathbb{Z}", "\\frac{\\pi}{4} + n\\pi"),
    ("(3t, 2t) \\text{ for some integer } t", "(3n, 2n)"),
    ("x < -2 \\text{ or } x > 3", "(-\\infty, -2) \\cup (3, \\infty)"),
    ("x \\ge 0 \\text{ and } x \\ne 1", "[0, 1) \\cup (1, \\infty)"),
    ("x \\ne 0, 1", "\\mathbb{R} \\setminus \\{0, 1\\}"),
    ("\\begin{cases} x = 1 \\\\ y = 2 \\end{cases}", "y = 2, x = 1"),
    ("3 hours 20 minutes", "200 minutes"),
    ("Alice and Bob", "Bob and Alice"),
    ("Area = 5", "5"),
    ("18\\text{ km/h}", "5\\text{ m/s}"),
    ("60\\text{ miles per hour}", "60 mph"),
    ("2, 1, 1", "1, 1, 2"),
    ("100^\\circ\\text{C}", "100"),
    ("f^{-1}(x) = \\frac{x-1}{2}", "\\frac{x-1}{2}"),
    ("\\frac{dy}{dx} = 2x", "2x"),
    ("[[1, 2], [3, 4]]", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"),
    ("2:30", "2:30 \\text{ p.m.}"),
    ("five hundred", "500"),
    ("five apples", "5"),
    ("\\lceil x \\rceil", "-\\lfloor -x \\rfloor"),
    ("85.71", "\\frac{600}{7}"),
    ("2.65", "2.653"),
    ("0.5", "\\sin 30^\\circ"),
    ("3.0", "\\ln(e^3)"),
    ("x = \\frac{(2k+1)\\pi}{2}", "\\frac{(2n+1)\\pi}{2}"),
    ("\\pm \\frac{\\pi}{3} + 2k\\pi", "\\pm \\frac{\\pi}{3} + 2n\\pi"),
    ("1A_{16}", "26"),
    ("\\text{1A}_{16}", "1A"),
    ("(101)_2", "5"),
    ("{}_5C_2", "10"),
    ("{}^5P_2", "20"),
    ("5C2", "C(5, 2)"),
    ("C_5^2", "10 = {5 \\choose 2}"),
    ("10 \\choose 3", "120"),
    ("\\overrightarrow{AB}", "\\vec{AB}"),
    ("\\log_23", "\\frac{\\ln 3}{\\ln 2}"),
    ("log2(8)", "3"),
    ("\\log_10 100", "2"),
    ("\\cos^{-1}(0)", "90^\\circ"),
    ("33.33\\%", "1/3"),
    ("0.(3)", "1/3"),
    ("<1, 2, 3>", "(1, 2, 3)"),
    ("2i - 3j", "(2, -3)"),
    ("\\hat{i} + 2\\hat{k}", "\\begin{pmatrix} 1 \\\\ 0 \\\\ 2 \\end{pmatrix}"),
    ("A(1, 2)", "(1, 2)"),
    ("[0, 1) U (2, 3]", "[0, 1) \\cup (2, 3]"),
    ("12 USD", "USD 12"),
    ("9 sq. ft", "9 square feet"),
    ("9 cubic cm", "9\\text{ cm}^3"),
    ("12 kg m/s", "12"),
    ("twenty-one", "21"),
    ("one hundred and five", "105"),
    ("two thirds", "\\frac{2}{3}"),
    ("2 and a half hours", "2.5"),
    ("15:30", "3:30 PM"),
    ("3 pm", "3:00 p.m."),
    ("10 \\pmod 7", "x \\equiv 3 \\pmod 7"),
    ("DNE", "does not exist"),
    ("infinitely many solutions", "infinitely many"),
    ("'12'", "12"),
    ("0, \\pm 1", "-1, 0, 1"),
    ("\\mathbb{R} \\setminus \\{\\pm 1\\}", "x \\ne \\pm 1"),
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
    ("0{,}5", "0.5"),
    ("1.5 x 10^3", "1500"),
    ("[0, 1[", "[0, 1)"),
    ("x \\in ]0, 1]", "0 < x \\le 1"),
    ("413 \\text{ (base 5)}", "413_5"),
    ("\\begin{aligned} x &= 3 \\\\ y &= 5 \\end{aligned}", "(3, 5)"),
    ("\\begin{pmatrix} 1 \\\\[2pt] 2 \\end{pmatrix}", "(1, 2)"),
    ("\\begin{bmatrix} 1 & 2 \\end{bmatrix}^T", "\\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}"),
    (
        "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}^{-1}",
        "\\begin{pmatrix} -2 & 1 \\\\ 3/2 & -1/2 \\end{pmatrix}",
    ),
    ("\\begin{vmatrix} 1 & 2 \\\\ 3 & 4 \\end{vmatrix}", "-2"),
    ("Matrix([[1, 2], [3, 4]])", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"),
    ("\\frac{d^2}{dx^2} x^3", "6x"),
    ("2 + 3*I", "2 + 3i"),
    ("3*E", "3e"),
    ("|x - 2| \\le 3", "[-1, 5]"),
    ("1 < x + 1 < 3", "(0, 2)"),
    ("c > b > a", "a < b < c"),
    ("\\{x \\in \\mathbb{Z} \\mid 1 < x < 4\\}", "\\{2, 3\\}"),
    ("x \\in \\mathbb{R}, x \\ne 2", "all real numbers except 2"),
    ("\\{\\frac{\\pi}{6} + n\\pi \\mid n \\in \\mathbb{Z}\\}", "\\frac{\\pi}{6} + k\\pi, k \\in Z"),
    ("30^\\circ + 360^\\circ k", "30^\\circ + 360^\\circ n"),
    ("180^\\circ - 2x", "180 - 2x"),
    ("\\frac{\\pi}{4}\\text{ rad}", "45^\\circ"),
    ("x_1 = 3, x_2 = 2", "2, 3"),
    ("x = 1, y = 2 \\text{ or } x = 3, y = 4", "(1, 2), (3, 4)"),
    ("A, C", "AC"),
    ("P(A|B) = \\frac{1}{12}", "\\frac{1}{12}"),
    ("negative 5", "-5"),
    ("red", "\\textbf{Red}"),
    ("March 15th", "March 15"),
    ("There is no solution", "no solution"),
    ("1, 3, 5, \\ldots", "1, 3, 5, ..."),
    ("1h 30min", "90 minutes"),
    ("0.1666...", "1/6"),
    ("\\frac{1}{2} mg", "mg/2"),
    ("a sqrt(2)", "a\\sqrt{2}"),
    ("\\text{seven twelfths}", "7/12"),
    ("3 hundred and five", "305"),
    ("a thousand and one", "1001"),
    ("negative seven", "-7"),
    ("0.58(3)", "7/12"),
    ("0{,}125", "0.125"),
    ("(1{,}2)", "(1, 2)"),
    ("5\\text{ N m}", "5\\text{ J}"),
    ("60 rpm", "1 Hz"),
    ("5 per cent", "5\\%"),
    ("-\\frac{\\pi}{4} + k\\pi", "\\frac{3\\pi}{4} + k\\pi"),
    ("x \\ne k\\pi, k \\in \\mathbb{Z}", "x \\ne n\\pi, n \\in \\mathbb{Z}"),
    ("\\sqrt{x}, x \\ge 0", "\\sqrt{x}"),
    ("y = 2, x = 1 \\text{ or } x = 3, y = 4", "(1, 2), (3, 4)"),
    ("(1, 2) + (3, 4)", "2(2, 3)"),
    ("\\text{Total} = 5", "5"),
    ("(a) 3, (b) 4", "3, 4"),
    ("\\textbf{(B)}\\ \\frac{1}{2}", "\\frac{1}{2}"),
    ("8,000 copies", "8000"),
    ("abc", "cab"),
    ("(AB)^{-1}", "B^{-1}A^{-1}"),
    ("Ann: 5, Ben: 3", "Ben: 3, Ann: 5"),
    ("Length = 5, width = 3", "5, 3"),
    ("8 fluid ounces", "1 cup"),
    ("8 fl. oz.", "8 fluid ounces"),
    ("2 tablespoons", "6 tsp"),
    ("60 km/hr", "60 kmph"),
    ("36\\text{ kph/s}", "10\\text{ m/s}^2"),
    ("12 cm2", "12\\text{ cm}^2"),
    ("F_{1+n}", "F_{n+1}"),
    ("diverges", "the series diverges"),
    ("converges", "convergent"),
    ("C_n^2", "\\frac{n(n-1)}{2}"),
    ("A_{n+1}^2", "n(n+1)"),
    ("nCr(10, 3)", "10 choose 3"),
    ("C(5, 2) = 10", "10"),
    ("\\Gamma(5)", "24"),
    ("\\zeta(2)", "\\frac{\\pi^2}{6}"),
    ("2\\hat{\\imath} + 3\\hat{\\jmath}", "2\\mathbf{i} + 3\\mathbf{j}"),
    ("\\gcd(a, b) = 6", "6"),
    ("\\det(A) = -2", "-2"),
    ("\\text{LCM} = 36", "36"),
    ("\\operatorname{rank}(A) = 2", "2"),
    ("P(X \\ge 3) = 0.5", "\\frac{1}{2}"),
    ("12,5\\text{ cm}", "12.5 cm"),
    ("1,2,3", "1, 2, 3"),
    ("n2^{n-1}", "\\frac{n \\cdot 2^n}{2}"),
    ("x = n\\pi + (-1)^n \\frac{\\pi}{6}", "x = k\\pi + (-1)^k \\frac{\\pi}{6}"),
    ("n = 12k + 7", "n \\equiv 7 \\bmod 12"),
    ("dy/dx = 2x", "y' = 2x"),
    ("x = +/-2", "\\pm 2"),
    ("log base 2 of 8", "3"),
    ("1 out of 6", "\\frac{1}{6}"),
    ("x is less than or equal to 2", "(-\\infty, 2]"),
    ("x is greater than 2", "(2, \\infty)"),
    ("all real numbers x such that x > 2", "(2, \\infty)"),
    ("all real numbers except x = 2 and x = -2", "x \\ne \\pm 2"),
    ("{x | -1 < x \\le 3}", "(-1, 3]"),
    ("\\sum_{n=0}^\\infty (-1)^n x^{2n}", "\\sum_{k=0}^\\infty (-1)^k x^{2k}"),
    ("\\begin{cases} x & x \\ge 0 \\\\ -x & x < 0 \\end{cases}", "|x|"),
    (
        "\\begin{cases} x^2, & \\text{if } x \\ge 0, \\\\ -x, & \\text{otherwise} \\end{cases}",
        "\\begin{cases} -x & x \\le 0 \\\\ x^2 & 0 < x \\end{cases}",
    ),
    (
        "\\begin{cases} 0 & n \\text{ even} \\\\ 1 & n \\text{ odd} \\end{cases}",
        "\\begin{cases} 1 & \\text{if } n \\text{ is odd} \\\\ 0 & n \\text{ is even} \\end{cases}",
    ),
    ("\\sin^2 x + C", "-\\cos^2 x + C"),
    ("(1)(3)", "1, 3"),
    ("x = -\\frac{\\pi}{2} + k\\pi, k \\in \\mathbb{Z}", "x = \\frac{\\pi}{2} + k\\pi"),
    ("\\pm \\frac{\\pi}{3} + 2k\\pi", "\\frac{\\pi}{3} + 2k\\pi, \\frac{5\\pi}{3} + 2k\\pi"),
    (
        "(-1)^k \\frac{\\pi}{6} + k\\pi",
        "\\frac{\\pi}{6} + 2k\\pi \\text{ or } \\frac{5\\pi}{6} + 2k\\pi",
    ),
    ("x = \\frac{k\\pi}{2}", "x = k\\pi \\text{ or } x = \\frac{\\pi}{2} + k\\pi"),
    ("[k\\pi, k\\pi + \\frac{\\pi}{2}]", "[k\\pi + \\pi, k\\pi + \\frac{3\\pi}{2}]"),
    ("n \\equiv 1, 4 \\pmod 5", "n \\equiv \\pm 1 \\pmod 5"),
    ("n = 4k \\text{ or } n = 4k + 1", "n \\equiv 0, 1 \\pmod 4"),
    ("\\frac{(a + b)h}{2}", "\\frac{1}{2}h(a + b)"),
    ("2\\pi hr", "2\\pi rh"),
    ("2\\varphi + 1", "1 + 2\\phi"),
    ("\\varphi(100)", "40"),
    ("\\vec{a} = 2\\vec{b}", "\\mathbf{a} = 2\\mathbf{b}"),
    ("A^{-1} = \\begin{pmatrix} 1 & 2 \\end{pmatrix}", "(1, 2)"),
    ("36.87^\\circ", "\\arctan \\frac{3}{4}"),
    ("f(x) = 0", "f(x) \\equiv 0"),
    ("f(x) = ax + b", "f(x) = ax + b where a and b are constants"),
    ("①③", "①, ③"),
    ("0.\\dot{1}\\dot{2}", "\\frac{4}{33}"),
    ("2\\pi rh + 2\\pi r^2", "2\\pi r^2 + 2\\pi hr"),
    ("[1, -1]^T", "\\begin{bmatrix} 1 \\\\ -1 \\end{bmatrix}"),
    ("P + Prt", "P(1 + rt)"),
    ("36\\pi", "36\\pi\\text{ cm}^2 \\approx 113.1\\text{ cm}^2"),
    ("]2; 3[", "(2, 3)"),
    ("x = 2 \\text{ (double root)}", "2"),
    ("E(X) = 3.5", "\\frac{7}{2}"),
    ("42 ✓", "42"),
    ("2.5 \\mathrm{~A}", "2.5"),
    ("2\\text{ A}", "2 \\mathrm{A}"),
    ("5 ft 6 in", "66 in"),
    ("0.005\\mathrm{~A}", "5\\text{ mA}"),
    ("10\\ \\mu\\text{C}", "10^{-5} \\mathrm{~C}"),
    ("4.7\\text{ k}\\Omega", "4700\\ \\Omega"),
    ("f(x) = ax + b, a, b \\in \\mathbb{R}", "f(x) = ax + b"),
    ("f \\equiv 0", "f(x) = 0"),
    ("\\angle ABC", "\\angle CBA"),
    ("\\triangle ABC", "\\triangle BCA"),
    (
        "\\overrightarrow{AB} + \\overrightarrow{BC}",
        "\\overrightarrow{AB} - \\overrightarrow{CB}",
    ),
    ("I_2", "\\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix}"),
    ("3I", "\\begin{pmatrix} 3 & 0 \\\\ 0 & 3 \\end{pmatrix}"),
    ("It is increasing", "\\text{increasing}"),
    ("isosceles triangle", "isosceles"),
    ("diverges to \\infty", "\\infty"),
    ("3\\text{ R }2", "3 remainder 2"),
    ("42个", "42"),
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
    ("2\\pi r^2 + 2\\pi hr", "2\\pi r(r + h)"),
    ("3km", "3mk"),
    ("(1) 5 (2) 6", "5, 6"),
    ("(a) yes (b) no", "(a) yes; (b) no"),
    ("(1) $(0,1)$ (2) $x>3$", "(1) (0,1); (2) x > 3"),
    ("14 (B)", "B (14)"),
    ("14 (B)", "B"),
    ("\\sqrt{2 + 2\\cos \\frac{x}{2}}", "2|\\cos \\frac{x}{4}|"),
    ("\\ln|3x| + C", "F(x) = \\ln|x| + C"),
]

DIFFERENT = [
    ("(1) 5 (2) 6", "(1) 6 (2) 5"),
    ("(1) 5 (2) 6", "6, 5"),
    ("A - 5", "5"),
    ("D - 1", "D"),
    ("B + C", "B + C + 1"),
    ("n + C", "n + C + 2"),
    ("4", "4t"),
    ("R^2 + 1", "r^2 + 1"),
    ("1/2^99", "1/2^98"),
    ("10^{100}", "10^{100} + 1"),
    ("99999999999", "100000000000"),
    ("0.333", "0.334"),
    ("5", "5.001"),
    ("\\frac{1}{3}", "0.3"),
    ("\\pi", "\\frac{22}{7}"),
    ("5", "-5"),
    ("5", "\\pm 5"),
    ("x = 5", "y = 5"),
    ("x \\ge 5", "x > 5"),
    ("x \\ge 5", "x \\le 5"),
    ("x < 2", "x < 2y"),
    ("[0, 1)", "(0, 1)"),
    ("(1, 2)", "(2, 1)"),
    ("\\{1, 2\\}", "\\{1, 2, 3\\}"),
    ("1, 2", "1"),
    ("1, 2", "1, 2, 2"),
    ("(0, 1) \\cup (1, 2)", "(0, 2)"),
    ("x^2 = 4", "x = 2"),
    ("x^2", "x^2 + C"),
    ("|x|", "x"),
    ("\\sqrt{2}", "\\sqrt[3]{2}"),
    ("\\log_2 8", "\\log_3 8"),
    ("f(2)", "f(3)"),
    ("3 : 2", "2 : 3"),
    ("12:00", "1:00"),
    ("A", "B"),
    ("\\text{odd}", "\\text{even}"),
    ("50\\%", "5"),
    ("0.5\\%", "0.5"),
    ("6.01", "6.018"),
    ("5\\text{ cm}", "5\\text{ m}"),
    ("5\\text{ cm}", "5\\text{ cm}^2"),
    ("101_2", "101_3"),
    ("\\infty", "-\\infty"),
    ("k\\pi, k \\in \\mathbb{Z}", "2n\\pi, n \\in \\mathbb{Z}"),
    ("k + 1", "n + 1"),
    ("x < 1 \\text{ or } x > 3", "1 < x < 3"),
    ("Alice and Bob", "Alice and Eve"),
    ("3 hours 20 minutes", "3 hours"),
    ("\\{1, 2\\}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"),
    ("\\{1, 2\\}", "(1, 2)"),
    ("\\cos k\\pi", "\\cos n\\pi"),
    ("e^{k\\pi i}", "e^{n\\pi i}"),
    ("2\\pi r", "2\\pi n"),
    ("(2k+1)\\pi", "2n\\pi"),
    ("1, 1, 2", "1, 2, 2"),
    ("5\\text{ m/s}", "5\\text{ m}"),
    ("5\\text{ m/s}", "5\\text{ km/h}"),
    ("\\pi", "\\Pi"),
    ("\\frac{dy}{dx}", "\\frac{dx}{dy}"),
    ("f^{-1}(x)", "f(x)"),
    ("f(x) = x", "f(y) = x"),
    ("x^2 + C", "x^3 + K"),
    ("2:30", "2:40 \\text{ p.m.}"),
    ("\\tanh 200", "1"),
    ("|x - 10^9|", "10^9 - x"),
    ("\\lceil x \\rceil", "\\lfloor x \\rfloor + 1"),
    ("\\int_0^1 x\\,dx", "\\int_0^1 x^2\\,dx"),
    ("1A_{16}", "27"),
    ("C_5^2", "25"),
    ("1.5(20)", "1.52"),
    ("2i - 3j", "(2, 3)"),
    ("2 + 3i", "(2, 3)"),
    ("3 am", "3 pm"),
    ("15:30", "3:30 am"),
    ("4 \\pmod 7", "3 \\pmod 7"),
    ("x = 2", "2, 3"),
    ("33.33\\%", "0.4"),
    ("6:40 p.m.", "3:20 p.m."),
    ("8:20 a.m.", "0.4"),
    ("\\phantom{0}5", "0"),
    ("\\$5", "5 cents"),
    ("50\\%", "50\\text{ cm}"),
    ("1 gallon", "5 quarts"),
    ("\\{x \\in \\mathbb{Z} \\mid 1 < x < 4\\}", "(1, 4)"),
    ("|x - 2| \\le 3", "[-1, 4]"),
    ("0, \\pm 1", "0, 1"),
    ("2ms", "2m"),
    ("\\mu mg", "\\mu"),
    ("50^\\circ", "50\\%"),
    ("30^\\circ + 1", "31"),
    ("x_1 = 3, x_2 = 2", "(2, 3)"),
    ("EUR 5", "5 USD"),
    ("0.58(3)", "1.74"),
    ("0{,}125", "125"),
    ("\\text{three sixteenths}", "3"),
    ("\\{1, \\{2\\}\\}", "\\{1, 2\\}"),
    ("Ann: 5, Ben: 3", "Ann: 3, Ben: 5"),
    ("F_{n+1}", "F_{n-1}"),
    ("C_n^2", "\\binom{n}{3}"),
    (
        "\\begin{cases} x & x \\ge 1 \\\\ 0 & x < 1 \\end{cases}",
        "\\begin{cases} x & x > 1 \\\\ 0 & x \\le 1 \\end{cases}",
    ),
    ("\\begin{cases} x & x \\ge 0 \\\\ -x & x < 0 \\end{cases}", "x"),
    ("x^2 + C", "2x^2 + C"),
    ("(x + 1)^2 + c", "x^2 + 2x + c"),
    ("|x^2 - 13x + 42|", "x^2 - 13x + 42"),
    ("|\\ln x - 5|", "5 - \\ln x"),
    ("x = \\frac{\\pi}{4} + k\\pi", "x = \\frac{\\pi}{4} + 2k\\pi"),
    ("n \\equiv 0, 1 \\pmod 4", "n = 4k \\text{ or } n = 4k + 2"),
    ("36.88^\\circ", "\\arctan \\frac{3}{4}"),
    ("3\\text{ kN}", "3\\text{ N}"),
    ("①③", "①②"),
    ("5\\text{ V}", "5\\text{ A}"),
    ("5\\text{ MJ}", "5\\text{ mJ}"),
    ("5 A", "5\\text{ V}"),
    ("5 A", "5 V"),
    ("\\epsilon + \\varepsilon", "2\\epsilon"),
    ("f \\equiv 0", "f(x) = 1"),
    ("\\angle ABC", "\\angle BAC"),
    ("\\overrightarrow{AB}", "\\overrightarrow{BA}"),
    ("\\vec{a} \\cdot \\vec{b}", "ab"),
    ("I_2", "\\begin{pmatrix} 1 & 0 \\\\ 1 & 1 \\end{pmatrix}"),
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
    ("|\\frac{1}{x} - 5|", "5 - \\frac{1}{x}"),
    ("\\max(x^2, 7x - 12)", "x^2"),
    ("\\lfloor \\frac{n}{50} \\rfloor", "\\lfloor \\frac{n}{51} \\rfloor"),
    ("\\lfloor x + \\frac{1}{2} \\rfloor", "\\lceil x - \\frac{1}{2} \\rceil"),
    ("\\arctan(\\tan \\frac{x}{6})", "\\frac{x}{6}"),
    ("\\sqrt{2 + 2\\cos \\frac{x}{2}}", "2\\cos \\frac{x}{4}"),
    ("\\zeta(2)", "\\frac{\\pi^2}{8}"),
    ("2\\hat{i} + 3\\hat{j}", "3\\mathbf{i} + 2\\mathbf{j}"),
    ("2,5 cm", "25 cm"),
    (
        "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
        "\\begin{pmatrix} 1 & 3 \\\\ 2 & 4 \\end{pmatrix}",
    ),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_answers_pass_whichever_is_the_gold(one: str, other: str) -> None:
    for answer, gold in ((one, other), (other, one)):
        verdict = verify(f"FINAL ANSWER: {answer}", gold)
        assert (verdict.ok, verdict.reason) == (True, "pass")
        assert verdict.method is not None


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_answers_never_pass_for_each_other(one: str, other: str) -> None:
    for answer, gold in ((one, other), (other, one)):
        assert verify(f"FINAL ANSWER: {answer}", gold).ok is False


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("4 but not 5", "4"),
        ("less than 4", "4"),
        ("x is less than or equal to 4", "4"),
        ("4 or 5", "4"),
        ("3 for even n, 5 for odd n", "3"),
        ("5 squared", "5"),
        ("3 quarters", "3"),
        ("2 and a half", "2"),
        ("one two", "1"),
        ("5k", "5000"),
        ("5 N", "5"),
        ("first", "1"),
        ("10:40", "5:20"),
        ("k\\pi, k \\in \\mathbb{N}", "k\\pi, k \\in \\mathbb{Z}"),
        ("k\\pi, where k is an odd integer", "k\\pi, k \\in \\mathbb{Z}"),
        ("x > 0, x \\in \\mathbb{Z}", "(0, \\infty)"),
        ("\\{x \\in \\mathbb{Q} \\mid x > 0\\}", "(0, \\infty)"),
        ("x \\in [1, 2]", "y \\in [1, 2]"),
        ("x = 1 \\text{ or } y = 2", "x = 1, y = 2"),
        ("3 with remainder 2", "3"),
        ("3 R 2", "3"),
        ("3 R 2", "3\\text{ R }4"),
        ("isosceles triangle", "triangle"),
        ("right isosceles triangle", "isosceles"),
        ("2 (or 3)", "2"),
        ("x = 3", "x \\equiv 3 \\pmod 7"),
        ("x^2 for x < 0", "x^2 for x > 0"),
        ("n + 1 for even n", "n + 1"),
        ("4 July", "4"),
        ("2x = 5", "5"),
        ("10 more", "10"),
        ("0.5 repeating", "0.5"),
        ("\\lim_{x \\to 0^+} \\frac{1}{x}", "\\lim_{x \\to 0^-} \\frac{1}{x}"),
        ("k\\pi, where k is a multiple of 5", "k\\pi, where k is a multiple of 3"),
        ("2k for some negative integer k", "2k for some integer k"),
        ("x \\equiv 3 \\pmod 7", "y \\equiv 3 \\pmod 7"),
        ("P(A|B') = 1/3", "P(A|B) = 1/3"),
        ("V = IR", "V = iR"),
        ("A_1^1", "1"),
        ("x + y = 5, xy = 6", "5, 6"),
        ("x = 1, 2", "y = 1, 2"),
        ("x < 1 \\text{ or } x > 2", "y < 1 \\text{ or } y > 2"),
        ("250,3", "3,250"),
        ("IV", "VI"),
        ("dog", "god"),
        ("A^{-1}B", "BA^{-1}"),
        ("P^{-1}AP", "A"),
        ("2A^TB + C", "2BA^T + C"),
        ("(AB)^{-1}", "A^{-1}B^{-1}"),
        ("Ann: 5, Ben: 3", "3, 5"),
        ("2 cups", "500 mL"),
        ("2 and 1/2", "2.5"),
        ("E(X^2)", "E(X)^2"),
        ("ABC", "BCA"),
        ("x = 7", "n = 12k + 7"),
        ("(1)(3)", "3"),
        ("(2) 3", "6"),
        ("0.\\overline{ab}", "0"),
        ("e - 1", "1"),
        ("a, 3", "3"),
        ("n \\equiv 7 \\pmod{12}", "n = 6k + 1"),
        ("\\operatorname{Var}(X) = 2", "\\operatorname{Var}(Y) = 2"),
        ("P(X > 3) = 0.5", "P(X > 2) = 0.5"),
        ("\\mathbb{N}", "all positive integers"),
        ("\\vec{a} \\times \\vec{b}", "\\vec{b} \\times \\vec{a}"),
        ("\\overline{12}", "12"),
        ("x = 3 = 4", "3"),
        ("2 + 2 = 5", "5"),
        ("26 g", "26"),
        ("5 m/s", "5"),
        ("5x2", "10x"),
        ("5 maybe", "5"),
        ("square root of 5", "5"),
        ("5 tens", "5"),
        ("Jack has less than 5 apples", "5"),
        ("\\frac{1}{0}", "\\infty"),
        ("0^0", "1"),
        ("\\frac{0}{0}", "0"),
        ("\\infty - \\infty", "0"),
        ("0 \\cdot \\infty", "0"),
        ("1, 2, \\ldots", "1, 2"),
        ("40 = 2C", "20"),
    ],
)
def test_what_says_more_or_less_than_the_gold_is_not_passed(answer: str, gold: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).ok is not True


@pytest.mark.parametrize(
    ("answer", "gold", "method"),
    [
        ("x^2+1", "x^{2} + 1", "structural"),
        ("Paris", "paris", "text"),
        ("7.0", "7", "exact"),
        ("$7$", "7", "text"),
        ("0.25", "1/4", "exact"),
        ("x+1", "1+x", "structural"),
        ("\\sin^2 x + \\cos^2 x", "1", "numeric"),
    ],
)
def test_a_pass_says_by_which_tier_it_was_established(answer: str, gold: str, method: str) -> None:
    assert compare(answer, gold) == ("correct", "pass", method)


def test_the_value_of_a_quantity_passes_for_a_number_but_a_number_for_no_equation() -> None:
    assert verify("FINAL ANSWER: a + b = 7", "7").ok is True
    assert verify("FINAL ANSWER: \\sin x = 1/2", "0.5").ok is True
    assert verify("FINAL ANSWER: 25", "x^2 + y^2 = 25").ok is not True
    assert verify("FINAL ANSWER: a + b = 7", "8").ok is False


def test_common_divisors_of_letters_count_where_the_gold_speaks_of_them() -> None:
    assert verify("m + n - 1", "m + n - \\gcd(m, n)").ok is not True
    assert verify("m + n - \\gcd(m, n)", "m + n - 1").ok is True
    assert verify("\\gcd(2m, 4n)", "1").ok is False


def test_a_comma_is_a_decimal_sign_only_where_nothing_else_can_be_meant() -> None:
    assert verify("FINAL ANSWER: 16,5", "16.5").ok is True
    assert verify("FINAL ANSWER: 16, 5", "16.5").ok is False
    assert verify("FINAL ANSWER: 1,500", "1.5").ok is False
    assert verify("FINAL ANSWER: 3.4", "3,4").verdict == "undecided"
    assert verify("FINAL ANSWER: 100,200", "100, 200").ok is True
    assert verify("FINAL ANSWER: 100,200", "100200").ok is True


@pytest.mark.parametrize(
    ("decimal", "integer", "verdict"),
    [
        ("2.50", "2", "incorrect"),
        ("-0.5", "0", "incorrect"),
        ("4.999999999999999", "5", "incorrect"),
        ("1,250.5", "1250", "incorrect"),
        ("$1,250.50", "1250", "incorrect"),
        ("$1.50", "150", "undecided"),
        ("1,250.000", "1250", "correct"),
    ],
)
def test_a_decimal_is_an_integer_only_if_it_says_so_in_every_digit(
    decimal: str, integer: str, verdict: str
) -> None:
    assert compare(decimal, integer)[0] == compare(integer, decimal)[0] == verdict


def test_a_list_in_square_brackets_is_the_list_that_the_gold_has() -> None:
    assert verify("FINAL ANSWER: [2, 1]", "1, 2").ok is True
    assert verify("FINAL ANSWER: [1, 2]", "(1, 2)").ok is False
    assert verify("FINAL ANSWER: [3, 1, 2]", "1, 2, 3").ok is True
    assert verify("FINAL ANSWER: [3, 1, 2]", "(1, 2, 3)").ok is False


def test_a_gold_outside_the_grammar_is_named_so_that_its_problem_can_be_mended() -> None:
    assert compare("5", "\\undefinedcommand{3}")[:2] == ("undecided", "unparsable_gold")
    assert compare("\\undefinedcommand{3}", "5")[:2] == ("undecided", "unparsable_answer")


@pytest.mark.parametrize(
    "text",
    ["NaN", "nan", "1/0", "0^0", "\\infty - \\infty", "\\ln 0", "(1, \\frac{2}{0})", "x = 1/0"],
)
def test_what_has_no_value_equals_not_even_itself(text: str) -> None:
    assert compare(text, text)[:2] == ("undecided", "undetermined")


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("\\log 2", "\\ln 2"),
        ("12 months", "365 days"),
        ("\\lim_{x \\to 0^+} \\ln x", "-\\infty"),
        ("second quadrant", "Quadrant II"),
        ("\\ln y = x", "y = e^x"),
        ("1:30", "1 hour 30 minutes"),
        ("0.693", "\\int_1^2 \\frac{1}{x}\\,dx"),
        ("5 feet 6 inches", "66"),
        ("\\lceil \\frac{n}{2} \\rceil", "\\lfloor \\frac{n + 1}{2} \\rfloor"),
        ("16 ounces", "1 pint"),
        ("1\\text{ ton}", "2000\\text{ pounds}"),
        ("3 \\times 10^8 m/s", "3 \\times 10^8"),
        ("g(a + b)", "g(a) + g(b)"),
        ("H_n", "\\sum_{k=1}^n \\frac{1}{k}"),
        ("a + 2*I", "a + 2i"),
        ("x**2 + E", "x^2 + e"),
        (
            "\\begin{pmatrix} 1 & 1 \\\\ 0 & 1 \\end{pmatrix}^n",
            "\\begin{pmatrix} 1 & n \\\\ 0 & 1 \\end{pmatrix}",
        ),
        ("77^\\circ\\text{F}", "25^\\circ\\text{C}"),
        ("5\\text{ K}", "5^\\circ\\text{C}"),
        ("5\\text{ M}", "5000000"),
        ("1 eV", "1.6 \\times 10^{-19}\\text{ J}"),
        ("1 GB", "1024 MB"),
        ("2\\pi\\text{ rad/s}", "60 rpm"),
        ("10 µm", "10"),
        ("¥5", "5 yuan"),
    ],
)
def test_what_another_reading_would_pass_is_not_called_wrong(answer: str, gold: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).verdict == "undecided"


@pytest.mark.parametrize("text", ["undefined", "-\\infty", "[0, \\infty)", "Nancy", "\\frac{0}{5}"])
def test_what_only_looks_undefined_equals_itself(text: str) -> None:
    assert compare(text, text)[0] == "correct"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("40 = 2c", "20"),
        ("5 apples", "5 oranges"),
        ("x^2 + C", "K + x^2"),
        ("y = C_1 e^x + C_2 e^{-x}", "y = Ae^{-x} + Be^x"),
        ("C_1 + C_2 x", "C_2 + C_1 x"),
        ("P(A) = \\frac{1}{2}", "P(B) = \\frac{1}{2}"),
        ("f(x) = 2x", "y = 2x"),
        ("f(f(x))", "\\int g(x)\\,dx"),
    ],
)
def test_what_is_understood_but_not_told_apart_is_neither_unparsable_nor_late(
    answer: str, gold: str
) -> None:
    assert compare(answer, gold)[:2] == ("undecided", "undetermined")


def test_equal_text_passes_even_where_nobody_can_read_it() -> None:
    text = "\\undefinedcommand{3}"
    assert compare(text, text) == ("correct", "pass", "text")


def test_an_answer_beyond_the_limits_is_undecided_and_not_wrong() -> None:
    assert compare("1" * 100_000, "1")[:2] == ("undecided", "too_large")


class _SaysNothing:
    """A pool that answers one thing."""

    def __init__(self, result: str) -> None:
        self.result = result

    def equal(self, a: Node, b: Node, deadline_s: float) -> str:
        return self.result


@pytest.mark.parametrize(
    ("result", "reason"),
    [("timeout", "timeout"), ("worker_crashed", "worker_crashed"), ("unknown", "undetermined")],
)
def test_a_row_that_the_pool_could_not_settle_is_undecided_and_says_why(
    result: str, reason: str
) -> None:
    pool: Pool = _SaysNothing(result)
    assert compare("\\int_0^1 x^x\\,dx", "0.7", None, pool)[:2] == ("undecided", reason)


def test_easy_rows_do_not_import_sympy() -> None:
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from dpo_math_assets.verifier import verify\n"
        "assert verify('x = 1/2', '0.5').ok and verify('(x+1)^2', 'x^2+2x+1').ok\n"
        "assert 'sympy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("setting", "answer", "gold"),
    [
        ({"percent_matches_number": False}, "50\\%", "50"),
        ({"units_optional": False}, "5\\text{ cm}", "5"),
        ({"bare_list_ordered": True}, "1, 2", "2, 1"),
        ({"assignment_matches_value": False}, "x = 5", "5"),
        ({"interval_matches_inequality": False}, "x > 2", "(2, \\infty)"),
        ({"choice_matches_value": False}, "14", "(C) 14"),
        ({"decimal_comma": False}, "16,5", "16.5"),
        ({"rounded_digits": 5}, "1.414", "\\sqrt{2}"),
    ],
)
def test_each_convention_can_be_turned_off(
    setting: dict[str, bool | int], answer: str, gold: str
) -> None:
    assert verify(answer, gold).ok is True
    assert verify(answer, gold, Conventions.model_validate(setting)).ok is not True
