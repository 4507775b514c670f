// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entropy after conditioning, SP 800-90B §3.1.5.

/// A conditioning component's sizes, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Component {
    /// Input per output (`n_in`).
    pub input_bits: u32,
    /// Output (`n_out`).
    pub output_bits: u32,
    /// The narrowest internal width (`nw`).
    pub narrowest_bits: u32,
}

/// Whether a component is on the list of §3.1.5.1.1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Vetting {
    /// HMAC, CMAC, CBC-MAC, a hash function or a derivation function of SP 800-90A, with an approved primitive.
    Vetted,
    /// Any other function.
    NonVetted {
        /// Min-entropy per bit that was assessed on the conditioned output (`h'`, §3.1.5.2).
        h_prime: f64,
    },
}

/// Entropy of one output of a conditioning component.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Conditioned {
    /// Entropy of one output, bits.
    pub h_out: f64,
    /// What the sizes alone allow: `Output_Entropy(n_in, n_out, nw, h_in)` (§3.1.5.1.2), bits.
    pub output_entropy: f64,
    /// By how much `output_entropy` falls short of `min(n_out, nw, n_in)`, bits; accurate where the difference is not.
    pub shortfall_bits: f64,
    /// Entropy per output bit.
    pub bits_per_bit: f64,
}

/// A parameter out of range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ConditioningError {
    /// A size of 0 bits.
    #[error(
        "a conditioning component with {0} of 0 bits has no entropy to account for; give its real size"
    )]
    Size(&'static str),
    /// Input entropy outside `(0, n_in]`.
    #[error(
        "an input of {input_bits} bits cannot have {h_in} bits of min-entropy: it must be above 0 and at most {input_bits}"
    )]
    InputEntropy {
        /// What was given.
        h_in: f64,
        /// The input's size.
        input_bits: u32,
    },
    /// `h'` outside `0..=1`.
    #[error(
        "h' = {0} is not in 0..=1: it is min-entropy per bit of the conditioned output (§3.1.5.2)"
    )]
    HPrime(f64),
}

/// Entropy of one output, given `h_in` bits of min-entropy in the input (§3.1.5).
///
/// # Errors
/// [`ConditioningError`] for a parameter out of range.
pub fn output_entropy(
    component: Component,
    vetting: Vetting,
    h_in: f64,
) -> Result<Conditioned, ConditioningError> {
    for (name, bits) in [
        ("an input", component.input_bits),
        ("an output", component.output_bits),
        ("a narrowest width", component.narrowest_bits),
    ] {
        if bits == 0 {
            return Err(ConditioningError::Size(name));
        }
    }
    if !(h_in > 0.0 && h_in <= f64::from(component.input_bits)) {
        return Err(ConditioningError::InputEntropy { h_in, input_bits: component.input_bits });
    }
    let n_out = f64::from(component.output_bits);
    // Appendix E: no width inside a component carries more than its input has.
    let narrowest = component.output_bits.min(component.narrowest_bits).min(component.input_bits);
    let shortfall_bits =
        shortfall_bits(f64::from(component.input_bits), f64::from(narrowest), h_in);
    // Rounding must not give more than was put in.
    let output_entropy = (f64::from(narrowest) - shortfall_bits).clamp(0.0, h_in);
    let h_out = match vetting {
        Vetting::Vetted => output_entropy,
        Vetting::NonVetted { h_prime } if (0.0..=1.0).contains(&h_prime) => {
            // §3.1.5.2: min(Output_Entropy, 0.999 n_out, h' n_out).
            output_entropy.min(0.999 * n_out).min(h_prime * n_out)
        }
        Vetting::NonVetted { h_prime } => return Err(ConditioningError::HPrime(h_prime)),
    };
    Ok(Conditioned { h_out, output_entropy, shortfall_bits, bits_per_bit: h_out / n_out })
}

