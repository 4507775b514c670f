// SPDX-License-Identifier: MIT OR Apache-2.0
//! Collision estimate on a bitstring, SP 800-90B §6.3.2.

use crate::math::{Z_ALPHA, min_entropy_bits};
use crate::symbols::BitString;
use crate::{MinEntropy, Outcome};

/// Figures of the collision estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Collision {
    /// How many collisions were found.
    pub v: u64,
    /// Samples that they span.
    pub sum_t: u64,
    /// Mean number of samples until a collision.
    pub x_bar: f64,
    /// Its sample standard deviation.
    pub sigma_hat: f64,
    /// The lower end of the confidence interval of the mean, at least 2.
    pub x_bar_prime: f64,
    /// Whether a bias explains the mean; if not, `p` is 1/2.
    pub found_p: bool,
    /// The probability of the likelier bit that explains the mean.
    pub p: f64,
    /// `-log2(p)`, bits per bit.
    pub min_entropy: f64,
}

impl MinEntropy for Collision {
    fn min_entropy(&self) -> f64 {
        self.min_entropy
    }
}

/// Estimates from the mean time until a bit repeats (§6.3.2); needs 2 collisions.
#[must_use]
pub fn collision(bits: &BitString) -> Outcome<Collision> {
    let (twos, threes) = collision_times(bits);
    let v = twos + threes;
    if v < 2 {
        return Outcome::too_few("the spread of the collision times needs 2 collisions or more");
    }
    let sum_t = 2 * twos + 3 * threes;
    let squares = 4 * twos + 9 * threes;
    let x_bar = sum_t as f64 / v as f64;
    let sigma_hat = ((squares as f64 - sum_t as f64 * x_bar) / (v as f64 - 1.0)).max(0.0).sqrt();
    let x_bar_prime = (x_bar - Z_ALPHA * sigma_hat / (v as f64).sqrt()).max(2.0);
    // For a bit with bias p the expected time is 2 + 2p(1 - p) (§6.3.2 step 7, simplified); the root above 1/2.
    let found_p = x_bar_prime < 2.5;
    let p = if found_p { 0.5 + (1.25 - 0.5 * x_bar_prime).sqrt() } else { 0.5 };
    Outcome::Value(Collision {
        v,
        sum_t,
        x_bar,
        sigma_hat,
        x_bar_prime,
        found_p,
        p,
        min_entropy: min_entropy_bits(p),
    })
}

/// Where a search for a collision is after some bits: none seen, one (which is 0 or 1), or two that differ.
const STATES: usize = 4;

/// What 8 bits add, from each state on.
#[derive(Clone, Copy)]
struct Step {
    next: u8,
    /// Collisions after 2 bits, and after 3.
    twos: u8,
    threes: u8,
}

impl Step {
    const STAY: Self = Self { next: 0, twos: 0, threes: 0 };

    const fn bit(mut self, bit: u8) -> Self {
        match self.next {
            0 => self.next = 1 + bit,
            1 | 2 if self.next == 1 + bit => {
                self.twos += 1;
                self.next = 0;
            }
            1 | 2 => self.next = 3,
            // Among three bits two are equal.
            _ => {
                self.threes += 1;
                self.next = 0;
            }
        }
        self
    }
}

const STEPS: [[Step; 256]; STATES] = {
    let mut steps = [[Step::STAY; 256]; STATES];
    let mut state = 0;
    while state < STATES {
        let mut byte = 0;
        while byte < 256 {
            let mut step = Step { next: state as u8, ..Step::STAY };
            let mut place = 8;
            while place > 0 {
                place -= 1;
                step = step.bit((byte >> place) as u8 & 1);
            }
            steps[state][byte] = step;
            byte += 1;
        }
        state += 1;
    }
    steps
};

/// How many collisions come after 2 bits, and after 3.
fn collision_times(bits: &BitString) -> (u64, u64) {
    let (mut twos, mut threes, mut state) = (0, 0, 0_u8);
    for word in &bits.words()[..bits.len() / 64] {
        for byte in word.to_be_bytes() {
            let step = STEPS[usize::from(state) % STATES][usize::from(byte)];
            twos += u64::from(step.twos);
            threes += u64::from(step.threes);
            state = step.next;
        }
    }
    let last = Step { next: state, ..Step::STAY };
    let rest = bits.len() / 64 * 64..bits.len();
    let last = rest.fold(last, |step, at| step.bit(bits.bit(at)));
    (twos + u64::from(last.twos), threes + u64::from(last.threes))
}
