"""Deeds: what somebody says that he did, by the verbs of the first person."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ai_service.coaching.frameworks import read_data

_ADVERBS = (
    r"(?:(?:\w+ly|then|also|first|even|just|next|therefore|later|finally|soon|once|both|all|immediately)\s+){0,3}"
)


@dataclass(frozen=True, slots=True)
class Deeds:
    """How many steps a sentence tells, and how many of them with "I" as their subject."""

    steps: int
    own: int


def deeds_in(sentence: str) -> Deeds:
    """The deeds of a sentence: "I" or "we" with a verb of the past (or "would" and a verb), and the verbs joined to it.

    Verbs joined by commas and "and" have the subject of the verb before. Verbs that tell no step, such as "needed" or
    "worked", count as none.
    """
    subject, joined, no_deeds = _patterns()
    steps = own = 0
    plain = sentence.replace("’", "'")
    starts = list(subject.finditer(plain))
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(plain)
        verbs = [start["verb"] or start["infinitive"] or ""]
        if start["verb"]:
            verbs += [one["verb"] for one in joined.finditer(plain, start.end(), end)]
        told = sum(bool(verb) and verb.lower() not in no_deeds for verb in verbs)
        steps += told
        own += told if start["subject"].lower() == "i" else 0
    return Deeds(steps, own)


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str]]:
    data = read_data("deeds.yaml")
    past = rf"(?:\w{{2,}}ed|{'|'.join(map(re.escape, data['irregular']))})"
    subject = re.compile(
        rf"(?<![\w'])(?P<subject>i|we)(?:'d|'ll|'ve)?\s+{_ADVERBS}"
        rf"(?:(?:would|will|could|can)\s+{_ADVERBS}(?P<infinitive>\w+)|(?:have\s+|had\s+|did\s+)?(?P<verb>{past})(?!\w))",
        re.IGNORECASE,
    )
    joined = re.compile(
        rf"(?:,\s*(?:and\s+|then\s+|and\s+then\s+)?|\s(?:and|then|before)\s+){_ADVERBS}(?P<verb>{past})(?!\w)",
        re.IGNORECASE,
    )
    return subject, joined, frozenset(data["no_deeds"])
