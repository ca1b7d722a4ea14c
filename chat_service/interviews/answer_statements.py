"""The two statements of the hot path. Each is one round trip and one transaction."""

from chat_service.interviews.history import PAST_TURNS, SEEN_KEYS, SEEN_TEXTS
from chat_service.interviews.leases import LEASE_SECONDS

_CLAIMED = f"""SELECT i.id, i.domain, i.difficulty, i.question_limit, i.questions_asked, i.answers_recorded, i.job_role,
       i.job_description, i.resume, i.focus_areas, i.skills, i.experience_level, i.target_company, i.years_experience,
       i.prepared, i.follow_ups, {{question}} AS question_id, claimed.submitted_at, claimed.shown_at,
       claimed.time_spent_seconds,
       q.number, q.key, q.text, q.kind, q.parent_key, q.probed_point_id, q.domain AS question_domain,
       q.difficulty AS question_difficulty, q.topic, q.topic_title, q.points, q.reference_answer,
       q.time_limit_seconds, q.source, q.asked_at, q.category, q.round_id,
       ({PAST_TURNS.format(interview="i.id", current="{question}")}) AS turns,
       ({SEEN_KEYS.format(user="$2", domain="i.domain", every="i.prepared")}) AS seen,
       ({SEEN_TEXTS.format(user="$2", interview="i.id")}) AS seen_texts"""

# $1 interview, $2 user, $3 lease, $4 answer, $5 digest (null for a short text), $6 question or null, $7 content,
# $8 seconds spent as the client tells it, or null, $9 times of a spoken answer's words, or null.
# Takes the lease and accepts the answer if nothing stands in the way; else gives no row and changes nothing.
# After waiting for another transaction the question's row may not be in this statement's snapshot: its columns are
# null then, though the answer is accepted.
CLAIM = f"""
WITH interview AS (
  UPDATE interviews
  SET lease_token = $3, lease_until = now() + interval '{LEASE_SECONDS} seconds', last_activity_at = now()
  WHERE id = $1 AND user_id = $2 AND state = 'in_progress' AND current_question_id IS NOT NULL
    AND (lease_until IS NULL OR lease_until <= now())
    AND ($6::uuid IS NULL OR current_question_id = $6)
    AND ($6::uuid IS NOT NULL OR $5::bytea IS NULL OR last_answer_digest IS DISTINCT FROM $5)
    AND NOT EXISTS (SELECT FROM answers WHERE question_id = current_question_id)
  RETURNING *
), answer AS (
  INSERT INTO answers (id, user_id, interview_id, question_id, content, time_spent_seconds, spoken, shown_at)
  SELECT $4, user_id, id, current_question_id, $7, $8, $9, turn_began_at FROM interview
  RETURNING submitted_at, shown_at, time_spent_seconds
)
{_CLAIMED.format(question="i.current_question_id")}
FROM interview i CROSS JOIN answer claimed LEFT JOIN questions q ON q.id = i.current_question_id
"""  # noqa: S608 - only constants are put in

# $1 interview, $2 user, $3 answer. What CLAIM gives, for an answer that has been accepted already.
LOAD = f"""
{_CLAIMED.format(question="claimed.question_id")}, claimed.content, claimed.spoken
FROM answers claimed
JOIN interviews i ON i.id = claimed.interview_id JOIN questions q ON q.id = claimed.question_id
WHERE claimed.id = $3 AND i.id = $1 AND i.user_id = $2
"""

_FIRST_OPEN = """
SELECT {columns} FROM questions q
WHERE q.interview_id = $1 AND NOT q.closed AND q.id <> {answered}
  AND NOT EXISTS (SELECT FROM answers a WHERE a.question_id = q.id AND a.evaluated_at IS NOT NULL)
ORDER BY q.number LIMIT 1
"""

# $1 interview, $2 user, $3 lease, $4 answer, $5 score, $6 evaluation, $7 point statuses, $8 digest, $9 question limit,
# $10 next question or null and $11 to $29 its columns, $30 idempotency key or null, $31 reply.
# Gives one row if the lease still held; else changes nothing. An interview may be completed before its last answer is
# graded. The current question of a prepared interview is its first
# open one, before a new one: nobody else adds or answers a question while the lease is held.
RECORD = f"""
WITH interview AS (
  UPDATE interviews
  SET lease_token = NULL, lease_until = NULL, last_activity_at = now(), last_answer_digest = $8,
      answers_recorded = answers_recorded + 1, question_limit = $9, turn_began_at = now(),
      questions_asked = questions_asked + ($10::uuid IS NOT NULL)::int,
      current_question_id = CASE WHEN state = 'completed' THEN NULL WHEN prepared THEN coalesce(
        ({_FIRST_OPEN.format(columns="q.id", answered="(SELECT question_id FROM answers WHERE id = $4)")}), $10
      ) ELSE $10 END
  WHERE id = $1 AND user_id = $2 AND lease_token = $3 AND state IN ('in_progress', 'completed')
  RETURNING id
), answer AS (
  UPDATE answers SET evaluated_at = now(), score = $5, evaluation = $6, point_statuses = $7
  FROM interview WHERE answers.id = $4 AND answers.evaluation IS NULL
), question AS (
  INSERT INTO questions (id, user_id, interview_id, number, key, repeat, text, kind, parent_key, probed_point_id,
                         domain, difficulty, topic, topic_title, points, reference_answer, time_limit_seconds, source,
                         asked_at, category, round_id, prompted_by)
  SELECT $10, $2, id, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22::jsonb, $23, $24, $25, $26, $27, $28,
         $29
  FROM interview WHERE $10::uuid IS NOT NULL
), reply AS (
  UPDATE idempotency_keys SET reply = $31
  FROM interview WHERE idempotency_keys.user_id = $2 AND idempotency_keys.key = $30
)
SELECT true FROM interview
"""  # noqa: S608 - only constants are put in

# $1 interview, $2 the question that is being answered: the first question that is open beside it, and how many are.
NEXT_OPEN = _FIRST_OPEN.format(
    columns="q.*, count(*) OVER () AS open_questions, "
    "(SELECT m.id FROM questions m WHERE m.interview_id = $1 AND m.key = q.parent_key) AS main",
    answered="$2",
)

# The columns of RECORD from $10 on.
CHOSEN_COLUMNS = (
    "id",
    "number",
    "key",
    "repeat",
    "text",
    "kind",
    "parent_key",
    "probed_point_id",
    "domain",
    "difficulty",
    "topic",
    "topic_title",
    "points",
    "reference_answer",
    "time_limit_seconds",
    "source",
    "asked_at",
    "category",
    "round_id",
    "prompted_by",
)
