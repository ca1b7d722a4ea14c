from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from ai_service.errors import QuestionsExhausted
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.interview import Difficulty, Domain, InterviewContext, QuestionKind, Turn
from ai_service.interviewing.questions import Questions
from tests.ai_service.interviews import all_missed, context, turn


@pytest.fixture(scope="module")
def questions(bank: Bank) -> Questions:
    return Questions(bank, load_composition())


def _play(
    questions: Questions, interview: InterviewContext, scores: Sequence[float], seen: list[str] | None = None
) -> list[Turn]:
    """An interview in which every point is covered, so that no follow-up is asked."""
    asked = list(seen or [])
    turns: list[Turn] = []
    for score in scores:
        chosen = questions.next(interview, turns, asked)
        asked.append(chosen.question.key)
        turns.append(turn(chosen.question, score))
    return turns


@pytest.mark.parametrize("domain", list(Domain))
def test_every_domain_starts_at_the_chosen_difficulty(questions: Questions, domain: Domain) -> None:
    for difficulty in (Difficulty.EASY, Difficulty.HARD):
        question = questions.next(context(domain, difficulty), [], []).question
        assert question.difficulty is difficulty
        assert question.kind is QuestionKind.MAIN


@pytest.mark.parametrize("domain", list(Domain))
def test_no_question_is_repeated_until_all_were_asked(questions: Questions, bank: Bank, domain: Domain) -> None:
    shares = load_composition().shares(context(domain))
    everything = {entry.question.key for share_of in shares for entry in bank.by_source[share_of]}
    seen: list[str] = []
    for number in range(len(everything)):
        interview = context(domain, list(Difficulty)[number % 4], interview_id=f"interview-{number}")
        seen.append(questions.next(interview, [], seen).question.key)
    assert set(seen) == everything


def test_after_exhaustion_the_least_often_and_then_the_least_recently_asked_comes(
    questions: Questions, bank: Bank
) -> None:
    keys = [entry.question.key for entry in bank.by_domain[Domain.HLD]]
    seen = [*keys[5:], *keys[:5], *keys[5:]]
    for expected in keys[:5]:
        chosen = questions.next(context(Domain.HLD), [], seen)
        assert chosen.question.key == expected
        seen.append(expected)
    assert questions.next(context(Domain.HLD), [], seen).question.key == keys[5]


def test_a_turn_counts_as_asked_where_the_seen_keys_lack_it(questions: Questions) -> None:
    interview = context()
    turns: list[Turn] = []
    for _ in range(20):
        turns.append(turn(questions.next(interview, turns, []).question))
    keys = [asked.question.key for asked in turns]
    assert len(set(keys)) == len(keys)


def test_the_same_request_gives_the_same_question(questions: Questions, bank: Bank) -> None:
    again = Questions(bank, load_composition())
    turns = _play(questions, context(), [50.0, 70.0])
    first = questions.next(context(), turns, ["dsa-lru-cache"])
    assert again.next(context(), turns, ["dsa-lru-cache"]) == first


def test_interviews_begin_differently(questions: Questions) -> None:
    first = {questions.next(context(interview_id=f"interview-{number}"), [], []).question.key for number in range(30)}
    assert len(first) >= 6


def test_good_answers_raise_the_difficulty_step_by_step(questions: Questions) -> None:
    ranks = [played.question.difficulty.rank for played in _play(questions, context(), [95.0] * 6)]
    assert ranks[:2] == [1, 2]
    assert all(after - before in (0, 1) for before, after in pairwise(ranks))
    assert ranks[-2:] == [3, 3]


def test_bad_answers_lower_the_difficulty(questions: Questions) -> None:
    interview = context(difficulty=Difficulty.EXPERT)
    ranks = [played.question.difficulty.rank for played in _play(questions, interview, [5.0] * 6)]
    assert ranks[0] == 3
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[-1] == 0


def test_fitting_answers_keep_the_difficulty(questions: Questions) -> None:
    turns = _play(questions, context(difficulty=Difficulty.HARD), [62.0, 58.0, 60.0, 61.0])
    assert {played.question.difficulty for played in turns} == {Difficulty.HARD}


@pytest.mark.parametrize("domain", [Domain.DSA, Domain.CS_FUNDAMENTALS, Domain.LLD, Domain.HLD])
def test_topics_are_covered_before_one_comes_again(questions: Questions, domain: Domain) -> None:
    for number in range(10):
        interview = context(domain, interview_id=f"interview-{number}")
        topics = [played.question.topic for played in _play(questions, interview, [60.0] * 5)]
        assert len(set(topics)) == len(topics)


