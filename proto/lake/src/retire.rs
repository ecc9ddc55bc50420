//! Retention by grain: the days of old months leave the lake, while the months stay.
//!
//! One commit removes the days' partitions and says which months are retired. Their files stay until a vacuum deletes
//! them, for readers of older snapshots. The inputs of each day stay known, so that no run takes the day for a new one,
//! and so do the first days of members, where ages count from them.

mod first_days;

use std::collections::BTreeMap;

use clio_proto::{DayRange, Grain, Model, Period, RunId, SnapshotId};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use url::Url;

use crate::error::LakeError;
use crate::file::LakeFile;
use crate::format::{FirstDays, MAX_FIRST_DAYS, SnapshotMetadata};
use crate::housekeeping::open;
use crate::table::{Change, DeltaFolder, Outcome, Purpose, TableState, files_by_period};
use crate::version::{FORMAT_VERSION, WRITER};

/// How many times to start over after another writer's commit.
const MAX_ATTEMPTS: usize = 5;

/// Which months are old.
#[derive(Debug, Clone, Copy)]
pub enum CutOff {
    /// Those that end before this day.
    Before(Date),
    /// Those that ended at least this long ago, in days of the dataset's time zone.
    OlderThan(Span),
}

/// What to retire, and the identity of the commit.
#[derive(Debug, Clone)]
pub struct Retirement {
    /// Which months are old.
    pub cut_off: CutOff,
    /// The name of the commit, which no run shares.
    pub run: RunId,
    /// The time of the commit, from which ages are measured.
    pub now: Timestamp,
    /// Only report what would be retired.
    pub dry_run: bool,
}

/// What was retired, or would be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RetireReport {
    /// Whether this was a dry run, which commits nothing.
    pub dry_run: bool,
    /// The snapshot without the days; `None` where nothing was committed.
    pub snapshot: Option<SnapshotId>,
    /// Months that end before this day are old.
    pub before: Date,
    /// The months whose days were removed, in order.
    pub months: Vec<RetiredMonth>,
    /// Old months whose days stay, in order.
    pub kept: Vec<KeptMonth>,
    /// The number of members whose first days the snapshot keeps, for dimensions whose ages count from them.
    pub n_first_days: usize,
    /// The number of first days that did not fit in a commit, oldest first: the ages of these members are lost.
    pub n_first_days_dropped: usize,
}

/// A month whose days were removed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RetiredMonth {
    /// The month, such as `2025-01`.
    pub month: String,
    /// How many days it had in the lake.
    pub n_days: usize,
    /// The size of their files, which a vacuum frees.
    pub size_bytes: u64,
}

/// An old month whose days have to stay.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct KeptMonth {
    /// The month, such as `2025-01`.
    pub month: String,
    /// The reason, and the mend.
    pub reason: String,
}

/// Removes the days of old months from a lake, in one commit; the months stay and still answer as a whole.
///
/// A month keeps its days where one of them is provisional, or where the month's own partition is missing. Safe beside
/// runs, since their commits are noticed, and beside services: files stay until a vacuum. Costs a read of the log and
/// of the file of each retired month; where the model has ages by first day, also a read of the files of its days,
/// which have to be sound for the month to be retired.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read or written; on error, nothing has
/// been removed.
pub async fn retire(lake: &Url, asked: &Retirement) -> Result<RetireReport, LakeError> {
    for _ in 0..MAX_ATTEMPTS {
        let (cells, state) = open(lake).await?;
        let refuse = |reason: &str| LakeError::refused(lake, reason);
        let Some(known) = cells.metadata(&state).await? else {
            return Err(refuse("no commit says what it holds; run `clio etl run --all` first"));
        };
        let before = first_kept_day(asked, &known).ok_or_else(|| {
            refuse("its model cannot be read, which says where days begin; give a date: `--before`")
        })?;
        let Chosen { months, kept, first_days } = choose(&cells, &state, &known, before).await?;
        let mut kept_days = known.first_days.clone();
        kept_days.merge(&first_days);
        let n_dropped = kept_days.keep_youngest(MAX_FIRST_DAYS);
        let report = |snapshot| RetireReport {
            n_first_days: kept_days.n_members(),
            n_first_days_dropped: n_dropped,
            dry_run: asked.dry_run,
            snapshot,
            before,
            months: months.iter().map(|(month, days)| retired(*month, days)).collect(),
            kept: kept.clone(),
        };
        if months.is_empty() || asked.dry_run {
            return Ok(report(None));
        }
        let known = SnapshotMetadata { first_days: kept_days.clone(), ..known };
        let change = change(&months, known, asked);
        let now = asked.now.as_millisecond();
        match cells.commit(Some(&state), &state.schema, &change, now).await? {
            Outcome::Committed(version) => return Ok(report(Some(SnapshotId(version)))),
            Outcome::Unclear => return Err(cells.unclear()),
            Outcome::Overtaken => {
                tracing::info!("another commit came first; the lake is read again");
            }
        }
    }
    Err(LakeError::Storage {
        url: lake.to_string(),
        reason: format!("others committed {MAX_ATTEMPTS} times in the meantime; try again"),
        is_transient: true,
    })
}

