// SPDX-License-Identifier: GPL-2.0-or-later
//! The applets: what they are called, and which options and views each has.

use chaos_wire::Parameter;

/// One of the tools in this program, called by its name as first word or through a link of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applet {
    /// Does the jobs of the kernel command line, or of its options.
    Job,
    /// Takes commands from the host.
    Serve,
    /// Measures a PC that was started from a USB stick.
    #[cfg(feature = "stick")]
    Stick,
    /// Does everything with the kernel module at once.
    #[cfg(feature = "selftest")]
    Stress,
    /// Loads the kernel module with the parameters of the kernel command line.
    Load,
    Stream,
    /// Writes raw noise.
    Raw,
    /// Writes seed material, or gives it to the kernel.
    Seed,
    /// Shows a file of bytes or samples.
    View,
    /// Shows what the health tests have counted.
    Health,
    /// Measures how fast it all is.
    Bench,
}

pub const APPLETS: &[Applet] = &[
    Applet::Job,
    Applet::Serve,
    #[cfg(feature = "stick")]
    Applet::Stick,
    #[cfg(feature = "selftest")]
    Applet::Stress,
    Applet::Load,
    Applet::Stream,
    Applet::Raw,
    Applet::Seed,
    Applet::View,
    Applet::Health,
    Applet::Bench,
];

impl Applet {
    /// The name by which it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Serve => "serve",
            #[cfg(feature = "stick")]
            Self::Stick => "stick",
            #[cfg(feature = "selftest")]
            Self::Stress => "stress",
            Self::Load => "load",
            Self::Stream => "stream",
            Self::Raw => "raw",
            Self::Seed => "seed",
            Self::View => "view",
            Self::Health => "health",
            Self::Bench => "bench",
        }
    }

    /// The applet of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        APPLETS.iter().copied().find(|applet| applet.name() == name)
    }

    /// Whether it takes an argument that is not an option: a count, or a file.
    #[must_use]
    pub const fn has_operand(self) -> bool {
        match self {
            Self::Load | Self::Stream | Self::Raw | Self::Seed | Self::View => true,
            #[cfg(feature = "selftest")]
            Self::Stress => true,
            _ => false,
        }
    }

    /// Its options that are words of the job grammar.
    pub fn grammar_options(self) -> impl Iterator<Item = &'static str> {
        let job = (self == Self::Job).then_some("--job");
        let target = self.has_engine().then_some("--target");
        let engine = if self.has_engine() { Parameter::ALL } else { &[] };
        job.into_iter().chain(target).chain(engine.iter().map(|parameter| parameter.option()))
    }

    /// Whether the target and the engine's parameters are among its options.
    #[must_use]
    pub fn has_engine(self) -> bool {
        match self {
            Self::View => false,
            #[cfg(feature = "stick")]
            Self::Stick => false,
            #[cfg(feature = "selftest")]
            Self::Stress => false,
            _ => true,
        }
    }

    /// The views that it has an option for.
    #[must_use]
    pub const fn views(self) -> &'static [View] {
        match self {
            Self::Raw | Self::View => &[View::Text, View::Histogram, View::Bits],
            Self::Stream | Self::Seed => &[View::Text, View::Bits],
            _ => &[],
        }
    }

    /// Its options that are neither of the grammar nor views.
    #[must_use]
    pub const fn own_options(self) -> &'static [&'static str] {
        match self {
            Self::Job => &["--output"],
            Self::Seed | Self::Load => &["--credit"],
            _ => &[],
        }
    }

    /// All its options.
    pub fn options(self) -> impl Iterator<Item = &'static str> {
        let views = self.views().iter().map(|view| view.option());
        self.own_options()
            .iter()
            .copied()
            .chain(views)
            .chain(self.grammar_options())
            .chain(["--help"])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Samples as decimal numbers, one a line; bytes as a hex dump.
    Text,
    /// Samples by their size.
    Histogram,
    /// How often each bit is one.
    Bits,
}

impl View {
    pub const ALL: [Self; 3] = [Self::Text, Self::Histogram, Self::Bits];

    /// The option that asks for it.
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::Text => "--text",
            Self::Histogram => "--histogram",
            Self::Bits => "--bits",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_applet_is_found_by_its_name() {
        for applet in APPLETS {
            assert_eq!(Applet::from_name(applet.name()), Some(*applet));
        }
        assert_eq!(Applet::from_name("jobs"), None);
    }

    #[test]
    fn engine_options_are_words_of_the_job_grammar() {
        for option in Applet::Job.grammar_options() {
            let key = option.replace("--", "uchaos.");
            assert!(chaos_wire::KEYS.contains(&key.as_str()), "{key}");
        }
        // Every key is an option of `job`, but the one that only the microkernel has.
        assert_eq!(Applet::Job.grammar_options().count() + 1, chaos_wire::KEYS.len());
    }
}
