//! Answers as a table for people, and in words what its numbers stand on.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use arrow::error::ArrowError;
use arrow::util::pretty::pretty_format_batches_with_schema;
use clio_etl::SqlAnswer;
use clio_proto::{
    Answer, Compared, Coverage, DayRange, Description, MeasureClass, MeasureFormat, MeasureInfo,
    Newcomers, Rank, Row, Value, n_days,
};
use comfy_table::{Cell, CellAlignment, Table};

use super::{Format, Options, Pages, Rows};
use crate::output::keys::key_text;
use crate::output::notes::unattributed;
use crate::output::numbers::{Shown, number_with_bounds, whole_text};
use crate::output::tables::ruled_below_its_head;
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
        let shown = first.measures.iter().map(|measure| shown(measure, dataset)).collect();
        Ok(Box::new(OneTable { shown, explains: options.explains }))
    }

    fn sql(&self, out: &mut dyn Write, answer: &SqlAnswer) -> Result<(), ArrowError> {
        let schema = Arc::clone(answer.schema());
        let table = pretty_format_batches_with_schema(schema, answer.batches())?.to_string();
        writeln!(out, "{}", safe(&table, Lines::Kept))?;
        Ok(())
    }
}

/// The table of the only page.
struct OneTable {
    /// By measure.
    shown: Vec<Shown>,
    explains: bool,
}

impl Pages for OneTable {
    fn page(&mut self, out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
        writeln!(out, "{}", safe(&table(answer, &self.shown), Lines::Kept))
    }

    fn end(&mut self, out: &mut dyn Write, last: &Answer) -> io::Result<()> {
        if self.explains {
            writeln!(out, "\n{}", safe(&explain::words(last), Lines::Kept))?;
        }
        Ok(())
    }
}

fn shown(measure: &str, dataset: &Description) -> Shown {
    // Any quantile is shown as those of its measure that are listed.
    let is_of_same = |info: &&MeasureInfo| match &info.class {
        MeasureClass::Quantile { measure: of, .. } => {
            measure.split_once('.').is_some_and(|(own, _)| own == of)
        }
        MeasureClass::Count
        | MeasureClass::Sum
        | MeasureClass::Distinct { .. }
        | MeasureClass::Derived { .. } => false,
    };
    let found = dataset.measures.iter().find(|info| info.name == *measure);
    let found = found.or_else(|| dataset.measures.iter().find(is_of_same));
    let format = found.map_or(MeasureFormat::Number, |info| info.format);
    // An estimated number of people is rounded like the whole number that it stands for.
    let counts = found.is_some_and(|info| match info.class {
        MeasureClass::Count | MeasureClass::Distinct { .. } => true,
        MeasureClass::Sum | MeasureClass::Quantile { .. } | MeasureClass::Derived { .. } => false,
    });
    Shown { format, is_whole: counts && format == MeasureFormat::Number }
}

