//! What a run has counted and found, and its summaries: in its commit, in its report, and in the record that stays in
//! the lake.

use std::collections::BTreeMap;

use clio_lake::{
    DayInputs, FORMAT_VERSION, FirstDays, RUN_RECORD_VERSION, RunRecord, SnapshotMetadata,
    TableState, WRITER,
};
use clio_proto::{Age, Grain, Period, RetiredDays, RunOutcome, SnapshotId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::book::Book;
use super::change::days_without_state;
use crate::attribute::{Carried, Credited};
use crate::cells::{Periods, Rebuilt};
use crate::checks::invariants::Checked;
use crate::config::{Config, Days};
use crate::error::{EtlError, PlanError};
use crate::input::columns::Columns;
use crate::input::left_out::LeftOut;
use crate::input::quarantine::Quarantine;
use crate::input::sweep::Sweep;
use crate::reported::REPORTED;
use crate::run::damaged::DamagedFile;
use crate::run::plan::{MonthEffect, Plan, PlannedMonth, days_in, far_days};
use crate::run::report::RunReport;

/// What a run has counted and found.
pub(super) struct Account<'a> {
    config: &'a Config,
    /// Events in cells, by source.
    pub(super) rows_in: BTreeMap<String, u64>,
    rows_out_of_day: BTreeMap<String, u64>,
    /// Events out of their day, by source and by the day that they are filed under.
    pub(super) out_of_day: BTreeMap<String, BTreeMap<Date, u64>>,
    pub(super) rows_unattributed: BTreeMap<String, BTreeMap<Date, u64>>,
    pub(super) quarantine: Quarantine,
    /// The retired months of which days were requested or found.
    pub(super) retired_months: Vec<PlannedMonth>,
    pub(super) left_out: Vec<LeftOut>,
    /// What was damaged in the lake before the run.
    pub(super) mended: Vec<DamagedFile>,
    pub(super) bytes_written: u64,
}

