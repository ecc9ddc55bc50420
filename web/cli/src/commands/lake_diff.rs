//! `clio lake diff`: what two snapshots differ in, by their logs alone, and in numbers where these are asked for.

use std::io::Write;

use clio_lake::{PeriodChange, PeriodDiff, SnapshotDiff};
use clio_proto::{
    Answer, ComparedMeasure, ComparedPart, Comparison, CubeService, Description, Direction, Grain,
    Having, MAX_LIMIT, MeasureClass, MeasureTest, Order, OrderBy, Query, QueryRange, SnapshotId,
};
use serde_json::Value;

use super::query::{ask_for_all, group_key};
use crate::args::{DiffArgs, ReportFormat};
use crate::output::{self, AnswerFormat, Asked, Options};
use crate::settings::Settings;
use crate::terminal::{AnswerWriter, answer, say};
use crate::{address, conditions, cube};

/// How many periods a report for people names of each kind.
const MAX_SHOWN: usize = 20;

/// Compares, and prints what differs.
pub(super) async fn run(args: DiffArgs, settings: &Settings) -> anyhow::Result<()> {
    let query = query(&args)?;
    let diff = clio_lake::diff(
        &address::folder(&args.lake)?,
        SnapshotId(args.older),
        SnapshotId(args.newer),
    )
    .await?;
    let numbers = match query {
        Some(query) => Some(Numbers::ask(query, &args, settings).await?),
        None => None,
    };
    match args.format {
        ReportFormat::Json => {
            let mut report = serde_json::to_value(&diff)?;
            report["is_same"] = diff.is_same().into();
            if let Some(numbers) = &numbers {
                report["groups"] = numbers.json(&numbers.differing)?;
                if let Some(vanished) = &numbers.vanished {
                    report["vanished"] = numbers.json(vanished)?;
                }
            }
            answer!("{}", serde_json::to_string_pretty(&report)?);
        }
        ReportFormat::Text => {
            print(&diff);
            if let Some(numbers) = &numbers {
                numbers.print(&diff)?;
            }
        }
    }
    anyhow::ensure!(
        !args.exit_code || diff.is_same(),
        "snapshots {} and {} differ",
        diff.from,
        diff.to
    );
    Ok(())
}

/// The question whose answers are compared; `None` where numbers are not asked for, and no snapshot has to be loaded.
fn query(args: &DiffArgs) -> anyhow::Result<Option<Query>> {
    let has_days = args.from.is_some() || args.to.is_some();
    let asks = !args.group_by.is_empty() || !args.measures.is_empty() || !args.filter.is_empty();
    if !asks && !has_days {
        return Ok(None);
    }
    let range = match has_days {
        false => QueryRange::AllTime,
        true => QueryRange::Days { from: args.from, to: args.to },
    };
    Ok(Some(Query {
        range,
        filter: conditions::filter(&args.filter)?,
        group_by: args.group_by.iter().map(|key| group_key(key)).collect(),
        limit: args.limit.min(MAX_LIMIT),
        ..Query::total(args.measures.clone())
    }))
}

/// The answers of both snapshots to a question.
struct Numbers {
    dataset: Description,
    /// The newer one's, with the groups that differ and those that it alone has; of the totals where nothing is grouped.
    differing: Beside,
    /// The groups that the older one alone has; `None` where nothing is grouped.
    vanished: Option<Beside>,
}

struct Beside {
    answer: Answer,
    compare: Comparison,
}

impl Numbers {
    async fn ask(mut query: Query, args: &DiffArgs, settings: &Settings) -> anyhow::Result<Self> {
        let (older, newer) = (SnapshotId(args.older), SnapshotId(args.newer));
        let cubes = cube::open_lake(&args.lake, settings, &[newer, older]).await?;
        let dataset = cubes.describe().await?;
        ask_for_all(&mut query, &dataset);
        let has_groups = !query.group_by.is_empty();
        let (having, order_by) = match has_groups {
            true => (Some(differs(&query, &dataset)), largest_first(&query)),
            false => (None, Vec::new()),
        };
        let compare = Comparison::Snapshot(older);
        let of_newer = Query { having, order_by, compare: Some(compare.clone()), ..query.clone() };
        let differing = Beside { answer: cubes.query(of_newer, Some(newer)).await?, compare };
        let vanished = if has_groups {
            let compare = Comparison::Snapshot(newer);
            let having = Some(is_nothing_there(&dataset));
            let of_older = Query { having, compare: Some(compare.clone()), ..query };
            Some(Beside { answer: cubes.query(of_older, Some(older)).await?, compare })
        } else {
            None
        };
        Ok(Self { dataset, differing, vanished })
    }

    fn write(&self, format: AnswerFormat, of: &Beside, out: &mut dyn Write) -> anyhow::Result<()> {
        let Beside { answer, compare } = of;
        let asked = Asked { compare: Some(compare.clone()), window: None };
        let options = Options { asked, ..Options::default() };
        let mut pages = format.writer().begin(out, answer, &self.dataset, options)?;
        pages.page(out, answer)?;
        pages.end(out, answer)?;
        Ok(())
    }

