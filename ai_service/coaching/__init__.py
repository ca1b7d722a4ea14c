"""Coaching: an answer read by a framework, and questions to practise with."""
