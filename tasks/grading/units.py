r"""Units behind a number: dropping one is fine, a different one is not.

>>> split_unit(r"5 \text{ cm}"), split_unit(r"12^{\text{th}}\text{ grade}"), split_unit("37m")
(('5', 'cm'), ('12', 'grade'), ('37m', ''))
>>> conflict("3 hours", "minutes"), conflict("cm^2", "square centimeters"), conflict("cm", "")
(True, False, False)
"""

from __future__ import annotations

import re
from collections import Counter

from tasks.grading.expressions.vocabulary import PLAIN_WORDS

_NAMES: dict[str, str] = {
    "m": "m meter meters metre metres", "cm": "cm centimeter centimeters",
    "mm": "mm millimeter millimeters", "km": "km kilometer kilometers", "in": "in inch inches",
    "ft": "ft foot feet", "yd": "yd yard yards", "mi": "mi mile miles", "nm": "nm nanometers",
    "pc": "pc parsec parsecs", "au": "au",
    "g": "g gram grams", "kg": "kg kilogram kilograms", "mg": "mg milligram milligrams",
    "lb": "lb lbs pound pounds", "oz": "oz ounce ounces", "t": "ton tons tonne tonnes",
    "l": "l L liter liters litre litres", "ml": "ml mL milliliter milliliters",
    "gal": "gallon gallons", "mol": "mol mole moles",
    "s": "s sec secs second seconds", "min": "min mins minute minutes", "h": "h hr hrs hour hours",
    "day": "day days", "week": "week weeks", "month": "month months", "yr": "yr yrs year years",
    "dollar": "\\$ dollar dollars usd", "cent": "cent cents", "euro": "€ euro euros eur",
    "N": "N newton newtons", "J": "J joule joules", "kJ": "kJ kilojoules", "cal": "cal",
    "kcal": "kcal", "eV": "eV", "erg": "erg ergs", "W": "W watt watts", "V": "V volt volts",
    "A": "A amperes", "Hz": "Hz hertz", "K": "K kelvin", "C": "C celsius", "F": "F fahrenheit",
    "Pa": "Pa", "rad": "rad radian radians", "deg": "deg degree degrees",
    "angstrom": "Å angstrom angstroms", "um": "µm um micron microns micrometers", "ms": "ms",
    "arcsec": "arcsec arcsecond arcseconds", "T": "T tesla", "ohm": "ohm ohms", "dyn": "dyn dyne",
    "ly": "ly", "bar": "bar", "atm": "atm", "MeV": "MeV", "keV": "keV", "GeV": "GeV", "kPa": "kPa",
    "µs": "µs us", "ns": "ns", "kW": "kW", "MHz": "MHz", "kHz": "kHz", "GHz": "GHz", "kN": "kN",
    "MPa": "MPa", "MJ": "MJ", "mA": "mA", "mV": "mV", "kV": "kV", "µg": "µg", "acre": "acre acres",
}  # fmt: skip
MAX_PIECES = 12
Dimensions = frozenset[tuple[str, int]]
"""Known units and their exponents."""

_UNITS = {name: unit for unit, names in _NAMES.items() for name in names.split()}
_POWERS = {"square": 2, "squared": 2, "sq": 2, "cubic": 3, "cubed": 3}

# What may follow a number without being part of it, taken from the end piece by piece.
_EXPONENT = r"(?:\s*\^\s*(?:\{\s*-?\d\s*\}|-?\d))?"
_PIECE = re.compile(
    rf"(?:\\text\{{(?P<text>(?:[^{{}}\d]|\^-?\d)*)\}}(?P<power>{_EXPONENT})"
    rf"|(?<![\\A-Za-z])(?P<word>[A-Za-zµ€Å]{{2,}}|[Å€])(?P<word_power>{_EXPONENT})"
    r"|(?P<degrees>\^\s*\\circ)(?:\s*(?P<scale>[CF])\b)?"
    r"|\^\s*\{?\s*\\text\{\s*(?:st|nd|rd|th)\s*\}\s*\}?"
    r"|(?P<join>/|\\cdot))\s*$"
)
_CHANGES_VALUE = re.compile(
    r"\b(?:hundred|thousand|million|billion|trillion|dozen|half|halves|thirds?|quarters?|fourths?"
    r"|fifths?|sixths?|tenths?|times|squared?|cubed|factorial|or|more|less|than|least|most|not|mod)\b"
    r"(?!\s*(?:units?|cm|m|km|in|ft|inch|inches|feet|meters?|miles?|centimeters?))",
    re.IGNORECASE,
)
_SIMPLE = r"(?:k?g|[kc]?m|mol|erg|[km]?J|k?N|[km]?V|[km]?W|C|K|Pa|rad|L|mi|ft|gal)"
_COMPOUND = re.compile(  # 5 m/s, where a letter alone would be a name
    rf"(?<=[\d}}])\s+{_SIMPLE}(?:\^\{{?-?\d\}}?)?\s*/\s*(?:{_SIMPLE}|s|h|min|cm)(?:\^\{{?-?\d\}}?)?$"
)


