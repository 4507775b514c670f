// SPDX-License-Identifier: GPL-2.0-or-later
//! The picture of a live view.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Sparkline};

use super::State;
use super::figures::{Lamp, Summary, histogram};
use super::keys::HELP;
use super::lines::{hex, short};

/// Rows that everything but the histogram takes.
const FIGURES_ROWS: u16 = 3;
const LAMPS_ROWS: u16 = 3;
const BYTES_ROWS: u16 = 3;

/// Draws the whole view. What a small terminal has no room for is left out from the bottom up, the help line last.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let [title, figures, bars, lamps, bytes, status, help] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(FIGURES_ROWS),
        Constraint::Min(5),
        Constraint::Length(LAMPS_ROWS),
        Constraint::Length(BYTES_ROWS),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let summary = state.figures.summary();
    frame.render_widget(title_line(state), title);
    frame.render_widget(figures_of(summary.as_ref()), figures);
    draw_histogram(frame, bars, state, summary.as_ref());
    frame.render_widget(lamps_of(state), lamps);
    frame.render_widget(bytes_of(state, bytes.width), bytes);
    frame.render_widget(status_line(state), status);
    frame.render_widget(help_line(), help);
}

fn title_line(state: &State) -> Paragraph<'static> {
    let request = &state.watch.request;
    let mut words = vec![Span::from(" µChaos ").bold().reversed()];
    if state.paused {
        // First, so that a narrow terminal has it.
        words.push(Span::from(" PAUSED").bold().fg(Color::Yellow));
    }
    words.push(Span::from(format!(
        " {} · {} · workload {} · turns {}",
        state.watch.guest_name, state.watch.accel, request.params.workload, request.params.turns
    )));
    if state.watch.has_timer {
        words.push(Span::from(format!(" · interrupts {}", request.timer)));
    }
    Paragraph::new(Line::from(words))
}

fn figures_of(summary: Option<&Summary>) -> Paragraph<'static> {
    let block = Block::bordered().title(" figures ");
    let Some(summary) = summary else {
        return Paragraph::new("waiting for the first samples").block(block);
    };
    let rate = summary.rate_per_s.map_or("…".to_owned(), |rate| format!("{}/s", short(rate)));
    let bits = summary
        .mcv_bits_per_sample
        .map_or("…".to_owned(), |bits| format!("{bits:.3} bits/sample"));
    let words = [
        ("samples ", summary.samples.to_string()),
        ("rate ", rate),
        ("step ", format!("{} ticks", summary.step_ticks)),
        ("median ", format!("{} ticks", summary.median_ticks)),
        ("most common value ≤ ", bits),
    ];
    let spans = words.into_iter().flat_map(|(name, value)| {
        [Span::from(name).dim(), Span::from(value).bold(), Span::from("   ")]
    });
    Paragraph::new(Line::from(spans.collect::<Vec<_>>())).block(block)
}

/// Bars on a logarithmic scale, so that the tail is seen beside the mode; the axis below is logarithmic too.
fn draw_histogram(frame: &mut Frame<'_>, area: Rect, state: &State, summary: Option<&Summary>) {
    let title = summary.map_or_else(
        || " deltas ".to_owned(),
        |summary| format!(" the last {} deltas, logarithmic both ways ", summary.window_samples),
    );
    let block = Block::bordered().title(title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let Some(summary) = summary else { return };
    let [bars, axis] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(inside);
    let counts = histogram(&state.figures.window(), usize::from(bars.width));
    // A single sample still has a mark: tenths of a doubling, from one.
    let heights: Vec<u64> = counts
        .iter()
        .map(|count| if *count == 0 { 0 } else { ((*count as f64).log2() * 10.0) as u64 + 5 })
        .collect();
    frame.render_widget(Sparkline::default().data(heights).fg(Color::Cyan), bars);
    let (least, most) = (format!("{} ticks", summary.min_ticks), summary.max_ticks.to_string());
    let gap = usize::from(axis.width).saturating_sub(least.len() + most.len());
    frame.render_widget(Paragraph::new(format!("{least}{}{most}", " ".repeat(gap))).dim(), axis);
}

fn lamps_of(state: &State) -> Paragraph<'static> {
    let mut spans = Vec::new();
    for (name, lamp, failures) in state.figures.lamps() {
        let (mark, word, color) = match lamp {
            Lamp::Good => ("●", "ok".to_owned(), Color::Green),
            Lamp::Earlier => ("◐", format!("failed {failures}×"), Color::Yellow),
            Lamp::Failing => ("○", format!("FAILING {failures}×"), Color::Red),
        };
        spans.push(Span::styled(
            format!("{mark} {name}: {word}"),
            Style::default().fg(color).add_modifier(Modifier::BOLD),
        ));
        spans.push(Span::from("   "));
    }
    let title = match state.figures.health("state") {
        Some(word) => format!(" health tests: the engine is {word} "),
        None => " health tests ".to_owned(),
    };
    Paragraph::new(Line::from(spans)).block(Block::bordered().title(title))
}

