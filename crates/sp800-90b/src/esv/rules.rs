// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the server's published rules ask of the conditioning components of a registration.

use super::{ConditioningComponent, Finding, Project};

/// Hash functions by their ACVP names; SHA1 is not used in a DRBG.
const HASHES: [&str; 10] = [
    "SHA2-224",
    "SHA2-256",
    "SHA2-384",
    "SHA2-512",
    "SHA2-512t224",
    "SHA2-512t256",
    "SHA3-224",
    "SHA3-256",
    "SHA3-384",
    "SHA3-512",
];
const OTHERS: [&str; 12] = [
    "SHA1",
    "HMAC-SHA1",
    "Ascon-Hash256",
    "SHAKE-128",
    "SHAKE-256",
    "AES-CMAC",
    "AES-CBC-MAC",
    "AES-128-CTR-DRBG",
    "AES-192-CTR-DRBG",
    "AES-256-CTR-DRBG",
    "Hash_DF",
    "BlockCipher_DF",
];

/// Checks the sizes and the name of each component against its predicted output entropy.
pub(super) fn components(project: &Project, h_out: &[Option<f64>], findings: &mut Vec<Finding>) {
    for (at, (component, &h_out)) in project.conditioning.iter().zip(h_out).enumerate() {
        let position = at + 1;
        let mut ask = |holds: bool, rule: &str| {
            if !holds {
                findings.push(Finding::wrong(format!(
                    "conditioning component {position}: the server asks that {rule}"
                )));
            }
        };
        if component.vetted && !is_vetted(&component.description) {
            ask(
                false,
                "the description of a vetted component is its ACVP name, such as SHA2-256 or HMAC-SHA2-256",
            );
        }
        sizes(component, h_out, &mut ask);
    }
}

fn sizes(component: &ConditioningComponent, h_out: Option<f64>, ask: &mut impl FnMut(bool, &str)) {
    let &ConditioningComponent { n_in, h_in, nw, n_out, .. } = component;
    ask(h_in <= f64::from(n_in), "h_in is at most n_in");
    if component.vetted {
        ask(n_out <= n_in, "n_out is at most n_in");
    } else if component.bijective {
        ask(n_in == nw && nw == n_out, "n_in, nw and n_out of a bijection are equal");
    } else {
        ask(n_in >= nw && nw >= n_out, "n_in is at least nw, and nw at least n_out");
        if let Some(h_out) = h_out {
            ask(
                h_out < h_in,
                "h_out of a component that is neither vetted nor a bijection is below h_in",
            );
        }
    }
}

/// Whether the server knows a vetted component by this name.
fn is_vetted(name: &str) -> bool {
    let hash = ["-Hash-DRBG", "-HMAC-DRBG"].iter().find_map(|kind| name.strip_suffix(kind));
    let hash = hash.or_else(|| name.strip_prefix("HMAC-")).unwrap_or(name);
    HASHES.contains(&hash) || OTHERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vetted_components_have_their_acvp_names() {
        for name in
            ["SHA1", "SHA3-512", "HMAC-SHA1", "HMAC-SHA2-512t256", "SHA2-384-HMAC-DRBG", "Hash_DF"]
        {
            assert!(is_vetted(name), "{name}");
        }
        for name in ["SHA-256", "sha2-256", "SHA1-Hash-DRBG", "HMAC-AES-CMAC", "HMAC", "", "LFSR"] {
            assert!(!is_vetted(name), "{name}");
        }
    }
}