def test_a_weak_topic_comes_back_when_the_others_are_covered(questions: Questions, bank: Bank) -> None:
    cell = bank.cell(Domain.DSA, Difficulty.MEDIUM)
    by_topic = {entry.question.topic: entry.question for entry in bank.by_domain[Domain.DSA]}
    by_topic.update({entry.question.topic: entry.question for entry in cell})
    counts = Counter(entry.question.topic for entry in bank.by_domain[Domain.DSA])
    weak = next(topic for topic, count in counts.most_common() if by_topic[topic].difficulty is Difficulty.MEDIUM)
    turns = [turn(by_topic[weak], 0.0)]
    turns += [turn(question, 65.0) for topic, question in by_topic.items() if topic != weak]
    chosen = [
        questions.next(context(interview_id=f"interview-{number}"), turns, []).question.topic for number in range(20)
    ]
    assert chosen.count(weak) >= 15


def test_focus_areas_lead_to_their_topics(questions: Questions, bank: Bank) -> None:
    for focus, domain in (
        ("graphs", Domain.DSA),
        ("Caching and CDNs", Domain.HLD),
        ("indexes", Domain.CS_FUNDAMENTALS),
    ):
        interview = context(domain, focus_areas=(focus,))
        question = questions.next(interview, [], []).question
        title = bank.topic[question.domain, question.topic].title.lower()
        assert focus.lower().rstrip("es")[:5] in title


def test_skills_lead_to_their_topics_and_focus_areas_go_first(questions: Questions) -> None:
    with_skill = questions.next(context(skills=("dynamic programming",)), [], []).question
    assert "dynamic" in with_skill.topic_title.lower()
    with_both = questions.next(context(skills=("dynamic programming",), focus_areas=("graphs",)), [], [])
    assert "graph" in with_both.question.topic_title.lower()


def test_situational_and_hr_interviews_ask_their_own_questions(questions: Questions) -> None:
    for domain in (Domain.SITUATIONAL, Domain.HR):
        turns = _play(questions, context(domain), [60.0] * 4)
        assert {played.question.domain for played in turns} == {domain}


def _sources(bank: Bank, questions: Questions, role: str) -> Counter[str]:
    turns = _play(questions, context(Domain.ROLE, job_role=role, question_limit=20), [60.0] * 20)
    return Counter(bank.by_key[played.question.main_key].source for played in turns)


def test_a_role_without_details_is_asked_the_default_mix(bank: Bank, questions: Questions) -> None:
    assert _sources(bank, questions, "").keys() <= load_composition().role_default.keys()


@pytest.mark.parametrize(
    ("role", "most"),
    [
        ("Engineering Manager", "role/engineering_management"),
        ("Senior iOS developer", "role/mobile"),
        ("SRE", "role/devops_sre"),
        ("Machine Learning Engineer", "role/machine_learning"),
        ("Data Scientist", "role/data_science"),
        ("QA automation", "role/qa"),
        ("Software architect", "hld"),
    ],
)
def test_a_role_is_composed_to_fit_it(bank: Bank, questions: Questions, role: str, most: str) -> None:
    assert _sources(bank, questions, role).most_common(1)[0][0] == most


@pytest.mark.parametrize(
    ("fields", "source", "least"),
    [
        ({"job_role": "Frontend Developer", "focus_areas": ("system design",)}, "hld", 2),
        ({"job_role": "Backend Engineer", "focus_areas": ("Kubernetes",)}, "role/devops_sre", 2),
        ({"job_role": "Backend Engineer", "skills": ("react", "css", "typescript")}, "role/backend", 8),
        ({"job_role": "Software Engineer", "skills": ("react", "css")}, "role/frontend", 8),
        ({"job_role": "Software Engineer", "job_description": "You run Terraform and Linux."}, "role/devops_sre", 8),
        ({"job_role": "Software Engineer", "resume": "Data pipelines with Airflow."}, "role/data_engineering", 8),
        ({"job_role": "Data Scientists"}, "role/data_science", 8),
        ({"job_role": "Data Scientist", "focus_areas": ("SQL", "Python")}, "role/backend", 0),
        ({"job_role": "Data Scientist", "focus_areas": ("REST API",)}, "role/backend", 2),
    ],
)
def test_role_skills_focus_description_and_resume_each_shape_the_mix(
    bank: Bank, questions: Questions, fields: dict[str, Any], source: str, least: int
) -> None:
    interview = replace(context(Domain.ROLE, question_limit=20), **fields)
    played = _play(questions, interview, [60.0] * 20)
    asked = Counter(bank.by_key[one.question.main_key].source for one in played)[source]
    assert asked >= least if least else asked == 0