/// The table, then in words what the numbers stand on.
fn table(answer: &Answer, shown: &[Shown]) -> String {
    let Answer {
        group_by,
        measures,
        rows,
        total,
        others,
        reach,
        look_back,
        n_groups,
        // Below the table, in words: `notes`.
        snapshot: _,
        coverage: _,
        compared_coverage: _,
        test: _,
        end: _,
        notices: _,
        n_notices: _,
        overlapping: _,
        elapsed: _,
        // Where it is asked for: `end`.
        work: _,
    } = answer;
    let mut table = ruled_below_its_head();
    let right = |text: &str| Cell::new(text).set_alignment(CellAlignment::Right);
    let has_ranks = rows.iter().any(|row| row.rank.is_some());
    let has_shares = rows.iter().chain(others).any(|row| !row.shares.is_empty());
    let has_compared = rows.iter().chain([total]).any(|row| !row.compared.is_empty());
    let has_intervals = rows.iter().chain([total]).any(|row| !row.intervals.is_empty());
    let has_verdicts = rows.iter().chain([total]).any(|row| !row.verdicts.is_empty());
    let keys = group_by.iter().map(Cell::new);
    let measures = measures.iter().flat_map(|measure| {
        let share = has_shares.then(|| right("share"));
        let compared = has_compared.then(|| ["other", "difference", "ratio"].map(right));
        let interval = has_intervals.then(|| right("95 % interval"));
        let verdict = has_verdicts.then(|| Cell::new("verdict"));
        let value = [right(measure)].into_iter().chain(interval).chain(share);
        value.chain(compared.into_iter().flatten()).chain(verdict)
    });
    let has_newcomers = look_back.is_some();
    let newcomers = has_newcomers.then(|| ["new", "returning"].map(right));
    let heads = has_ranks.then(|| right("rank")).into_iter().chain(keys).chain(measures);
    table.set_header(heads.chain(newcomers.into_iter().flatten()));
    let add = |table: &mut Table, row: &Row, keys: Vec<String>| {
        let Row { keys: _, values, shares, rank, compared, newcomers, intervals, verdicts: judged } =
            row;
        let values = values.iter().zip(shown).enumerate().flat_map(|(at, (value, format))| {
            let share = shares.get(at).map(share_text);
            let share = has_shares.then(|| right(&share.unwrap_or_default()));
            let texts = compared.get(at).map(|own| compared_texts(own, *format));
            let compared = has_compared.then(|| texts.unwrap_or_default().map(|text| right(&text)));
            let value = [right(&number_with_bounds(value, *format))].into_iter();
            let interval = intervals.get(at).map(|own| verdicts::interval_text(own, *format));
            let interval = has_intervals.then(|| right(&interval.unwrap_or_default()));
            let verdict = judged.get(at).and_then(Option::as_ref);
            let verdict = has_verdicts.then(|| Cell::new(verdicts::word_text(verdict)));
            let value = value.chain(interval).chain(share);
            value.chain(compared.into_iter().flatten()).chain(verdict)
        });
        let rank = has_ranks.then(|| right(&rank.map(rank_text).unwrap_or_default()));
        let newcomers = has_newcomers
            .then(|| newcomers.map(newcomers_texts).unwrap_or_default().map(|text| right(&text)));
        let cells = rank.into_iter().chain(keys.into_iter().map(Cell::new)).chain(values);
        table.add_row(cells.chain(newcomers.into_iter().flatten()));
    };
    for row in rows {
        add(&mut table, row, row.keys.iter().map(key_text).collect());
    }
    let n_left_out = n_groups.saturating_sub(rows.len() as u64);
    // A row without keys says in its first key's cell what it is.
    let named = |name: &str| -> Vec<String> {
        let first = std::iter::once(name.to_owned());
        first.chain(std::iter::repeat(String::new())).take(group_by.len()).collect()
    };
    if let Some(others) = others {
        add(&mut table, others, named("(others below)"));
    } else if n_left_out > 0 && !group_by.is_empty() {
        table.add_row([Cell::new(format!("… {} groups more", whole_text(n_left_out.into())))]);
    }
    add(&mut table, total, named("(total)"));
    let reach = reach.as_ref().map(|reach| reach::tables(answer, reach));
    let reach = reach.map_or_else(String::new, |reach| format!("\n{reach}"));
    let beside = verdicts::lines(answer, shown).into_iter().map(|line| format!("{line}\n"));
    format!("{table}\n{reach}{}{}", beside.collect::<String>(), notes(answer))
}

/// The places that a row may have.
fn rank_text(rank: Rank) -> String {
    let Rank { best, worst } = rank;
    if best == worst { best.to_string() } else { format!("{best}–{worst}") }
}

/// The other side's number, the difference, and the ratio.
fn compared_texts(compared: &Compared, format: Shown) -> [String; 3] {
    let Compared { other, difference, ratio } = compared;
    let plain = Shown { format: MeasureFormat::Number, is_whole: false };
    [
        number_with_bounds(other, format),
        number_with_bounds(difference, format),
        number_with_bounds(ratio, plain),
    ]
}

/// Who is new, and who returns.
fn newcomers_texts(newcomers: Newcomers) -> [String; 2] {
    let people = Shown { format: MeasureFormat::Number, is_whole: true };
    let Newcomers { fresh, returning } = newcomers;
    [reach::told(&fresh, people), reach::told(&returning, people)]
}

/// A part of the total.
fn share_text(share: &Value) -> String {
    let format = Shown { format: MeasureFormat::Percent, is_whole: false };
    if share.value.is_none() { String::new() } else { number_with_bounds(share, format) }
}

/// What people must know to trust the table: snapshot, days, gaps, overlaps, error.
fn notes(answer: &Answer) -> String {
    let snapshot = &answer.snapshot;
    let mut lines = vec![format!(
        "snapshot {} of {}, run {}",
        snapshot.id, snapshot.committed_at, snapshot.run
    )];
    match answer.coverage.range {
        Some(_) => of_coverage("days", "", &answer.coverage, &mut lines),
        None => lines.push("no days: the lake is empty".to_owned()),
    }
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
            "{n} events of {source} found none to be credited to: in no number here"
        ));
    }
    let n_rows = answer.rows.len() as u64;
    if n_rows < answer.n_groups {
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

/// The days of one side, and what they lack; `side` tells its lines from those of the rows themselves.
fn of_coverage(what: &str, side: &str, coverage: &Coverage, lines: &mut Vec<String>) {
    let Coverage { range, n_days_present, missing, retired, provisional, periods, mixed } =
        coverage;
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
    if range.is_some() && *n_days_present == 0 {
        lines.push(format!("no data{side}: none of these days is in the snapshot"));
    }
}
