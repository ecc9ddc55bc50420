//! Answers as a table for people, and in words what its numbers are based on.

mod columns;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use arrow::error::ArrowError;
use arrow::util::pretty::pretty_format_batches_with_schema;
use clio_etl::SqlAnswer;
use clio_proto::{Answer, Coverage, DayRange, Description, Withheld, n_days};
use comfy_table::Table;

use self::columns::Measure;
use super::{Format, Options, Pages, Rows};
use crate::output::asked::Asked;
use crate::output::notes::{is_behind_the_last, unattributed};
use crate::output::numbers::{Unit, whole_text};
use crate::output::{explain, reach, shortened, verdicts};
use crate::terminal::{Lines, safe};

pub(super) struct TableFormat;

impl Format for TableFormat {
    fn rows(&self) -> Rows {
        Rows::OnePage { n_unless_said: 100 }
    }

    fn has_rows_alone(&self) -> bool {
        false
    }

    fn begin(
        &self,
        _out: &mut dyn Write,
        first: &Answer,
        dataset: &Description,
        options: Options,
    ) -> io::Result<Box<dyn Pages>> {
        let measures = first.measures.iter().map(|name| Measure::of(name, dataset)).collect();
        let Options { asked, explains, .. } = options;
        Ok(Box::new(OneTable { measures, asked, explains, widest: widest() }))
    }

    fn sql(&self, out: &mut dyn Write, answer: &SqlAnswer) -> Result<(), ArrowError> {
        let schema = Arc::clone(answer.schema());
        let table = pretty_format_batches_with_schema(schema, answer.batches())?.to_string();
        writeln!(out, "{}", safe(&table, Lines::Kept))?;
        Ok(())
    }
}

/// The widest table if the terminal's width is unknown.
const WIDEST: usize = 200;

/// The widest table that is printed as a single one.
fn widest() -> usize {
    Table::new().width().map_or(WIDEST, usize::from).max(80)
}

/// The table of the only page.
struct OneTable {
    measures: Vec<Measure>,
    asked: Asked,
    explains: bool,
    widest: usize,
}

impl Pages for OneTable {
    fn page(&mut self, out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
        let other_side = self.asked.other_side(answer);
        let tables = columns::tables(answer, &self.measures, other_side.as_deref(), self.widest);
        let reach = answer.reach.as_ref().map(|reach| reach::tables(answer, reach));
        let reach = reach.map_or_else(String::new, |reach| format!("\n{reach}"));
        let units: Vec<Unit> = self.measures.iter().map(Measure::unit).collect();
        let beside = verdicts::lines(answer, &units).into_iter().map(|line| format!("{line}\n"));
        let beside = beside.collect::<String>();
        let text = format!("{tables}\n{reach}{beside}{}", notes(answer, &self.asked));
        writeln!(out, "{}", safe(&text, Lines::Kept))
    }

    fn end(&mut self, out: &mut dyn Write, last: &Answer) -> io::Result<()> {
        if self.explains {
            writeln!(out, "\n{}", safe(&explain::words(last), Lines::Kept))?;
        }
        Ok(())
    }
}

