# SPDX-License-Identifier: GPL-2.0-or-later
# What a Linux guest does for `clone`: it is saved at the first `read`, and each clone gives its outputs.
dmesg -n 1

# What comes in, in hexadecimal, or why nothing does.
show() {
	echo "[clone] $1"
	hexdump -v -e '32/1 "%02x" "\n"'
	echo "[clone] end"
}
take() {
	dd if="$2" bs="$3" count=1 2>/why >/taken && show "$1" </taken || echo "[clone] refused $1: $(head -n 1 /why)"
}

# X25519 keys are 32 bytes with five bits fixed (RFC 7748, section 5); a TLS server draws one for each handshake.
private_key() {
	set -- $(hexdump -v -e '1/1 "%02x "')
	first=$1
	shift
	middle=
	while [ $# -gt 1 ]; do
		middle=$middle$1
		shift
	done
	printf '[clone] private key\n%02x%s%02x\n[clone] end\n' $((0x$first & 248)) "$middle" $((0x$1 & 127 | 64))
}

# The kernel's generator is reseeded when it is read and its seed is older than half the uptime (a second at least, a
# minute at most). This waits until that is so, but not in isolation: an idle machine's time is not exact there.
grow_old() {
	! grep -q nokaslr /proc/cmdline || return 1
	read -r up _ </proc/uptime
	seconds=${up%.*}
	[ "$seconds" -gt 1 ] || seconds=2
	sleep $((seconds + 1))
}

# Now it is reseeded, as on a machine that is in use.
grow_old
dd if=/dev/urandom bs=32 count=1 >/dev/null 2>&1
echo "[clone] ready"
read -r go
# Both before anything is printed, so that no reseeding comes between them.
dd if=/dev/urandom bs=32 count=1 >/first 2>/dev/null
dd if=/dev/urandom bs=32 count=1 >/second 2>/dev/null
show getrandom </first
private_key </second
take stream /dev/uchaos 1024
take seed /dev/uchaos-seed 32
take "raw noise" /dev/uchaos-raw 4096
grow_old && take "getrandom, later" /dev/urandom 32
echo "[clone] reseedings $(dmesg | grep -c 'virtual machine fork')"
[ -d /sys/firmware/acpi ] && echo "[clone] acpi yes" || echo "[clone] acpi no"
echo "[clone] done"
