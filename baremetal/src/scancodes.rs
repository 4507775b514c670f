// SPDX-License-Identifier: GPL-2.0-or-later
//! A PC's keyboard as a terminal's: scan codes of set 1, which the keyboard controller delivers, become the bytes that a
//! terminal sends. The layout is the American one.

/// Keys from code 0x02 on, without and with Shift; 0 where a key has no character.
const PLAIN: &[u8; 56] = b"1234567890-=\x7f\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
const SHIFTED: &[u8; 56] = b"!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

const FIRST: u8 = 0x02;
const RELEASED: u8 = 0x80;
const CONTROL: u8 = 0x1d;
const SHIFTS: [u8; 2] = [0x2a, 0x36];
const EXTENDED: u8 = 0xe0;
const ESCAPE: u8 = 0x01;

/// The keys that are held.
#[derive(Debug, Default)]
pub struct Keyboard {
    shift: bool,
    control: bool,
    /// The last code announced a key that the first keyboards did not have.
    extended: bool,
}

impl Keyboard {
    #[must_use]
    pub const fn new() -> Self {
        Self { shift: false, control: false, extended: false }
    }

    /// The bytes of a code, none for most.
    pub fn feed(&mut self, code: u8) -> &'static [u8] {
        if code == EXTENDED {
            self.extended = true;
            return b"";
        }
        let extended = core::mem::take(&mut self.extended);
        let pressed = code & RELEASED == 0;
        match code & !RELEASED {
            key if SHIFTS.contains(&key) && !extended => self.shift = pressed,
            CONTROL => self.control = pressed,
            key if pressed && extended => return Self::extended_key(key),
            key if pressed => return self.key(key),
            _ => {}
        }
        b""
    }

    fn key(&self, key: u8) -> &'static [u8] {
        if key == ESCAPE {
            return b"\x1b";
        }
        let index = usize::from(key.wrapping_sub(FIRST));
        let keys = if self.shift { SHIFTED } else { PLAIN };
        match keys.get(index..=index) {
            Some([letter]) if self.control && letter.is_ascii_alphabetic() => {
                let code = usize::from(letter & 0x1f);
                CONTROLS.get(code..=code).unwrap_or_default()
            }
            Some([0]) | None => b"",
            Some(byte) => byte,
        }
    }

    fn extended_key(key: u8) -> &'static [u8] {
        match key {
            0x48 => b"\x1b[A",
            0x50 => b"\x1b[B",
            0x4d => b"\x1b[C",
            0x4b => b"\x1b[D",
            0x47 => b"\x1b[H",
            0x4f => b"\x1b[F",
            0x53 => b"\x1b[3~",
            0x1c => b"\r",
            0x35 => b"/",
            _ => b"",
        }
    }
}

/// The characters that Ctrl makes of letters, at their codes.
static CONTROLS: [u8; 32] = {
    let mut codes = [0; 32];
    let mut code = 0;
    while code < codes.len() {
        codes[code] = code as u8;
        code += 1;
    }
    codes
};

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn typed(codes: &[u8]) -> Vec<u8> {
        let mut keyboard = Keyboard::new();
        codes.iter().flat_map(|code| keyboard.feed(*code)).copied().collect()
    }

    #[test]
    fn a_line_is_typed() {
        // h, e, l, p, Enter, each pressed and released.
        let codes = [0x23, 0xa3, 0x12, 0x92, 0x26, 0xa6, 0x19, 0x99, 0x1c, 0x9c];
        assert_eq!(typed(&codes), b"help\r");
        // Shift down, a, 1, Shift up, 1, space, backspace.
        assert_eq!(typed(&[0x2a, 0x1e, 0x02, 0xaa, 0x02, 0x39, 0x0e]), b"A!1 \x7f");
        assert_eq!(typed(&[0x35, 0x36, 0x35, 0xb6, 0x2b, 0x28]), b"/?\\'");
    }

    #[test]
    fn control_arrows_and_unknown_keys() {
        assert_eq!(typed(&[0x1d, 0x2e, 0x9d, 0x2e]), b"\x03c");
        assert_eq!(typed(&[0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0x53]), b"\x1b[A\x1b[3~");
        // Print Screen pretends to hold Shift.
        assert_eq!(typed(&[0xe0, 0x2a, 0x1e]), b"a");
        assert_eq!(typed(&[0x3b, 0x58, 0x7f, 0xff, 0x38, 0x00]), b"");
        assert_eq!(typed(&[0x01]), b"\x1b");
    }
}
