/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read before the linker script of vmlinux, and by nothing else. The script aligns entry code, read-only data and data
 * to huge pages, for fewer TLB misses and for page-table isolation. In a kernel whose code is smaller than one such page
 * that is 8 MB of gaps in 2.5 MB of kernel: most of a small guest's memory. Ordinary pages carry the same protections.
 */
#include <asm/page_types.h>
#include <asm/pgtable_types.h>
#undef HPAGE_SIZE
#define HPAGE_SIZE PAGE_SIZE
#undef PMD_SIZE
#define PMD_SIZE PAGE_SIZE
