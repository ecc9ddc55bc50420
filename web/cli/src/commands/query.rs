//! `clio query`: the same queries from the shell, on a lake or through a running service.

use std::io::{BufWriter, Write as _};

use clap::ValueEnum as _;
use clio_proto::{
    Answer, ComparedMeasure, Comparison, CubeService, Description, Direction, Extra, GroupKey,
    MAX_LIMIT, Order, OrderBy, Query, QueryRange, SnapshotId,
};

use crate::args::{QueryArgs, Way};
use crate::commands::query_file;
use crate::output::{Asked, Options, Rows};
use crate::settings::Settings;
use crate::terminal::{AnswerWriter, tell};
use crate::usage::Usage;
use crate::{compare, conditions, cube, output, terminal};

/// Asks once and prints the answer.
pub(crate) async fn run(args: QueryArgs, settings: &Settings) -> anyhow::Result<()> {
    // Everything that is wrong in the arguments themselves is found before anything is opened.
    let mut query = lower(&args)?;
    let format = match args.format.way() {
        Way::Text(format) => format.writer(),
        Way::File(format) => return query_file::run(&args, query, format, settings).await,
    };
    if format.has_rows_alone() && query.extras.contains(&Extra::Reach) {
        let name = args.format.to_possible_value().expect("none is left out of the list");
        let name = name.get_name();
        let message = format!("--with reach: has no form in {name}; ask for json, or for a table");
        return Err(Usage(message).into());
    }
    let snapshot = args.snapshot.map(SnapshotId);
    let service = cube::open(&args.from_where, settings, snapshot, beside(&query)).await?;
    let description = service.describe().await?;
    ask_for_all(&mut query, &description);
    let (n_asked, is_one_page) = match format.rows() {
        Rows::OnePage { n_unless_said } => (args.limit.unwrap_or(n_unless_said), true),
        Rows::All => (args.limit.unwrap_or(usize::MAX), false),
    };
    let mut pages = if is_one_page {
        Pages::ask_one(service.as_ref(), query, n_asked, snapshot).await?
    } else {
        Pages::ask(service.as_ref(), query, n_asked, snapshot).await?
    };
    let mut out = BufWriter::new(AnswerWriter::default());
    let has = |extra| pages.query.extras.contains(&extra);
    let options = Options {
        asked: asked(&pages.query),
        is_raw: args.raw,
        explains: args.explain,
        has_ranks: has(Extra::Ranks),
        has_shares: has(Extra::Shares),
        has_newcomers: pages.query.look_back_days.is_some(),
        has_intervals: has(Extra::Intervals),
        has_verdicts: has(Extra::Verdicts),
    };
    if format.has_rows_alone() && args.explain {
        tell!("{}", output::explain::note(&pages.page));
    }
    let mut writer = format.begin(&mut out, &pages.page, &description, options)?;
    writer.page(&mut out, &pages.page)?;
    while pages.turn(service.as_ref()).await? {
        writer.page(&mut out, &pages.page)?;
    }
    writer.end(&mut out, &pages.page)?;
    out.flush()?;
    if format.has_rows_alone() {
        let notes = [
            output::total_note(&pages.page),
            output::others_note(&pages.page),
            output::next_note(&pages.page),
        ];
        notes.iter().flatten().for_each(|note| tell!("{note}"));
    }
    Ok(())
}

/// The snapshot that a question is compared with, if so.
pub(super) fn beside(query: &Query) -> Option<SnapshotId> {
    match query.compare {
        Some(Comparison::Snapshot(id)) => Some(id),
        Some(
            Comparison::PreviousPeriod
            | Comparison::Days(_)
            | Comparison::Member { .. }
            | Comparison::Rest
            | Comparison::Whole,
        )
        | None => None,
    }
}

/// Asks for all measures where none is named.
pub(super) fn ask_for_all(query: &mut Query, dataset: &Description) {
    if query.measures.is_empty() {
        query.measures = dataset.measures.iter().map(|measure| measure.name.clone()).collect();
    }
}

/// An answer of any number of rows, fetched page by page from one snapshot, holding one page at a time.
struct Pages {
    query: Query,
    snapshot: Option<SnapshotId>,
    page: Answer,
    /// The number of rows still to be fetched.
    n_left: usize,
}

