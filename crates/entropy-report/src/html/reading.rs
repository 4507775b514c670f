// SPDX-License-Identifier: GPL-2.0-or-later
//! How to read the words and figures, and where they can mislead.

use maud::{Markup, html};

pub(crate) fn section() -> Markup {
    let words = [
        ("✓ PASSED", "A check was made with enough data, and it held."),
        ("✕ FAILED", "A check was made with enough data, and it did not hold."),
        ("· STATED", "A figure; nothing was checked."),
        ("! CAUTION", "A figure that is easily read for more than it is."),
        (
            "? INVALID",
            "Too little data, or unfit data: nothing follows from it, neither good nor bad.",
        ),
        ("– SKIPPED", "Nothing was asked for, or this target has nothing of the kind."),
    ];
    let alarms = [
        (
            "each estimator",
            "its bound holds at 99.5 % (one-sided): about 1 run in 200 is put above its own limit",
        ),
        ("restart sanity check", "fails 1 good source in 100, by design"),
        ("autocorrelation band", "one lag in 20 leaves it by chance"),
        ("equality of boots", "exact: no false alarms"),
    ];
    let alpha = format!(
        "each fails 1 ideal stream in {}",
        crate::format::real(1.0 / crate::analyse::OUTPUT_TEST_ALPHA)
    );
    html! {
        section id="reading" {
            h2 { "How to read this" }
            table.key { tbody {
                @for (word, meaning) in words { tr { th scope="row" { (word) } td { (meaning) } } }
            } }
            h3 { "Min-entropy" }
            p {
                "If the best guess of the next sample is right with probability p, the sample holds −log2(p) bits of \
                 min-entropy: 1 bit is a fair coin, 0 bits is certainty. Figures are per raw sample, and are upper \
                 bounds: estimators find patterns they look for, and never prove that there is none."
            }
            h3 { "Where figures mislead" }
            ul {
                li { "Under TCG the timing is the emulator's: its caches, its host's load. It says nothing about the processor." }
                li { "In isolation there is no timing: a run looks as noisy as ever, and repeats bit for bit." }
                li { "Under KVM a hostile host sees the guest's clock and can steer it." }
                li { "A restart here re-initialises the engine within one boot. Caches and host stay warm; a reboot may differ." }
                li { "Megabytes of good-looking output show that the mixer mixes. They show nothing about the source." }
            }
            h3 { "How often a check is wrong" }
            table.key { tbody {
                @for (check, rate) in alarms { tr { th scope="row" { (check) } td { (rate) } } }
                tr { th scope="row" { "output tests" } td { (alpha) } }
            } }
        }
    }
}
