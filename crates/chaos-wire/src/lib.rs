// SPDX-License-Identifier: GPL-2.0-or-later
//! Jobs in, frames out: the grammar and the bytes that every target shares