def split_unit(text: str) -> tuple[str, str]:
    r"""Tidy text as (number, unit). A unit is a ``\text{...}`` or a word: ``37m`` is 37·m.

    >>> split_unit(r"\$18.90"), split_unit("50 mph"), split_unit(r"30^\circ"), split_unit("3ab")
    (('18.90', '\\$'), ('50', 'mph'), ('30', 'deg'), ('3ab', ''))
    >>> split_unit(r"15000 \text{kcal m}^{-2} \text{yr}^{-1}")
    ('15000', 'kcal m^-2 yr^-1')
    """
    compound = _COMPOUND.search(text)
    if compound is not None:
        return text[: compound.start()].strip(), re.sub(r"[\s{}]", "", compound[0])
    if text.startswith("\\$"):
        number, unit = split_unit(text[2:].strip())
        return number, f"\\$ {unit}".strip() if dimensions(unit) != dimensions("\\$") else "\\$"
    number, unit = text, ""
    for _ in range(MAX_PIECES):
        match = _PIECE.search(number)
        if match is None:
            break
        piece = match["text"] or match["word"] or match["scale"] or ""
        if match["degrees"] and not piece:
            piece = "deg"
        if match["join"] == "/":
            piece = "/"
        before = number[: match.start()]
        if match["word"] and not _is_unit_word(match["word"], before):
            break
        if match["text"] and not _is_unit_text(match["text"].strip()):
            break
        power = re.sub(r"[\s{}]", "", match["power"] or match["word_power"] or "")
        number, unit = number[: match.start()].rstrip(), f"{piece.strip()}{power} {unit}"
    return (number, " ".join(unit.split())) if number else (text, "")


def _is_unit_word(word: str, before: str) -> bool:
    """A known unit may touch its number; any other word stands apart and looks like one."""
    if word in _UNITS or word in ("mph", "kph"):
        return True
    plain = len(word) >= 4 and word.islower() and bool(re.search("[aeiou]", word))
    return plain and before.endswith(" ") and _is_unit_text(word) and word not in PLAIN_WORDS


def _is_unit_text(text: str) -> bool:
    """Whether words after a number leave its value as it is: "million" does not."""
    if len(text) == 1 and text not in _UNITS:
        return False
    return _CHANGES_VALUE.search(text) is None


def conflict(left: str, right: str) -> bool:
    """Whether two units are different: known ones, or words that have nothing in common.

    >>> conflict("boys", "girls"), conflict("square units", "units"), conflict("apple", "apples")
    (True, False, False)
    """
    a, b = dimensions(left), dimensions(right)
    if a and b and a != b:
        return True
    ours, theirs = _stems(left), _stems(right)
    if bool(a) != bool(b):
        return bool(theirs if a else ours)
    return bool(ours and theirs) and not (ours <= theirs or theirs <= ours)


def _stems(unit: str) -> set[str]:
    """The words that are no known units, without a plural's s."""
    words = re.findall(r"[^\W\d_]+", unit)
    stems = {w.lower().removesuffix("s") for w in words if not {w, w.lower()} & _UNITS.keys()}
    return stems - {"unit", "square", "cubic", "of"}


def dimensions(unit: str) -> Dimensions:
    r"""Each known unit and its exponent.

    >>> dimensions("kcal m^-2 yr^-1") == dimensions("kcal/m^2/year")
    True
    >>> dimensions("miles per hour") == dimensions("mph")
    True
    """
    unit = unit.replace("mph", "mi/h").replace("kph", "km/h")
    found: Counter[str] = Counter()
    sign, power = 1, 1
    for piece in re.findall(r"/|\bper\b|\\\$|[A-Za-zµ€Å]+(?:\^-?\d)?", unit):
        if piece in ("/", "per"):
            sign = -1
            continue
        name, _, exponent = piece.partition("^")
        if name.lower() in _POWERS:
            power = _POWERS[name.lower()]
            if name.lower().endswith("ed") and found:  # "meters squared"
                found[list(found)[-1]] *= power
                power = 1
            continue
        known = _UNITS.get(name) or _UNITS.get(name.lower())
        if known is not None:
            found[known] += sign * power * int(exponent or 1)
        sign, power = (sign, 1) if known is None else (1, 1)
    return frozenset(found.items())
