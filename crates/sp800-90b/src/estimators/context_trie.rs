// SPDX-License-Identifier: MIT OR Apache-2.0
//! Contexts (the symbols before a sample) with what followed them: the dictionaries of `MultiMMC` and LZ78Y.
//!
//! A context of length `d + 1` is the child of its `d` most recent symbols, so that all lengths of one sample are
//! found on one way down, and the way ends at the first length that was never seen.
//!
//! Short contexts have a place of their own, which is computed from their symbols. Longer ones are looked up in a map, but
//! only where a filter in the context's node allows it: most of those that are looked for are not there, and each look
//! into the map would wait for memory.

/// A context: of a short one, the bits of its symbols after a leading one, the oldest symbol lowest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Node(u32);

/// The context one symbol longer than another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Child {
    Known(Node),
    /// It was never added.
    Missing,
}

/// Bits of symbols that the longest context with a computed place may have.
const PLACE_BITS: u32 = 16;

/// What followed a context.
#[derive(Clone, Copy, Default)]
struct Followers {
    /// Which followers may be in the map of counts, and which longer contexts in the map of children: one bit for each
    /// value of a symbol's low 6 bits.
    counted: u64,
    children: u64,
    /// The count of the most common follower; 0 marks a context that is only on the way to a longer one.
    best_count: u32,
    /// The first follower's count; the others' counts are in a table.
    first_count: u32,
    /// Longer contexts, of up to `tail_end` samples, that were seen at one place only: they are not made before they
    /// are looked for. The sample that followed them is at `tail_at`.
    tail_at: u32,
    tail_end: u8,
    best: u8,
    first: u8,
    present: bool,
}

/// All contexts of both dictionaries' depths.
pub(super) struct ContextTrie {
    /// By number; those below `places` have computed places.
    followers: Vec<Followers>,
    places: u32,
    /// Counts of the followers of contexts that are so short that even the pair has a computed place.
    place_counts: Vec<u32>,
    symbol_bits: u32,
    children: PackedMap,
    counts: PackedMap,
}

impl ContextTrie {
    /// The empty context.
    pub(super) const ROOT: Node = Node(1);

    /// For symbols below `alphabet_size`, which is 3 to 256.
    pub(super) fn new(alphabet_size: usize) -> Self {
        let symbol_bits = usize::BITS - (alphabet_size.max(2) - 1).leading_zeros();
        let places = 2 << (PLACE_BITS / symbol_bits * symbol_bits);
        Self {
            followers: vec![Followers::default(); places as usize],
            places,
            place_counts: vec![0; places as usize],
            symbol_bits,
            children: PackedMap::new(),
            counts: PackedMap::new(),
        }
    }

    /// The place of a context and one more symbol, if such a short one has one.
    #[inline]
    fn place(&self, node: Node, symbol: u8) -> Option<u32> {
        // The shift may lose bits of numbers from `places` on, but those are not places.
        let place = node.0 << self.symbol_bits | u32::from(symbol);
        (node.0 < self.places >> self.symbol_bits).then_some(place)
    }

    /// The context one symbol longer, if it was added.
    #[inline]
    pub(super) fn child(&self, parent: Node, symbol: u8) -> Child {
        if let Some(place) = self.place(parent, symbol) {
            return if self.followers[place as usize].present {
                Child::Known(Node(place))
            } else {
                Child::Missing
            };
        }
        if self.followers[parent.0 as usize].children & filter(symbol) == 0 {
            return Child::Missing;
        }
        self.children
            .get(key(parent, symbol))
            .map_or(Child::Missing, |node| Child::Known(Node(node)))
    }

    /// Adds the context one symbol longer, which is missing. At most 2^24 - 2 of them.
    pub(super) fn add_child(&mut self, parent: Node, symbol: u8) -> Node {
        if let Some(place) = self.place(parent, symbol) {
            self.followers[place as usize].present = true;
            return Node(place);
        }
        self.followers[parent.0 as usize].children |= filter(symbol);
        let fresh = self.followers.len() as u32;
        *self.children.entry(key(parent, symbol), fresh) = fresh;
        self.followers.push(Followers { present: true, ..Followers::default() });
        Node(fresh)
    }

    /// Notes that all longer contexts of up to `end` samples were seen once, before the sample at `at`.
    pub(super) fn set_tail(&mut self, node: Node, at: usize, end: usize) {
        let followers = &mut self.followers[node.0 as usize];
        (followers.tail_at, followers.tail_end) = (at as u32, end as u8);
    }

    /// Makes the context one sample longer than `node`, which has `length` of them, if it waits in its tail.
    #[inline]
    pub(super) fn grow_from_tail(&mut self, node: Node, length: usize, symbols: &[u8]) {
        let Followers { tail_at, tail_end, .. } = self.followers[node.0 as usize];
        if usize::from(tail_end) <= length {
            return;
        }
        self.followers[node.0 as usize].tail_end = 0;
        let at = tail_at as usize;
        let longer = self.add_child(node, symbols[at - length - 1]);
        self.count(longer, symbols[at], true);
        self.set_tail(longer, at, usize::from(tail_end));
    }

    /// The most common follower and its count, of several the largest; nothing for a context without followers.
    #[inline]
    pub(super) fn prediction(&self, node: Node) -> Option<(u8, u32)> {
        let followers = &self.followers[node.0 as usize];
        (followers.best_count > 0).then_some((followers.best, followers.best_count))
    }

