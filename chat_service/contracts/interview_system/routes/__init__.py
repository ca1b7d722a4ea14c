"""The endpoints of contract 004, below its published base path."""

from chat_service.contracts.interview_system.routes import feedback, questions, recordings, sessions, users

routers = tuple(one.router for one in (questions, recordings, sessions, users, feedback))
