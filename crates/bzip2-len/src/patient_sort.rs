// SPDX-License-Identifier: MIT OR Apache-2.0
//! A merge sort that can be called off in the middle, when comparing costs more than was meant to be spent.

/// Runs this short are sorted by insertion.
const SHORT: usize = 16;

/// Sorts `items` by `less`. Gives up, with `items` in some order, as soon as `less` has no answer.
pub(super) fn patient_sort(
    items: &mut [u64],
    scratch: &mut Vec<u64>,
    less: &mut impl FnMut(u64, u64) -> Option<bool>,
) -> Option<()> {
    if items.len() <= SHORT {
        for end in 1..items.len() {
            let item = items[end];
            let mut at = end;
            while at > 0 && less(item, items[at - 1])? {
                items[at] = items[at - 1];
                at -= 1;
            }
            items[at] = item;
        }
        return Some(());
    }
    let half = items.len() / 2;
    patient_sort(&mut items[..half], scratch, less)?;
    patient_sort(&mut items[half..], scratch, less)?;
    if !less(items[half], items[half - 1])? {
        return Some(());
    }
    scratch.clear();
    scratch.extend_from_slice(&items[..half]);
    let (mut left, mut right) = (0, half);
    for at in 0..items.len() {
        if left == scratch.len() {
            break;
        }
        items[at] = if right < items.len() && less(items[right], scratch[left])? {
            right += 1;
            items[right - 1]
        } else {
            left += 1;
            scratch[left - 1]
        };
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_and_it_gives_up() {
        let mut state = 1_u64;
        for len in [0_u32, 1, 2, 15, 16, 17, 33, 1000] {
            let items: Vec<u64> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    state >> 55
                })
                .collect();
            let (mut ours, mut known) = (items.clone(), items.clone());
            known.sort_unstable();
            let done = patient_sort(&mut ours, &mut Vec::new(), &mut |a, b| Some(a < b));
            assert_eq!((done, ours), (Some(()), known));
            let mut left = u64::from(len / 2_u32);
            let mut tired = |a: u64, b: u64| {
                left = left.checked_sub(1)?;
                Some(a < b)
            };
            let gave_up = patient_sort(&mut items.clone(), &mut Vec::new(), &mut tired).is_none();
            assert_eq!(gave_up, len > 2);
        }
    }
}
