// SPDX-License-Identifier: GPL-2.0-or-later
//! Nothing: the checks are in `tests/`.
