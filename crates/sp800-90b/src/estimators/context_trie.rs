// SPDX-License-Identifier: GPL-2.0-or-later
//! Contexts (the symbols before a sample) with what followed them: the dictionaries of `MultiMMC` and LZ78Y.
//!
//! A context of length `d + 1` is the child of its `d` most recent symbols, so that all lengths of one sample are
//! found on one way down, and the way ends at the first length that was never seen.

/// A context. The root is the empty one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Node(u32);

pub(super) const ROOT: Node = Node(0);

/// What followed a context.
#[derive(Clone, Copy, Default)]
struct Followers {
    /// The count of the most common follower; 0 marks a context that is only on the way to a longer one.
    best_count: u32,
    /// The first follower's count; the others' counts are in a table.
    first_count: u32,
    best: u8,
    first: u8,
    /// Longer contexts, of up to so many samples, that were seen at one place only: they are not made before they
    /// are looked for. The sample that followed them is at `tail_at`.
    tail_end: u8,
    tail_at: u32,
}

/// All contexts of both dictionaries' depths.
pub(super) struct ContextTrie {
    followers: Vec<Followers>,
    children: PackedMap,
    counts: PackedMap,
}

impl ContextTrie {
    pub(super) fn new() -> Self {
        Self {
            followers: vec![Followers::default()],
            children: PackedMap::new(),
            counts: PackedMap::new(),
        }
    }

    /// The context one symbol longer, if it is there.
    #[inline]
    pub(super) fn child(&self, parent: Node, symbol: u8) -> Option<Node> {
        self.children.get(key(parent, symbol)).map(Node)
    }

    /// The context one symbol longer, made if it is not there. At most 2^24 - 2 of them.
    pub(super) fn child_or_new(&mut self, parent: Node, symbol: u8) -> Node {
        let fresh = self.followers.len() as u32;
        let node = self.children.entry(key(parent, symbol), fresh);
        if *node == fresh {
            self.followers.push(Followers::default());
        }
        Node(*node)
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
        let longer = self.child_or_new(node, symbols[at - length - 1]);
        self.count(longer, symbols[at], true);
        self.set_tail(longer, at, usize::from(tail_end));
    }

    /// The most common follower and its count, of several the largest; nothing for a context without followers.
    #[inline]
    pub(super) fn prediction(&self, node: Node) -> Option<(u8, u32)> {
        let followers = self.followers[node.0 as usize];
        (followers.best_count > 0).then_some((followers.best, followers.best_count))
    }

    /// Counts a follower; one that is new only if `may_add`. Says whether it was new and was added.
    #[inline]
    pub(super) fn count(&mut self, node: Node, symbol: u8, may_add: bool) -> bool {
        let followers = &mut self.followers[node.0 as usize];
        let mut added = false;
        let count = if followers.first_count > 0 && followers.first == symbol {
            followers.first_count += 1;
            followers.first_count
        } else if followers.first_count == 0 {
            if !may_add {
                return false;
            }
            added = true;
            followers.first = symbol;
            followers.first_count = 1;
            1
        } else {
            let key = key(node, symbol);
            let count = if may_add {
                self.counts.entry(key, 0)
            } else if let Some(count) = self.counts.get_mut(key) {
                count
            } else {
                return false;
            };
            added = *count == 0;
            *count += 1;
            *count
        };
        if count > followers.best_count
            || (count == followers.best_count && symbol > followers.best)
        {
            followers.best_count = count;
            followers.best = symbol;
        }
        added
    }
}

#[inline]
fn key(node: Node, symbol: u8) -> u32 {
    node.0 << 8 | u32::from(symbol)
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
        let mut trie = ContextTrie::new();
        let node = trie.child_or_new(ROOT, 9);
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
        assert_eq!(trie.child(ROOT, 9), Some(node));
        assert_eq!(trie.child(ROOT, 8), None);
    }
}
