"""Coaching outside of interviews."""
