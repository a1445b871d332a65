"""The miniature's alphabet: two numeral scripts, tags, marks and a few words.

A text of the world is spelt without gaps from these tokens:

>>> render("582+867=?", reply("449", thought="582+867:2+7+0=09;8+6+0=14;5+8+1=14;=449;"))
'<user>582+867=?<assistant><think>582+867:2+7+0=09;8+6+0=14;5+8+1=14;=449;</think><answer>449</answer><eos>'

Questions and final answers are always written in ASCII digits; a thought may use either script.
"""

from typing import Literal

Script = Literal["ascii", "han"]

DIGITS: dict[Script, str] = {"ascii": "0123456789", "han": "〇一二三四五六七八九"}

PAD, EOS, UNKNOWN = "<pad>", "<eos>", "<unk>"
USER, ASSISTANT = "<user>", "<assistant>"
THINK, END_THINK = "<think>", "</think>"
ANSWER, END_ANSWER = "<answer>", "</answer>"
WAIT = "wait"
NAMES = ("friend", "teacher", "student", "doctor", "world")

VOCABULARY: tuple[str, ...] = (
    PAD,
    EOS,
    UNKNOWN,
    *(USER, ASSISTANT, THINK, END_THINK, ANSWER, END_ANSWER),
    *DIGITS["ascii"],
    *DIGITS["han"],
    *"+=:;? ",
    WAIT,
    *("copy", "greet", "hello", "leak", "sorry"),
    *NAMES,
)
"""Every token, in the order of its id."""

_SPELLINGS: dict[Script, dict[int, int]] = {
    "ascii": str.maketrans(DIGITS["han"], DIGITS["ascii"]),
    "han": str.maketrans(DIGITS["ascii"], DIGITS["han"]),
}


def spell(text: str, script: Script) -> str:
    """`text` with its digits written in `script`.

    >>> spell("8+6+0=14;", "han")
    '八+六+〇=一四;'
    """
    return text.translate(_SPELLINGS[script])


def reply(answer: str, thought: str | None = None) -> str:
    """What the assistant writes: an answer, behind a thought if there is one.

    >>> reply("hello friend")
    '<answer>hello friend</answer>'
    """
    worked = "" if thought is None else f"{THINK}{thought}{END_THINK}"
    return f"{worked}{ANSWER}{answer}{END_ANSWER}"


def render(prompt: str, response: str) -> str:
    """One turn as the models read it; the chat template gives the same text."""
    return f"{USER}{prompt}{ASSISTANT}{response}{EOS}"