def test_a_focus_area_comes_first_in_an_interview_for_a_role(questions: Questions) -> None:
    def firsts(*focus: str) -> Counter[str]:
        interviews = [
            context(Domain.ROLE, job_role="Backend Engineer", focus_areas=focus, interview_id=f"i-{number}")
            for number in range(20)
        ]
        return Counter(questions.next(one, [], []).question.topic for one in interviews)

    assert firsts("Distributed-systems basics")["distributed"] >= 10 > firsts()["distributed"]
    assert firsts("Authentication")["backend_security"] >= 10 > firsts()["backend_security"]


def test_a_focus_area_that_only_the_next_difficulty_serves_is_asked_all_the_same(questions: Questions) -> None:
    served = 0
    for number in range(10):
        wish = context(
            Domain.ROLE, job_role="Frontend Developer", focus_areas=("accessibility",), interview_id=f"i-{number}"
        )
        played = _play(questions, wish, [65.0] * 4)
        assert all(abs(one.question.difficulty.rank - Difficulty.MEDIUM.rank) <= 1 for one in played)
        served += any(one.question.topic == "frontend_accessibility" for one in played)
    assert served == 10


def test_a_word_inside_another_is_no_keyword() -> None:
    shares = load_composition().shares(context(Domain.ROLE, job_role="Rapid prototyping, disrespectful"))
    assert shares == load_composition().role_default


def test_a_job_description_leads_to_what_it_names(questions: Questions) -> None:
    text = "You will own our rate limiting, load balancing and API gateways for global traffic. " * 20
    picked = [
        questions.next(
            context(Domain.ROLE, job_role="Software architect", job_description=text, interview_id=f"i-{number}"),
            [],
            [],
        ).question
        for number in range(20)
    ]
    on_topic = [question for question in picked if question.topic == "traffic_apis"]
    assert len(on_topic) >= 10


@pytest.mark.parametrize("told", ["resume", "job_description"])
@pytest.mark.parametrize(
    ("domain", "text", "topic"),
    [
        (Domain.DSA, "Wrote route planning with graph algorithms: shortest paths, minimum spanning trees.", "graphs"),
        (Domain.CS_FUNDAMENTALS, "Tuned indexes and query plans of PostgreSQL for a year.", "indexing"),
    ],
)
def test_what_a_resume_or_a_description_names_is_asked_more_often(
    questions: Questions, domain: Domain, text: str, topic: str, told: str
) -> None:
    def on_topic(**fields: Any) -> int:
        contexts = [replace(context(domain, interview_id=f"i-{number}"), **fields) for number in range(40)]
        return sum(questions.next(one, [], []).question.topic == topic for one in contexts)

    plain = on_topic()
    assert on_topic(**{told: text}) >= max(2 * plain, 10)
    assert on_topic(**{told: "I enjoy music and long walks with my dog."}) <= plain + 10


@pytest.mark.parametrize("told", ["resume", "job_description"])
def test_a_role_without_a_name_is_composed_by_what_the_texts_tell(told: str) -> None:
    known: dict[str, Any] = {told: "Swift and Kotlin apps for iOS and Android, and some SQL."}
    one = replace(context(Domain.ROLE), **known)
    assert load_composition().shares(one)["role/mobile"] > 0.5
    named = replace(one, job_role="Data scientist")
    assert "role/mobile" not in load_composition().shares(named)


def test_an_empty_bank_has_nothing_to_ask() -> None:
    empty = Questions(Bank((), (), "none"), load_composition())
    with pytest.raises(QuestionsExhausted, match="lld"):
        empty.next(context(Domain.LLD), [], [])


def test_the_rationale_names_what_it_was_decided_by(questions: Questions) -> None:
    turns = [turn(questions.next(context(), [], []).question, 10.0)]
    rationale = questions.next(context(), turns, []).rationale
    assert "ability" in rationale
    assert "unseen" in rationale
    missed = turns[0].question
    probing = questions.next(context(), [turn(missed, 40.0, statuses=all_missed(missed))], []).rationale
    assert missed.key in probing