    /// Counts a follower; one that is new only if `may_add`. Says whether it was new and was added.
    #[inline]
    pub(super) fn count(&mut self, node: Node, symbol: u8, may_add: bool) -> bool {
        let place = self.place(node, symbol);
        let followers = &mut self.followers[node.0 as usize];
        let count = if let Some(place) = place {
            let count = &mut self.place_counts[place as usize];
            if *count == 0 && !may_add {
                return false;
            }
            *count += 1;
            *count
        } else if followers.first_count > 0 && followers.first == symbol {
            followers.first_count += 1;
            followers.first_count
        } else if followers.first_count == 0 {
            if !may_add {
                return false;
            }
            followers.first = symbol;
            followers.first_count = 1;
            1
        } else {
            let key = key(node, symbol);
            let count = if may_add {
                followers.counted |= filter(symbol);
                self.counts.entry(key, 0)
            } else if followers.counted & filter(symbol) == 0 {
                return false;
            } else if let Some(count) = self.counts.get_mut(key) {
                count
            } else {
                return false;
            };
            *count += 1;
            *count
        };
        if count > followers.best_count
            || (count == followers.best_count && symbol > followers.best)
        {
            followers.best_count = count;
            followers.best = symbol;
        }
        count == 1
    }
}

#[inline]
fn key(node: Node, symbol: u8) -> u32 {
    node.0 << 8 | u32::from(symbol)
}

/// The symbol's bit in a filter.
#[inline]
fn filter(symbol: u8) -> u64 {
    1 << (symbol % 64)
}

/// A map from `u32` (but `u32::MAX`) to `u32` by open addressing.
struct PackedMap {
    /// Key + 1 and value; key 0 is free.
    slots: Vec<(u32, u32)>,
    used: usize,
    shift: u32,
}

impl PackedMap {
    fn new() -> Self {
        let bits = 12;
        Self { slots: vec![(0, 0); 1 << bits], used: 0, shift: 64 - bits }
    }

    /// The slot that holds `key`, or the free one where it belongs.
    #[inline]
    fn slot(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        // Knuth's multiplicative hashing with 2^64 / golden ratio.
        let mut at = (u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        while self.slots[at].0 != 0 && self.slots[at].0 != key + 1 {
            at = (at + 1) & mask;
        }
        at
    }

    #[inline]
    fn get(&self, key: u32) -> Option<u32> {
        let (taken, value) = self.slots[self.slot(key)];
        (taken != 0).then_some(value)
    }

    #[inline]
    fn get_mut(&mut self, key: u32) -> Option<&mut u32> {
        let at = self.slot(key);
        let (taken, value) = &mut self.slots[at];
        (*taken != 0).then_some(value)
    }

    /// The value of `key`, set to `fresh` if it was not there.
    #[inline]
    fn entry(&mut self, key: u32, fresh: u32) -> &mut u32 {
        if self.used * 2 >= self.slots.len() {
            self.grow();
        }
        let at = self.slot(key);
        if self.slots[at].0 == 0 {
            self.slots[at] = (key + 1, fresh);
            self.used += 1;
        }
        &mut self.slots[at].1
    }

    fn grow(&mut self) {
        let larger = vec![(0, 0); self.slots.len() * 4];
        let old = std::mem::replace(&mut self.slots, larger);
        self.shift -= 2;
        for (taken, value) in old.into_iter().filter(|&(taken, _)| taken != 0) {
            let at = self.slot(taken - 1);
            self.slots[at] = (taken, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_keeps_what_it_was_given_through_growth() {
        let mut map = PackedMap::new();
        for key in 0..20_000_u32 {
            *map.entry(key * 7, 0) += key;
        }
        assert!((0..20_000).all(|key| map.get(key * 7) == Some(key)));
        assert_eq!(map.get(3), None);
    }

    #[test]
    fn of_equally_common_followers_the_largest_is_predicted() {
        // Of 256 symbols a context of one has a computed place, and one of three has not.
        for depth in [1, 3] {
            let mut trie = ContextTrie::new(256);
            let parent = (1..depth).fold(ContextTrie::ROOT, |node, _| trie.add_child(node, 8));
            let node = trie.add_child(parent, 9);
            assert_eq!(trie.prediction(node), None);
            for symbol in [5, 3, 3, 5, 4] {
                trie.count(node, symbol, true);
            }
            assert_eq!(trie.prediction(node), Some((5, 2)));
            assert!(!trie.count(node, 200, false));
            assert!(trie.count(node, 200, true));
            assert!(!trie.count(node, 4, false));
            assert!(!trie.count(node, 4, false));
            assert_eq!(trie.prediction(node), Some((4, 3)));
            assert_eq!(trie.child(parent, 9), Child::Known(node));
            // 73 has the filter's bit of 9.
            assert_eq!([8, 73].map(|other| trie.child(parent, other)), [Child::Missing; 2]);
        }
    }

    #[test]
    fn contexts_of_every_alphabet_keep_apart() {
        for alphabet_size in [3, 5, 16, 17, 64, 100, 256] {
            let mut trie = ContextTrie::new(alphabet_size);
            let symbols = [0, 1, (alphabet_size - 1) as u8];
            let mut nodes = vec![ContextTrie::ROOT];
            let mut level = nodes.clone();
            for _ in 0..6 {
                level = level
                    .iter()
                    .flat_map(|&node| symbols.map(|symbol| (node, symbol)))
                    .map(|(node, symbol)| trie.add_child(node, symbol))
                    .collect();
                nodes.extend(&level);
            }
            let mut numbers: Vec<u32> = nodes.iter().map(|node| node.0).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), nodes.len(), "{alphabet_size}");
        }
    }
}
