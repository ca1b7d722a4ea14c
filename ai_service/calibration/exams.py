"""Human-scored answers in the XML of SemEval-2013 Task 7 (Dzikovska et al. 2013), which SAF (Filighera et al. 2022)
extends by scores: a file a question, with its reference answers and the answers of students."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree


class ExamError(Exception):
    """A file is no such exam; the message names it and says why."""


def is_exam(path: Path) -> bool:
    """Whether `path` is a folder or an XML file, and so not JSON lines."""
    return path.is_dir() or path.suffix == ".xml"


def exam_lines(path: Path) -> Iterator[bytes]:
    """A JSON line for each answer in the file, or in all files of the folder, in the order of their names.

    `human_score` is the score, or 1 for the accuracy "correct" and 0 for any other. The first reference answer, by
    convention the best, is the reference. Raises `ExamError` for a folder without such files and for a broken file.
    """
    files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    if not files:
        raise ExamError(f"{path} has no XML files; name a file of JSON lines or a folder with exams")
    for file in files:
        yield from _lines_of(file)


def _lines_of(file: Path) -> Iterator[bytes]:
    try:
        root = ElementTree.parse(file).getroot()  # noqa: S314 - the operator's own file; expat bounds expansion
        question = (root.findtext("questionText") or "").strip()
        reference = "".join(next(root.iter("referenceAnswer")).itertext()).strip()
        for answer in root.iter("studentAnswer"):
            response = answer.find("response")
            text = "".join((answer if response is None else response).itertext()).strip()
            line = {
                "id": answer.get("id"),
                "question": question,
                "reference": reference,
                "answer": text,
                "human_score": _score(answer),
            }
            yield json.dumps(line).encode()
    except (OSError, ElementTree.ParseError, StopIteration, ValueError) as error:
        raise ExamError(f"{file} cannot be read as an exam: {error or 'there is no referenceAnswer in it'}") from None


def _score(answer: ElementTree.Element) -> float:
    score = answer.findtext("score")
    if score is not None:
        return float(score)
    accuracy = answer.get("accuracy")
    if accuracy is None:
        raise ValueError(f"the answer {answer.get('id')} has neither a score nor an accuracy")
    return float(accuracy == "correct")
