// SPDX-License-Identifier: GPL-2.0-or-later
//! The one reader of the hardware counter
