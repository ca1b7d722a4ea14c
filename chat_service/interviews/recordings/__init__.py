"""Recorded answers and their transcripts."""
