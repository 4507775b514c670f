// SPDX-License-Identifier: GPL-2.0-or-later
//! How to read signs and figures, and where they can mislead.

use maud::{Markup, html};

pub(crate) fn section() -> Markup {
    let signs = [
        ("✓ PASSED", "A check was made with enough data, and it held."),
        ("✕ FAILED", "A check was made with enough data, and it did not hold."),
        (
            "= CONTROL WORKED",
            "Isolated boots repeated each other, as they must. That says nothing good about the source.",
        ),
        ("· STATED", "A figure; nothing was checked."),
        ("! CAUTION", "A figure that is easily misread as more than it is."),
        (
            "? INVALID",
            "Too little data, or unfit data: nothing follows from it, neither good nor bad.",
        ),
        ("– SKIPPED", "Nothing was asked for, or this target has nothing of the kind."),
    ];
    let alarms = [
        (
            "estimators",
            "99 % for each, if samples are independent; for timing noise the rate is not known. Look at the range over boots",
        ),
        ("restart sanity check", "fails 1 good source in 100, by design"),
        (
            "order of two targets",
            "at most 1 run in 20 states one where boots of all targets are alike: all boots of one lie above all of the \
             other, by at least the wider range",
        ),
        ("autocorrelation band", "1 lag in 20 leaves it by chance"),
        ("equality of boots", "exact: no false alarms"),
    ];
    let alpha = format!(
        "each fails 1 ideal stream in {}",
        crate::format::real(1.0 / sample_stats::output_tests::ALPHA)
    );
    html! {
        section id="reading" {
            h2 { "How to read this" }
            table.key { tbody {
                @for (sign, meaning) in signs { tr { th scope="row" { (sign) } td { (meaning) } } }
            } }
            h3 { "Min-entropy" }
            p {
                "If the best possible guess of the next sample is right with probability p, the sample holds −log2(p) bits of \
                 min-entropy. The best guess is not known. SP 800-90B's estimators assess it from the patterns that they look \
                 for; a pattern that they do not look for makes the true figure lower than the assessed one."
            }
            h3 { "Where figures mislead" }
            ul {
                li { "Under TCG the timing is the emulator's: its caches, its host's load. It says nothing about the processor." }
                li { "In isolation there is no timing: a boot looks as noisy as ever, and repeats bit for bit." }
                li { "Under KVM a hostile host sees the guest's clock and can steer it." }
                li { "A restart here re-initialises the engine within one boot. Caches and host stay warm; a reboot may differ." }
                li { "Boots of one run share their hour and their host. Another day can lie outside their range." }
            }
            h3 { "How often a check is wrong" }
            table.key { tbody {
                @for (check, rate) in alarms { tr { th scope="row" { (check) } td { (rate) } } }
                tr { th scope="row" { "output tests" } td { (alpha) } }
            } }
        }
    }
}
