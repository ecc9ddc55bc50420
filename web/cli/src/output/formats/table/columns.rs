//! The columns of a table: numbers in a column have the same number of decimals, and a table that is too wide is split
//! into one per measure.

use clio_proto::{
    Answer, Compared, Description, Interval, Intervals, MeasureClass, MeasureFormat, MeasureInfo,
    Newcomers, Rank, Row, Value,
};
use comfy_table::{Cell, CellAlignment, Table};

use crate::output::keys::key_text;
use crate::output::numbers::{Shown, Unit, bounds, number_with_bounds, whole_text};
use crate::output::reach;
use crate::output::tables::ruled_below_its_head;

/// How a measure's numbers are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    unit: Unit,
    /// Whether an estimated number of people is rounded like the whole number that it stands for.
    counts: bool,
}

impl Measure {
    pub(super) fn of(measure: &str, dataset: &Description) -> Self {
        // Any quantile is shown like the listed ones of its measure.
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
        let counts = found.is_some_and(|info| match info.class {
            MeasureClass::Count | MeasureClass::Distinct { .. } => true,
            MeasureClass::Sum | MeasureClass::Quantile { .. } | MeasureClass::Derived { .. } => {
                false
            }
        });
        let unit = Unit::of_measure(format);
        Self { unit, counts: counts && unit == Unit::Plain }
    }

    /// What its numbers count.
    pub(super) fn unit(&self) -> Unit {
        self.unit
    }

    fn shown<'a>(self, unit: Unit, column: impl Iterator<Item = &'a Value>) -> Shown {
        if self.counts && unit == self.unit { Shown::WHOLE } else { Shown::of(unit, column) }
    }
}

/// A column: its heading, and text for each line below.
#[derive(Debug, Clone)]
struct Column {
    head: String,
    texts: Vec<String>,
    alignment: CellAlignment,
}

/// Columns that stay together: those of one measure, or those of new people.
type Block = Vec<Column>;

/// The lines of a table: rows, the groups below the page if requested, the total.
struct Lines<'a> {
    rows: Vec<&'a Row>,
    /// The label in the first key's cell for each line after the last row.
    names: Vec<&'static str>,
}

/// The table of an answer, or several where one would be wider than `widest`.
pub(super) fn tables(
    answer: &Answer,
    measures: &[Measure],
    other_side: Option<&str>,
    widest: usize,
) -> String {
    let Answer { rows, total, others, .. } = answer;
    let mut lines = Lines { rows: rows.iter().collect(), names: Vec::new() };
    if let Some(others) = others {
        lines.rows.push(others);
        lines.names.push("(others below)");
    }
    lines.rows.push(total);
    lines.names.push("(total)");
    let keys = keys(answer, &lines);
    let measures = answer.measures.iter().zip(measures).enumerate();
    let mut blocks: Vec<Block> = measures
        .map(|(at, (name, measure))| {
            measure_block(&lines, (at, name.as_str()), *measure, other_side)
        })
        .collect();
    if answer.look_back.is_some() {
        blocks.push(newcomers_block(&lines));
    }
    let whole = table(answer, &keys, &blocks);
    if blocks.len() < 2 || width(&whole) <= widest {
        return whole.to_string();
    }
    let apart: Vec<String> = blocks
        .iter()
        .map(|block| table(answer, &keys, std::slice::from_ref(block)).to_string())
        .collect();
    apart.join("\n\n")
}

/// The places and the keys, which every table has.
fn keys(answer: &Answer, lines: &Lines<'_>) -> Vec<Column> {
    let mut columns = Vec::new();
    if lines.rows.iter().any(|row| row.rank.is_some()) {
        let rank = |row: &&Row| row.rank.map(rank_text).unwrap_or_default();
        columns.push(right("rank".to_owned(), lines.rows.iter().map(rank).collect()));
    }
    let n_rows = answer.rows.len();
    for (at, key) in answer.group_by.iter().enumerate() {
        let own = answer.rows.iter().map(|row| row.keys.get(at).map(key_text).unwrap_or_default());
        let names = lines.names.iter().map(|name| match at {
            0 => (*name).to_owned(),
            _ => String::new(),
        });
        let texts: Vec<String> = own.chain(names).collect();
        debug_assert_eq!(texts.len(), n_rows + lines.names.len());
        columns.push(Column { head: key.to_string(), texts, alignment: CellAlignment::Left });
    }
    columns
}

fn right(head: String, texts: Vec<String>) -> Column {
    Column { head, texts, alignment: CellAlignment::Right }
}

