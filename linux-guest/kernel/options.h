/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read before every C file of a kernel of 6.13 or newer, behind its configuration: what Kconfig turns on by itself and a
 * small guest cannot afford.
 *
 * ARCH_HAS_EXECMEM_ROX: modules take their memory from a cache of huge pages, which is 2 MB for a module of 39 KB. Without
 * it they get ordinary pages with the same protections, as before 6.13.
 */
#undef CONFIG_ARCH_HAS_EXECMEM_ROX
