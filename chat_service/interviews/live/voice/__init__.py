"""Live interviews by voice: what is heard becomes an answer, and what the interviewer says is spoken."""
