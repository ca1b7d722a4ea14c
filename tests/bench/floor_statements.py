"""The floor's SQL: what taking an answer and reading have to do in the database, and nothing that could be left out."""

# $1 interview, $2 user, $3 lease, $4 answer, $5 content.
CLAIM = """
WITH interview AS (
  UPDATE interviews
  SET lease_token = $3, lease_until = now() + interval '6 seconds', last_activity_at = now()
  WHERE id = $1 AND user_id = $2 AND state = 'in_progress' AND (lease_until IS NULL OR lease_until <= now())
  RETURNING current_question_id, questions_asked
), answer AS (
  INSERT INTO answers (id, user_id, interview_id, question_id, content)
  SELECT $4, $2, $1, current_question_id, $5 FROM interview
)
SELECT i.questions_asked, q.text, q.points, q.reference_answer
FROM interview i JOIN questions q ON q.id = i.current_question_id
"""

# $1 interview, $2 user, $3 lease, $4 answer, $5 score, $6 evaluation, $7 next question, $8 its number, $9 its key,
# $10 text, $11 points, $12 reference answer.
RECORD = """
WITH interview AS (
  UPDATE interviews
  SET lease_token = NULL, lease_until = NULL, last_activity_at = now(), answers_recorded = answers_recorded + 1,
      current_question_id = $7, questions_asked = $8
  WHERE id = $1 AND user_id = $2 AND lease_token = $3
  RETURNING id, domain, difficulty
), answer AS (
  UPDATE answers SET evaluated_at = now(), score = $5, evaluation = $6 FROM interview WHERE answers.id = $4
), question AS (
  INSERT INTO questions (id, user_id, interview_id, number, key, repeat, text, kind, parent_key, probed_point_id,
                         domain, difficulty, topic, topic_title, points, reference_answer, time_limit_seconds, source,
                         asked_at)
  SELECT $7, $2, id, $8, $9, 0, $10, 'main', '', '', domain, difficulty, 'hash_tables', 'Hash tables', $11, $12, 180,
         'bank', now()
  FROM interview
)
SELECT true FROM interview
"""

# $1 user, $2 interview.
TRANSCRIPT = """
SELECT (to_jsonb(i) || jsonb_build_object('transcript', (
         SELECT jsonb_agg(to_jsonb(q) || jsonb_build_object('answer', to_jsonb(a)) ORDER BY q.number)
         FROM questions q LEFT JOIN answers a ON a.question_id = q.id WHERE q.interview_id = i.id)))::text
FROM interviews i WHERE i.id = $2 AND i.user_id = $1
"""

# $1 user, $2 interview.
RESULT = """
SELECT (to_jsonb(i) || jsonb_build_object('report', r.report))::text
FROM interviews i JOIN reports r ON r.interview_id = i.id WHERE i.id = $2 AND i.user_id = $1
"""

# $1 user.
LIST = """
SELECT jsonb_agg(to_jsonb(i))::text
FROM (SELECT * FROM interviews WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 21) i
"""

# $1 user.
PROFILE = "SELECT to_jsonb(u)::text FROM users u WHERE id = $1"
