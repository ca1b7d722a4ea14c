"""The program that recognizes speech by pocketsphinx: `python -I sphinx_worker.py`.

A process of its own, because pocketsphinx holds Python's lock while it works. It reads utterances (four bytes of
length, little endian, and samples of 16 bits in the machine's order at 16,000 Hz) and answers each with four bytes of
length and a JSON list of words: [text, first frame, last frame, confidence]. It imports nothing of the service.
"""

import json
import re
import struct
import sys
from typing import Any

SAMPLE_RATE = 16_000
FRAMES_A_SECOND = 100
LENGTH = struct.Struct("<I")

# The ending of an alternative pronunciation, as in "when(2)".
_ALTERNATIVE = re.compile(r"\(\d+\)$")
# Silence and noises, such as <sil>, [NOISE] and ++UH++.
_NO_WORD = ("<", "[", "+")


def words_in(decoder: Any, audio: bytes) -> list[tuple[str, int, int, float]]:
    """The words of one utterance, which is decoded as a whole so that what came before it has no part in it."""
    decoder.start_stream()
    decoder.start_utt()
    decoder.process_raw(audio, no_search=False, full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return []
    return [
        (_ALTERNATIVE.sub("", one.word), one.start_frame, one.end_frame, min(1.0, max(0.0, one.prob)))
        for one in decoder.seg()
        if not one.word.startswith(_NO_WORD)
    ]


def main() -> int:
    """Answer for utterances until the input ends."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=float(SAMPLE_RATE), loglevel="FATAL")
    read, write = sys.stdin.buffer, sys.stdout.buffer
    while head := read.read(LENGTH.size):
        answer = json.dumps(words_in(decoder, read.read(*LENGTH.unpack(head)))).encode()
        write.write(LENGTH.pack(len(answer)) + answer)
        write.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
