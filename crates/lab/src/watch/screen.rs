// SPDX-License-Identifier: GPL-2.0-or-later
//! Draws a live view on the terminal.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Sparkline};

use super::State;
use super::figures::{Lamp, Summary, histogram};
use super::keys::HELP;
use super::lines::{hex, short};

/// Rows of a box around one line.
const BOX_ROWS: u16 = 3;
/// Minimum rows for showing the last bytes, and for boxes around figures and lamps.
const ROWS_WITH_BYTES: u16 = 17;
const ROWS_WITH_BOXES: u16 = 14;

/// Draws the whole view. A small terminal keeps the main figures, the lamps and the keys: the bytes are dropped first,
/// then the boxes, and the histogram gets the remaining rows.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let rows = frame.area().height;
    let boxed = rows >= ROWS_WITH_BOXES;
    let line_rows = if boxed { BOX_ROWS } else { 1 };
    let [title, figures, lamps, bars, bytes, status, help] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(line_rows),
        Constraint::Length(line_rows),
        Constraint::Fill(1),
        Constraint::Length(if rows >= ROWS_WITH_BYTES { BOX_ROWS } else { 0 }),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let summary = state.figures.summary();
    frame.render_widget(title_line(state), title);
    draw_line(frame, figures, boxed.then(|| " figures ".to_owned()), |room| {
        figures_of(summary.as_ref(), room)
    });
    draw_line(frame, lamps, boxed.then(|| lamps_title(state)), |room| lamps_of(state, room));
    draw_histogram(frame, bars, state, summary.as_ref());
    frame.render_widget(bytes_of(state, bytes.width), bytes);
    frame.render_widget(status_line(state), status);
    frame.render_widget(help_line(help.width), help);
}

/// A line of spans made for the available width, in a box if it has a title.
fn draw_line(
    frame: &mut Frame<'_>,
    area: Rect,
    title: Option<String>,
    spans: impl FnOnce(usize) -> Vec<Span<'static>>,
) {
    let block = title.map_or_else(Block::new, |title| Block::bordered().title(title));
    let room = usize::from(block.inner(area).width);
    frame.render_widget(Paragraph::new(Line::from(spans(room))).block(block), area);
}

/// The first of `items` that fit into `room` columns together, with gaps between them.
fn that_fit(items: Vec<Vec<Span<'static>>>, room: usize, gap: usize) -> Vec<Span<'static>> {
    let mut fitting = Vec::new();
    let mut taken = 0;
    for item in items {
        let width = item.iter().map(Span::width).sum::<usize>();
        let before = if fitting.is_empty() { 0 } else { gap };
        if taken + before + width > room {
            break;
        }
        if before > 0 {
            fitting.push(Span::from(" ".repeat(gap)));
        }
        taken += before + width;
        fitting.extend(item);
    }
    fitting
}

fn title_line(state: &State) -> Paragraph<'static> {
    let request = &state.watch.request;
    let mut words = vec![Span::from(" µChaos ").bold().reversed()];
    if state.paused {
        // First, so that a narrow terminal shows it.
        words.push(Span::from(" PAUSED").bold().fg(Color::Yellow));
    }
    words.push(Span::from(format!(
        " {} · {} · workload {} · turns {}",
        state.watch.guest_name, state.watch.accel, request.params.workload, request.params.turns
    )));
    if state.watch.is_bare_metal {
        words.push(Span::from(format!(" · interrupts {}", request.timer)));
    }
    Paragraph::new(Line::from(words))
}

/// The figures, the most important first.
fn figures_of(summary: Option<&Summary>, room: usize) -> Vec<Span<'static>> {
    let Some(summary) = summary else {
        return vec![Span::from("waiting for the first samples")];
    };
    let bits = summary
        .mcv_bits_per_sample
        .map_or("…".to_owned(), |bits| format!("{bits:.3} bits/sample"));
    let rate = summary.rate_per_s.map_or("…".to_owned(), |rate| format!("{}/s", short(rate)));
    let figures = [
        ("most common value ≤ ", bits),
        ("median ", format!("{} ticks", summary.median_ticks)),
        ("step ", summary.step_ticks.to_string()),
        ("rate ", rate),
        ("samples ", short(summary.samples as f64)),
    ];
    let items = figures
        .into_iter()
        .map(|(name, value)| vec![Span::from(name).dim(), Span::from(value).bold()])
        .collect();
    that_fit(items, room, 2)
}