fn bytes_of(state: &State, width: u16) -> Paragraph<'static> {
    let room = usize::from(width.saturating_sub(2)) / 2;
    let title = " last bytes of the stream (they look random whatever the noise is) ";
    Paragraph::new(hex(&state.figures.last_bytes(room.min(64))))
        .block(Block::bordered().title(title))
}

fn status_line(state: &State) -> Paragraph<'static> {
    match state.figures.failure() {
        Some(failure) => Paragraph::new(format!(" the job failed: {failure}")).fg(Color::Red),
        None => Paragraph::new(format!(" {}", state.notice)),
    }
}

fn help_line() -> Paragraph<'static> {
    let spans = HELP.iter().flat_map(|(key, what)| {
        [Span::from(format!(" {key} ")).reversed(), Span::from(format!(" {what}  "))]
    });
    Paragraph::new(Line::from(spans.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use chaos_wire::Request;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::watch::figures::Figures;
    use crate::watch::figures::tests::{Given, answer};
    use crate::watch::{Until, Watch};

    fn state() -> State {
        let request =
            Request::parse("uchaos.job=raw:4000,stream:32 uchaos.workload=flush").unwrap();
        let mut given = Given { deltas: vec![60, 80, 60, 6000], failures: 3, ticks: 0 };
        let mut figures = Figures::default();
        figures.take(&answer(&mut given, &request).targets[0], Instant::now());
        let watch = Watch {
            guest_name: "the bare-metal guest",
            has_timer: true,
            accel: "tcg".to_owned(),
            request,
            runs: "runs".into(),
            until: Until::default(),
            json: false,
        };
        State {
            watch,
            figures,
            paused: false,
            notice: "saved somewhere".to_owned(),
            saved: Vec::new(),
        }
    }

    fn text(state: &State, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, state)).unwrap();
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(row).collect()
    }

    #[test]
    fn everything_that_is_promised_is_on_the_screen() {
        let all = text(&state(), 120, 30).join("\n");
        for promised in [
            "workload flush",
            "turns 1",
            "interrupts off",
            "samples 4000",
            "step 20 ticks",
            "median 80 ticks",
            "bits/sample",
            "60 ticks",
            "6000",
            "█",
            "stuck: FAILING 3×",
            "repetition count: ok",
            "a5a5a5a5",
            "saved somewhere",
            "q  quit",
        ] {
            assert!(all.contains(promised), "{promised:?} is missing:\n{all}");
        }
    }

    #[test]
    fn a_terminal_of_any_size_gets_a_picture() {
        let state = state();
        for (width, height) in [(1, 1), (10, 3), (40, 10), (80, 24), (300, 100)] {
            assert_eq!(text(&state, width, height).len(), usize::from(height));
        }
        let rows = text(&state, 80, 24);
        assert!(rows[23].contains("quit") && rows[0].contains("µChaos"), "{rows:?}");
        let paused = State { paused: true, ..state };
        assert!(text(&paused, 40, 24)[0].contains("PAUSED"));
        let empty = State { figures: Figures::default(), ..paused };
        assert!(text(&empty, 80, 24).join("\n").contains("waiting for the first samples"));
    }
}
