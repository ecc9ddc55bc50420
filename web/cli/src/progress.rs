//! Progress bars on a terminal; nothing if standard error is not a terminal.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clio_etl::EtlError;
use clio_proto::RunOutcome;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::terminal::{Lines, safe, tell};

/// One line per step, with a bar if the amount is known.
pub(crate) struct Bars {
    lines: MultiProgress,
    steps: Mutex<Steps>,
}

#[derive(Default)]
struct Steps {
    by_name: BTreeMap<String, ProgressBar>,
    current: Option<ProgressBar>,
}

impl Bars {
    /// Bars on standard error; `indicatif` hides them if it is not a terminal.
    pub(crate) fn new() -> Self {
        Self { lines: MultiProgress::new(), steps: Mutex::default() }
    }

    fn start(&self, name: &str, n_total: u64) {
        let (bar, template) = if n_total == 0 {
            (ProgressBar::new_spinner(), "{spinner} {msg:28} {pos:>12} {elapsed}")
        } else {
            (ProgressBar::new(n_total), "  {msg:28} {wide_bar} {human_pos:>12}/{human_len} {eta}")
        };
        let style = ProgressStyle::with_template(template).expect("the templates are ours");
        let bar =
            self.lines.add(bar.with_style(style)).with_message(safe(name, Lines::One).into_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(previous) = steps.by_name.insert(name.to_owned(), bar.clone()) {
            previous.finish_and_clear();
        }
        steps.current = Some(bar);
    }

    fn step_by(&self, n: u64) {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = &steps.current {
            bar.inc(n);
        }
    }

    /// Removes the remaining bars.
    fn clear(&self) {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        for bar in steps.by_name.values() {
            bar.finish_and_clear();
        }
    }

    fn finish(&self, name: &str) {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = steps.by_name.get(name) {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.clear();
    }
}

impl clio_etl::Progress for Bars {
    fn step(&self, step: &str, n_total: u64) {
        self.start(step, n_total);
    }

    fn advance(&self, n: u64) {
        self.step_by(n);
    }

    fn done(&self, step: &str) {
        self.finish(step);
    }

    fn say(&self, text: &str) {
        // Also if standard error is not a terminal: it belongs in logs.
        self.lines.suspend(|| tell!("{text}"));
    }

    /// What is said at the end must not appear among bars.
    fn ended(&self, _outcome: RunOutcome, _error: Option<&EtlError>) {
        self.clear();
    }
}

impl clio_synth::SynthProgress for Bars {
    fn phase(&self, name: &str, total: u64) {
        self.start(name, total);
    }

    fn advance(&self, n: u64) {
        self.step_by(n);
    }
}