/// Bars on a logarithmic scale, so that tail and mode are both visible; the axis below is logarithmic too.
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
    // A single sample still has a mark: tenths of a doubling, starting at one.
    let heights: Vec<u64> = counts
        .iter()
        .map(|count| if *count == 0 { 0 } else { ((*count as f64).log2() * 10.0) as u64 + 5 })
        .collect();
    frame.render_widget(Sparkline::default().data(heights).fg(Color::Cyan), bars);
    let (least, most) = (format!("{} ticks", summary.min_ticks), summary.max_ticks.to_string());
    let gap = usize::from(axis.width).saturating_sub(least.len() + most.len());
    frame.render_widget(Paragraph::new(format!("{least}{}{most}", " ".repeat(gap))).dim(), axis);
}

fn lamps_title(state: &State) -> String {
    match state.figures.health("state") {
        Some(word) => format!(" health tests: the engine is {word} "),
        None => " health tests ".to_owned(),
    }
}

/// Every lamp, with as much text as fits.
fn lamps_of(state: &State, room: usize) -> Vec<Span<'static>> {
    let lamps = |words: fn(&'static str, &str) -> String| {
        let lamp = |(name, lamp, failures): (&'static str, Lamp, u64)| {
            let (mark, word, color) = match lamp {
                Lamp::Good => ("●", "ok".to_owned(), Color::Green),
                Lamp::Earlier => ("◐", format!("failed {failures}×"), Color::Yellow),
                Lamp::Failing => ("○", format!("FAILING {failures}×"), Color::Red),
            };
            let style = Style::default().fg(color).add_modifier(Modifier::BOLD);
            Span::styled(format!("{mark} {}", words(name, &word)), style)
        };
        state.figures.lamps().map(lamp).to_vec()
    };
    let width = |spans: &[Span<'_>], gap: usize| {
        spans.iter().map(Span::width).sum::<usize>() + gap * spans.len().saturating_sub(1)
    };
    let forms: [fn(&'static str, &str) -> String; 3] = [
        |name, word| format!("{name}: {word}"),
        |name, word| if word == "ok" { name.to_owned() } else { format!("{name} {word}") },
        |name, _| name.split(' ').next().unwrap_or(name).chars().take(6).collect(),
    ];
    let chosen = forms.into_iter().map(lamps).find(|spans| width(spans, 2) <= room);
    let spans = chosen.unwrap_or_else(|| lamps(forms[2]));
    let gap = if width(&spans, 2) <= room { "  " } else { " " };
    spans.into_iter().flat_map(|span| [span, Span::from(gap)]).collect()
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

fn help_line(width: u16) -> Paragraph<'static> {
    let keys = HELP.iter().map(|(key, what)| {
        vec![Span::from(format!(" {key} ")).reversed(), Span::from(format!(" {what}"))]
    });
    Paragraph::new(Line::from(that_fit(keys.collect(), width.into(), 2)))
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
            is_bare_metal: true,
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
            "samples 4.0 k",
            "step 20",
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
    fn a_small_terminal_keeps_the_figures_that_matter() {
        let state = state();
        for (width, height) in [(80, 24), (60, 20), (40, 15), (40, 10)] {
            let all = text(&state, width, height).join("\n");
            for promised in ["bits/sample", "repeti", "adapti", "lag", "○ stuck", "█", "q  quit"]
            {
                assert!(all.contains(promised), "{width}x{height}: no {promised:?}:\n{all}");
            }
        }
        let all = text(&state, 80, 24).join("\n");
        for promised in ["median 80 ticks", "rate", "stuck FAILING 3×", "lag predictor", "save"] {
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