/// `n - Output_Entropy` of §3.1.5.1.2.
///
/// With `P_low 2^(n_in - n) = 2^-n (1 - P_high) / (1 - 2^-n_in)`, both psi and omega are `2^-n` times a number near 1,
/// and only its distance from 1 is computed: the powers of two themselves would overflow.
fn shortfall_bits(n_in: f64, n: f64, h_in: f64) -> f64 {
    let p_high = (-h_in).exp2();
    let all = (-n_in).exp2();
    // (1 - P_high) / (1 - 2^-n_in) = 1 + low_excess
    let low_excess = (all - p_high) / (1.0 - all);
    let psi_log2 = if n - h_in < 1000.0 {
        (low_excess + (n - h_in).exp2()).ln_1p() / std::f64::consts::LN_2
    } else {
        n - h_in
    };
    // Step 4: U = 2^(n_in - n) + sqrt(2 n 2^(n_in - n) ln 2).
    let spread = (2.0 * n * std::f64::consts::LN_2).sqrt() * ((n - n_in) / 2.0).exp2();
    let omega_log2 = (low_excess.ln_1p() + spread.ln_1p()) / std::f64::consts::LN_2;
    psi_log2.max(omega_log2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vetted(input_bits: u32, output_bits: u32, narrowest_bits: u32, h_in: f64) -> Conditioned {
        let component = Component { input_bits, output_bits, narrowest_bits };
        output_entropy(component, Vetting::Vetted, h_in).unwrap()
    }

    #[test]
    fn small_sizes_agree_with_the_formula_as_written() {
        for (n_in, n_out, nw, h_in) in
            [(8, 4, 4, 3.0), (20, 8, 16, 10.5), (16, 16, 8, 2.0), (30, 10, 10, 29.9)]
        {
            let two = |n: f64| n.exp2();
            let n = f64::from(n_out.min(nw));
            let p_high = two(-h_in);
            let p_low = (1.0 - p_high) / (two(f64::from(n_in)) - 1.0);
            let power = two(f64::from(n_in) - n);
            let psi = power * p_low + p_high;
            let u = power + (2.0 * n * power * 2.0_f64.ln()).sqrt();
            let written = -psi.max(u * p_low).log2();
            let ours = vetted(n_in, n_out, nw, h_in).h_out;
            assert!(
                (ours - written).abs() < 1e-12 * written,
                "{n_in} {n_out} {nw} {h_in}: {ours} {written}"
            );
        }
    }

    #[test]
    fn an_input_narrower_than_the_output_limits_it() {
        // What NIST's `ea_conditioning -v` prints, with nw = min(nw, n_in) (SP 800-90B, Appendix E).
        for (sizes, h_in, known) in [
            ((256, 512, 1600), 256.0, 251.689_764_568_727_06),
            ((64, 128, 128), 64.0, 60.618_816_293_181_13),
            ((10, 20, 20), 9.99, 7.760_215_428_880_85),
        ] {
            let ours = vetted(sizes.0, sizes.1, sizes.2, h_in).h_out;
            assert!((ours - known).abs() <= 1e-9 * known, "{sizes:?}: {ours} is not {known}");
        }
    }

    #[test]
    fn the_output_has_no_more_than_the_input() {
        for thousandths in 1..=100_000 {
            let h_in = f64::from(thousandths) / 1000.0;
            assert!(vetted(100, 1000, 256, h_in).h_out <= h_in, "{h_in}");
        }
    }

    #[test]
    fn enough_input_gives_full_entropy_and_the_shortfall_is_still_seen() {
        // SHA-256 over 1,024 bits with 320 bits of entropy: 64 bits of headroom.
        let out = vetted(1024, 256, 256, 320.0);
        assert!((out.shortfall_bits.log2() + 64.0).abs() < 1.0, "{out:?}");
        assert_eq!(out.h_out, 256.0);
        let starved = vetted(1024, 256, 256, 100.0);
        assert!(starved.h_out < 100.0 && starved.h_out > 99.99, "{starved:?}");
    }

    #[test]
    fn non_vetted_is_capped() {
        let component = Component { input_bits: 512, output_bits: 128, narrowest_bits: 128 };
        let out = |h_prime| output_entropy(component, Vetting::NonVetted { h_prime }, 400.0);
        assert_eq!(out(1.0).unwrap().h_out, 0.999 * 128.0);
        assert_eq!(out(0.5).unwrap().h_out, 64.0);
        assert_eq!(out(1.5), Err(ConditioningError::HPrime(1.5)));
    }

    #[test]
    fn impossible_parameters_are_named() {
        let component = Component { input_bits: 8, output_bits: 8, narrowest_bits: 8 };
        assert!(output_entropy(component, Vetting::Vetted, 9.0).is_err());
        assert!(output_entropy(component, Vetting::Vetted, 0.0).is_err());
        let empty = Component { input_bits: 8, output_bits: 0, narrowest_bits: 8 };
        assert_eq!(
            output_entropy(empty, Vetting::Vetted, 1.0),
            Err(ConditioningError::Size("an output"))
        );
    }
}