/// The day before which a month has to end; `None` where it is unknown when days begin.
fn first_kept_day(asked: &Retirement, known: &SnapshotMetadata) -> Option<Date> {
    match asked.cut_off {
        CutOff::Before(day) => Some(day),
        CutOff::OlderThan(age) => {
            let model = Model::parse("the lake's model", &known.model).ok()?;
            let today = asked.now.to_zoned(model.timezone().clone()).date();
            Some(today.saturating_sub(age))
        }
    }
}

/// Old months, divided into those that are retired and those that keep their days.
struct Chosen {
    /// Each with the files of its days.
    months: BTreeMap<Period, Vec<LakeFile>>,
    kept: Vec<KeptMonth>,
    /// The first days of members within these days.
    first_days: FirstDays,
}

async fn choose(
    cells: &DeltaFolder,
    state: &TableState,
    known: &SnapshotMetadata,
    before: Date,
) -> Result<Chosen, LakeError> {
    let files = files_by_period(Some(state));
    let mut days: BTreeMap<Period, Vec<LakeFile>> = BTreeMap::new();
    for (period, of_day) in &files {
        if let Some(day) = period.day() {
            days.entry(Period::of(day, Grain::Month)).or_default().extend_from_slice(of_day);
        }
    }
    let is_old = |month: &Period| DayRange::of(*month).is_some_and(|range| range.last() < before);
    let mut chosen =
        Chosen { months: BTreeMap::new(), kept: Vec::new(), first_days: FirstDays::default() };
    let aged = first_days::aged_dimensions(known);
    for (month, of_days) in days.into_iter().filter(|(month, _)| is_old(month)) {
        let own = files.get(&month).map(Vec::as_slice).unwrap_or_default();
        let provisional = known.provisional_days.iter().find(|day| month.contains(**day));
        let reason = match provisional {
            Some(day) => Some(format!(
                "its day {day} is provisional; `clio etl run` settles it once its window has passed"
            )),
            None => what_is_missing(cells, own).await?,
        };
        let reason = match reason {
            Some(reason) => Some(reason),
            None => first_days::note(cells, &of_days, &aged, &mut chosen.first_days).await?,
        };
        match reason {
            Some(reason) => chosen.kept.push(KeptMonth { month: month.to_string(), reason }),
            None => drop(chosen.months.insert(month, of_days)),
        }
    }
    Ok(chosen)
}

/// What keeps a month from standing without its days, if anything: it has no partition, or its file differs from what
/// the log says.
async fn what_is_missing(
    cells: &DeltaFolder,
    own: &[LakeFile],
) -> Result<Option<String>, LakeError> {
    if own.is_empty() {
        return Ok(Some(
            "it has no partition of its own, which every run gives it: its days are all there is"
                .to_owned(),
        ));
    }
    let damaged = cells.damaged(own).await?;
    Ok(damaged.first().map(|damage| {
        format!(
            "its file {} is gone or damaged ({}), its days are all there is; `clio etl run` rebuilds it from them",
            damage.file(),
            damage.problem
        )
    }))
}

fn retired(month: Period, days: &[LakeFile]) -> RetiredMonth {
    let mut periods: Vec<_> = days.iter().filter_map(|file| file.period).collect();
    periods.dedup();
    let size_bytes = days.iter().map(|file| file.size_bytes).sum();
    RetiredMonth { month: month.to_string(), n_days: periods.len(), size_bytes }
}

/// The commit: days are removed, nothing is added, and what the last snapshot says of all other days still holds.
fn change(
    months: &BTreeMap<Period, Vec<LakeFile>>,
    known: SnapshotMetadata,
    asked: &Retirement,
) -> Change {
    let removed: Vec<LakeFile> = months.values().flatten().cloned().collect();
    let mut retired = known.retired;
    retired.retire(removed.iter().filter_map(|file| file.period?.day()));
    let names: Vec<String> =
        months.keys().map(|month| format!("period LIKE '{month}-%'")).collect();
    let metadata = SnapshotMetadata {
        format_version: FORMAT_VERSION,
        writer: WRITER.to_owned(),
        files: None,
        run: asked.run.clone(),
        days: Vec::new(),
        rows_in: BTreeMap::new(),
        rows_out_of_day: BTreeMap::new(),
        rows_quarantined: BTreeMap::new(),
        cells: BTreeMap::new(),
        checks: Vec::new(),
        accepted: None,
        retired,
        ..known
    };
    Change {
        added: Vec::new(),
        removed,
        metadata: Some(metadata),
        purpose: Purpose::Removes(format!("grain = 'day' AND ({})", names.join(" OR "))),
    }
}
