#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures `ea` and NIST's tool on the same data, one after the other, and prints a table.
# usage: side-by-side.sh EA EA_NON_IID EA_IID   (paths of our binary and of NIST's two)
set -eu
ea=$1 non_iid=$2 iid=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

seconds() { # elapsed and CPU seconds and peak memory of a command whose status does not matter
    /usr/bin/time -o "$folder/time" -f '%e %U %M' "$@" >/dev/null 2>&1 || true
    tail -n 1 "$folder/time"
}
row() { # name, our command as one word list in $ours, theirs in $theirs
    theirs_is=$(seconds $theirs)
    ours_is=$(seconds $ours)
    echo "$1 $theirs_is $ours_is" | awk -v name="$1" '{
        n = NF; printf "| %s | %.2f | %.0f | %.2f | %.0f | %.1f |\n", name, $(n-5), $(n-3)/1024, $(n-2), $n/1024, $(n-5)/$(n-2) }'
}

echo '| data | NIST s | NIST MB | ours s | ours MB | ratio |'
echo '| --- | --- | --- | --- | --- | --- |'
for len in 100000 1000000 10000000; do
    head -c "$len" /dev/urandom >"$folder/bytes"
    theirs="$non_iid -i -a $folder/bytes 8" ours="$ea assess --bits 8 $folder/bytes"
    row "non-IID, $len uniform 8-bit samples"
done
head -c 1000000 /dev/urandom >"$folder/random"
od -An -v -tu1 -w1 "$folder/random" | awk '{ for (b = 128; b >= 1; b /= 2) printf "%c", int($1 / b) % 2 ? 1 : 0 }' >"$folder/bits"
theirs="$non_iid -i -a $folder/bits 1" ours="$ea assess --bits 1 $folder/bits"
row 'non-IID, 8000000 uniform bits'
head -c 1000000 /dev/urandom >"$folder/bytes"
theirs="$iid -i -a $folder/bytes 8" ours="$ea assess --track iid --bits 8 $folder/bytes"
row 'IID, 1000000 uniform 8-bit samples'
