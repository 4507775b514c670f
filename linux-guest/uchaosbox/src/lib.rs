// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine in userland, and the job runner of the Linux guest