/// A measure, its intervals, its part of the total if it has one, its other side, and its verdict.
fn measure_block(
    lines: &Lines<'_>,
    (at, name): (usize, &str),
    measure: Measure,
    other_side: Option<&str>,
) -> Block {
    let numbers = |of: &dyn Fn(&Row) -> Option<Value>, unit: Unit| -> Vec<String> {
        let column: Vec<Option<Value>> = lines.rows.iter().map(|row| of(row)).collect();
        let shown = measure.shown(unit, column.iter().flatten());
        let text = |value: &Option<Value>| {
            value.map_or_else(String::new, |value| number_with_bounds(&value, shown))
        };
        column.iter().map(text).collect()
    };
    let unit = measure.unit;
    let mut block = vec![right(name.to_owned(), numbers(&|row| row.values.get(at).copied(), unit))];
    let intervals: Vec<Option<Value>> =
        lines.rows.iter().map(|row| row.intervals.get(at).and_then(interval)).collect();
    if intervals.iter().any(Option::is_some) {
        let shown = Shown::of(unit, intervals.iter().flatten());
        let text = |own: &Option<Value>| own.map_or_else(String::new, |own| bounds(&own, shown));
        block.push(right("95 % interval".to_owned(), intervals.iter().map(text).collect()));
    }
    // A measure without a part of the total has none in any row.
    let share = |row: &Row| row.shares.get(at).copied().filter(|share| share.value.is_some());
    if lines.rows.iter().any(|row| share(row).is_some()) {
        block.push(right("share".to_owned(), numbers(&share, Unit::Percent)));
    }
    if let Some(other_side) = other_side {
        let part =
            |of: fn(Compared) -> Value| move |row: &Row| row.compared.get(at).copied().map(of);
        let sides = [
            (other_side, part(|own| own.other), unit),
            ("difference", part(|own| own.difference), unit.of_differences()),
            ("ratio", part(|own| own.ratio), Unit::Times),
        ];
        let sides = sides.map(|(head, part, unit)| right(head.to_owned(), numbers(&part, unit)));
        block.extend(sides);
    }
    let verdict = |row: &&Row| row.verdicts.get(at).and_then(Option::as_ref).map(|own| own.word);
    if lines.rows.iter().any(|row| verdict(row).is_some()) {
        let word = |row: &&Row| verdict(row).map_or_else(String::new, |word| word.to_string());
        let texts = lines.rows.iter().map(word).collect();
        block.push(Column { head: "verdict".to_owned(), texts, alignment: CellAlignment::Left });
    }
    block
}

/// The interval to compare by, if there is one.
fn interval(intervals: &Intervals) -> Option<Value> {
    // A value between the ends, so that they are written like bounds.
    let ends = |Interval { lower, upper }| {
        Value::estimate(lower + (upper - lower) / 2.0, lower, upper, false)
    };
    intervals.combined.map(ends)
}

/// Who is new, and who returns.
fn newcomers_block(lines: &Lines<'_>) -> Block {
    let texts = |of: fn(Newcomers) -> String| -> Vec<String> {
        lines.rows.iter().map(|row| row.newcomers.map(of).unwrap_or_default()).collect()
    };
    let told = |of: fn(Newcomers) -> Value| -> Vec<String> {
        let told = move |own: Newcomers| reach::told(&of(own), Shown::WHOLE);
        lines.rows.iter().map(|row| row.newcomers.map(told).unwrap_or_default()).collect()
    };
    let mut block = vec![
        right("new".to_owned(), told(|own| own.fresh)),
        right("returning".to_owned(), told(|own| own.returning)),
    ];
    let is_short = |row: &&Row| row.newcomers.is_some_and(|own| own.n_days_missing > 0);
    if lines.rows.iter().any(is_short) {
        let missing = texts(|own| whole_text(own.n_days_missing.into()));
        block.push(right("days missing before".to_owned(), missing));
    }
    block
}

/// The places that a row may have.
fn rank_text(rank: Rank) -> String {
    let Rank { best, worst } = rank;
    if best == worst { best.to_string() } else { format!("{best}–{worst}") }
}

fn table(answer: &Answer, keys: &[Column], blocks: &[Block]) -> Table {
    let columns: Vec<&Column> = keys.iter().chain(blocks.iter().flatten()).collect();
    let cell = |text: &str, column: &Column| Cell::new(text).set_alignment(column.alignment);
    let mut table = ruled_below_its_head();
    table.set_header(columns.iter().map(|column| cell(&column.head, column)));
    let n_lines = columns.first().map_or(0, |column| column.texts.len());
    let n_more = n_more(answer);
    for line in 0..n_lines {
        if line == answer.rows.len() && answer.others.is_none() && n_more > 0 {
            table.add_row([Cell::new(format!("… {} groups more", whole_text(n_more.into())))]);
        }
        table.add_row(columns.iter().map(|column| cell(&column.texts[line], column)));
    }
    table
}

/// The number of groups after the last row of the page.
fn n_more(answer: &Answer) -> u64 {
    let n_until_here = match answer.end {
        Some(end) => end.n_before,
        None => answer.rows.len() as u64,
    };
    if answer.group_by.is_empty() { 0 } else { answer.n_groups.saturating_sub(n_until_here) }
}

fn width(table: &Table) -> usize {
    table.to_string().lines().map(|line| line.chars().count()).max().unwrap_or_default()
}
