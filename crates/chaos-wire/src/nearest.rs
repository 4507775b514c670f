// SPDX-License-Identifier: GPL-2.0-or-later
//! The known word that somebody meant who wrote another one, found without memory of its own: guests name it too.

/// Bytes of the longest word that is looked at.
const MOST_BYTES: usize = 32;

/// The candidate with the fewest edits to `word`, where these are at most a third of its letters, or one. Capital letters
/// are taken for small ones.
#[must_use]
pub fn nearest<'a>(word: &str, mut known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // One loop for all kinds of lists: guests are small.
    let known: &mut dyn Iterator<Item = &'a str> = &mut known;
    known
        .filter_map(|known| Some((edits(word.as_bytes(), known.as_bytes())?, known)))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, known)| usize::from(*edits) <= (known.len() / 3).max(1))
        .map(|(_, known)| known)
}

/// Bytes to add, drop, change, or swap with their neighbour, to make the one of the other (the optimal string alignment
/// distance); `None` for words that are too long.
fn edits(from: &[u8], to: &[u8]) -> Option<u8> {
    if from.len() > MOST_BYTES || to.len() > MOST_BYTES {
        return None;
    }
    // Rows of the table of distances between beginnings: two bytes ago, one byte ago, now.
    let mut rows = [[0; MOST_BYTES + 1]; 3];
    let [_, _, now] = &mut rows;
    now.iter_mut().zip(0..).for_each(|(distance, len)| *distance = len);
    let mut before = None;
    for (&one, row_number) in from.iter().zip(1..) {
        rows.rotate_left(1);
        let [older, last, now] = &mut rows;
        now[0] = row_number;
        let mut left = None;
        for (column, &other) in to.iter().enumerate() {
            let change = last[column] + u8::from(!one.eq_ignore_ascii_case(&other));
            let mut least = change.min(last[column + 1] + 1).min(now[column] + 1);
            let is = |a: Option<u8>, b: u8| a.is_some_and(|a| a.eq_ignore_ascii_case(&b));
            if is(left, one) && is(before, other) {
                least = least.min(older[column - 1] + 1);
            }
            now[column + 1] = least;
            left = Some(other);
        }
        before = Some(one);
    }
    rows[2].get(to.len()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_by_hand() {
        for (from, to, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("turn", "turns", 1),
            ("trns", "turns", 1),
            ("tunrs", "turns", 1),
            ("TURNS", "turns", 0),
            ("kitten", "sitting", 3),
            ("memory", "combined", 7),
            // Optimal string alignment edits no byte twice: swap and insert between is three.
            ("ca", "abc", 3),
        ] {
            assert_eq!(edits(from.as_bytes(), to.as_bytes()), Some(count), "{from} {to}");
            assert_eq!(edits(to.as_bytes(), from.as_bytes()), Some(count), "{to} {from}");
        }
        assert_eq!(edits(&[b'a'; MOST_BYTES], &[b'b'; MOST_BYTES]), Some(32));
        assert_eq!(edits(&[b'a'; MOST_BYTES + 1], b"a"), None);
    }

    #[test]
    fn a_word_far_from_all_has_no_nearest() {
        let known = ["pause", "memory", "hash", "combined"];
        assert_eq!(nearest("memry", known.into_iter()), Some("memory"));
        assert_eq!(nearest("Hsah", known.into_iter()), Some("hash"));
        assert_eq!(nearest("sleep", known.into_iter()), None);
    }
}
