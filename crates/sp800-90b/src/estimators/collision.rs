// SPDX-License-Identifier: GPL-2.0-or-later
//! Collision estimate on a bitstring, SP 800-90B §6.3.2.

use crate::bound::Z_ALPHA;
use crate::math::min_entropy_bits;
use crate::{MinEntropy, Outcome};
use serde::{Deserialize, Serialize};

/// Figures of the collision estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
pub fn collision(bits: &[u8]) -> Outcome<Collision> {
    let mut times = CollisionTimes::default();
    times.push(bits);
    times.collision()
}

/// Collision times of a bitstring that comes in pieces.
#[derive(Default)]
pub(crate) struct CollisionTimes {
    /// Collisions after 2 bits, and after 3.
    twos: u64,
    threes: u64,
    /// Bits since the last collision: 0 to 2, and the last one.
    pending: u8,
    last: u8,
}

impl CollisionTimes {
    pub(crate) fn push(&mut self, bits: &[u8]) {
        for &bit in bits {
            match self.pending {
                0 => self.pending = 1,
                1 if self.last == bit => {
                    self.twos += 1;
                    self.pending = 0;
                }
                1 => self.pending = 2,
                // Among three bits two are equal.
                _ => {
                    self.threes += 1;
                    self.pending = 0;
                }
            }
            self.last = bit;
        }
    }

    pub(crate) fn collision(&self) -> Outcome<Collision> {
        let v = self.twos + self.threes;
        if v < 2 {
            return Outcome::too_few(
                "the spread of the collision times needs 2 collisions or more",
            );
        }
        let sum_t = 2 * self.twos + 3 * self.threes;
        let squares = 4 * self.twos + 9 * self.threes;
        let x_bar = sum_t as f64 / v as f64;
        let sigma_hat =
            ((squares as f64 - sum_t as f64 * x_bar) / (v as f64 - 1.0)).max(0.0).sqrt();
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
}
