r"""Units behind a number: dropping one is fine, a different one is not.

>>> split_unit(r"5 \text{ cm}"), split_unit(r"12^{\text{th}}\text{ grade}"), split_unit("37m")
(('5', 'cm'), ('12', 'grade'), ('37m', ''))
>>> conflict("3 hours", "minutes"), conflict("cm^2", "square centimeters"), conflict("cm", "")
(True, False, False)
"""

from __future__ import annotations

import re
from collections import Counter

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
        if match["word"] and not _is_unit_word(match["word"], number[: match.start()]):
            break
        power = re.sub(r"[\s{}]", "", match["power"] or match["word_power"] or "")
        number, unit = number[: match.start()].rstrip(), f"{piece.strip()}{power} {unit}"
    return (number, " ".join(unit.split())) if number else (text, "")


def _is_unit_word(word: str, before: str) -> bool:
    """A known unit may touch its number; any other word has three letters and stands apart."""
    return word in _UNITS or word in ("mph", "kph") or (len(word) >= 3 and before.endswith(" "))


def conflict(left: str, right: str) -> bool:
    """Whether two units are known and different. Words that are no unit ("apples") say nothing."""
    a, b = dimensions(left), dimensions(right)
    return bool(a and b and a != b)


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
