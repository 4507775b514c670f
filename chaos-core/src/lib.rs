// SPDX-License-Identifier: GPL-2.0-or-later
//! The timing-jitter engine: clock, noise source, health tests, mixer, conditioning
