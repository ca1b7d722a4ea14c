"""Measures the services beside a floor: the least code that does the same physical work.

answer      POST /interviews/{id}/messages at 1, 16 and 64 connections
reads       the read endpoints at 16 connections
login       POST /auth/login
analytics   /admin/analytics and /analytics/me with up to a million interviews in the database
evaluation  the built-in grader
voice       live interviews by voice at 1, 5 and 20 sessions, without the models' time; voice activity
cutoff      false cut-offs of speech with pauses, against the delay after its end

Everything runs on this machine with real servers in a temporary folder. Throughput and latency depend on the machine
and on what else it does; the ratios to the floor of the same run are what can be compared.
"""

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from tests.bench import analytics, answering, cutoff, evaluation, login, reading, tables, voice
from tests.bench.comparison import Effort
from tests.bench.jobs import BenchError
from tests.bench.processes import require_proc
from tests.bench.stage import set_up

_PARTS = ("answer", "reads", "login", "analytics", "evaluation", "voice", "cutoff")
_ResultT = TypeVar("_ResultT")
_LIMITS = ("AUTHENTICATION", "START", "ANSWERS", "OTHER")


def main() -> int:
    """Runs the chosen parts; 1 when one could not be measured."""
    chosen = _arguments()
    # So that the servers are stopped and their folder removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    effort = Effort(chosen.rounds, chosen.requests, chosen.seconds)
    settings = _settings(limited=chosen.rate_limits)
    results: dict[str, Any] = {"machine": _machine(), "effort": asdict(effort), "settings": settings}
    parts = chosen.parts or _PARTS
    try:
        require_proc()
        if {"answer", "reads", "login"} & set(parts):
            results |= _on_stage(parts, settings, effort)
        if "analytics" in parts:
            _title("analytics: one connection")
            grown = _each(analytics.measure(settings, effort, chosen.sizes))
            print(tables.analytics(grown))
            results["analytics"] = [asdict(one) for one in grown]
        if "evaluation" in parts:
            _title("evaluation: the built-in grader")
            graded = evaluation.measure()
            print(tables.evaluation(graded))
            results["evaluation"] = asdict(graded)
        if "voice" in parts:
            results |= _voice(settings, effort, chosen.sessions)
        if "cutoff" in parts:
            _title("cutoff: two parts of speech with a pause between them, silero and turn-taking as they are")
            cuts = _each(cutoff.measure())
            print(tables.cutoff(cuts))
            results["cutoff"] = [asdict(one) for one in cuts]
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    return 0


def _on_stage(parts: Sequence[str], settings: Mapping[str, str], effort: Effort) -> dict[str, Any]:
    results: dict[str, Any] = {}
    with set_up(settings) as stage:
        if "answer" in parts:
            _title(f"answers: POST /interviews/{{id}}/messages, {stage.payload.sizes}")
            answers = _each(answering.measure(stage, effort))
            print(tables.comparisons(answers))
            print(tables.answer_targets(answers))
            results["answer"] = [asdict(one) for one in answers]
        if "reads" in parts:
            _title("reads")
            reads = _each(reading.measure(stage, effort))
            print(tables.comparisons(reads))
            results["reads"] = [asdict(one) for one in reads]
        if "login" in parts:
            _title("logins: POST /auth/login")
            logins = _each(login.measure(stage, effort))
            print(tables.logins(logins))
            results["login"] = [asdict(one) for one in logins]
    return results


def _voice(settings: Mapping[str, str], effort: Effort, sessions: Sequence[int]) -> dict[str, Any]:
    _title("voice: from the end of speech, spoken in real time, to its words and to the reply, models without time")
    share = voice.activity_share(effort.rounds)
    print(tables.activity(share))
    spoken = _each(voice.measure(settings, effort.rounds, sessions))
    print(tables.voice(spoken))
    return {"activity": share, "voice": [asdict(one) for one in spoken]}


def _each(results: Iterable[_ResultT]) -> list[_ResultT]:
    """All results, with a sign of life for each."""
    taken = []
    for one in results:
        taken.append(one)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return taken


def _settings(*, limited: bool) -> Mapping[str, str]:
    if not limited:
        return {"RATE_LIMITS": "off"}
    return {"RATE_LIMITS": "on", **{f"RATE_LIMIT_{name}": "100000000" for name in _LIMITS}}


def _machine() -> Mapping[str, str]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.2f}",
    }


def _title(text: str) -> None:
    print(f"\n{text}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=_PARTS, metavar="PART", help="what to measure; everything if none")
    parser.add_argument("--rounds", type=_positive, default=7, help="how often each is measured (7); medians are shown")
    parser.add_argument("--requests", type=_positive, default=1000, help="most requests of a round (1000)")
    parser.add_argument("--seconds", type=_positive, default=8, help="longest round (8)")
    parser.add_argument(
        "--sizes", type=_sizes, default=analytics.SIZES, help="interviews for analytics (1000,100000,...)"
    )
    parser.add_argument("--sessions", type=_sizes, default=voice.SESSIONS, help="sessions for voice (1,5,20)")
    parser.add_argument(
        "--rate-limits", action="store_true", help="count requests as in production, without refusing any"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file, too")
    return parser.parse_args()


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _sizes(text: str) -> Sequence[int]:
    return [_positive(part) for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