/// What people must know to trust the table: snapshot, days, gaps, overlaps, error.
fn notes(answer: &Answer, asked: &Asked) -> String {
    let Answer {
        snapshot,
        coverage: _,
        compared_coverage: _,
        look_back: _,
        // Printed above these lines, in lines of its own.
        test: _,
        end: _,
        notices: _,
        n_notices: _,
        withheld: _,
        n_groups: _,
        overlapping: _,
        elapsed: _,
        // The tables.
        group_by: _,
        measures: _,
        rows: _,
        total: _,
        others: _,
        reach: _,
        // Printed on request: `end`.
        work: _,
    } = answer;
    let mut lines = vec![format!(
        "snapshot {} of {}, run {}",
        snapshot.id, snapshot.committed_at, snapshot.run
    )];
    match answer.coverage.range {
        Some(_) => of_coverage("days", "", &answer.coverage, &mut lines),
        None => lines.push("no days: the lake is empty".to_owned()),
    }
    lines.extend(asked.words(answer));
    if let Some(look_back) = &answer.look_back {
        let (measure, n_days) = (&look_back.measure, look_back.n_days);
        lines.push(format!("new: {measure} not seen in the {n_days} days before those of the row"));
        let side = " to look back over";
        of_coverage("new and returning by days", side, &look_back.coverage, &mut lines);
    }
    if let Some(compared) = &answer.compared_coverage {
        of_coverage("compared with days", " to compare with", compared, &mut lines);
    }
    lines.extend(answer.notices.iter().map(ToString::to_string));
    lines.extend(answer.withheld.as_ref().map(of_small_groups));
    let n_more = answer.n_notices.saturating_sub(answer.notices.len() as u64);
    if n_more > 0 {
        lines.push(format!("and {n_more} more values that do not exist"));
    }
    let mut n_unattributed: BTreeMap<&str, u64> = BTreeMap::new();
    for of_day in unattributed(answer, &answer.coverage) {
        *n_unattributed.entry(&of_day.source).or_default() += of_day.rows;
    }
    for (source, n) in n_unattributed {
        let n = whole_text(n.into());
        lines.push(format!(
            "{n} events of {source} could not be credited to any other: not in any number here"
        ));
    }
    let n_rows = answer.rows.len() as u64;
    if is_behind_the_last(answer) {
        lines.push(format!(
            "no row is left: the page begins after the last of {} groups",
            answer.n_groups
        ));
    } else if n_rows < answer.n_groups {
        let next = answer.end.filter(|_| answer.has_next_page());
        let next = next.map_or_else(String::new, |end| format!("; the next ones: --after {end}"));
        lines.push(format!("{n_rows} of {} groups{next}", answer.n_groups));
    }
    if !answer.overlapping.is_empty() {
        let fields: Vec<_> = answer.overlapping.iter().map(ToString::to_string).collect();
        lines.push(format!("groups by {} overlap: they do not add up", fields.join(", ")));
    }
    lines.push(format!(
        "± and ranges: 95 % bounds of sketch error, none for exact numbers; {:.1} ms",
        answer.elapsed.as_secs_f64() * 1e3
    ));
    lines.join("\n")
}

/// What is not told of small groups.
fn of_small_groups(&Withheld { min_people, n_rows }: &Withheld) -> String {
    let here = match n_rows {
        0 => "none here".to_owned(),
        n => format!("{} here", whole_text(n.into())),
    };
    format!(
        "groups of fewer than {min_people} people are withheld: {here}; people are rounded to multiples of {min_people}"
    )
}

/// The days of one side, and what they lack; `side` distinguishes its lines from those of the rows
/// themselves.
fn of_coverage(what: &str, side: &str, coverage: &Coverage, lines: &mut Vec<String>) {
    let Coverage {
        range,
        n_days_present,
        missing,
        retired,
        provisional,
        periods,
        mixed,
        projection,
    } = coverage;
    if let Some((first, last)) = range {
        let periods: Vec<_> = periods.iter().map(ToString::to_string).collect();
        lines.push(format!("{what} {first} to {last}, read from {}", shortened(&periods)));
    }
    for (what, days, mend) in [
        ("missing days", missing, ""),
        (
            "of them in retired months",
            retired,
            "; ask for the whole month, and neither by day nor by week",
        ),
        ("provisional days", provisional, ""),
    ] {
        if !days.is_empty() {
            let ranges: Vec<_> = days.iter().map(DayRange::to_string).collect();
            lines.push(format!("{what}{side} ({}): {}{mend}", n_days(days), shortened(&ranges)));
        }
    }
    lines.extend(mixed.iter().map(ToString::to_string));
    // The same for all days of one answer.
    if let Some(projection) = projection.as_ref().filter(|_| side.is_empty()) {
        lines.push(format!("of the lake, this service holds {projection}"));
    }
    if range.is_some() && *n_days_present == 0 {
        lines.push(format!("no data{side}: none of these days is in the snapshot"));
    }
}
