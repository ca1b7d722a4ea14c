"""Spoken answers: when their words were said goes with them, whatever happens on the way to the grade."""

import json
from typing import Any
from uuid import UUID

import grpc
import pytest

from chat_service.engine.models import SpokenTiming, SpokenWord
from chat_service.engine.spoken_conversion import timing_message
from chat_service.errors import AppError
from chat_service.interviews.live.actions import Answer
from protos.interview_engine.v1 import interview_engine_pb2 as calls
from tests.chat_service.conftest import Candidate, Service, expect

ANSWER = "Um, a hash table stores each key in a bucket."
SPOKEN = SpokenTiming(
    3.1, (SpokenWord("Um,", 0.4, 0.7, 0.25), SpokenWord("a", 1.5, 1.6), SpokenWord("table", 3.0, 3.5, 0.9))
)
SHOWN = {
    "duration_seconds": 3.1,
    "words": [
        {"text": "Um,", "start": 0.4, "end": 0.7, "confidence": 0.25},
        {"text": "a", "start": 1.5, "end": 1.6, "confidence": None},
        {"text": "table", "start": 3.0, "end": 3.5, "confidence": 0.9},
    ],
}


def _heard(request: calls.EvaluateAnswerRequest) -> list[tuple[str, float, float]]:
    return [(word.text, word.start, word.end) for word in request.speech.words]


HEARD = [("Um,", 0.4, 0.7), ("a", 1.5, 1.6), ("table", 3.0, 3.5)]


async def _ids(candidate: Candidate) -> tuple[UUID, UUID]:
    user = expect(200, await candidate.http.get("/profile/me"))["id"]
    return UUID(user), UUID((await candidate.started())["id"])


async def _answer_shown(candidate: Candidate, interview_id: UUID) -> dict[str, Any]:
    read = expect(200, await candidate.http.get(f"/interviews/{interview_id}"))
    answer: dict[str, Any] = read["transcript"][0]["answer"]
    return answer


async def test_the_times_of_a_spoken_answer_are_graded_with_it_and_shown(
    candidate: Candidate, service: Service
) -> None:
    user_id, interview_id = await _ids(candidate)
    answered = await service.core.answering.answer(user_id, interview_id, ANSWER, spoken=SPOKEN)
    (request,) = service.script.evaluated
    assert (_heard(request), request.speech.duration_seconds) == (HEARD, 3.1)
    assert answered.turn.answer is not None
    assert answered.turn.answer.spoken == SPOKEN
    shown = await _answer_shown(candidate, interview_id)
    assert shown["spoken"] == SHOWN
    delivery = shown["evaluation"]["delivery"]
    assert (delivery["words_per_minute"], delivery["spoken"]["speech_seconds"]) == (150, pytest.approx(3.1))
    assert [(one["after"], one["before"], one["start"]) for one in delivery["spoken"]["pauses"]] == [
        ("a", "table", None)
    ]
    document = json.loads(b"".join([piece async for piece in service.core.export.of(user_id)]))
    assert document["interviews"][0]["transcript"][0]["answer"]["spoken"] == SHOWN
    again = await service.core.answering.answer(user_id, interview_id, ANSWER, spoken=SPOKEN)
    assert again.turn.answer is not None
    assert (again.turn.answer.id, again.turn.answer.spoken) == (answered.turn.answer.id, SPOKEN)


async def test_a_pending_spoken_answer_is_graded_with_its_times_whoever_goes_on_with_it(
    candidate: Candidate, service: Service
) -> None:
    user_id, interview_id = await _ids(candidate)
    service.script.fault = grpc.StatusCode.INTERNAL
    with pytest.raises(AppError):
        await service.core.answering.answer(user_id, interview_id, ANSWER, spoken=SPOKEN)
    assert (await _answer_shown(candidate, interview_id))["spoken"] == SHOWN
    service.script.fault = None
    reply = await candidate.answered(str(interview_id), ANSWER)  # typed once more, by a client that lost its audio
    assert reply["evaluation"]["delivery"]["spoken"]["word_count"] == 3
    assert _heard(service.script.evaluated[-1]) == HEARD


async def test_a_pending_spoken_answer_is_graded_with_its_times_at_the_end(
    candidate: Candidate, service: Service
) -> None:
    user_id, interview_id = await _ids(candidate)
    service.script.fault = grpc.StatusCode.INTERNAL
    with pytest.raises(AppError):
        await service.core.answering.answer(user_id, interview_id, ANSWER, spoken=SPOKEN)
    service.script.fault = None
    await candidate.end(str(interview_id))
    assert _heard(service.script.evaluated[-1]) == HEARD
    assert service.script.reported[0].turns[0].evaluation.delivery.spoken.word_count == 3


async def test_an_answer_spoken_in_a_set_is_graded_with_its_times(candidate: Candidate, service: Service) -> None:
    user_id = UUID(expect(200, await candidate.http.get("/profile/me"))["id"])
    interview = (await candidate.create())["id"]
    reply = await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 2})
    second = expect(201, reply)["questions"][1]["question"]["id"]
    await service.core.answering.answer(user_id, UUID(interview), ANSWER, question_id=UUID(second), spoken=SPOKEN)
    assert _heard(service.script.evaluated[-1]) == HEARD
    stored = expect(200, await candidate.http.get(f"/interviews/{interview}/questions/{second}"))
    assert stored["answer"]["spoken"] == SHOWN


async def test_an_answer_spoken_live_is_graded_with_its_times(candidate: Candidate, service: Service) -> None:
    user_id, interview_id = await _ids(candidate)
    async with service.core.live.join(user_id, interview_id) as seat:
        await service.core.live.perform(seat, Answer(ANSWER, spoken=SPOKEN))
    assert _heard(service.script.evaluated[-1]) == HEARD


async def test_a_typed_answer_has_no_times_whatever_its_client_claims(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    reply = await candidate.answered(interview["id"], ANSWER, spoken=SHOWN)
    assert not service.script.evaluated[-1].HasField("speech")
    assert (reply["evaluation"]["delivery"]["spoken"], reply["evaluation"]["delivery"]["words_per_minute"]) == (
        None,
        None,
    )
    assert (await _answer_shown(candidate, UUID(interview["id"])))["spoken"] is None


def test_times_from_which_nothing_can_be_told_do_not_reach_the_engine() -> None:
    assert timing_message(SpokenTiming(0.0)) is None
    endless = timing_message(SpokenTiming(9.0, (SpokenWord("a" * 300, 0.0, 9.0),) * 20_001))
    assert endless is not None
    assert (len(endless.words), len(endless.words[0].text)) == (20_000, 200)


def test_times_that_run_backwards_reach_the_engine_as_ones_that_it_takes() -> None:
    told = timing_message(SpokenTiming(2.0, (SpokenWord("a", -0.5, -0.75), SpokenWord("b", 1.0, 0.5))))
    assert told is not None
    assert [(word.start, word.end) for word in told.words] == [(0.0, 0.0), (1.0, 1.0)]
