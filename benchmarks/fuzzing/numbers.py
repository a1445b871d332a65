r"""Numbers of every kind, with and without units."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from benchmarks.fuzzing.answer import Answer, fraction


def integer(rng: Random) -> Answer:
    digits = rng.choice([1, 2, 3, 5, 9, 22])
    n = rng.randint(1, 10**digits) * rng.choice([1, 1, -1])
    k = rng.randint(2, 9)
    equals = [f"{n}.0", f"{n}.", f"+{n}" if n > 0 else f"- {-n}", rf"\frac{{{k * n}}}{{{k}}}"]
    equals += [f"{n + k}-{k}", f"0{n}" if n > 0 else f"-0{-n}"]
    if abs(n) >= 1000:
        equals += [f"{n:,}", f"{n:,}".replace(",", "{,}"), f"{n:,}".replace(",", r",\!")]
        equals += [f"{n:,}".replace(",", r"\,")]
    others = [str(n + 1), str(-n), str(10 * n), f"{n}.5", f"{n}, {n + 1}", f"{n}x", f"{n}i"]
    return Answer("integer", str(n), tuple(equals), tuple(others))


WORDS = {"two": 2, "three": 3, "seven": 7, "twelve": 12, "seventeen": 17, "forty-two": 42}


def number_word(rng: Random) -> Answer:
    word, another = rng.sample(sorted(WORDS), 2)
    equals = (word, word.capitalize(), rf"\text{{{word}}}")
    return Answer("number word", str(WORDS[word]), equals, (another, rf"\text{{{another}}}"))


def decimal(rng: Random) -> Answer:
    places = rng.randint(1, 4)
    n = 10 * rng.randint(0, 10**places) + rng.randint(1, 9)
    text = f"{n // 10**places}.{n % 10**places:0{places}d}"
    value = Fraction(n, 10**places)
    equals = [f"{text}0", fraction(value, rng), rf"\frac{{{n}}}{{{10**places}}}"]
    ulp = n + 1
    others = [f"{ulp // 10**places}.{ulp % 10**places:0{places}d}", f"-{text}", f"10{text}"]
    return Answer("decimal", text, tuple(equals), tuple(others))


def rational(rng: Random) -> Answer:
    q = rng.randint(2, 60)
    value = Fraction(rng.randint(1, 200) * rng.choice([1, -1]), q)
    k = rng.randint(2, 12)
    p, q = value.numerator * k, value.denominator * k
    equals = [fraction(value, rng), rf"\frac{{{p}}}{{{q}}}", f"{p}/{q}", f"{p}\\div {q}"]
    equals += [rf"\frac{{{-p}}}{{{-q}}}", rf"\frac{{{p}}}{{{q}}}+0"]
    whole, rest = divmod(abs(value), 1)
    if whole and rest:
        sign = "-" if value < 0 else ""
        equals.append(rf"{sign}{whole}\frac{{{rest.numerator}}}{{{rest.denominator}}}")
        equals.append(f"{sign}{whole} {rest.numerator}/{rest.denominator}")
    others = [fraction(other, rng) for other in (-value, value + 1, value * 2, value / 3)]
    others.append(fraction(Fraction(value.numerator, value.denominator + 1), rng))
    if Fraction(f"{float(value):.5f}") != value:
        others.append(f"{float(value):.5f}")  # an approximation of an exact gold
    return Answer("rational", fraction(value, rng), tuple(equals), tuple(others), two_way=False)


def repeating(rng: Random) -> Answer:
    period = rng.randint(1, 98)
    text = rf"0.\overline{{{period:02d}}}"
    value = Fraction(period, 99)
    others = [f"0.{period:02d}", rf"0.\overline{{{period + 1:02d}}}", fraction(1 - value, rng)]
    return Answer(
        "repeating",
        text,
        (fraction(value, rng), rf"0.{period:02d}\overline{{{period:02d}}}"),
        tuple(other for other in others if other != "1"),
        two_way=False,
    )


def percent(rng: Random) -> Answer:
    n = rng.randint(1, 99)
    equals = (rf"{n} \%", f"{n}%", fraction(Fraction(n, 100), rng), f"0.{n:02d}")
    others = (rf"{n + 1}\%", rf"-{n}\%", rf"{n}.5\%", f"1.{n:02d}")
    return Answer("percent", rf"{n}\%", equals, others, two_way=False)


def scientific(rng: Random) -> Answer:
    digits, power = rng.randint(11, 99), rng.choice([-9, -4, 3, 6, 12, 30])
    if digits % 10 == 0:
        digits += 1
    mantissa = f"{digits // 10}.{digits % 10}"
    text = rf"{mantissa} \times 10^{{{power}}}"
    equals = [f"{mantissa}e{power}", rf"{mantissa}\cdot10^{{{power}}}", f"{mantissa}E{power}"]
    equals.append(rf"{digits} \times 10^{{{power - 1}}}")
    if power > 0:
        equals.append(str(digits * 10 ** (power - 1)))
    others = [rf"{mantissa} \times 10^{{{power + 1}}}", f"-{text}", f"{mantissa}e{-power}"]
    others.append(rf"{digits // 10 + 1}.{digits % 10} \times 10^{{{power}}}")
    return Answer("scientific", text, tuple(equals), tuple(others), two_way=False)


def surd(rng: Random) -> Answer:
    a, b, n = rng.randint(1, 30), rng.randint(2, 12), rng.choice([2, 3, 5, 6, 7, 10, 11, 13])
    text = rf"{a}+{b}\sqrt{{{n}}}"
    equals = (
        rf"{b}\sqrt{n}+{a}" if n < 10 else rf"{b}\sqrt{{{n}}}+{a}",
        rf"{a}+\sqrt{{{b * b * n}}}",
        rf"{a}+\frac{{{b * n}}}{{\sqrt{{{n}}}}}",
        rf"{a}+{b}\cdot {n}^{{1/2}}",
        rf"\frac{{{2 * a}+{2 * b}\sqrt{{{n}}}}}{{2}}",
    )
    others = (
        rf"{a}-{b}\sqrt{{{n}}}",
        rf"{a}+{b}\sqrt{{{n + 1}}}",
        rf"{a}+{b + 1}\sqrt{{{n}}}",
        rf"{a}+{b}\sqrt[3]{{{n}}}",
        rf"{a} \pm {b}\sqrt{{{n}}}",
        f"{a + b * n**0.5:.6f}",
    )
    return Answer("surd", text, equals, others, two_way=False)


def power(rng: Random) -> Answer:
    base, exponent = rng.choice([2, 3, 5, 7]), rng.randint(2, 90)
    text = rf"{base}^{{{exponent}}}"
    equals = (str(base**exponent), rf"{base} \cdot {base}^{{{exponent - 1}}}")
    others = (
        rf"{base}^{{{exponent + 1}}}",
        str(base**exponent + 1),
        f"-{text}",
        f"{base}{exponent}",
    )
    return Answer("power", text, equals, others)


def complex_number(rng: Random) -> Answer:
    a, b = rng.randint(1, 20), rng.randint(2, 20)
    equals = (f"{b}i+{a}", f"{a}+i{b}", f"({a}+{b}i)", rf"\frac{{{2 * a}+{2 * b}i}}{{2}}")
    others = (
        f"{a}-{b}i",
        f"-{a}+{b}i",
        f"{a}+{b}",
        f"{a}+{b + 1}i",
        f"{b}+{a}i" if a != b else "i",
    )
    return Answer("complex", f"{a}+{b}i", equals, others)


def numeral(rng: Random) -> Answer:
    base = rng.randint(3, 9)
    digits = rng.choice("12") + "".join(str(rng.randrange(base)) for _ in range(rng.randint(1, 6)))
    text = f"{digits}_{base}"
    others = (f"{digits}_{base + 1}", f"1{digits}_{base}", f"{digits}0_{base}")
    return Answer(
        "numeral", text, (rf"{digits}_{{{base}}}", rf"{digits}_{{\text{{{base}}}}}"), others
    )


UNITS = ("cm", "kg", "hours", "mph", "ft", "dollars", "minutes", "mL")


def quantity(rng: Random) -> Answer:
    n = rng.randint(2, 500)
    unit, another = rng.sample(UNITS, 2)
    equals = (
        str(n),
        rf"{n}\ \text{{{unit}}}",
        rf"{n}\,\mathrm{{{unit}}}",
        f"{n} {unit}",
        rf"{n}\text{{ {unit}}}",
    )
    others = (
        rf"{n} \text{{ {another}}}",
        rf"{n + 1} \text{{ {unit}}}",
        rf"-{n} \text{{ {unit}}}",
        str(n + 1),
    )
    return Answer("quantity", rf"{n} \text{{ {unit}}}", equals, others)


def degrees(rng: Random) -> Answer:
    n = rng.randint(1, 359)
    equals = (str(n), rf"{n}^{{\circ}}", f"{n}°", rf"{n} \text{{ degrees}}")
    return Answer("degrees", rf"{n}^\circ", equals, (rf"{n + 1}^\circ", rf"-{n}^\circ", rf"{n}\pi"))


def money(rng: Random) -> Answer:
    text = f"{rng.randint(1, 999)}.{rng.randint(10, 99)}"
    equals = (text, rf"\${text}", rf"\$ {text}", rf"{text} \text{{ dollars}}")
    return Answer("money", rf"\${text}", equals, (rf"\$1{text}", f"-{text}"))


def time_of_day(rng: Random) -> Answer:
    hour, minute = rng.randint(1, 12), rng.randint(10, 59)
    half, other = rng.sample("ap", 2)
    text = rf"{hour}:{minute} \text{{ {half}.m.}}"
    equals = (f"{hour}:{minute} {half}m", rf"{hour}:{minute}\text{{{half.upper()}M}}")
    others = (
        f"{hour}:{minute} {other}m",
        f"{hour % 12 + 1}:{minute} {half}m",
        f"{hour}:{minute - 1} {half}.m.",
    )
    return Answer("time of day", text, equals, others)
