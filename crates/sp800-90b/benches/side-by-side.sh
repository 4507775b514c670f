#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Measures `ea` and NIST's tool on the same data, by turns, and prints a table of the medians.
#
# usage: side-by-side.sh EA EA_NON_IID EA_IID [ROUNDS]    (paths of our binary and of NIST's two; 3 rounds)
#
# NIST's two from the package: pip download --no-deps --no-binary :all: sp800-90b==0.1.1, unpack it, and in
# nist_impl/cpp with libbz2-dev and libdivsufsort-dev, for T in non_iid iid:
#   g++ -std=c++11 -fopenmp -O2 -ffloat-store -msse2 -march=native -o ea_$T ${T}_main.cpp -ldivsufsort -lbz2
# SIZES="100000 1000000" leaves out the longest files, on which NIST's tool takes minutes.
set -eu
ea=$1 non_iid=$2 iid=$3 rounds=${4:-3}
for tool in "$ea" "$non_iid" "$iid"; do
    command -v "$tool" >/dev/null || { echo "$tool is not a program" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

uniform() { # so many bytes, the same each time
    openssl enc -aes-128-ctr -K 04000000000000000000000000000000 -iv 00000000000000000000000000000000 \
        -in /dev/zero 2>/dev/null | head -c "$1"
}
measure() { # file for the figures, command: elapsed and CPU seconds, and peak memory in kB, appended as a line
    figures=$1
    shift
    # The commands' exit status is a verdict on the data.
    /usr/bin/time -o "$folder/time" -f '%e %U %M' "$@" >/dev/null 2>&1 || true
    tail -n 1 "$folder/time" >>"$figures"
}
median() { # file, column
    cut -d' ' -f"$2" "$1" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}
row() { # name; their command in $theirs and ours in $ours, where ROUND stands for the number of the round
    rm -f "$folder/theirs" "$folder/ours"
    round=1
    while [ "$round" -le "$rounds" ]; do
        # Words are split on purpose; there is no space in the folder's name.
        measure "$folder/theirs" $theirs
        measure "$folder/ours" $(echo "$ours" | sed "s/ROUND/$round/")
        round=$((round + 1))
    done
    echo "$(median "$folder/theirs" 1) $(median "$folder/theirs" 2) $(median "$folder/theirs" 3)" \
        "$(median "$folder/ours" 1) $(median "$folder/ours" 2) $(median "$folder/ours" 3)" |
        awk -v name="$1" '{ printf "| %s | %.2f | %.2f | %.0f | %.2f | %.2f | %.0f | %.1f | %.1f |\n",
            name, $1, $2, $3 / 1024, $4, $5, $6 / 1024, $1 / $4, $2 / $5 }'
}

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), cores: $(nproc), rounds: $rounds"
echo '| data | NIST s | CPU s | MB | ours s | CPU s | MB | ratio | of CPU |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
uniform 1000000 >"$folder/million"
od -An -v -tu1 -w1 "$folder/million" |
    awk '{ for (b = 128; b >= 1; b /= 2) printf "%c", int($1 / b) % 2 ? "\1" : 0 }' >"$folder/bits"
theirs="$non_iid -i -a $folder/bits 1" ours="$ea assess --bits 1 $folder/bits"
row 'non-IID, 8,000,000 bits'
# How many shuffles it takes is chance, for both (about 100 of these data): another seed each time, as NIST's tool does.
theirs="$iid -i -a $folder/million 8" ours="$ea assess --track iid --seed ROUND --bits 8 $folder/million"
row 'IID, 1,000,000 8-bit samples'
for len in ${SIZES-100000 1000000 10000000}; do
    uniform "$len" >"$folder/bytes"
    theirs="$non_iid -i -a $folder/bytes 8" ours="$ea assess --bits 8 $folder/bytes"
    row "non-IID, $len 8-bit samples"
done
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