impl Pages {
    /// Fetches the only page.
    async fn ask_one(
        service: &dyn CubeService,
        query: Query,
        n_asked: usize,
        snapshot: Option<SnapshotId>,
    ) -> anyhow::Result<Self> {
        let query = Query { limit: n_asked, ..query };
        let page = service.query(query.clone(), snapshot).await?;
        Ok(Self { query, snapshot: Some(page.snapshot.id), page, n_left: 0 })
    }

    /// Fetches the first page, and reports on standard error what the numbers lack.
    async fn ask(
        service: &dyn CubeService,
        mut query: Query,
        n_asked: usize,
        snapshot: Option<SnapshotId>,
    ) -> anyhow::Result<Self> {
        query.limit = n_asked.min(MAX_LIMIT);
        let page = service.query(query.clone(), snapshot).await?;
        for note in output::for_programs(&page, &asked(&query)) {
            tell!("{note}");
        }
        let n_left = n_asked - page.rows.len();
        Ok(Self { query, snapshot: Some(page.snapshot.id), page, n_left })
    }

    /// Fetches the next page; `false` if there is none, or the reader has gone.
    async fn turn(&mut self, service: &dyn CubeService) -> anyhow::Result<bool> {
        let is_end = match self.page.end {
            Some(end) => {
                (self.query.after, self.query.offset) = (Some(end), 0);
                !self.page.has_next_page()
            }
            // A service that does not support cursors yet.
            None => {
                self.query.offset += self.page.rows.len();
                self.query.offset as u64 >= self.page.n_groups
            }
        };
        if is_end || self.n_left == 0 || self.page.rows.is_empty() || !terminal::is_read() {
            return Ok(false);
        }
        self.query.limit = self.n_left.min(MAX_LIMIT);
        self.page = service.query(self.query.clone(), self.snapshot).await?;
        self.n_left -= self.page.rows.len().min(self.n_left);
        Ok(true)
    }
}

/// The parts of a question that its answer does not repeat.
fn asked(query: &Query) -> Asked {
    Asked { compare: query.compare.clone(), window: query.window }
}

fn lower(args: &QueryArgs) -> Result<Query, Usage> {
    let range = match (args.from, args.to) {
        (None, None) => QueryRange::AllTime,
        (from, to) => QueryRange::Days { from, to },
    };
    let group_by = args.group_by.iter().map(|key| group_key(key)).collect::<Vec<_>>();
    Ok(Query {
        range,
        filter: conditions::filter(&args.filter)?,
        having: conditions::having(&args.having)?,
        order_by: args
            .order_by
            .iter()
            .map(|text| order(text, &group_by))
            .collect::<Result<_, _>>()?,
        group_by,
        measures: args.measures.clone(),
        limit: args.limit.unwrap_or(MAX_LIMIT),
        offset: args.offset,
        after: args
            .after
            .as_deref()
            .map(|text| text.parse().map_err(|error| Usage(format!("--after: {error}"))))
            .transpose()?,
        extras: args.extras.clone(),
        compare: args.compare.as_deref().map(compare::parse).transpose()?,
        window: args.window,
        look_back_days: args.look_back,
    })
}

pub(super) fn group_key(text: &str) -> GroupKey {
    match text.parse() {
        Ok(key) => key,
        Err(never) => match never {},
    }
}

/// An `--order-by` is a key if the query groups by it, otherwise a measure, or a number of its comparison.
fn order(text: &str, group_by: &[GroupKey]) -> Result<OrderBy, Usage> {
    let (name, direction) = match text.rsplit_once(':') {
        Some((name, "asc")) => (name, Direction::Ascending),
        Some((name, "desc")) => (name, Direction::Descending),
        Some(_) => {
            return Err(Usage(format!("--order-by `{text}`: expected `:asc` or `:desc`")));
        }
        None => (text, Direction::Descending),
    };
    let key = group_key(name);
    let by = match ComparedMeasure::parse(name) {
        _ if group_by.contains(&key) => Order::Key(key),
        Some(of) => Order::Compared(of),
        None => Order::Measure(name.to_owned()),
    };
    Ok(OrderBy { by, direction })
}
