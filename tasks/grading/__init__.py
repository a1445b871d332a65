r"""Grading: is this the gold answer?

>>> from tasks.grading import grade_answer, grade_completion
>>> grade_answer(gold="73", answer="073").verdict
<Verdict.CORRECT: 'correct'>
"""

from tasks.grading.compare import grade_answer
from tasks.grading.completion import extract_answer, grade_completion
from tasks.grading.groups import group_equivalent
from tasks.grading.verdict import Grade, Verdict

__all__ = [
    "Grade",
    "Verdict",
    "extract_answer",
    "grade_answer",
    "grade_completion",
    "group_equivalent",
]
