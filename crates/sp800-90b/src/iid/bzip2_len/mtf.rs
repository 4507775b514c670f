// SPDX-License-Identifier: GPL-2.0-or-later
//! bzip2's second stage: move to front, and runs of zeros as numbers.

/// Symbols in one group, which share a Huffman table.
pub(super) const GROUP: usize = 50;
/// Most symbols there are: two digits for runs, the moves 1 to 10 of 11 characters, and the end of the block.
pub(super) const MOST_SYMBOLS: usize = 13;

/// The block after the second stage, as far as its coded length depends on it.
pub(super) struct Moved {
    /// How often each symbol occurs in each group of 50.
    pub(super) groups: Vec<[u8; 16]>,
    /// How many different symbols there are.
    pub(super) alphabet_size: usize,
    /// How many symbols there are in all.
    pub(super) len: usize,
}

struct Groups {
    full: Vec<[u8; 16]>,
    current: [u8; 16],
    room: usize,
}

impl Groups {
    #[inline]
    fn push(&mut self, symbol: usize) {
        self.current[symbol & 15] += 1;
        self.room -= 1;
        if self.room == 0 {
            self.full.push(std::mem::take(&mut self.current));
            self.room = GROUP;
        }
    }

    /// A run of zeros: its length in bijective base 2, lowest digit first.
    #[inline]
    fn push_run(&mut self, mut run: u64) {
        while run > 0 {
            self.push(usize::from(run & 1 == 0));
            run = (run - 1) >> 1;
        }
    }
}

/// Moves spaces and digits to the front.
pub(super) fn move_to_front(characters: &[u8]) -> Moved {
    let mut codes = [0_u8; 256];
    let mut used = [false; 256];
    for &character in characters {
        used[usize::from(character)] = true;
    }
    let mut kinds = 0;
    for (code, _) in codes.iter_mut().zip(used).filter(|(_, used)| *used) {
        *code = kinds;
        kinds += 1;
    }
    let mut groups = Groups {
        full: Vec::with_capacity(characters.len() / GROUP + 1),
        current: [0; 16],
        room: GROUP,
    };
    // The list in one number, 4 bits per code, the front lowest.
    let mut list = 0xFEDC_BA98_7654_3210_u64;
    let mut run = 0_u64;
    for &character in characters {
        let code = u64::from(codes[usize::from(character)]);
        if list & 0xF == code {
            run += 1;
            continue;
        }
        groups.push_run(run);
        run = 0;
        // The lowest place whose 4 bits are equal: there the difference is zero.
        const ONES: u64 = 0x1111_1111_1111_1111;
        let difference = list ^ (code * ONES);
        let zero = difference.wrapping_sub(ONES) & !difference & (ONES << 3);
        let place = zero.trailing_zeros() / 4;
        let moved = (1_u64 << (4 * place + 3) << 1).wrapping_sub(1);
        list = (list & !moved) | ((list << 4) & moved) | code;
        groups.push(place as usize + 1);
    }
    groups.push_run(run);
    let kinds = usize::from(kinds);
    groups.push(kinds + 1);
    let len = groups.full.len() * GROUP + (GROUP - groups.room);
    if groups.room < GROUP {
        groups.full.push(groups.current);
    }
    Moved { groups: groups.full, alphabet_size: kinds + 2, len }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_a_list() {
        let characters = b"1213 3331 20004444444 1";
        let mut list: Vec<u8> = b" 01234".to_vec();
        let (mut symbols, mut run) = ([0_u8; 16], 0_u32);
        let flush = |run: &mut u32, symbols: &mut [u8; 16]| {
            while *run > 0 {
                symbols[usize::from(run.is_multiple_of(2))] += 1;
                *run = (*run - 1) / 2;
            }
        };
        for character in characters {
            let place = list.iter().position(|other| other == character).unwrap();
            let moved = list.remove(place);
            list.insert(0, moved);
            if place == 0 {
                run += 1;
            } else {
                flush(&mut run, &mut symbols);
                symbols[place + 1] += 1;
            }
        }
        flush(&mut run, &mut symbols);
        symbols[7] += 1;
        let moved = move_to_front(characters);
        assert_eq!(moved.groups, [symbols]);
        assert_eq!(moved.alphabet_size, 8);
        assert_eq!(moved.len, symbols.iter().map(|&count| usize::from(count)).sum::<usize>());
    }
}
