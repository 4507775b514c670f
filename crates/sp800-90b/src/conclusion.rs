// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the estimates to the assessed value and its verdict (SP 800-90B §3.1.3).

use crate::assessment::{Assessment, Binding, EstimatorSet, Status};
use crate::iid::IidTests;
use crate::symbols::counts_of;
use crate::{Estimators, InvalidStatus, Outcome, Symbols, Track};

/// What SP 800-90B §3.1.1 asks for.
const WANTED_SAMPLES: usize = 1_000_000;

/// The least estimates, and which estimators they are from.
struct Least {
    h_original: Option<f64>,
    h_bitstring: Option<f64>,
    assessed: f64,
    binding: Binding,
}

/// Draws the conclusion from a track's estimates.
pub(crate) fn conclude(
    symbols: &Symbols,
    track: Track,
    estimators: EstimatorSet,
    iid: Option<Outcome<IidTests>>,
) -> Assessment {
    let bits = symbols.bits_per_symbol();
    let mut missing = missing(&estimators);
    match &iid {
        Some(Outcome::Invalid(invalid)) => missing.push(format!("iid: {}", invalid.reason)),
        Some(Outcome::Value(tests)) => missing.extend(tests.too_few(symbols)),
        None => {}
    }
    let not_iid = matches!(&iid, Some(Outcome::Value(tests)) if !tests.passed);
    let status = if !missing.is_empty() {
        Status::Invalid
    } else if symbols.alphabet_size() == 1 {
        Status::Constant
    } else if not_iid {
        Status::NotIid
    } else if track == Track::Quick {
        Status::Partial
    } else {
        Status::Assessed
    };
    // Where a precondition failed there is no value.
    let valid = !matches!(status, Status::Invalid | Status::NotIid);
    let least = if valid { least(bits, &estimators) } else { None };
    let mut verdict = verdict(status, bits, least.as_ref(), &missing);
    if let Some(repeat) = least.as_ref().and_then(|least| longest_repeat(&estimators, least)) {
        verdict += &repeat;
    }
    if least.is_some() && status != Status::Constant {
        verdict += &neighbours(symbols).unwrap_or_default();
    }
    let formula = formula(bits, &estimators);
    Assessment {
        track,
        status,
        samples: symbols.len() as u64,
        bits_per_symbol: bits,
        alphabet_size: symbols.alphabet_size() as u64,
        short: symbols.len() < WANTED_SAMPLES,
        estimators,
        iid,
        h_original: least.as_ref().and_then(|least| least.h_original),
        h_bitstring: least.as_ref().and_then(|least| least.h_bitstring),
        min_entropy_bits_per_sample: least.as_ref().map(|least| least.assessed),
        binding: least.map(|least| least.binding),
        formula,
        verdict,
        warnings: warnings(symbols),
    }
}

/// Each estimator that has no figures although the track needs it, with its reason.
fn missing(estimators: &EstimatorSet) -> Vec<String> {
    let strings = [("literal", &estimators.literal), ("bitstring", &estimators.bitstring)];
    let mut missing = Vec::new();
    for (on, set) in strings {
        for (name, estimate) in set.iter().flat_map(Estimators::lines) {
            if let Err(invalid) = estimate
                && invalid.status != InvalidStatus::NotApplicable
            {
                missing.push(format!("{on}.{name}: {}", invalid.reason));
            }
        }
    }
    missing
}

fn least(bits: u8, estimators: &EstimatorSet) -> Option<Least> {
    let width = f64::from(bits);
    let on_literal = estimators.literal.as_ref().and_then(Estimators::least);
    let on_bitstring = estimators.bitstring.as_ref().and_then(Estimators::least);
    if on_literal.is_none() && on_bitstring.is_none() {
        return None;
    }
    let h_original = on_literal.map(|(_, h)| h.min(width));
    let h_bitstring = on_bitstring.map(|(_, h)| h.min(1.0));

    let mut assessed = width;
    let mut binding = Binding { on: "width".to_owned(), estimator: "width".to_owned() };
    let candidates = [
        on_literal.map(|(name, h)| ("literal", name, h)),
        on_bitstring.map(|(name, h)| ("bitstring", name, h * width)),
    ];
    for (on, name, h) in candidates.into_iter().flatten() {
        if h < assessed {
            assessed = h;
            binding = Binding { on: on.to_owned(), estimator: name.to_owned() };
        }
    }
    Some(Least { h_original, h_bitstring, assessed, binding })
}

fn formula(bits: u8, estimators: &EstimatorSet) -> String {
    match (&estimators.literal, &estimators.bitstring) {
        (Some(_), Some(_)) => {
            format!("H = min({bits}, H_original, {bits} x H_bitstring) (SP 800-90B §3.1.3)")
        }
        (None, Some(_)) => format!("h' = H_bitstring; H = {bits} x h' (SP 800-90B §3.1.5.2)"),
        _ => format!("H = min({bits}, H_original) (SP 800-90B §3.1.3)"),
    }
}

fn verdict(status: Status, bits: u8, least: Option<&Least>, missing: &[String]) -> String {
    if status == Status::NotIid {
        return "NOT IID: a test of SP 800-90B §5 shows structure in the order of the samples, so that the IID track \
                has no value. Assess with the non-IID track."
            .to_owned();
    }
    let Some(least) = least else {
        return format!(
            "INVALID: this track has no assessed value for these samples. Missing: {}.",
            missing.join("; ")
        );
    };
    if status == Status::Constant {
        return "Every sample is the same: no entropy is awarded (0 bits/sample).".to_owned();
    }
    let value = format!("{:.6} of {bits} bits/sample", least.assessed);
    let because = if least.binding.on == "width" {
        "no estimator found less than the width".to_owned()
    } else {
        format!(
            "the binding estimator is {} on the {} data",
            least.binding.estimator, least.binding.on
        )
    };
    let meaning = format!(
        "an attacker who knows the source guesses the next sample right with probability {:.4} at best",
        (-least.assessed).exp2()
    );
    match status {
        Status::Partial => format!(
            "At most {value}; {because}. Only a part of the estimators was run, so the whole track can only be lower."
        ),
        _ => format!("{value}; {because}: as far as the estimators see, {meaning}."),
    }
}

