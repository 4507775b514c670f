// SPDX-License-Identifier: GPL-2.0-or-later
//! NIST SP 800-90B entropy assessment
