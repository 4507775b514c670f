// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask lab`: the guided experiments.

use fs_err as fs;

use anyhow::{Context, Result, anyhow};
use chaos_wire::Params;
use clap::Args;
use entropy_report::{page_to_html, page_to_markdown};

use crate::images::{ImageSource, Parts};
use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::Images;
use guest_run::progress::task;
use guest_run::{output, say};
use lab::page::{self, Json};
use lab::text::Text;
use lab::{EXPERIMENTS, Experiment, Guests, Needs, question};
use measure::engine_options::{EngineOptions, check_for_every_target};
use measure::guest::MachineOptions;
use measure::runs::{RunFolder, RunsOption};
use serde::Serialize;

/// Guided experiments: without a number, the list of them
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask lab                 the list
  cargo xtask lab 3               explain, take, show, ask; a page with figures and plots is written
  cargo xtask lab 3 --answer b    check an answer, and take nothing
  cargo xtask lab 3 --answer b --json    the same for programs, such as one that grades
  cargo xtask lab 5 --json        figures for programs")]
pub struct Lab {
    /// Which experiment
    #[arg(value_name = "N")]
    number: Option<u8>,
    /// Check this answer to the experiment's question, without running the experiment
    #[arg(long, value_name = "LETTER", requires = "number")]
    answer: Option<String>,
    #[command(flatten)]
    runs: RunsOption,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    machine: MachineOptions,
}

impl Lab {
    /// Lists the experiments, runs one, or checks an answer.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let Some(number) = self.number else { return list(context.json) };
        let experiment =
            EXPERIMENTS.iter().find(|experiment| experiment.number == number).ok_or_else(|| {
                anyhow!(ExitKind::Usage(format!(
                    "there is no experiment {number}; `cargo xtask lab` lists them"
                )))
            })?;
        let text = text_of(experiment)?;
        match &self.answer {
            Some(given) => check(context, number, &text, given),
            None => self.take(context, source, experiment, &text),
        }
    }

    fn take(
        &self,
        context: &CommandContext,
        source: &dyn ImageSource,
        experiment: &Experiment,
        text: &Text,
    ) -> Result<()> {
        check_for_every_target(&self.engine.over(Params::DEFAULT))?;
        if !context.json {
            say!("{}", page::opening(text))?;
        }
        let images = match experiment.needs {
            Needs::Engine => {
                context.expect_steps(1);
                None
            }
            Needs::BareMetal => Some(source.images(context, Parts::BareMetal, 1)?),
            Needs::BothGuests => Some(source.images(context, Parts::both(self.machine.smp), 1)?),
            Needs::Server => Some(source.images(context, Parts::Server, 1)?),
        };
        let host = match experiment.needs {
            Needs::Engine => None,
            _ => Some(self.machine.host()?),
        };
        if context.dry_run {
            return Ok(());
        }
        let run = RunFolder::create(&self.runs.folder(context))?;
        let scratch = tempfile::tempdir()
            .context("creating a folder for the guests' data: set TMPDIR to a writable folder")?;
        let guests = Guests {
            images: images.as_ref(),
            host: host.as_ref(),
            machine: &self.machine,
            params: self.engine.over(Params::DEFAULT),
            scratch: scratch.path(),
        };
        let found = task(&context.next_label(&text.title), |_| (experiment.run)(&guests))?;
        let accel = guests.accel(false);
        let banners = banners(&accel, images.as_ref());
        let taken_utc = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let page = page::page(text, &found, banners, &taken_utc);
        let name = |ending: &str| format!("lab-{}.{ending}", experiment.number);
        for (ending, content) in [("html", page_to_html(&page)?), ("md", page_to_markdown(&page))] {
            let path = run.path().join(name(ending));
            fs::write(&path, content)?;
        }
        let place = run.keep()?;
        if context.json {
            let json = Json {
                number: experiment.number,
                title: &text.title,
                accel,
                conclusion: &found.conclusion,
                tables: found.tables().map(Into::into).collect(),
                commands: &found.commands,
                html: place.join(name("html")).display().to_string(),
                markdown: place.join(name("md")).display().to_string(),
                question: &text.question,
                options: text.options.iter().map(Into::into).collect(),
            };
            return output::json(&json);
        }
        say!("{}", page::closing(text, &found))?;
        say!("The page with plots: {}\n", place.join(name("html")).display())?;
        question::ask(text, experiment.number)
    }
}

/// An entry of the list, as JSON.
#[derive(Debug, Serialize)]
struct Listed {
    number: u8,
    title: String,
    topic: &'static str,
    seconds: u16,
}

fn list(json: bool) -> Result<()> {
    let listed = EXPERIMENTS.iter().map(|experiment| {
        let Experiment { number, topic, seconds, .. } = *experiment;
        text_of(experiment).map(|text| Listed { number, title: text.title, topic, seconds })
    });
    let listed = listed.collect::<Result<Vec<_>>>()?;
    if json {
        return output::json(&listed);
    }
    for Listed { title, topic, seconds, .. } in listed {
        let (_, name) = title.split_once(' ').unwrap_or_default();
        let number = title.trim_end_matches(name);
        say!("  {number:<4}{name:<32} {seconds:>4} s   {topic}")?;
    }
    say!(
        "\n`{} lab N` runs one; docs/lab/ has the same text as a book. Times are for a busy machine under TCG, after the guests are built.",
        guest_run::program()
    )
}

fn text_of(experiment: &Experiment) -> Result<Text> {
    Text::parse(experiment.text)
        .with_context(|| format!("the page of experiment {} lacks a section", experiment.number))
}

/// A checked answer, as JSON.
#[derive(Debug, Serialize)]
struct Checked<'a> {
    number: u8,
    question: &'a str,
    answer: char,
    right: bool,
    because: &'a str,
}

/// Prints whether an answer is right, and why. A wrong answer is shown by the exit status, without an error message.
fn check(context: &CommandContext, number: u8, text: &Text, given: &str) -> Result<()> {
    let answer = question::chosen(text, given)?;
    if context.json {
        output::json(&Checked {
            number,
            question: &text.question,
            answer: answer.letter,
            right: answer.is_right,
            because: &answer.because,
        })?;
    } else {
        say!("{}", question::checked(answer))?;
    }
    if answer.is_right { Ok(()) } else { Err(ExitKind::Said.into()) }
}

/// The notice before all figures of the page.
fn banners(accel: &str, images: Option<&Images>) -> Vec<String> {
    let timing = match accel {
        "tcg" => "TCG: timing here reflects the emulator, not the hardware.",
        "none" => {
            "The clocks of this experiment are synthetic: each follows a rule, and has no entropy."
        }
        _ => return Vec::new(),
    };
    let kernel = images.and_then(|images| images.linux.as_ref()?.banner.clone());
    [timing.to_owned()].into_iter().chain(kernel).collect()
}
