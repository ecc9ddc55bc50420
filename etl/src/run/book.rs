//! The steps of a run as they happen: on the terminal, in the journal, and finally in the lake.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clio_lake::StepRecord;
use clio_proto::RunStep;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::config::{Config, Progress};
use crate::error::{EtlError, StateError};
use crate::run::journal::{Journal, StepNumber};
use crate::run::report::StepTime;
use crate::run::retry::Waits;

/// Performs a step: begins it, repeats it as long as it fails with an error worth retrying, and ends it; the last
/// argument computes the number of rows from its result.
macro_rules! tried {
    ($book:expr, $step:expr, $n_total:expr, $work:expr) => {
        tried!($book, $step, $n_total, $work, |_| 0)
    };
    ($book:expr, $step:expr, $n_total:expr, $work:expr, $n_rows:expr) => {
        loop {
            let begun = $book.begin($step, $n_total)?;
            match $work.await {
                Ok(done) => {
                    $book.end(begun, $n_rows(&done))?;
                    break done;
                }
                Err(error) => $book.wait_after(begun, error).await?,
            }
        }
    };
}
pub(super) use tried;

/// Keeps track of a run's steps, and decides whether a failed one is retried.
pub(super) struct Book<'a> {
    config: &'a Config,
    progress: &'a dyn Progress,
    journal: Option<Arc<Journal>>,
    pub(super) clock: Clock,
    steps: Mutex<Vec<Entry>>,
}

struct Entry {
    /// The step, the same for sweeps over several days.
    step: RunStep,
    /// The part of the step, such as a sweep.
    part: String,
    number: Option<StepNumber>,
    started_ms: i64,
    ended_ms: Option<i64>,
    n_rows: u64,
    n_attempts: u32,
    error: Option<String>,
    waits: Waits,
}

/// A step, or part of one, that has begun: needed to end or retry it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun(usize);

impl<'a> Book<'a> {
    pub(super) fn new(
        config: &'a Config,
        progress: &'a dyn Progress,
        journal: Option<Arc<Journal>>,
        clock: Clock,
    ) -> Self {
        Self { config, progress, journal, clock, steps: Mutex::default() }
    }

