"""Resumes: text out of a file of any origin, and what questions can be fitted to out of the text."""
