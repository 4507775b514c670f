// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine behind a C ABI, as the one object that every guest links
