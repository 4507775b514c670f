// SPDX-License-Identifier: GPL-2.0-or-later
//! From captures to verdicts: result, table and report
