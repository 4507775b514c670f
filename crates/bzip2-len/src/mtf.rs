// SPDX-License-Identifier: MIT OR Apache-2.0
//! bzip2's second stage: move to front.

use super::word::Word;

/// Pieces that are worked on side by side, because a step of one has to wait for its last step.
const LANES: usize = 4;

/// Bits for the place of one character: 4, and a guard against borrowing.
const FIELD_BITS: u8 = 5;

/// The characters in use, in their order.
pub(super) struct Codes {
    /// The lowest bit of a character's field in [`Places`].
    shifts: [u8; 256],
    /// How many characters are in use: a space and 10 digits at most.
    pub(super) kinds: usize,
}

impl Codes {
    pub(super) fn new(words: &[Word]) -> Self {
        let mut used = [false; 256];
        for character in words.iter().flat_map(|word| word.characters()) {
            used[usize::from(character)] = true;
        }
        let mut codes = Self { shifts: [0; 256], kinds: 0 };
        for (shift, _) in codes.shifts.iter_mut().zip(used).filter(|(_, used)| *used) {
            *shift = codes.kinds as u8 * FIELD_BITS;
            codes.kinds += 1;
        }
        codes
    }

    fn shift(&self, character: u8) -> u8 {
        self.shifts[usize::from(character)]
    }
}

/// Replaces each character by its place in the list of characters, where it is then moved to the front.
pub(super) fn move_to_front(characters: &mut [u8], codes: &Codes) {
    let len = characters.len() / LANES;
    // What the list is where a piece begins follows from the characters before it.
    let mut lists = [Places::START; LANES];
    for lane in 1..LANES {
        lists[lane] = lists[lane - 1].after(&characters[(lane - 1) * len..lane * len], codes);
    }
    let (pieces, rest) = characters.split_at_mut(len * LANES);
    let mut lanes = pieces.chunks_exact_mut(len.max(1));
    if let [Some(a), Some(b), Some(c), Some(d)] = std::array::from_fn(|_| lanes.next()) {
        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
            for (list, character) in lists.iter_mut().zip([a, b, c, d]) {
                *character = list.move_to_front(codes.shift(*character));
            }
        }
    }
    let list = &mut lists[LANES - 1];
    for character in rest {
        *character = list.move_to_front(codes.shift(*character));
    }
}

/// The list, as the place of each character: a field of 5 bits for each, of which the highest is 0.
#[derive(Clone, Copy)]
struct Places(u64);

impl Places {
    const ONES: u64 = 0x0084_2108_4210_8421;
    const GUARDS: u64 = Self::ONES << (FIELD_BITS - 1);
    const START: Self = {
        let mut places = 0;
        let mut code = 0;
        while code < 11 {
            places |= code << (code * FIELD_BITS as u64);
            code += 1;
        }
        Self(places)
    };
    /// Less a place, a field's guard is 1 if the place is before `BEFORE`'s index.
    const BEFORE: [u64; 16] = {
        let mut before = [0; 16];
        let mut place = 0;
        while place < 16 {
            before[place] = Self::GUARDS - Self::ONES + Self::ONES * place as u64;
            place += 1;
        }
        before
    };

    /// The list after more characters: the last one is in front, before it the last different one, and so on.
    fn after(self, characters: &[u8], codes: &Codes) -> Self {
        let mut latest = Vec::with_capacity(codes.kinds);
        let mut missing = Self::ONES & ((1 << (codes.kinds as u8 * FIELD_BITS)) - 1);
        for &character in characters.iter().rev() {
            let shift = codes.shift(character);
            if missing >> (shift & 63) & 1 == 1 {
                missing ^= 1 << shift;
                latest.push(shift);
                if missing == 0 {
                    break;
                }
            }
        }
        let mut list = self;
        for &shift in latest.iter().rev() {
            list.move_to_front(shift);
        }
        list
    }

    /// The place of a character, which is then the front.
    #[inline]
    fn move_to_front(&mut self, shift: u8) -> u8 {
        let shift = shift & 63;
        let place = self.0 >> shift & 15;
        let before = (Self::BEFORE[place as usize] - self.0) & Self::GUARDS;
        self.0 = self.0 - (place << shift) + (before >> (FIELD_BITS - 1));
        place as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_a_list() {
        let words: Vec<Word> = [10, 234].map(Word::of_symbol).to_vec();
        let codes = Codes::new(&words);
        assert_eq!(codes.kinds, 6);
        let mut state = 1_u32;
        for len in [0, 1, 3, 4, 5, 40, 1003] {
            let characters: Vec<u8> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    b" 01234"[(state >> 20) as usize % 6 * (state >> 30) as usize / 3]
                })
                .collect();
            let mut list = b" 01234".to_vec();
            let by_hand: Vec<u8> = characters
                .iter()
                .map(|character| {
                    let place = list.iter().position(|other| other == character).unwrap();
                    list[..=place].rotate_right(1);
                    place as u8
                })
                .collect();
            let mut ours = characters;
            move_to_front(&mut ours, &codes);
            assert_eq!(ours, by_hand);
        }
    }
}
