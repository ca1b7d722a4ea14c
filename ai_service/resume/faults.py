"""Why a resume is not read."""

from ai_service.errors import Fault, FaultKind

MOST_BYTES = 10 * 1024 * 1024
"""The largest file that is read."""

_MESSAGES = {
    "RESUME_EMPTY": "the file is empty; send one with text in it",
    "RESUME_TOO_LARGE": f"the file is larger than {MOST_BYTES} bytes (10 MiB); send a smaller one",
    "RESUME_UNSUPPORTED": "the file is neither PDF nor DOCX nor plain text; save it as one of them",
    "RESUME_ENCRYPTED": "the file asks for a password; save it without one",
    "RESUME_DAMAGED": "the file is cut off or damaged; save it anew",
    "RESUME_NO_TEXT": "no text was found in the file, as in a scan; save it from the program that it was written in",
    "RESUME_TOO_COMPLEX": (
        "reading the file takes more time, memory, pages or unpacked bytes than a resume needs; "
        "save it anew as a plain document of at most 50 pages"
    ),
}


class UnreadableResume(Fault):
    """The file is at fault; `reason` is one of those in resume.proto."""

    def __init__(self, reason: str) -> None:
        super().__init__(FaultKind.INVALID_ARGUMENT, reason, _MESSAGES[reason])


class ResumesBusy(Fault):
    """As many files are being read, and wait to be, as may."""

    def __init__(self) -> None:
        super().__init__(FaultKind.RESOURCE_EXHAUSTED, "RESUMES_BUSY", "many resumes are being read; try again shortly")
