// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea_conditioning`: entropy after a conditioning component.

use super::data;
use super::getopt::Call;
use super::non_iid::only;
use super::number::g22;
use super::run::{Run, number};
use super::{Outcome, Program};
use sp800_90b::Symbols;
use sp800_90b::conditioning::{Component, Vetting, output_entropy};
use sp800_90b::estimators::mcv;

pub(super) fn run(call: &Call) -> Outcome {
    let mut run = Run::new(Program::Conditioning, call, "Conditioning", false);
    let Some(parsed) = call.parse("vnqo:i:c:") else { return run.refuse(None) };
    let (mut vetted, mut quiet, mut iid, mut path) = (true, false, false, None);
    for (letter, value) in parsed.options {
        match letter {
            'v' => vetted = true,
            'n' => vetted = false,
            'q' => quiet = true,
            'o' => run.write_json_to(value),
            'i' => path = Some(value),
            _ => iid = value == "iid",
        }
    }
    let read = path.as_deref().map(|path| (path, data::read_bytes(path)));
    if let Some((path, read)) = &read {
        run.set_file(path, read.as_ref().map(|(_, sum)| sum.as_str()));
    }
    let operands: Vec<&str> = parsed.operands.iter().map(String::as_str).collect();
    if operands.len() != 4 && (vetted || operands.len() != 5) {
        run.say("Incorrect usage.");
        if !vetted {
            run.say(format!("argc: {}", operands.len()));
        }
        return run.refuse(None);
    }
    let mut sizes = [0_u32; 3];
    for ((size, text), name) in sizes.iter_mut().zip(&operands).zip(["n_in", "n_out", "nw"]) {
        match whole(text, name) {
            Ok(value) => *size = value,
            Err(message) => {
                run.say(message);
                return run.refuse(None);
            }
        }
    }
    let [n_in, n_out, nw] = sizes;
    let h_in = match real(operands[3], f64::from(n_in), "h_in") {
        Ok(0.0) => return run.refuse(Some("Error with input: generating h_in.")),
        Ok(h_in) => h_in,
        Err(message) => {
            run.say(message);
            return run.refuse(None);
        }
    };
    let h_prime = match (vetted, operands.get(4)) {
        (true, _) => None,
        (false, Some(text)) => match real(text, 1.0, "h_p") {
            Ok(0.0) => return run.refuse(Some("Error with input: generating h_p.")),
            Ok(h_prime) => Some(h_prime),
            Err(message) => {
                run.say(message);
                return run.refuse(None);
            }
        },
        (false, None) => {
            let read = read.and_then(|(_, read)| read).map(|(bytes, _)| bytes);
            let path = path.as_deref().unwrap_or_default();
            match data::load(&mut run, path, read, None, None) {
                Ok(data) => Some(assessed_h_prime(&data.symbols, iid)),
                Err(message) => {
                    eprintln!("Can't read and translate the supplied data: {}", message.trim());
                    return run.abort();
                }
            }
        }
    };
    // §3.1.5.1.2: no part of the component is wider than its input (Appendix E).
    let nw = nw.min(n_in);
    let component = Component { input_bits: n_in, output_bits: n_out, narrowest_bits: nw };
    let conditioned = match output_entropy(component, Vetting::Vetted, h_in) {
        Ok(conditioned) => conditioned,
        Err(error) => {
            run.say(error.to_string());
            return run.refuse(Some(&error.to_string()));
        }
    };
    let output = conditioned.output_entropy.min(h_in);
    let n_out_real = f64::from(n_out);
    let caps = h_prime.map(|h_prime| (0.999 * n_out_real, h_prime * n_out_real));
    let h_out = caps.map_or(output, |(bound, by_h_prime)| output.min(bound).min(by_h_prime));
    if !quiet {
        let epsilon = |max: f64| g22(max.log2() - conditioned.shortfall_bits.log2());
        run.say(format!("n_in = {n_in}\nn_out = {n_out}\nnw = {nw}\nh_in = {}", g22(h_in)));
        if let Some(h_prime) = h_prime {
            run.say(format!("h' = {}", g22(h_prime)));
        }
        let mut line = format!("Output_Entropy(*) = {}", g22(output));
        // psi of §3.1.5.1.2 decides where little of the output is used: Output_Entropy = h_in - log2(1 + 2^(h_in - n)).
        let lost = (h_in - f64::from(n_out.min(nw))).exp2().ln_1p() / std::f64::consts::LN_2;
        let bounds = [
            ("n_out", n_out_real, conditioned.shortfall_bits),
            ("h_in", h_in, lost),
            ("nw", f64::from(nw), conditioned.shortfall_bits),
        ];
        let least = f64::from(n_out.min(nw));
        for (name, max, short) in bounds {
            if (name == "h_in" || max == least) && rounds_to(max, short) {
                let epsilon = g22(max.log2() - short.log2());
                line += &format!("; Close to {name} (epsilon = 2^(-{epsilon}))");
            }
        }
        run.say(line);
        if let Some((bound, by_h_prime)) = caps {
            run.say(format!("0.999 * n_out = {}", g22(bound)));
            run.say(format!("h' * n_out = {}", g22(by_h_prime)));
            run.say(format!("(Non-vetted) h_out = {}", g22(h_out)));
        } else {
            run.say(format!("(Vetted) h_out = {}", g22(h_out)));
            if output > 0.999 * n_out_real {
                let full = if h_in >= n_out_real + 64.0 {
                    format!(
                        ": FIPS 140-3 IG D.K Resolution 19 Full Entropy if the conditioning component security \
                         strength is >= {n_out}"
                    )
                } else {
                    String::new()
                };
                run.say(format!("epsilon = 2^(-{}){full}", epsilon(n_out_real)));
            }
        }
    }
    let fields = [
        number("n_in", Some(n_in.into())),
        number("n_out", Some(n_out_real)),
        number("nw", Some(nw.into())),
        number("h_in", Some(h_in)),
        number("h_out", Some(h_out)),
        number("h_p", h_prime),
    ];
    run.push_case("Overall", fields.into_iter().flatten().collect());
    run.succeed()
}

