// SPDX-License-Identifier: GPL-2.0-or-later
//! Host tests of both faces: the wrapper calls the functions that the object has.
