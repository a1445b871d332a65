"""The commands and plain words that mathematics is written with."""

from __future__ import annotations

_FUNCTIONS = """
    sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc
    sinh cosh tanh coth sech csch arcsinh arccosh arctanh arccoth arcsech arccsch
    ln log lg exp sqrt cbrt abs sgn min max gcd lcm floor ceil det tr Re Im Arg erf
"""
SPELLINGS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
    "sign": "sgn", "arg": "Arg", "tg": "tan", "ctg": "cot", "arctg": "arctan", "arcctg": "arccot",
    "cosec": "csc", "ceiling": "ceil", "log10": "lg",
}  # fmt: skip
"""Other spellings of functions."""
FUNCTIONS = frozenset(_FUNCTIONS.split()) | SPELLINGS.keys()
"""Functions known by these names, after a backslash or in plain text."""

INVERSES = {name: f"arc{name}" for name in _FUNCTIONS.split() if f"arc{name}" in FUNCTIONS}
"""What an exponent of -1 makes of a function."""

_PLAIN_GREEK = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon
    phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
_LETTERS = (
    "varepsilon vartheta varrho varphi hbar ell nabla partial odot oplus star aleph angle triangle"
)
GREEK = frozenset(_PLAIN_GREEK.split())
LETTERS = frozenset(rf"\{name}" for name in [*GREEK, *_LETTERS.split()])
"""Commands that stand for a letter."""
_ACCENTS = "vec hat bar tilde overline mathcal mathbb mathbf widehat widetilde overrightarrow"
ACCENTS = frozenset(rf"\{name}" for name in _ACCENTS.split())
"""Commands that make another letter of the letter in their argument."""
CONSTANTS = {r"\pi": "pi", r"\infty": "infinity"}
PLAIN_WORDS = FUNCTIONS | GREEK | {"pi", "infty", "binom"}
"""Words that plain text writes without a backslash."""

_CONNECTIVES = "or and if for to is are the with where when then else in at of by not any all"
CONNECTIVES = frozenset(_CONNECTIVES.split())
"""Words in a text that are no names."""

OWN_FUNCTIONS = frozenset(
    {"f", "g", "h", "F", "G", "H", r"\Phi", r"\Psi", r"\phi", r"\psi", r"\delta", r"\Gamma"}
)
"""Letters that are functions when a bracket follows."""
ARGUMENTS = frozenset({"t", "s", "x", "z", "n", r"\omega", r"\theta"})
"""Letters of which any other letter may be a function: ``y(t)``."""
