#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine in another language and with exact arithmetic.

Prints the literals of known_answers.rs and of the cutoff table's test. With --check it looks for each of them in those
files instead, and exits with status 1 if one is missing: after a change of the mixer or of the claims, run it without
--check and put what it prints into the tests.
"""

import hashlib
import pathlib
import sys
from decimal import Decimal, getcontext
from math import ceil, comb

MASK = (1 << 64) - 1
SPREAD, FOLD, TWIST = 0x9E3779B97F4A7C15, 0xB7E151628AED2A6B, 0xBB67AE8584CAA73B
START = 0x243F6A8885A308D3


def rotate_left(value, count):
    count %= 64
    return ((value << count) | (value >> (64 - count))) & MASK


class Mixer:
    def __init__(self):
        self.state = START

    def absorb(self, delta):
        state = (self.state ^ delta) * SPREAD & MASK
        state ^= state >> 32
        self.state = rotate_left(state, 23)

    def word(self):
        word = self.state
        word ^= word >> 32
        word = word * FOLD & MASK
        word ^= word >> 29
        word = word * TWIST & MASK
        return word ^ (word >> 32)


def deltas(count):
    """The recorded clock of known_answers.rs: the high bits of Knuth's MMIX generator."""
    value = 1
    for _ in range(count):
        value = (value * 6364136223846793005 + 1442695040888963407) & MASK
        yield 100 + (value >> 57)


def start(clock, init_turns):
    for _ in range(1024):  # the startup test; the mixer begins after it
        next(clock)
    mixer = Mixer()
    for _ in range(init_turns):
        mixer.absorb(next(clock))
    return mixer


def stream(turns, words, init_turns=7):
    clock = deltas(20000)
    mixer = start(clock, init_turns)
    out = b""
    for _ in range(words):
        for _ in range(turns):
            mixer.absorb(next(clock))
        out += mixer.word().to_bytes(8, "little")
    return out


def seed(claim_millibits):
    clock = deltas(20000)
    mixer = start(clock, 7)
    needed = ceil(320_000 / claim_millibits)
    message = mixer.state.to_bytes(8, "little")
    last = previous = None
    credited = 0
    change = None
    # The derivatives go back over the samples before the seed's.
    history = list(deltas(1031))
    last, change = history[-1], history[-1] - history[-2]
    while credited < needed:
        for _ in range(128):
            delta = next(clock)
            message += delta.to_bytes(8, "little")
            new_change = delta - last
            credited += not (new_change == 0 or new_change == change)
            last, change = delta, new_change
    return hashlib.sha256(message).digest()


def critical_binomial(trials, claim_millibits):
    """The smallest k with P(X > k) <= 2^-30, from the lower end, with 400 digits."""
    getcontext().prec = 400
    chance = Decimal(2) ** (Decimal(-claim_millibits) / 1000)
    alpha = Decimal(2) ** -30
    total = Decimal(0)
    for k in range(trials + 1):
        total += comb(trials, k) * chance**k * (1 - chance) ** (trials - k)
        if total >= 1 - alpha:
            return k


def cutoff_row(claim):
    return (claim, 1 + ceil(Decimal(30_000) / claim), 1 + critical_binomial(512, claim))


CLAIMS = (31, 62, 125, 250, 500, 1000, 2000, 4000)
# What is printed, and how it stands in the tests.
KNOWN_ANSWERS = {
    "stream turns=1": stream(1, 4).hex(),
    "stream turns=3 init_turns=20": stream(3, 4, 20).hex(),
    "seed claim=125": seed(125).hex(),
    "seed claim=1000": seed(1000).hex(),
}


def check():
    crate = pathlib.Path(__file__).resolve().parent.parent
    wanted = [(name, answer, "tests/known_answers.rs") for name, answer in KNOWN_ANSWERS.items()]
    wanted += [("cutoffs", str(cutoff_row(claim)), "src/cutoffs.rs") for claim in CLAIMS]
    missing = [f"{path} lacks {name}: {text}" for name, text, path in wanted if text not in (crate / path).read_text()]
    print("\n".join(missing) or f"{len(wanted)} known answers are in the tests")
    return 1 if missing else 0


if sys.argv[1:] == ["--check"]:
    sys.exit(check())
for name, answer in KNOWN_ANSWERS.items():
    print(name, answer)
for claim in CLAIMS:
    print(*cutoff_row(claim))
