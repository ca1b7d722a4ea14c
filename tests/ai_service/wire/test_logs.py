import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

FAILING = """
import structlog
from ai_service.wire.logs import configure_logs

def grade(answer):
    raise ValueError("cannot be graded")

configure_logs("INFO")
try:
    grade(answer="what the candidate" + " said")
except ValueError:
    structlog.get_logger().exception("defect")
"""


def test_a_traceback_shows_where_it_happened_and_no_values() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    line = json.loads(done.stderr)
    assert line["exception"][0]["exc_value"] == "cannot be graded"
    assert line["exception"][0]["frames"][-1]["name"] == "grade"
    assert "what the candidate said" not in done.stderr
