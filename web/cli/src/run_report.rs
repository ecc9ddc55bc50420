//! What a run did, for people.

use clio_etl::{DamagedFile, MonthEffect, RunReport};

use crate::output;
use crate::terminal::say;

/// How many retired months are listed one by one.
pub(crate) const MAX_LISTED: usize = 12;

/// What to say of days that are years away from all others.
pub(crate) fn far_days(days: &[jiff::civil::Date]) -> String {
    let names: Vec<String> = days.iter().map(ToString::to_string).collect();
    format!(
        "{}: years away from all other days; if the times are wrong, `first_day` and `last_day` in `[dataset]` turn \
         them into bad rows",
        output::shortened(&names)
    )
}

/// Prints what is damaged in the lake, for people.
pub(crate) fn print_damaged(verdict: &str, damaged: &[DamagedFile]) {
    for file in damaged.iter().take(MAX_LISTED) {
        say!("  {verdict:<14} {file}");
    }
    if let Some(n_more @ 1..) = damaged.len().checked_sub(MAX_LISTED) {
        say!("                 and {n_more} more damaged files (--format json lists them)");
    }
}

/// Prints what a run did, for people.
pub(crate) fn print_report(report: &RunReport) {
    let number = |n: u64| output::number(n as f64);
    let verdict = if report.unchanged { "holds all of it already" } else { "committed" };
    say!("run {}: snapshot {} {verdict}", report.run, report.snapshot);
    if let (Some(first), Some(last)) = (report.days.first(), report.days.last()) {
        say!("  days           {} ({first} to {last})", report.days.len());
    }
    if !report.days_removed.is_empty() {
        let days: Vec<_> = report.days_removed.iter().map(ToString::to_string).collect();
        say!("  days removed   {}: they no longer have events", days.join(", "));
    }
    for (source, n_rows) in &report.rows_in {
        say!("  events         {} of {source}", number(*n_rows));
    }
    for (source, n_rows) in report.rows_out_of_day.iter().filter(|(_, n_rows)| **n_rows > 0) {
        say!("  not counted    {} of {source}: they happened on other days", number(*n_rows));
    }
    for left_out in &report.left_out {
        say!("  left out       {left_out}");
    }
    for (source, n_rows) in &report.rows_quarantined {
        say!("  quarantined    {} bad rows of {source}: see table `quarantine`", number(*n_rows));
    }
    for (source, by_day) in &report.rows_unattributed {
        let n_rows: u64 = by_day.values().sum();
        if n_rows > 0 {
            let days: Vec<_> = by_day
                .iter()
                .filter(|(_, n_rows)| **n_rows > 0)
                .map(|(day, n_rows)| format!("{day} {}", number(*n_rows)))
                .collect();
            let days = output::shortened(&days);
            say!("  unattributed   {} of {source}: {days}", number(n_rows));
        }
    }
    for absent in &report.columns_absent {
        say!("  absent         {absent}");
    }
    if !report.far_days.is_empty() {
        say!("  warning        {}", far_days(&report.far_days));
    }
    if !report.provisional_days.is_empty() {
        let days: Vec<_> = report.provisional_days.iter().map(ToString::to_string).collect();
        say!("  provisional    {}: future events may change them", output::shortened(&days));
    }
    for (lookup, days) in &report.days_without_state {
        let days: Vec<_> = days.iter().map(ToString::to_string).collect();
        let days = output::shortened(&days);
        say!(
            "  warning        {days}: before the first state of `{lookup}`, where events find no row"
        );
    }
    for month in report.retired_months.iter().take(MAX_LISTED) {
        let verdict = if month.effect == MonthEffect::Kept { "warning" } else { "retired" };
        say!("  {verdict:<14} {month}");
    }
    if let Some(n_more @ 1..) = report.retired_months.len().checked_sub(MAX_LISTED) {
        say!("                 and {n_more} more retired months (--format json lists them)");
    }
    print_damaged("mended", &report.mended);
    let cells: Vec<_> = report
        .cells
        .iter()
        .map(|(grain, n_cells)| format!("{grain} {}", number(*n_cells)))
        .collect();
    if !cells.is_empty() {
        say!("  cells          {}", cells.join(", "));
    }
    for check in &report.checks {
        for finding in &check.findings {
            let verdict = if finding.is_failure { "accepted" } else { "warning" };
            say!("  {verdict:<14} check {}, {}: {}", check.name, finding.day, finding.what);
        }
    }
    if let Some(reason) = &report.accepted {
        say!("  because        {reason}");
    }
    say!("  written        {}", indicatif::HumanBytes(report.bytes_written));
    let steps: Vec<_> =
        report.steps.iter().map(|step| format!("{} {:.2} s", step.step, step.seconds)).collect();
    say!("  time           {}", steps.join(", "));
}
