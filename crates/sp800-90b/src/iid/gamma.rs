// SPDX-License-Identifier: MIT OR Apache-2.0
//! The upper regularised incomplete gamma function, which turns a chi-square score into a probability.

/// The probability that chi-square with `degrees` degrees of freedom exceeds `score`.
pub(crate) fn chi_square_upper_tail(score: f64, degrees: f64) -> f64 {
    upper_gamma(degrees / 2.0, score / 2.0)
}

/// `Q(a, x) = Γ(a, x) / Γ(a)`; 1 where `a` or `x` is not above 0.
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x.is_nan() || a.is_nan() || x <= 0.0 || a <= 0.0 {
        return 1.0;
    }
    let front = front(a, x);
    if x < 1.0 || x < a {
        // Abramowitz and Stegun 6.5.29: P(a, x) = front * (1 + x/(a+1) + x²/((a+1)(a+2)) + …).
        let (mut term, mut sum, mut n) = (1.0, 1.0, a);
        while term > sum * f64::EPSILON / 4.0 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return 1.0 - front * sum;
    }
    // Abramowitz and Stegun 6.5.31, by the modified Lentz method.
    let tiny = f64::MIN_POSITIVE / f64::EPSILON;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / tiny;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..1_000_000 {
        let i = f64::from(i);
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / not_zero(numerator * d + b, tiny);
        c = not_zero(b + numerator / c, tiny);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < f64::EPSILON / 2.0 {
            break;
        }
    }
    front * a * fraction
}

fn not_zero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// `x^a e^-x / Γ(a + 1)`, without the cancellation that large arguments would suffer.
fn front(a: f64, x: f64) -> f64 {
    // Raise a small `a`, where Stirling's series is poor: front(a) = front(a + 1) (a + 1) / x.
    let (mut raised, mut factor) = (a, 1.0);
    while raised < 20.0 {
        raised += 1.0;
        factor *= raised / x;
    }
    let excess = (x - raised) / raised;
    // ln(1 + excess) - excess
    let bend = if excess.abs() < 0.1 {
        let mut power = -excess * excess;
        let mut sum = 0.0;
        let mut k = 2.0;
        while power.abs() > 1e-18 * excess * excess && k < 40.0 {
            sum += power / k;
            power *= -excess;
            k += 1.0;
        }
        sum
    } else {
        excess.ln_1p() - excess
    };
    let inverse = 1.0 / raised;
    let square = inverse * inverse;
    // Stirling's series for ln Γ(raised + 1).
    let correction = inverse
        * (1.0 / 12.0
            - square
                * (1.0 / 360.0
                    - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0))));
    (raised * bend - correction).exp() / (std::f64::consts::TAU * raised).sqrt() * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, known: f64) {
        assert!((ours - known).abs() <= 1e-12 * known, "{ours} is not {known}");
    }

    #[test]
    fn two_degrees_are_an_exponential() {
        for score in [0.1, 1.0, 5.0, 40.0, 300.0] {
            close(chi_square_upper_tail(score, 2.0), (-score / 2.0).exp());
        }
    }

    #[test]
    fn whole_a_is_a_poisson_sum() {
        // Q(a, x) = e^-x Σ_{k<a} x^k / k!
        for (a, x) in [(3, 2.5), (40, 30.0), (40, 55.0), (200, 231.0)] {
            let (mut term, mut sum) = (1.0_f64, 0.0);
            for k in 0..a {
                if k > 0 {
                    term *= x / f64::from(k);
                }
                sum += term;
            }
            close(upper_gamma(f64::from(a), x), sum * (-x).exp());
        }
    }

    #[test]
    fn edges_are_certain() {
        assert_eq!(chi_square_upper_tail(0.0, 9.0), 1.0);
        assert_eq!(chi_square_upper_tail(3.0, 0.0), 1.0);
        assert_eq!(chi_square_upper_tail(f64::INFINITY, 3.0).max(0.0), 0.0);
    }
}