impl<'a> Account<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        Self {
            config,
            rows_in: BTreeMap::new(),
            rows_out_of_day: BTreeMap::new(),
            out_of_day: BTreeMap::new(),
            rows_unattributed: BTreeMap::new(),
            quarantine: Quarantine::default(),
            retired_months: Vec::new(),
            left_out: Vec::new(),
            mended: Vec::new(),
            bytes_written: 0,
        }
    }

    /// Whether a day is in a retired month that this run leaves as it is.
    pub(super) fn keeps(&self, day: Date) -> bool {
        self.retired_months.iter().any(|month| month.keeps(day))
    }

    /// Leaves retired months as they are if a sweep found no events for any of their days.
    pub(super) fn keep_months(
        &mut self,
        plan: &Plan,
        asked: Days,
        found: impl Iterator<Item = Date>,
    ) -> Result<(), PlanError> {
        for (month, without_files) in plan.months_without_events(asked, &found.collect())? {
            for planned in self.retired_months.iter_mut().filter(|it| it.period() == month) {
                (planned.effect, planned.without_files) =
                    (MonthEffect::Kept, without_files.clone());
            }
        }
        Ok(())
    }

    /// Unattributed events are counted again by every run, since a day before a finished one may change them.
    pub(super) fn count_unattributed(&mut self, credited: &Credited) {
        for (source, by_day) in &credited.rows_unattributed {
            let known = self.rows_unattributed.entry(source.clone()).or_default();
            for (day, n_rows) in by_day {
                if self.retired_months.iter().any(|month| month.keeps(*day)) {
                    continue;
                }
                *known.entry(*day).or_default() += n_rows;
            }
        }
    }

    pub(super) fn count_others(
        &mut self,
        (plan, sweep): (&Plan, &Sweep),
        rows_out_of_day: &BTreeMap<String, u64>,
        days: &Periods,
    ) {
        // In a sweep over all days they are attributed to the last day with cells.
        let day = match sweep.days {
            Days::Range(range) => Some(range.last()),
            Days::All | Days::OutOfDate => days.keys().rev().find_map(|period| period.day()),
        };
        for (source, n_rows) in rows_out_of_day {
            *self.rows_out_of_day.entry(source.clone()).or_default() += n_rows;
            // A file without a day holds the events of all days: the others are in cells of their own days.
            let is_of_folders = !plan.sources_without_folders.contains(source);
            if let Some(day) = day.filter(|_| *n_rows > 0 && is_of_folders) {
                let by_day = self.out_of_day.entry(source.clone()).or_default();
                *by_day.entry(day).or_default() += n_rows;
            }
        }
    }

    /// The commit's metadata.
    pub(super) fn metadata(
        &self,
        carried: &Carried<'_, impl Fn(Date) -> bool>,
        (days, parents): (&Periods, &Periods),
        lookups: BTreeMap<String, u64>,
        made_of: DayInputs,
        checked: &Checked,
        columns: &Columns,
    ) -> SnapshotMetadata {
        let n_cells =
            |(period, rebuilt): (&Period, &Rebuilt)| (period.to_string(), rebuilt.totals.n_cells);
        let retired = retired_after(carried.known, days);
        SnapshotMetadata {
            format_version: FORMAT_VERSION,
            writer: WRITER.to_owned(),
            files: None,
            run: self.config.run.clone(),
            fingerprint: self.config.model.fingerprint().clone(),
            model: self.config.model.text().to_owned(),
            days: days.keys().filter_map(|period| period.day()).collect(),
            provisional_days: carried.provisional_days(
                days.iter().filter(|(_, day)| day.file.is_some()).filter_map(|(day, _)| day.day()),
            ),
            rows_in: self.rows_in.clone(),
            rows_out_of_day: self.rows_out_of_day.clone(),
            rows_unattributed: carried.rows_unattributed(&self.rows_unattributed),
            rows_quarantined: self.quarantine.n_rows().clone(),
            lookups,
            cells: days.iter().chain(parents).map(n_cells).collect(),
            checks: checked.outcomes(),
            accepted: checked.has_failures().then(|| self.config.accept.clone()).flatten(),
            inputs: made_of,
            first_days: self.first_days_after(carried.known, &retired),
            retired,
            columns: columns.after(carried.known.map(|known| &known.columns)),
        }
    }

    /// The report of a successful run.
    pub(super) fn report(
        &self,
        (version, unchanged): (u64, bool),
        state: Option<&TableState>,
        (days, parents): (&Periods, &Periods),
        metadata: SnapshotMetadata,
        columns: &Columns,
        book: &Book<'_>,
    ) -> RunReport {
        let mut cells: BTreeMap<String, u64> = BTreeMap::new();
        for (period, rebuilt) in days.iter().chain(parents) {
            *cells.entry(period.grain().to_string()).or_default() += rebuilt.totals.n_cells;
        }
        let (present, gone): (Vec<_>, Vec<_>) =
            days.iter().partition(|(_, day)| day.file.is_some());
        let dates = |days: Vec<(&Period, &Rebuilt)>| {
            days.into_iter().filter_map(|(period, _)| period.day()).collect()
        };
        let changed = days.values().chain(parents.values()).filter(|rebuilt| rebuilt.is_changed);
        let mut kept = self.retired_months.iter().filter(|month| month.effect == MonthEffect::Kept);
        if let Some(first) = kept.next() {
            tracing::warn!(target: REPORTED, n_more_months = kept.count(), "{first}");
        }
        RunReport {
            run: self.config.run.clone(),
            snapshot: SnapshotId(version),
            unchanged,
            days: dates(present),
            days_removed: dates(gone),
            rows_in: metadata.rows_in,
            rows_out_of_day: metadata.rows_out_of_day,
            rows_unattributed: self.rows_unattributed.clone(),
            rows_quarantined: self.quarantine.n_rows().clone(),
            columns_absent: columns.absent(),
            far_days: self.far_days(state, days),
            provisional_days: metadata.provisional_days,
            left_out: self.left_out.clone(),
            days_without_state: days_without_state(&metadata.inputs, days),
            retired_months: self.retired_months.clone(),
            mended: self.mended.clone(),
            cells,
            n_periods_changed: changed.count() as u64,
            bytes_written: self.bytes_written,
            lookups: metadata.lookups,
            checks: metadata.checks,
            accepted: metadata.accepted,
            steps: book.times(),
        }
    }

    /// The record of the run that stays in the lake, however it ended.
    pub(super) fn record(
        &self,
        outcome: RunOutcome,
        result: &Result<RunReport, EtlError>,
        book: &Book<'_>,
    ) -> RunRecord {
        let time = Timestamp::from_millisecond(book.clock.millis());
        RunRecord {
            format_version: RUN_RECORD_VERSION,
            run: self.config.run.clone(),
            started_at: self.config.now,
            ended_at: time.unwrap_or(self.config.now),
            outcome,
            error: result.as_ref().err().map(ToString::to_string),
            snapshot: result.as_ref().ok().map(|report| report.snapshot),
            fingerprint: Some(self.config.model.fingerprint().clone()),
            days: result.as_ref().map(|report| report.days.clone()).unwrap_or_default(),
            rows_in: self.rows_in.clone(),
            rows_quarantined: self.quarantine.n_rows().clone(),
            left_out: self.left_out.iter().map(|own| own.record(&self.config.base)).collect(),
            steps: book.records(),
        }
    }

    /// The days of the lake after the run that are years away from all others.
    fn far_days(&self, state: Option<&TableState>, days: &Periods) -> Vec<Date> {
        let mut all = state.map(days_in).unwrap_or_default();
        for (period, rebuilt) in days {
            let Some(day) = period.day() else { continue };
            if rebuilt.file.is_some() {
                all.insert(day);
            } else {
                all.remove(&day);
            }
        }
        let model = &self.config.model;
        far_days(&all, model, self.config.now.to_zoned(model.timezone().clone()).date())
    }

    /// The first days that outlive their days after the run: the previous ones, except those of months rebuilt as a
    /// whole and of dimensions whose ages count from something else in this model.
    fn first_days_after(
        &self,
        known: Option<&SnapshotMetadata>,
        retired: &RetiredDays,
    ) -> FirstDays {
        let mut first_days = known.map(|known| known.first_days.clone()).unwrap_or_default();
        let dimensions = self.config.model.dimensions();
        let is_asked = |name: &str| {
            let mut aged = dimensions.iter().filter(|own| own.age == Some(Age::FirstDay));
            aged.any(|own| own.name == name)
        };
        first_days.retain(is_asked, |month| retired.is_retired(month));
        first_days
    }
}

/// The retired months after the run: the previous ones, except those rebuilt as a whole.
fn retired_after(known: Option<&SnapshotMetadata>, days: &Periods) -> RetiredDays {
    let mut retired = known.map(|known| known.retired.clone()).unwrap_or_default();
    for day in days.keys().filter_map(|period| period.day()) {
        retired.restore(Period::of(day, Grain::Month));
    }
    retired
}