/// Where the longest repeat is, if the binding estimator counts repeats.
fn longest_repeat(estimators: &EstimatorSet, least: &Least) -> Option<String> {
    if !matches!(least.binding.estimator.as_str(), "t_tuple" | "lrs") {
        return None;
    }
    let (set, unit) = if least.binding.on == "bitstring" {
        (&estimators.bitstring, "bits")
    } else {
        (&estimators.literal, "samples")
    };
    let lrs = set.as_ref()?.lrs.as_ref()?.value()?;
    let (first, second) = lrs.longest_at?;
    Some(format!(
        " The longest repeat is {} {unit} long, at {unit} {first} and {second} (from 0): if that is more than chance, \
         look for a stuck source or a buffer that was written twice.",
        lrs.v
    ))
}

/// How often a sample equals the one before it, where that is far from what independent samples would do.
fn neighbours(symbols: &Symbols) -> Option<String> {
    /// Differences below this explain little.
    const FAR: f64 = 0.05;
    let raw = symbols.raw();
    let counts = counts_of(raw);
    let share = |count: u64, of: usize| count as f64 / of.max(1) as f64;
    let independent: f64 = counts.iter().map(|&count| share(count, raw.len()).powi(2)).sum();
    let equal = raw.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
    let observed = share(equal, raw.len() - 1);
    // Of few samples chance alone moves the share: 5 standard deviations.
    let chance = 5.0 * (independent * (1.0 - independent) / raw.len() as f64).sqrt();
    ((observed - independent).abs() > FAR.max(chance)).then(|| {
        format!(
            " {:.1} % of the samples equal the one before; of independent samples {:.1} % would.",
            observed * 100.0,
            independent * 100.0
        )
    })
}

fn warnings(symbols: &Symbols) -> Vec<String> {
    let mut warnings = Vec::new();
    if symbols.len() < WANTED_SAMPLES {
        warnings.push(format!(
            "short: {} samples, and SP 800-90B §3.1.1 asks for {WANTED_SAMPLES}; estimates on fewer are less certain \
             and mostly lower",
            symbols.len()
        ));
    }
    if let Some(used) = symbols.used_bits_if_fewer() {
        warnings.push(format!(
            "the symbols use only {used} of the stated {} bits; the bitstring's constant bits lower its estimate",
            symbols.bits_per_symbol()
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use crate::{Symbols, Track, assess, test_noise};

    #[test]
    fn a_buffer_written_twice_is_found() {
        let mut noise: Vec<u8> = test_noise::symbols(4, 1).take(30_000).collect();
        noise.copy_within(1000..5000, 20_000);
        let symbols = Symbols::new(noise, 4).unwrap();
        let result = assess(&symbols, Track::NonIid).unwrap();
        let lrs = result.estimators.literal.as_ref().unwrap().lrs.as_ref().unwrap();
        let lrs = lrs.value().unwrap();
        assert_eq!((lrs.v, lrs.longest_at), (4000, Some((1000, 20_000))));
        let verdict = &result.verdict;
        assert!(verdict.contains("is 4000 samples long, at samples 1000 and 20000"), "{verdict}");
    }

    #[test]
    fn samples_that_repeat_their_neighbour_are_named() {
        // A bit repeats the one before with 216/256.
        let mut bit = 0;
        let sticky: Vec<u8> = test_noise::symbols(8, 3)
            .take(50_000)
            .map(|chance| {
                bit ^= u8::from(chance >= 216);
                bit
            })
            .collect();
        let verdict = |raw, bits| {
            let symbols = Symbols::new(raw, bits).unwrap();
            assess(&symbols, Track::NonIid).unwrap().verdict
        };
        let said = verdict(sticky, 1);
        let percent = said.split(" % of the samples equal the one before").next().unwrap();
        let percent: f64 = percent.rsplit(' ').next().unwrap().parse().unwrap();
        assert!((percent - 84.4).abs() < 1.0, "{said}");
        assert!(said.ends_with("of independent samples 50.0 % would."), "{said}");
        let noise: Vec<u8> = test_noise::symbols(3, 3).take(10_000).collect();
        assert!(!verdict(noise, 3).contains("the one before"));
    }

    #[test]
    fn a_conditioned_data_set_has_only_its_bits_estimated() {
        let noise: Vec<u8> = test_noise::symbols(1, 1).take(20_000).collect();
        // Two different symbols: the non-IID track has no bitstring of them.
        let symbols = Symbols::new(noise, 2).unwrap();
        let initial = assess(&symbols, Track::NonIid).unwrap();
        assert!(initial.estimators.bitstring.is_none() && initial.h_original.is_some());
        let result = assess(&symbols, Track::Conditioned).unwrap();
        assert!(result.estimators.literal.is_none() && result.h_original.is_none());
        let h_prime = result.h_bitstring.unwrap();
        // Every other bit is constant.
        assert!(h_prime < 0.6, "{h_prime}");
        assert_eq!(result.min_entropy_bits_per_sample, Some(2.0 * h_prime));
    }
}
