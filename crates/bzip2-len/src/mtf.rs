// SPDX-License-Identifier: MIT OR Apache-2.0
//! bzip2's second stage: move to front.

use super::word::Word;

/// Pieces that are worked on side by side, because a step of one has to wait for its last step.
const LANES: usize = 4;

/// Codes of the characters in use, in their order.
pub(super) struct Codes {
    of_character: [u8; 256],
    /// How many characters are in use: a space and 10 digits at most.
    pub(super) kinds: usize,
}

impl Codes {
    pub(super) fn new(words: &[Word]) -> Self {
        let mut used = [false; 256];
        for character in words.iter().flat_map(|word| word.characters()) {
            used[usize::from(character)] = true;
        }
        let mut codes = Self { of_character: [0; 256], kinds: 0 };
        for (code, _) in codes.of_character.iter_mut().zip(used).filter(|(_, used)| *used) {
            *code = codes.kinds as u8;
            codes.kinds += 1;
        }
        codes
    }

    fn of(&self, character: u8) -> u8 {
        self.of_character[usize::from(character)]
    }
}

/// Replaces each character by its place in the list of characters, where it is then moved to the front.
pub(super) fn move_to_front(characters: &mut [u8], codes: &Codes) {
    let len = characters.len() / LANES;
    // What the list is where a piece begins follows from the characters before it.
    let mut lists: [List; LANES] =
        std::array::from_fn(|lane| List::after(&characters[..lane * len], codes));
    let (pieces, rest) = characters.split_at_mut(len * LANES);
    let mut lanes = pieces.chunks_exact_mut(len.max(1));
    if let [Some(a), Some(b), Some(c), Some(d)] = std::array::from_fn(|_| lanes.next()) {
        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
            for (list, character) in lists.iter_mut().zip([a, b, c, d]) {
                *character = list.move_to_front(codes.of(*character));
            }
        }
    }
    let list = &mut lists[LANES - 1];
    for character in rest {
        *character = list.move_to_front(codes.of(*character));
    }
}

/// The list: 4 bits per code, the front lowest.
#[derive(Clone, Copy)]
struct List(u64);

impl List {
    const ONES: u64 = 0x1111_1111_1111_1111;
    const START: Self = Self(0xFEDC_BA98_7654_3210);

    /// The list after some characters: the last one is in front, before it the last different one, and so on.
    fn after(characters: &[u8], codes: &Codes) -> Self {
        let mut latest = Vec::with_capacity(codes.kinds);
        let mut missing = (1_u16 << codes.kinds) - 1;
        for &character in characters.iter().rev() {
            let code = codes.of(character);
            if missing >> code & 1 == 1 {
                missing ^= 1 << code;
                latest.push(code);
                if missing == 0 {
                    break;
                }
            }
        }
        let mut list = Self::START;
        for &code in latest.iter().rev() {
            list.move_to_front(code);
        }
        list
    }

    /// The place of `code`, which is then the front.
    #[inline]
    fn move_to_front(&mut self, code: u8) -> u8 {
        let code = u64::from(code);
        // The lowest place whose 4 bits are equal: there the difference is zero.
        let difference = self.0 ^ (code * Self::ONES);
        let zero = difference.wrapping_sub(Self::ONES) & !difference & (Self::ONES << 3);
        let moved = zero ^ zero.wrapping_sub(1);
        // From the front to that place: only the lowest zero counts.
        self.0 = (self.0 & !moved) | ((self.0 << 4) & moved) | code;
        (zero.trailing_zeros() / 4) as u8
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
