# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares the installed package with the program `ea` on files: same_as_ea.py EA FILE BITS [FILE BITS ...]."""

import json
import subprocess
import sys

import entropy_90b
import numpy as np

compared = 0


def same(theirs, ours, where):
    """Every figure of the package is in the answer of `ea`, with the same value."""
    global compared
    if isinstance(ours, dict):
        for key, value in ours.items():
            assert key in theirs, f"{where}: ea has no {key}"
            same(theirs[key], value, f"{where}.{key}")
    elif isinstance(ours, (list, tuple)):
        assert len(theirs) == len(ours), where
        for number, (a, b) in enumerate(zip(theirs, ours)):
            same(a, b, f"{where}[{number}]")
    else:
        assert theirs == ours, f"{where}: {theirs} of ea is not {ours}"
        compared += 1


def ea(*arguments):
    # The exit status is a verdict on the data.
    run = subprocess.run([sys.argv[1], *arguments, "--json"], capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    return json.loads(run.stdout)


files = list(zip(sys.argv[2::2], map(int, sys.argv[3::2])))
assert files
for path, bits in files:
    samples = np.fromfile(path, dtype=np.uint8)
    same(ea("assess", "--bits", str(bits), path), entropy_90b.assess(samples, bits=bits), path)
    theirs = ea("assess", "--track", "iid", "--seed", "7", "--bits", str(bits), path)
    same(theirs, entropy_90b.assess(samples.tobytes(), bits=bits, track="iid", seed=7), path)
path, bits = files[0]
matrix = np.fromfile(path, dtype=np.uint8)[:10_000].reshape(100, 100)
restart = entropy_90b.restart(matrix, h_i=0.5, bits=bits)
assert restart["rows"] == 100 and restart["status"] == "passed", restart
ours = entropy_90b.conditioning(256, 512, 1600, 256.0)
same(ea("conditioning", "--n-in", "256", "--n-out", "512", "--nw", "1600", "--h-in", "256"), ours, "conditioning")
same(ea("cutoffs", "--h", "0.5"), entropy_90b.cutoffs(0.5), "cutoffs")
for unusable in (
    lambda: entropy_90b.assess(np.full(10, 9, dtype=np.uint8), bits=3),
    lambda: entropy_90b.assess(b""),
    lambda: entropy_90b.assess(b"ab", track="all"),
    lambda: entropy_90b.cutoffs(0.0),
    lambda: entropy_90b.restart(matrix, h_i=0.0),
):
    try:
        unusable()
    except ValueError:
        continue
    raise AssertionError("what cannot be assessed was assessed")
for wrong in (matrix[:, ::2], matrix.astype(np.uint16)):
    try:
        entropy_90b.assess(wrong)
    except (TypeError, BufferError, ValueError):
        continue
    raise AssertionError("an array that is not one of contiguous bytes was taken")
print(f"{compared} figures are the same")
