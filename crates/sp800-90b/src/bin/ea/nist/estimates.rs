// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lines that NIST's programs print of each estimator: one for `-v`, one per figure for `-vv`.

use super::number::{g17, g22};
use super::run::Run;
use sp800_90b::estimators::{Collision, Compression, Lrs, Markov, Mcv, Predictor, TTuple};
use sp800_90b::{Estimators, Outcome};

/// One line per figure.
type Figures = Vec<(&'static str, String)>;

/// Prints on a screen of a verbosity: 1 the headings, 2 a line per estimator, 3 a line per figure.
pub(super) struct Printer<'a> {
    pub(super) run: &'a mut Run,
    pub(super) verbose: u32,
}

impl Printer<'_> {
    fn figures(&mut self, title: &str, figures: &Figures) {
        for (name, figure) in figures {
            let figure =
                if name.is_empty() { figure.clone() } else { format!("{name} = {figure}") };
            self.run.say(format!("{title}: {figure}"));
        }
    }

    fn print(&mut self, title: &str, short: &str, figures: &Figures) {
        match self.verbose {
            2 => self.run.say(short),
            3 => self.figures(title, figures),
            _ => {}
        }
    }

    pub(super) fn mcv(&mut self, label: &str, outcome: Option<&Outcome<Mcv>>) -> Option<f64> {
        let mcv = outcome?.value()?;
        let (count, p_hat, p_u) = (mcv.mode_count, g17(mcv.p_hat), g17(mcv.p_u));
        let short = format!("{label} MCV Estimate: mode = {count}, p-hat = {p_hat}, p_u = {p_u}");
        let figures = vec![
            ("Mode count", count.to_string()),
            ("p-hat", p_hat),
            ("p_u", p_u),
            ("min entropy", g17(mcv.min_entropy)),
        ];
        self.print(&format!("{label} Most Common Value Estimate"), &short, &figures);
        Some(mcv.min_entropy)
    }

    pub(super) fn collision(
        &mut self,
        label: &str,
        outcome: Option<&Outcome<Collision>>,
    ) -> Option<f64> {
        let made = outcome?.value()?;
        let title = format!("{label} Collision Estimate");
        let (mean, sigma, p) = (g17(made.x_bar), g17(made.sigma_hat), g17(made.p));
        let short = format!("{title}: X-bar = {mean}, sigma-hat = {sigma}, p = {p}");
        let figures = vec![
            ("v", made.v.to_string()),
            ("Sum t_i", made.sum_t.to_string()),
            ("X-bar", mean),
            ("sigma-hat", sigma),
            ("X-bar'", g17(made.x_bar_prime)),
            ("", found(made.found_p)),
            ("p", p),
            ("min entropy", g17(made.min_entropy)),
        ];
        self.print(&title, &short, &figures);
        Some(made.min_entropy)
    }

    pub(super) fn markov(&mut self, label: &str, outcome: Option<&Outcome<Markov>>) -> Option<f64> {
        let made = outcome?.value()?;
        let title = format!("{label} Markov Estimate");
        let shares = [made.p_0, made.p_1, made.p_00, made.p_01, made.p_10, made.p_11].map(g17);
        let names = ["P_0", "P_1", "P_0,0", "P_0,1", "P_1,0", "P_1,1"];
        let line: Vec<String> =
            names.iter().zip(&shares).map(|(name, share)| format!("{name} = {share}")).collect();
        let largest = g17(made.p_hat_max);
        let short = format!("{title}: {}, p_max = {largest}", line.join(", "));
        let names = ["P_0", "P_1", "P_{0,0}", "P_{0,1}", "P_{1,0}", "P_{1,1}"];
        let mut figures: Figures = names.into_iter().zip(shares).collect();
        figures.push(("p-hat_max", largest));
        figures.push(("min entropy", g17(made.min_entropy)));
        self.print(&title, &short, &figures);
        Some(made.min_entropy)
    }

    pub(super) fn compression(
        &mut self,
        label: &str,
        outcome: Option<&Outcome<Compression>>,
    ) -> Option<f64> {
        let Some(made) = outcome?.value() else {
            self.too_few("compression", 1000);
            return None;
        };
        let title = format!("{label} Compression Estimate");
        let (mean, sigma, p) = (g17(made.x_bar), g17(made.sigma_hat), g17(made.p));
        let short = format!("{title}: X-bar = {mean}, sigma-hat = {sigma}, p = {p}");
        let figures = vec![
            ("X-bar", mean),
            ("sigma-hat", sigma),
            ("X-bar'", g17(made.x_bar_prime)),
            ("", found(made.found_p)),
            ("p", p),
            ("min entropy", g17(made.min_entropy)),
        ];
        self.print(&title, &short, &figures);
        Some(made.min_entropy)
    }

    /// Both estimators that count repeats.
    pub(super) fn tuples(&mut self, label: &str, set: &Estimators) -> (Option<f64>, Option<f64>) {
        (self.t_tuple(label, set.t_tuple.as_ref()), self.lrs(label, set.lrs.as_ref()))
    }

    fn t_tuple(&mut self, label: &str, outcome: Option<&Outcome<TTuple>>) -> Option<f64> {
        let Some(made) = outcome?.value() else {
            if self.verbose > 1 {
                self.run.say(
                    "t-Tuple Estimate: No strings are repeated 35 times. t-Tuple estimate failed.",
                );
            }
            return None;
        };
        let title = format!("{label} t-Tuple Estimate");
        let (p_hat, p_u) = (g22(made.p_hat_max), g22(made.p_u));
        let short = format!("{title}: t = {}, p-hat_max = {p_hat}, p_u = {p_u}", made.t);
        let figures = vec![
            ("t", made.t.to_string()),
            ("p-hat_max", p_hat),
            ("p_u", p_u),
            ("min entropy", g17(made.min_entropy)),
        ];
        self.print(&title, &short, &figures);
        Some(made.min_entropy)
    }

    fn lrs(&mut self, label: &str, outcome: Option<&Outcome<Lrs>>) -> Option<f64> {
        let Some(made) = outcome?.value() else {
            self.run.say("LRS Estimate: v<u. Can't Run LRS Test.");
            return None;
        };
        let title = format!("{label} LRS Estimate");
        let short = format!(
            "{title}: u = {}, v = {}, p-hat = {}, p_u = {}",
            made.u,
            made.v,
            g17(made.p_hat),
            g17(made.p_u)
        );
        let figures = vec![
            ("u", made.u.to_string()),
            ("v", made.v.to_string()),
            ("p-hat", g22(made.p_hat)),
            ("p_u", g22(made.p_u)),
            ("min entropy", g17(made.min_entropy)),
        ];
        self.print(&title, &short, &figures);
        Some(made.min_entropy)
    }

    pub(super) fn predictor(
        &mut self,
        label: &str,
        kind: PredictorKind,
        outcome: Option<&Outcome<Predictor>>,
    ) -> Option<f64> {
        let Some(made) = outcome?.value() else {
            let (name, needed) = kind.needs();
            self.too_few(name, needed);
            return None;
        };
        let title = format!("{label} {} Prediction Estimate", kind.name());
        let local = made.p_local.map_or_else(
            || "Plocal can't affect result".to_owned(),
            |p| format!("Plocal = {}", g17(p)),
        );
        let short = format!(
            "{title}: N = {}, Pglobal' = {} (C = {}) {local} (r = {})",
            made.n,
            g17(made.p_global_prime),
            made.c,
            made.r
        );
        let local = match made.p_local {
            Some(p) => ("P_local", g17(p)),
            None => ("", "P_local can't change the result.".to_owned()),
        };
        let figures = vec![
            ("C", made.c.to_string()),
            ("r", made.r.to_string()),
            ("N", made.n.to_string()),
            ("P_global", g17(made.p_global)),
            ("P_global'", g17(made.p_global_prime)),
            local,
            ("min entropy", g17(made.min_entropy)),
        ];
        self.print(&title, &short, &figures);
        Some(made.min_entropy)
    }

    fn too_few(&mut self, name: &str, needed: u32) {
        self.run.say(format!(
            "\t*** Warning: not enough samples to run {name} test (need more than {needed}) ***"
        ));
    }
}

