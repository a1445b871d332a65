r"""Typographic signs as LaTeX.

>>> latex_signs("7 × 10³⁷"), latex_signs("−√2 ≤ a₁ < ∞")
('7 \\times  10^{37}', '-\\sqrt{2} \\le  a_1 < \\infty ')
"""

from __future__ import annotations

import re

_SIGNS = str.maketrans(
    {
        "−": "-", "–": "-", "×": r"\times ", "÷": r"\div ", "⋅": r"\cdot ", "′": "'",
        "·": r"\cdot ", "∙": r"\cdot ",
        "π": r"\pi ", "∞": r"\infty ", "°": r"^\circ ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
        "≈": r"\approx ", "±": r"\pm ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ",
        "∅": r"\emptyset ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "θ": r"\theta ",
        "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\epsilon ",
        "λ": r"\lambda ", "ρ": r"\rho ", "σ": r"\sigma ", "τ": r"\tau ", "φ": r"\phi ",
        "ω": r"\omega ", "Δ": r"\Delta ", "Ω": r"\Omega ", "ℏ": r"\hbar ", "∖": r"\setminus ",
        "μ": "µ", "Å": "Å", "¢": r"\text{ cents}", "✓": "", "✔": "", "✅": "",
        "ℕ": r"\mathbb{N}", "≡": r"\equiv ",
        "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
        "（": "(", "）": ")", "，": ",", "。": ".", "：": ":", "；": ";", "％": "%", "＝": "=",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": "",
    }
)  # fmt: skip
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_LOWERED = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_ROOT_SIGN = re.compile(r"√\s*(?:\(([^()]*)\)|(\w+))")


def latex_signs(text: str) -> str:
    """``text`` with raised and lowered digits, roots, Greek letters and relations as commands."""
    if text.isascii():
        return text
    text = _RAISED.sub(lambda m: "^" + _group(m[0].translate(_SUPERSCRIPT)), text)
    text = _LOWERED.sub(lambda m: "_" + _group(m[0].translate(_SUBSCRIPT)), text)
    return _ROOT_SIGN.sub(lambda m: rf"\sqrt{{{m[1] or m[2]}}}", text).translate(_SIGNS)


def _group(digits: str) -> str:
    return digits if len(digits) == 1 else f"{{{digits}}}"
