"""Live interviews by voice: what is said becomes an answer, once, whatever dies; what the interviewer says is heard."""

import signal
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from chat_service.contracts.socket_protocol import MAX_FRAME_BYTES
from chat_service.engine.models import SpokenTiming
from chat_service.interviews.live.voice.audio_buffer import SpokenAnswer
from tests.chat_service.conftest import Candidate, Service, expect, serving
from tests.chat_service.interviews.test_crashes import process
from tests.chat_service.interviews.voice.speaker import Speaker, speaking
from tests.fakes import engine as fakes
from tests.fakes.speech import cough, noise, silence, spoken
from tests.waiting import are, until

ANSWER = "A hash table stores each key in a bucket, so that lookups are fast."
SENTENCES = "Question {number}. How does a hash table work? What does it cost?"
TIMES = {
    "VOICE_DONE_SECONDS": "0.05",
    "VOICE_OPEN_SECONDS": "0.2",
    "VOICE_TRAILING_SECONDS": "0.4",
}


@pytest.fixture(scope="module")
async def shared_service(settings: Mapping[str, str]) -> AsyncIterator[Service]:
    """The service of these tests, in which a silence that ends a turn is short."""
    async with serving({**settings, **TIMES}) as service:
        yield service


async def test_a_question_is_spoken_answered_and_replied_to(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started(question_limit=2)
    async with speaking(candidate, interview["id"]) as socket:
        question = await socket.until("question")
        ready = await socket.begin()
        assert ready["data"]["recognizer"] == {"engine": "scripted", "model": "tape", "low_accuracy": False}
        started = await socket.until("utterance_started")
        assert (started["data"]["subject"], started["data"]["text"]) == ("question", question["data"]["text"])
        ended = await socket.until("utterance_ended")
        assert (ended["data"]["interrupted"], ended["data"]["heard"]) == (False, question["data"]["text"])
        await socket.reached("listening")
        await socket.say(silence(0.2) + spoken(ANSWER) + silence(1.0))
        assert await socket.final() == ANSWER
        feedback = await socket.until("feedback")
        assert feedback["data"]["score"] == 72.5
        said = await socket.until("utterance_started")
        assert (said["data"]["subject"], said["data"]["text"]) == ("feedback", "A scripted grade.")
        turn = await socket.until("voice_turn")
        asked = await socket.until("utterance_started")
        assert asked["data"]["subject"] == "question"
        await socket.reached("listening")
    assert next(one["data"]["text"] for one in socket.heard if one["type"] == "transcription") == "A"
    assert {"ended_by", "end_of_utterance_delay", "transcription_delay", "ttft", "ttfb"} <= turn["data"].keys()
    assert turn["data"]["ended_by"] == "silence"
    assert turn["data"]["ttfb"] is not None
    assert answers(service) == [ANSWER]


@pytest.fixture(scope="module")
async def other_worker(shared_service: Service, settings: Mapping[str, str]) -> AsyncIterator[Service]:
    """A second worker beside the same PostgreSQL and Redis, and the same ai_service."""
    async with serving({**settings, **TIMES}) as service:
        yield service


def answers(service: Service) -> list[str]:
    """What was graded."""
    return [one.answer for one in service.script.evaluated]


async def listening(socket: Speaker, **data: Any) -> None:
    """Opens the microphone, and waits until the interviewer has asked."""
    await socket.begin(**data)
    await socket.reached("listening")


async def test_a_microphone_that_sends_no_silence_ends_the_turn_too(
    candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_service.interviews.live.voice.hearing._GATED_SECONDS", 0.3)
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.say(spoken(ANSWER))
        assert await socket.final() == ANSWER
        await socket.until("feedback")
    assert answers(service) == [ANSWER]


async def test_an_announced_end_is_an_end_at_once(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.say(spoken("A hash table because"))
        await socket.send("speech_end")
        assert await socket.final() == "A hash table because"
        assert (await socket.until("voice_turn"))["data"]["ended_by"] == "announced"
    (graded,) = service.script.evaluated
    assert [word.text for word in graded.speech.words] == ["A", "hash", "table", "because"]
    assert graded.speech.words[0].start == 0


@pytest.mark.parametrize("sound", [silence(2.0), noise(2.0), cough(0.5) + silence(2.0), b""])
async def test_silence_and_noise_are_no_answer_even_when_their_end_is_announced(
    candidate: Candidate, service: Service, sound: bytes
) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.say(sound)
        await socket.send("speech_end")
        assert await socket.final() == ""
        await socket.reached("listening")
        await socket.say(spoken(ANSWER))
        await socket.send("speech_end")
        assert await socket.final() == ANSWER
        await socket.until("feedback")
    assert answers(service) == [ANSWER]


async def test_pauses_and_a_plea_for_time_are_no_end(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.say(spoken("Um, let me think.") + silence(8.0))
        await socket.say(spoken("I would use a hash table because") + silence(0.3))
        await socket.say(spoken("lookups are fast.") + silence(1.0))
        whole = "Um, let me think. I would use a hash table because lookups are fast."
        assert await socket.final() == whole
        await socket.until("feedback")
    assert answers(service) == [whole]


async def test_the_interviewer_is_silent_when_the_candidate_speaks_and_only_what_was_heard_is_kept(
    candidate: Candidate, service: Service
) -> None:
    service.script.speech.seconds_a_character = 0.2
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        question = await socket.until("question")
        await socket.begin()
        started = await socket.until("utterance_started")
        await socket.until("audio")
        await socket.send("playback", utterance=started["data"]["utterance"], played_seconds=0.9)
        await socket.say(spoken(ANSWER))
        ended = await socket.until("utterance_ended")
        assert ended["data"]["interrupted"] is True
        spoke = await socket.until("interviewer_spoke")
        heard = spoke["data"]["heard"]
        assert question["data"]["text"].startswith(heard)
        assert len(heard) < len(question["data"]["text"])
        service.script.speech.seconds_a_character = 0.001
        await socket.send("speech_end")
        assert await socket.final() == ANSWER
        await socket.until("feedback")
        after = socket.heard[socket.heard.index(ended) :]
        assert not [one for one in after if one["type"] == "audio" and one["utterance"] == ended["data"]["utterance"]]
    async with speaking(candidate, interview["id"]) as later:
        assert await later.until("interviewer_spoke") == spoke
    read = expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))
    assert read["transcript"][0]["heard"] == heard
    assert read["transcript"][0]["question"]["text"] == question["data"]["text"]


async def test_a_noise_without_words_makes_the_interviewer_go_on_where_he_was(
    candidate: Candidate, service: Service
) -> None:
    service.script.asks = SENTENCES
    service.script.speech.seconds_a_character = 0.02
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        question = await socket.until("question")
        await socket.begin()
        first = await socket.until("utterance_started")
        await socket.until("utterance_sentence", lambda one: one["data"]["sentence"] == 1)
        await socket.send("playback", utterance=first["data"]["utterance"], played_seconds=0.3)
        await socket.say(cough(0.3) + silence(1.0))
        assert (await socket.until("utterance_ended"))["data"]["interrupted"] is True
        again = await socket.until("utterance_started")
        assert again["data"]["text"] == "How does a hash table work? What does it cost?"
        assert (await socket.until("utterance_ended"))["data"]["interrupted"] is False
        told = (await socket.until("interviewer_spoke"))["data"]
        assert (told["heard"], told["interrupted"]) == (question["data"]["text"], False)


async def test_a_client_may_silence_the_interviewer_for_good(candidate: Candidate, service: Service) -> None:
    service.script.speech.seconds_a_character = 0.2
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await socket.begin()
        await socket.until("audio")
        await socket.send("interrupt")
        assert (await socket.until("interviewer_spoke"))["data"]["interrupted"] is True
        await socket.say(spoken("It is fast."))
        await socket.send("speech_end")
        assert await socket.final() == "It is fast."
        await socket.until("feedback")


async def test_a_question_that_is_interrupted_before_its_first_sound_is_still_told(
    candidate: Candidate, service: Service
) -> None:
    service.script.speech.pauses_at = 0
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        question = await socket.until("question")
        await socket.begin()
        await until(lambda: are(service.script.speech.synthesized))
        await socket.send("interrupt")
        started = await socket.until("utterance_started")
        assert (started["data"]["text"], started["data"]["sample_rate"]) == (question["data"]["text"], None)
        ended = await socket.until("utterance_ended")
        assert (ended["data"]["utterance"], ended["data"]["heard"]) == (started["data"]["utterance"], "")
        assert (await socket.until("interviewer_spoke"))["data"]["heard"] == ""


async def test_words_into_the_feedback_are_no_answer_to_the_next_question(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        service.script.speech.seconds_a_character = 0.3
        await socket.say(spoken(ANSWER))
        await socket.send("speech_end")
        await socket.until("utterance_started", lambda one: one["data"]["subject"] == "feedback")
        await socket.until("audio")
        await socket.say(spoken("Okay.") + silence(1.0))
        await socket.until("utterance_ended")
        service.script.speech.seconds_a_character = 0.001
        await socket.until("utterance_started", lambda one: one["data"]["subject"] == "question")
        await socket.reached("listening")
        await socket.say(spoken("Something else.") + silence(1.0))
        assert await socket.final() == "Something else."
        await socket.until("feedback", lambda one: one["data"]["answer_id"] is not None)
    assert answers(service) == [ANSWER, "Something else."]


async def test_the_first_audio_leaves_before_the_last_sentence_is_made(candidate: Candidate, service: Service) -> None:
    service.script.asks = SENTENCES
    service.script.speech.pauses_at = 2
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await socket.begin()
        await socket.until("utterance_sentence", lambda one: one["data"]["sentence"] == 1)
        await socket.until("audio")
        assert "utterance_ended" not in [one["type"] for one in await socket.quiet()]
        service.script.speech.go_on.set()
        told = await socket.until("utterance_sentence")
        assert (told["data"]["sentence"], told["data"]["text"]) == (2, "What does it cost?")
        assert (await socket.until("utterance_ended"))["data"]["heard"] == SENTENCES.format(number=1)


async def test_a_frame_sent_twice_counts_once_and_one_that_is_missing_is_told(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    words = [spoken(word) for word in ("One", "two", "three.")]
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.frame(words[0], 1)
        await socket.frame(words[0], 1)
        await socket.frame(words[2], 3)
        await socket.frame(words[2], 3)
        gap = await socket.until("audio_gap")
        assert gap["data"] == {"expected": 2, "received": 3}
        await socket.frame(words[1], 2)
        await socket.frame(words[2], 3)
        await socket.acknowledged(3)
        await socket.send("speech_end")
        assert await socket.final() == "One two three."
        await socket.until("feedback")
    assert len([one for one in socket.heard if one["type"] == "audio_gap"]) == 1


async def test_frames_that_are_lost_can_be_given_up(candidate: Candidate) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        assert (await socket.begin())["data"]["next_sequence"] == 1
        await socket.say(spoken("One"), frame=3200)
        assert (await socket.begin(next_sequence=20))["data"]["next_sequence"] == 20
        assert (await socket.begin(next_sequence=5))["data"]["next_sequence"] == 20
        await socket.say(spoken("two"), frame=3200)
        await socket.acknowledged(20)
        await socket.send("audio_stop")
        assert (await socket.until("audio_stopped"))["data"]["reason"] == "stopped"
        assert (await socket.begin(next_sequence=40))["data"]["next_sequence"] == 40


async def test_a_turn_is_gone_on_with_on_another_worker_by_the_number_of_the_frame(
    candidate: Candidate, service: Service, other_worker: Service
) -> None:
    other_worker.script.speech = service.script.speech
    interview = await candidate.started()
    audio = spoken("A hash table stores each key in a bucket,") + silence(0.1) + spoken("so lookups are fast.")
    half = 3200 * 9
    async with speaking(candidate, interview["id"]) as first:
        await listening(first)
        await first.say(audio[:half])
        await first.acknowledged(9)
        unkept = first.number
    async with speaking(candidate, interview["id"], url=other_worker.url) as second:
        ready = await second.begin()
        assert ready["data"]["next_sequence"] == unkept == 10
        await second.say(audio[half:] + silence(1.0))
        assert await second.final() == "A hash table stores each key in a bucket, so lookups are fast."
        await second.until("feedback")
        assert "utterance_started" not in [one["type"] for one in second.heard[: second.heard.index(ready)]]
    assert len(service.script.evaluated) + len(other_worker.script.evaluated) == 1


async def test_a_turn_outlives_its_killed_worker(
    candidate: Candidate, service: Service, settings: Mapping[str, str]
) -> None:
    interview = await candidate.started()
    ai, port = await fakes.serve(service.script, "127.0.0.1:0")
    audio = spoken("A hash table stores each key.") + silence(0.4) + spoken("And lookups are fast.")
    try:
        async with (
            process({**settings, **TIMES, "VOICE_DONE_SECONDS": "30"}, f"127.0.0.1:{port}") as (worker, url),
            speaking(candidate, interview["id"], url=url) as doomed,
        ):
            await listening(doomed)
            await doomed.say(audio[:-3200])
            await doomed.acknowledged(doomed.number - 1)
            worker.send_signal(signal.SIGKILL)
            assert (await doomed.closed())[0] == 1006
        async with speaking(candidate, interview["id"]) as socket:
            assert (await socket.begin())["data"]["next_sequence"] == doomed.number
            await socket.say(audio[-3200:] + silence(1.0))
            assert await socket.final() == "A hash table stores each key. And lookups are fast."
            await socket.until("feedback")
    finally:
        await ai.stop(None)
    assert len(service.script.evaluated) == 1


@pytest.mark.parametrize("accepted", [False, True])
async def test_an_answer_that_was_being_handed_in_is_handed_in_once(
    candidate: Candidate, service: Service, accepted: bool
) -> None:
    interview = await candidate.started()
    voice, interview_id = service.core.voice, UUID(interview["id"])
    question = UUID(interview["current_question"]["id"])
    said = SpokenAnswer(uuid4(), question, ANSWER, SpokenTiming(2.0))
    await voice.buffer.take(interview_id, "gone")
    await voice.buffer.begin(interview_id, "gone", said.turn_id, question)
    await voice.buffer.hand_in(interview_id, "gone", said)
    await voice.buffer.leave(interview_id, "gone")
    async with speaking(candidate, interview["id"]) as socket:
        await socket.until("question")
        if accepted:
            await socket.asked("answer", "feedback", content=ANSWER, client_message_id=f"voice-{said.turn_id}")
        await socket.begin()
        if not accepted:
            assert (await socket.until("feedback"))["client_message_id"] == f"voice-{said.turn_id}"
        await socket.until("utterance_started", lambda one: one["data"]["subject"] == "question")
        await socket.reached("listening")
        await socket.say(spoken("And this is the next.") + silence(1.0))
        assert await socket.final() == "And this is the next."
        await socket.until("voice_turn")
    assert answers(service) == [ANSWER, "And this is the next."]


async def test_another_replica_goes_on_when_the_recognizer_dies_and_nothing_is_lost(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        service.script.speech.dies_after = 3200 * 20
        await socket.say(spoken(ANSWER) + silence(1.0))
        assert await socket.final() == ANSWER
        await socket.until("feedback")
        assert not [one for one in socket.heard if one["type"] == "error"]
    assert len(service.script.speech.configs) >= 2
    assert answers(service) == [ANSWER]


async def test_a_recognizer_that_is_away_is_told_of_and_waited_for(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        service.script.speech.fault, service.script.speech.failing = grpc.StatusCode.UNAVAILABLE, "TranscribeLive"
        await socket.say(spoken(ANSWER))
        error = await socket.until("error")
        assert (error["data"]["status"], error["data"]["code"]) == (503, "speech_unavailable")
        service.script.speech.fault = None
        await socket.say(silence(1.0))
        assert await socket.final() == ANSWER
        await socket.until("feedback")


async def test_only_one_connection_speaks_at_a_time(candidate: Candidate, other_worker: Service) -> None:
    interview = await candidate.started()
    async with (
        speaking(candidate, interview["id"]) as one,
        speaking(candidate, interview["id"], url=other_worker.url) as two,
    ):
        await listening(one)
        await two.until("question")
        error = await two.asked("audio_start", "error")
        assert (error["data"]["status"], error["data"]["code"]) == (409, "another_speaker")
        await two.frame(silence(0.1))
        assert (await two.until("error"))["data"]["code"] == "audio_not_started"
        await one.asked("audio_stop", "audio_stopped")
        await two.begin()


async def test_a_connection_that_died_without_a_sign_makes_place_for_the_next_one(
    candidate: Candidate, service: Service, other_worker: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_service.interviews.live.voice.hearing._ABANDONED_SECONDS", 0.1)
    interview = await candidate.started()
    async with (
        speaking(candidate, interview["id"]) as dead,
        speaking(candidate, interview["id"], url=other_worker.url) as alive,
    ):
        await listening(dead)
        await dead.say(spoken("It is"))
        await dead.acknowledged(dead.number - 1)
        await alive.send("audio_start")
        ready = await alive.until("audio_ready")
        assert ready["data"]["next_sequence"] == dead.number
        await dead.say(spoken("lost"))
        assert (await dead.until("audio_stopped"))["data"]["reason"] == "another_speaker"


async def test_without_a_recognizer_it_says_so_and_text_goes_on(candidate: Candidate, service: Service) -> None:
    service.script.speech.recognizer = ""
    service.core.live_speech._described = None
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await socket.until("question")
        error = await socket.asked("audio_start", "error")
        assert (error["data"]["status"], error["data"]["code"]) == (501, "no_recognizer")
        await socket.asked("answer", "feedback", content=ANSWER)
    service.core.live_speech._described = None


async def test_a_language_that_is_not_recognized_is_refused_and_another_one_taken(candidate: Candidate) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        error = await socket.asked("audio_start", "error", language="de")
        assert (error["data"]["status"], error["data"]["code"]) == (422, "language_unsupported")
        await socket.begin(language="en")
        await socket.reached("listening")
        await socket.say(spoken("It is fast."))
        await socket.send("speech_end")
        assert await socket.final() == "It is fast."


async def test_without_a_synthesizer_the_text_is_told(candidate: Candidate, service: Service) -> None:
    service.script.speech.synthesizer = ""
    service.core.live_speech._described = None
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        question = await socket.until("question")
        assert (await socket.begin())["data"]["synthesizer"] is None
        started = await socket.until("utterance_started")
        assert (started["data"]["text"], started["data"]["sample_rate"]) == (question["data"]["text"], None)
        await socket.reached("listening")
        await socket.say(spoken(ANSWER) + silence(1.0))
        assert (await socket.until("voice_turn"))["data"]["ttfb"] is None
    service.core.live_speech._described = None


async def test_a_typed_answer_is_replied_to_aloud(candidate: Candidate) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.send("answer", content=ANSWER)
        await socket.until("utterance_started", lambda one: one["data"]["subject"] == "feedback")
        await socket.until("utterance_started", lambda one: one["data"]["subject"] == "question")
        await socket.reached("listening")
        await socket.asked("request_next", "utterance_started")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "audio_empty"),
        (b"\x00\x00\x00\x01", "audio_empty"),
        (b"\x00\x00\x00\x00\x01\x02", "audio_damaged"),
        (b"\x00\x00\x00\x01\x01", "audio_damaged"),
        (b"\x00\x00\x00\x01" + bytes(32_002), "audio_too_long"),
        (b"\x00\x00\x00\x01RIFF\x24\x00\x00\x00WAVEfmt ", "audio_not_pcm"),
        (b"\x00\x00\x00\x01\x1a\x45\xdf\xa3webm", "audio_not_pcm"),
    ],
)
async def test_bad_audio_gets_an_error_and_the_interview_goes_on(candidate: Candidate, frame: bytes, code: str) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.connection.send(frame)
        assert (await socket.until("error"))["data"]["code"] == code
        await socket.say(spoken("It is fast.") + silence(1.0))
        assert await socket.final() == "It is fast."
        await socket.until("feedback")


async def test_a_frame_over_the_limit_closes_the_socket(candidate: Candidate) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await socket.begin()
        await socket.connection.send(bytes(MAX_FRAME_BYTES + 1))
        assert (await socket.closed())[0] == 1009


@pytest.mark.parametrize("rate", [0, -1, 7999, 48_001, 10**12, "16000", 16000.5, None])
async def test_a_sample_rate_that_no_microphone_has_is_refused(candidate: Candidate, rate: Any) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        error = await socket.asked("audio_start", "error", sample_rate=rate)
        assert error["data"]["code"] == "validation_failed"


async def test_what_was_said_aloud_goes_with_the_interview(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.say(spoken(ANSWER) + silence(1.0))
        await socket.until("voice_turn")
        await service.core.database.fetch("DELETE FROM interviews WHERE id = $1", interview["id"])
        assert (await socket.closed())[0] == 4404
    for table in ("interviewer_utterances", "voice_turns"):
        rows = await service.core.database.fetch(f"SELECT 1 FROM {table} WHERE interview_id = $1", interview["id"])
        assert not rows


async def test_the_latency_of_turns_is_measured(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    async with speaking(candidate, interview["id"]) as socket:
        await listening(socket)
        await socket.say(spoken(ANSWER) + silence(1.0))
        turn = (await socket.until("voice_turn"))["data"]
    assert turn["end_of_utterance_delay"] >= 0.05
    assert turn["spoken_seconds"] == pytest.approx(0.2 * len(ANSWER.split()))
    metrics = (await candidate.http.get(f"{service.url}/metrics")).text
    for name in ("end_of_utterance_delay", "transcription_delay", "ttft", "ttfb"):
        assert f"voice_{name}_seconds_count" in metrics