/// `h'` of a conditioned sequential dataset (§3.1.5.2): the least estimate on its bitstring.
fn assessed_h_prime(symbols: &Symbols, iid: bool) -> f64 {
    let bits = Symbols::detect_width(symbols.bit_string().iter().collect());
    let least = if iid {
        mcv(bits.raw()).value().map(|mcv| mcv.min_entropy)
    } else {
        only(&bits).and_then(|set| set.least()).map(|(_, h)| h)
    };
    least.unwrap_or(0.0).min(1.0)
}

/// Whether `max - short` is `max` in the 64 significant bits of NIST's figures.
fn rounds_to(max: f64, short: f64) -> bool {
    let exponent = max.log2().floor();
    let is_power = exponent.exp2() == max;
    short <= (exponent - 64.0 - f64::from(u8::from(is_power))).exp2()
}

/// A size in bits, decimal, `0x` or octal.
fn whole(text: &str, name: &str) -> Result<u32, String> {
    let (value, rest) = super::number::strtoull(text);
    if !rest.is_empty() || text.is_empty() {
        let at = rest.chars().next().unwrap_or(' ');
        return Err(format!("Non-integer characters in {name}: '{at}'"));
    }
    if value == 0 {
        return Err(format!("{name} must be greater than or equal to 1."));
    }
    u32::try_from(value).map_err(|_| format!("{name} must be less than or equal to {}.", u32::MAX))
}

/// A real from 0 to `high`.
fn real(text: &str, high: f64, name: &str) -> Result<f64, String> {
    let value: f64 = text.trim_start().parse().map_err(|_| {
        let at = text.chars().find(|c| c.is_alphabetic()).unwrap_or(' ');
        format!("Non-numeric characters in {name}: '{at}'")
    })?;
    if !value.is_finite() {
        return Err(format!(
            "Provided value for {name} is out of range of a long double or isn't a finite value"
        ));
    }
    if value < 0.0 {
        return Err(format!("{name} must be greater than or equal to 0."));
    }
    if value > high {
        return Err(format!("{name} must be less than or equal to {}.", g22(high)));
    }
    Ok(value)
}
