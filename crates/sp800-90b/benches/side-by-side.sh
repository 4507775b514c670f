#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Measures `ea`, NIST's tool and Theseus on the same data, alternating, and prints a table of the medians.
#
# usage: side-by-side.sh EA NIST_FOLDER THESEUS_FOLDER [ROUNDS]     (3 rounds)
#   EA              our program, built with --release
#   NIST_FOLDER     `cpp` of github.com/usnistgov/SP800-90B_EntropyAssessment after `make` (libbz2-dev, libdivsufsort-dev,
#                   libjsoncpp-dev, libssl-dev, libmpfr-dev, libgmp-dev)
#   THESEUS_FOLDER  `src` of github.com/KeyPair-Consulting/Theseus after `make non-iid-main permtests`
#
# ROWS="bits bytes" chooses rows: bits (8,000,000 bits), bytes (1,000,000 8-bit samples), nibbles (1,000,000 4-bit
# samples), iid, growth (ours alone, up to 10,000,000 8-bit samples).
set -eu
ea=$1 nist=$2 theseus=$3 rounds=${4:-3}
for tool in "$ea" "$nist/ea_non_iid" "$nist/ea_iid" "$theseus/non-iid-main" "$theseus/permtests"; do
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
    /usr/bin/time -o "$folder/time" -f '%e %U %S %M' "$@" >/dev/null 2>&1 || true
    tail -n 1 "$folder/time" | awk '{ print $1, $2 + $3, $4 }' >>"$figures"
}
median() { # file, column
    cut -d' ' -f"$2" "$1" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}
medians() { # file
    echo "$(median "$1" 1) $(median "$1" 2) $(median "$1" 3)"
}
row() { # name; their commands in $by_nist and $by_theseus, ours in $by_ea, where ROUND is replaced by the round's number
    rm -f "$folder"/by_*
    round=1
    while [ "$round" -le "$rounds" ]; do
        # Arguments are split on purpose; there is no space in the folder's name.
        measure "$folder/by_nist" $by_nist
        measure "$folder/by_theseus" $by_theseus
        measure "$folder/by_ea" $(echo "$by_ea" | sed "s/ROUND/$round/")
        round=$((round + 1))
    done
    echo "$(medians "$folder/by_nist") $(medians "$folder/by_theseus") $(medians "$folder/by_ea")" |
        awk -v name="$1" '{
            printf "| %s | %.2f | %.2f | %.0f | %.2f | %.2f | %.0f | %.2f | %.2f | %.0f |", name,
                $1, $2, $3 / 1024, $4, $5, $6 / 1024, $7, $8, $9 / 1024
            printf " %.1f, %.1f | %.1f, %.1f |\n", $1 / $7, $2 / $8, $4 / $7, $5 / $8
        }'
}

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), cores: $(nproc), rounds: $rounds"
echo '| data | NIST: s | CPU s | MiB | Theseus: s | CPU s | MiB | ours: s | CPU s | MiB | NIST / ours: s, CPU | Theseus / ours: s, CPU |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |'
uniform 1000000 >"$folder/million"
for wanted in ${ROWS-bits bytes nibbles iid growth}; do
    case $wanted in
    bits)
        od -An -v -tu1 -w1 "$folder/million" |
            awk '{ for (b = 128; b >= 1; b /= 2) printf "%c", int($1 / b) % 2 ? "\1" : 0 }' >"$folder/bits"
        by_nist="$nist/ea_non_iid -i -a $folder/bits 1"
        by_theseus="$theseus/non-iid-main -i $folder/bits"
        by_ea="$ea assess --bits 1 $folder/bits"
        row 'non-IID, 8,000,000 bits'
        ;;
    bytes)
        by_nist="$nist/ea_non_iid -i -a $folder/million 8"
        by_theseus="$theseus/non-iid-main -i $folder/million"
        by_ea="$ea assess --bits 8 $folder/million"
        row 'non-IID, 1,000,000 8-bit samples'
        ;;
    nibbles)
        od -An -v -tu1 -w1 "$folder/million" | awk '{ n = $1 % 16; printf "%c", n }' >"$folder/nibbles"
        by_nist="$nist/ea_non_iid -i -a $folder/nibbles 4"
        by_theseus="$theseus/non-iid-main -i $folder/nibbles"
        by_ea="$ea assess --bits 4 $folder/nibbles"
        row 'non-IID, 1,000,000 4-bit samples'
        ;;
    iid)
        # How many shuffles it takes is chance (about 100 of these data): another seed each time, as the others do. Theseus
        # runs the permutation tests alone.
        by_nist="$nist/ea_iid -i -a $folder/million 8"
        by_theseus="$theseus/permtests -t $(nproc) $folder/million"
        by_ea="$ea assess --track iid --seed ROUND --bits 8 $folder/million"
        row 'IID, 1,000,000 8-bit samples'
        ;;
    growth)
        echo
        echo '| 8-bit samples | ours: s | CPU s | MiB |'
        echo '| --- | --- | --- | --- |'
        for len in 100000 1000000 10000000; do
            uniform "$len" >"$folder/bytes"
            rm -f "$folder/by_ea"
            for _ in $(seq "$rounds"); do
                measure "$folder/by_ea" "$ea" assess --bits 8 "$folder/bytes"
            done
            medians "$folder/by_ea" |
                awk -v len="$len" '{ printf "| %s | %.2f | %.2f | %.0f |\n", len, $1, $2, $3 / 1024 }'
        done
        ;;
    *)
        echo "there is no row $wanted" >&2
        exit 2
        ;;
    esac
done
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