    fn json(&self, of: &Beside) -> anyhow::Result<Value> {
        let mut bytes = Vec::new();
        self.write(AnswerFormat::Json, of, &mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn print(&self, diff: &SnapshotDiff) -> anyhow::Result<()> {
        let SnapshotDiff { from, to, .. } = diff;
        let n_groups = |of: &Beside| output::number(of.answer.n_groups as f64);
        if let Some(vanished) = &self.vanished {
            say!(
                "\ngroups of snapshot {to} that differ from those of {from}, or that {from} does not have: {}",
                n_groups(&self.differing)
            );
            self.table(&self.differing)?;
            say!("\ngroups that snapshot {from} alone has: {}", n_groups(vanished));
            if !vanished.answer.rows.is_empty() {
                self.table(vanished)?;
            }
        } else {
            say!("\nsnapshot {to} beside {from}");
            self.table(&self.differing)?;
        }
        Ok(())
    }

    fn table(&self, of: &Beside) -> anyhow::Result<()> {
        let mut out = AnswerWriter::default();
        self.write(AnswerFormat::Table, of, &mut out)?;
        out.flush()?;
        Ok(())
    }
}

fn compared(measure: &str, part: ComparedPart, test: MeasureTest) -> Having {
    Having::Compared { of: ComparedMeasure { measure: measure.to_owned(), part }, test }
}

/// Measures that count something in every cell, or else sums: where they are 0, a group has no cell.
fn counting(dataset: &Description) -> Vec<&str> {
    let (mut counts, mut sums) = (Vec::new(), Vec::new());
    for measure in &dataset.measures {
        match measure.class {
            MeasureClass::Count | MeasureClass::Distinct { .. } => counts.push(&*measure.name),
            MeasureClass::Sum => sums.push(&*measure.name),
            MeasureClass::Quantile { .. } | MeasureClass::Derived { .. } => {}
        }
    }
    if counts.is_empty() { sums } else { counts }
}

/// Some measure asked for is another number than before, or the days of the group were not there.
fn differs(query: &Query, dataset: &Description) -> Having {
    let differs = |measure: &String| {
        [MeasureTest::Above(0.0), MeasureTest::Below(0.0)]
            .map(|test| compared(measure, ComparedPart::Difference, test))
    };
    let absent = counting(dataset).into_iter().next();
    let absent =
        absent.map(|measure| compared(measure, ComparedPart::Other, MeasureTest::IsNull(true)));
    Having::Or(query.measures.iter().flat_map(differs).chain(absent).collect())
}

/// The other snapshot has no cell of the group.
fn is_nothing_there(dataset: &Description) -> Having {
    let is_nothing = |measure: &str| {
        let tests = [MeasureTest::IsNull(true), MeasureTest::Between { from: 0.0, to: 0.0 }];
        Having::Or(tests.map(|test| compared(measure, ComparedPart::Other, test)).to_vec())
    };
    Having::And(counting(dataset).into_iter().map(is_nothing).collect())
}

/// The groups that grew most by the first measure come first.
fn largest_first(query: &Query) -> Vec<OrderBy> {
    let of = query.measures.first().map(|measure| ComparedMeasure {
        measure: measure.clone(),
        part: ComparedPart::Difference,
    });
    of.map(|of| OrderBy { by: Order::Compared(of), direction: Direction::Descending })
        .into_iter()
        .collect()
}

/// The report for people.
fn print(diff: &SnapshotDiff) {
    let SnapshotDiff { from, to, is_other_model, lookups, periods, n_same } = diff;
    let number = |n: usize| output::number(n as f64);
    if diff.is_same() {
        say!("snapshots {from} and {to} hold the same: {} periods", number(*n_same));
        return;
    }
    let of_days = |own: &&PeriodDiff| own.period.grain() == Grain::Day;
    let days: Vec<&PeriodDiff> = periods.iter().filter(of_days).collect();
    say!("from snapshot {from} to {to}");
    say!("  days           {} differ", number(days.len()));
    for day in days.iter().take(MAX_SHOWN) {
        let change = match day.change {
            PeriodChange::Appeared => "appeared",
            PeriodChange::Vanished => "vanished",
            PeriodChange::Changed => "changed",
            PeriodChange::Unknown => "unknown",
        };
        say!("    {:<12} {change:<10} {}", day.period.to_string(), cells(day));
    }
    if days.len() > MAX_SHOWN {
        say!("    and {} more; --format json has all", number(days.len() - MAX_SHOWN));
    }
    let longer: Vec<String> = periods
        .iter()
        .filter(|own| own.period.grain() != Grain::Day)
        .map(|own| own.period.to_string())
        .collect();
    say!("  longer         {}", output::shortened(&longer));
    say!("  the same       {} periods", number(*n_same));
    say!("  lookups        {}", output::shortened(lookups));
    say!("  model          {}", if *is_other_model { "means something else" } else { "the same" });
    if periods.iter().any(|own| own.change == PeriodChange::Unknown) {
        say!(
            "  unknown        files of format version 1 have no checksum: they are others, perhaps with the same bytes"
        );
    }
}

/// The cells of a period in both.
fn cells(period: &PeriodDiff) -> String {
    let counted =
        |n: u64| format!("{} cell{}", output::number(n as f64), if n == 1 { "" } else { "s" });
    match (period.n_cells_from, period.n_cells_to) {
        (Some(before), Some(after)) => {
            format!("{}, {} before", counted(after), output::number(before as f64))
        }
        (None, Some(after)) => counted(after),
        (Some(before), None) => format!("{} before", counted(before)),
        (None, None) => String::new(),
    }
}