    pub(super) fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    pub(super) fn progress(&self) -> &'a dyn Progress {
        self.progress
    }

    /// Begins a step of this many parts; a step being retried continues.
    pub(super) fn begin(&self, step: RunStep, n_total: u64) -> Result<Begun, EtlError> {
        self.progress.step(step.as_str(), n_total);
        self.begin_part(step, "")
    }

    /// Begins a part of a step; the terminal shows all parts as one step.
    pub(super) fn begin_part(&self, step: RunStep, part: &str) -> Result<Begun, EtlError> {
        let mut steps = self.lock();
        let is_open =
            |entry: &Entry| entry.step == step && entry.part == part && entry.ended_ms.is_none();
        if let Some(index) = steps.iter().position(is_open) {
            return Ok(Begun(index));
        }
        let name = step.as_str();
        let shown = if part.is_empty() { name.to_owned() } else { format!("{name} {part}") };
        let number = match &self.journal {
            Some(journal) => Some(journal.begin_step(&shown)?),
            None => None,
        };
        let seed = format!("{} {shown}", self.config.run);
        steps.push(Entry {
            step,
            part: part.to_owned(),
            number,
            started_ms: self.clock.millis(),
            ended_ms: None,
            n_rows: 0,
            n_attempts: 1,
            error: None,
            waits: Waits::new(self.config.retry, &seed),
        });
        Ok(Begun(steps.len() - 1))
    }

    /// Ends a step that read or produced this many rows.
    pub(super) fn end(&self, begun: Begun, n_rows: u64) -> Result<(), StateError> {
        let mut steps = self.lock();
        let entry = &mut steps[begun.0];
        entry.ended_ms = Some(self.clock.millis());
        entry.n_rows = n_rows;
        if entry.part.is_empty() {
            self.progress.done(entry.step.as_str());
        }
        tracing::debug!(step = entry.step.as_str(), part = entry.part, n_rows, "step done");
        match (&self.journal, entry.number) {
            (Some(journal), Some(number)) => journal.end_step(number, n_rows),
            _ => Ok(()),
        }
    }

    /// Waits before a failed step is retried; returns the error if a retry cannot help.
    pub(super) async fn wait_after(&self, begun: Begun, error: EtlError) -> Result<(), EtlError> {
        if !error.may_retry_step() {
            return Err(error);
        }
        let wait = {
            let mut steps = self.lock();
            let entry = &mut steps[begun.0];
            let Some(wait) = entry.waits.after_failure() else { return Err(error) };
            entry.n_attempts += 1;
            entry.error = Some(error.to_string());
            if let (Some(journal), Some(number)) = (&self.journal, entry.number) {
                journal.retry_step(number, &error)?;
            }
            let (step, part) = (entry.step.as_str(), &entry.part);
            tracing::warn!(step, part, %error, ?wait, "a step failed and is retried");
            wait
        };
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// How long each step took, in the order in which they began; sweeps are merged.
    pub(super) fn times(&self) -> Vec<StepTime> {
        let steps = self.lock();
        let whole = steps.iter().filter(|entry| entry.part.is_empty());
        let mut times: Vec<StepTime> = Vec::new();
        for entry in whole {
            let millis = entry.ended_ms.unwrap_or(entry.started_ms) - entry.started_ms;
            let seconds = millis as f64 / 1_000.0;
            match times.iter_mut().find(|time| time.step == entry.step.as_str()) {
                Some(time) => time.seconds += seconds,
                None => times.push(StepTime { step: entry.step.as_str().to_owned(), seconds }),
            }
        }
        times
    }

    /// The steps as the lake keeps them: steps of the same name are merged.
    pub(super) fn records(&self) -> Vec<StepRecord> {
        let steps = self.lock();
        let mut records: Vec<StepRecord> = Vec::new();
        for entry in steps.iter() {
            let time = |millis: i64| Timestamp::from_millisecond(millis).unwrap_or_default();
            let ended_at = entry.ended_ms.map(time);
            match records.iter_mut().find(|record| record.step == entry.step.as_str()) {
                Some(known) => {
                    // A merged step is over when all of its parts are.
                    known.n_rows += entry.n_rows;
                    known.n_attempts += entry.n_attempts - 1;
                    known.ended_at = known.ended_at.zip(ended_at).map(|(a, b)| a.max(b));
                    known.error = entry.error.clone().or(known.error.take());
                }
                None => records.push(StepRecord {
                    step: entry.step.as_str().to_owned(),
                    started_at: time(entry.started_ms),
                    ended_at,
                    n_rows: entry.n_rows,
                    n_attempts: entry.n_attempts,
                    error: entry.error.clone(),
                }),
            }
        }
        records
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // No entry is ever half-written, so a panic elsewhere corrupts none.
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use clio_proto::{Model, RunId};
    use url::Url;

    use super::*;
    use crate::config::Retry;
    use crate::config::Silent;

    const MODEL: &str = "[dataset]\nname = \"a\"\n[source.events]\nurl = \"events/\"\n\
                         format = \"csv\"\ntime = \"at\"\n[dimension.country]\n\
                         column = \"country\"\n[measure.events]\nsource = \"events\"\n\
                         kind = \"count\"\n";

    fn error(is_transient: bool) -> EtlError {
        let (url, reason) = ("s3://lake/".to_owned(), "no answer".to_owned());
        EtlError::Lake(clio_lake::LakeError::Storage { url, reason, is_transient })
    }

    /// A configuration of at most three attempts, in this folder.
    fn config(folder: &Path) -> Config {
        let lake = Url::from_directory_path(folder).unwrap();
        let wait = Duration::from_millis(1);
        Config {
            base: lake.clone(),
            lake,
            model: Model::parse("a.toml", MODEL).unwrap(),
            run: RunId::new("run"),
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            n_threads: 1,
            memory_bytes: None,
            accept: None,
            state: None,
            retry: Retry { max_attempts: 3, first_wait: wait, max_wait: wait },
        }
    }

    #[tokio::test]
    async fn a_transient_error_is_retried_and_bad_input_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let clock = Clock::new(config.now);
        let journal = Journal::begin(folder.path(), "lake", &config.run, clock).unwrap();
        let journal = Arc::new(journal);
        let book = Book::new(&config, &Silent, Some(Arc::clone(&journal)), clock);

        let open = book.begin(RunStep::Open, 1).unwrap();
        book.wait_after(open, error(true)).await.unwrap();
        let again = book.begin(RunStep::Open, 1).unwrap();
        book.wait_after(again, error(true)).await.unwrap();
        book.begin(RunStep::Open, 1).unwrap();
        book.end(open, 7).unwrap();
        let records = book.records();
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].n_attempts, records[0].n_rows), (3, 7));
        assert_eq!(records[0].error.as_deref(), Some("lake s3://lake/: no answer"));
        assert_eq!(journal.steps_of("run").unwrap()[0].n_attempts, 3);

        let fold = book.begin(RunStep::Fold, 1).unwrap();
        book.wait_after(fold, error(true)).await.unwrap();
        book.wait_after(fold, error(true)).await.unwrap();
        book.wait_after(fold, error(true)).await.unwrap_err();
        let commit = book.begin(RunStep::Commit, 1).unwrap();
        book.wait_after(commit, error(false)).await.unwrap_err();
        assert_eq!(book.records()[2].n_attempts, 1);
    }

    /// Does a step that fails so often, with a transient error.
    async fn tried_of(
        book: &Book<'_>,
        step: RunStep,
        n_failures: usize,
    ) -> Result<usize, EtlError> {
        let mut n_attempts = 0;
        let n_attempts = tried!(
            book,
            step,
            1,
            async {
                n_attempts += 1;
                if n_attempts > n_failures {
                    Ok::<_, EtlError>(n_attempts)
                } else {
                    Err(error(true))
                }
            },
            |n_attempts: &usize| *n_attempts as u64
        );
        Ok(n_attempts)
    }

    #[tokio::test]
    async fn a_transient_failure_while_recasting_is_retried_and_so_is_one_of_every_step() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let book = Book::new(&config, &Silent, None, Clock::new(config.now));
        for step in RunStep::ALL {
            assert_eq!(tried_of(&book, step, 2).await.unwrap(), 3, "{step:?}");
        }
        let records = book.records();
        let names: Vec<&str> = records.iter().map(|record| record.step.as_str()).collect();
        assert_eq!(names, RunStep::ALL.map(RunStep::as_str));
        for record in &records {
            assert_eq!((record.n_attempts, record.n_rows), (3, 3), "{record:?}");
            assert!(record.ended_at.is_some(), "{record:?}");
        }
        // Where every attempt fails, the step stays open: the run died of it.
        tried_of(&book, RunStep::Recast, 3).await.unwrap_err();
        let recast = book.records().into_iter().find(|record| record.step == "recast").unwrap();
        assert!(recast.ended_at.is_none(), "{recast:?}");
    }
}