/// The predictors of §6.3.7 to §6.3.10.
#[derive(Clone, Copy)]
pub(super) enum PredictorKind {
    MultiMcw,
    Lag,
    MultiMmc,
    Lz78y,
}

impl PredictorKind {
    pub(super) const ALL: [Self; 4] = [Self::MultiMcw, Self::Lag, Self::MultiMmc, Self::Lz78y];

    pub(super) fn of(self, set: &Estimators) -> Option<&Outcome<Predictor>> {
        match self {
            Self::MultiMcw => set.multi_mcw.as_ref(),
            Self::Lag => set.lag.as_ref(),
            Self::MultiMmc => set.multi_mmc.as_ref(),
            Self::Lz78y => set.lz78y.as_ref(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::MultiMcw => "MultiMCW",
            Self::Lag => "Lag",
            Self::MultiMmc => "MultiMMC",
            Self::Lz78y => "LZ78Y",
        }
    }

    /// In the line that gives the estimate.
    pub(super) fn long_name(self) -> &'static str {
        match self {
            Self::MultiMcw => "Multi Most Common in Window (MultiMCW) Prediction Test",
            Self::Lag => "Lag Prediction Test",
            Self::MultiMmc => "Multi Markov Model with Counting (MultiMMC) Prediction Test",
            Self::Lz78y => "LZ78Y Prediction Test",
        }
    }

    /// In the JSON record.
    pub(super) fn case(self) -> &'static str {
        match self {
            Self::MultiMcw => "Multi Most Common in Window Test",
            Self::Lag => "Lag Prediction Test",
            Self::MultiMmc => "Multi Markov Model with Counting Test (MultiMMC)",
            Self::Lz78y => "LZ78Y Test",
        }
    }

    fn needs(self) -> (&'static str, u32) {
        match self {
            Self::MultiMcw => ("multiMCW", 4096),
            Self::Lag => ("lag", 1),
            Self::MultiMmc => ("multiMMC", 3),
            Self::Lz78y => ("LZ78Y", 18),
        }
    }
}

fn found(found_p: bool) -> String {
    let text = if found_p {
        "Found p."
    } else {
        "Could Not Find p. Proceeding with the lower bound for p."
    };
    text.to_owned()
}
