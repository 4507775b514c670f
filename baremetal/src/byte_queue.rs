// SPDX-License-Identifier: GPL-2.0-or-later
//! A small queue of bytes: keys that were typed while the monitor was busy.

/// Bytes that can wait.
const CAPACITY_BYTES: usize = 256;

/// First in, first out.
#[derive(Debug)]
pub struct ByteQueue {
    bytes: [u8; CAPACITY_BYTES],
    first: usize,
    len: usize,
}

impl ByteQueue {
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; CAPACITY_BYTES], first: 0, len: 0 }
    }

    /// Whether another byte fits.
    #[must_use]
    pub const fn has_room(&self) -> bool {
        self.len < CAPACITY_BYTES
    }

    /// Adds a byte; without room it is dropped.
    pub fn put(&mut self, byte: u8) {
        if self.has_room() {
            self.bytes[(self.first + self.len) % CAPACITY_BYTES] = byte;
            self.len += 1;
        }
    }

    /// Takes the oldest byte out.
    pub fn take(&mut self) -> Option<u8> {
        self.len = self.len.checked_sub(1)?;
        let byte = self.bytes[self.first];
        self.first = (self.first + 1) % CAPACITY_BYTES;
        Some(byte)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.len = 0;
    }
}

impl Default for ByteQueue {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_in_order_around_the_end_of_the_ring() {
        let mut queue = ByteQueue::new();
        for round in 0..3_u8 {
            (0..200).for_each(|byte| queue.put(byte ^ round));
            assert!((0..200).all(|byte| queue.take() == Some(byte ^ round)));
        }
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn a_full_queue_keeps_what_it_has() {
        let mut queue = ByteQueue::new();
        (0..CAPACITY_BYTES).for_each(|_| queue.put(1));
        assert!(!queue.has_room());
        queue.put(2);
        assert_eq!((0..CAPACITY_BYTES).filter(|_| queue.take() == Some(1)).count(), CAPACITY_BYTES);
        queue.put(3);
        queue.clear();
        assert_eq!(queue.take(), None);
    }
}
