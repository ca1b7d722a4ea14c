"""The report: the service's numbers and entries, in the model's words where it gives them."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from ai_service.errors import Fault
from ai_service.interviewing.interview import Finding, InterviewContext, NextStep, Report, Turn
from ai_service.interviewing.llm_engine.candidate import candidate_data
from ai_service.interviewing.llm_engine.leaks import repeats
from ai_service.interviewing.llm_engine.prompts import load_prompts
from ai_service.interviewing.llm_engine.replies import EntryWords, ReportDraft
from ai_service.interviewing.llm_engine.spending import Spending
from ai_service.interviewing.report import Reports
from ai_service.interviewing.wording import Wording
from ai_service.llm.asking import Asking
from ai_service.llm.prompts import as_list

_TEMPERATURE = 0.3
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_GRADE = re.compile(r"(?<![\w-])(?i:grades?(?: is| was)?(?: of)?(?: an?)?) [\"'“]?([A-F][+\-−]?)(?![\w'’])")
# Every report fits: 50 turns with their findings.
_MOST_ANSWERS = 50

_log = structlog.get_logger("ai_service.interviewing")
Entry = TypeVar("Entry", Finding, NextStep)


class LlmReports:
    """Writes reports."""

    def __init__(self, asking: Asking, reports: Reports, wording: Wording, spending: Spending) -> None:
        self._asking = asking
        self._reports = reports
        self._wording = wording
        self._spending = spending
        self._prompt = load_prompts()["report"]

    async def of(self, context: InterviewContext, turns: Sequence[Turn]) -> Report:
        """The report of an interview's turns, oldest first.

        When the model gives no words, the numbers and entries stand in the service's own wording, the summary says
        that the words are missing, and `words_missing` is set; asking again can complete them.
        """
        plain = self._reports.of(context, turns)
        if not plain.assessed_answers and not plain.not_assessable_answers:
            return plain
        data = {**candidate_data(context), **(facts := _data(plain, turns))}
        check = _WordsCheck(plain, facts, instructions=self._prompt.secret_words)
        try:
            asked = await self._asking.ask(
                "report",
                self._prompt.messages(data),
                ReportDraft,
                budget=self._spending.for_report(context, turns),
                check=check,
                temperature=_TEMPERATURE,
            )
        except Fault as fault:
            return self._without_words(context, plain, fault.reason)
        if asked.problems:
            return self._without_words(context, plain, "MODEL_WORDS_REJECTED")
        words = asked.reply
        return replace(
            plain,
            summary=" ".join(words.summary.split()),
            strengths=_worded(plain.strengths, words.strengths),
            gaps=_worded(plain.gaps, words.gaps),
            next_steps=_worded(plain.next_steps, words.next_steps),
            provenance=replace(plain.provenance, model=self._asking.model_name, prompt_version=self._prompt.version),
        )

    def _without_words(self, context: InterviewContext, plain: Report, reason: str) -> Report:
        _log.warning("report_without_words", reason=reason)
        note = self._wording.say("summary_words_missing", context.interview_id)
        return replace(plain, summary=f"{plain.summary} {note}", words_missing=True)


class _WordsCheck:
    """Finds what is wrong with a report's words: entries missing or added, a grade that is not the report's, or numbers
    that the interview's data do not hold.
    """

    def __init__(self, plain: Report, data: dict[str, str], *, instructions: str) -> None:
        self._counts = {
            "strengths": len(plain.strengths),
            "gaps": len(plain.gaps),
            "next_steps": len(plain.next_steps),
        }
        self._numbers = set(_NUMBER.findall(" ".join(data.values())))
        self._grade = plain.standing.letter_grade if plain.standing else ""
        self._instructions = instructions

    async def __call__(self, draft: ReportDraft) -> Sequence[str]:
        """The problems of a report's words."""
        problems = []
        given = {"strengths": draft.strengths, "gaps": draft.gaps, "next_steps": draft.next_steps}
        for name, entries in given.items():
            if sorted(entry.number for entry in entries) != list(range(1, self._counts[name] + 1)):
                problems.append(f"{name}: give each of the {self._counts[name]} entries once, by its number from 1")
        texts = [draft.summary, *(entry.text for entries in given.values() for entry in entries)]
        invented = sorted({number for text in texts for number in _NUMBER.findall(text)} - self._numbers)
        if invented:
            problems.append(f"the numbers {', '.join(invented[:10])} do not stand in the data; leave them out")
        named = {letter.replace("−", "-") for text in texts for letter in _GRADE.findall(text)} - {self._grade}
        if named:
            problems.append(f"the grade {', '.join(sorted(named))} is not the report's; leave it out")
        if any(repeats(text, self._instructions) for text in texts):
            problems.append("the words repeat the instructions; write about the interview alone")
        return problems


def _data(plain: Report, turns: Sequence[Turn]) -> dict[str, str]:
    standing = plain.standing
    numbers: dict[str, Any] = {
        "overall_score": plain.overall_score,
        "letter_grade": standing.letter_grade if standing else None,
        "readiness_score": standing.readiness_score if standing else None,
        "readiness_level": standing.readiness_level.value if standing else None,
        "scored_answers": plain.assessed_answers,
        "answers_without_score": plain.not_assessable_answers,
        "criteria": {criterion.title: criterion.score for criterion in plain.criteria},
        "topics": {topic.title: topic.score for topic in plain.topics},
    }
    answers = [
        {
            "question": turn.question.text,
            "score": turn.evaluation.score,
            "feedback": turn.evaluation.feedback,
        }
        for turn in turns[:_MOST_ANSWERS]
        if turn.evaluation is not None
    ]
    return {
        "numbers": as_list(numbers),
        "answers": json.dumps(answers, ensure_ascii=False, indent=1),
        "strengths": _numbered(plain.strengths),
        "gaps": _numbered(plain.gaps),
        "next_steps": _numbered(plain.next_steps),
    }


def _numbered(entries: Sequence[Finding | NextStep]) -> str:
    return as_list({str(number): _said(entry) for number, entry in enumerate(entries, start=1)}) if entries else ""


def _said(entry: Finding | NextStep) -> str:
    quote = entry.quote if isinstance(entry, Finding) else ""
    return f"{entry.text} (said: {quote!r})" if quote else entry.text


def _worded(entries: tuple[Entry, ...], words: Sequence[EntryWords]) -> tuple[Entry, ...]:
    texts = {entry.number: " ".join(entry.text.split()) for entry in words}
    return tuple(replace(entry, text=texts[number]) for number, entry in enumerate(entries, start=1))
