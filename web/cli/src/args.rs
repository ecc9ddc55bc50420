//! The command line. Every command has an example in its help.

mod etl;
mod keys;
mod lake;
mod members;
mod outliers;
mod roles;
mod values;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clio_proto::{ExportFormat, Extra, TimeWindow};
use jiff::civil::Date;

use crate::output::AnswerFormat;

pub(crate) use etl::{
    DEFAULT_MEMORY, EtlCommand, EtlEngine, EtlPlanArgs, EtlRunArgs, EtlRunsArgs, EtlScheduleArgs,
    EtlTarget, EtlVerifyArgs,
};
pub(crate) use keys::{KeysCommand, KeysFile};
pub(crate) use lake::{
    CheckArgs, DecisionArgs, DiffArgs, LakeCommand, RetireArgs, RollbackArgs, SnapshotsArgs,
    VacuumArgs,
};
pub(crate) use members::MembersArgs;
pub(crate) use outliers::OutliersArgs;
pub(crate) use roles::RolesCommand;
pub(crate) use values::day;
use values::{count, look_back, version, window};

/// Which artwork, trailer or teaser reaches and wins which audience?
///
/// Clio rolls raw events up into sketches in a Delta lake, serves any filter over them in
/// milliseconds with error bounds, and shows them on a dashboard.
#[derive(Debug, Parser)]
#[command(name = "clio", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// A TOML file of settings; environment variables override it, and flags override both (docs/settings.md has all of them)
    #[arg(
        long,
        global = true,
        env = "CLIO_CONFIG",
        value_name = "FILE",
        help_heading = "Settings",
        display_order = 999
    )]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make synthetic events, run the etl, serve them and the dashboard: all in one process
    #[command(after_help = "Example:\n  clio demo --data demo-data --http 127.0.0.1:8080\n\n\
                      `--help` lists the limits too; docs/settings.md has all settings.")]
    Demo(DemoArgs),
    /// Write seeded synthetic media events with the exact answers beside them
    #[command(after_help = "Example:\n  clio synth --out events --scale medium --seed 7")]
    Synth(SynthArgs),
    /// Work with dataset models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Turn events into a lake of cells
    #[command(subcommand)]
    Etl(EtlCommand),
    /// Look after a lake: its snapshots, and files that none of them needs
    #[command(subcommand)]
    Lake(LakeCommand),
    /// Ask the cube, from a lake or through a running service
    #[command(after_help = QUERY_EXAMPLES)]
    Query(QueryArgs),
    /// Search the values of fields, and what filters leave of them
    #[command(after_help = MEMBERS_EXAMPLES)]
    Members(MembersArgs),
    /// Tell what stands out among its peers on the newest settled days, and why
    #[command(after_help = OUTLIERS_EXAMPLES)]
    Outliers(OutliersArgs),
    /// Ask a lake in SQL; sketches are bytes, with Spark's functions for them
    #[command(after_help = SQL_EXAMPLES)]
    Sql(SqlArgs),
    /// Hold the lake's latest snapshot in memory and answer over gRPC
    #[command(after_help = SERVE_EXAMPLES)]
    Serve,
    /// Serve GraphQL and the dashboard, in front of one or several serving replicas
    #[command(after_help = GATEWAY_EXAMPLES)]
    Gateway,
    /// Make, list and revoke the API keys of programs
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at who may see and do what
    #[command(subcommand)]
    Roles(RolesCommand),
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

const OUTLIERS_EXAMPLES: &str = "\
Examples:
  clio outliers --lake lake
  clio outliers --serving http://127.0.0.1:50051 --format json

The model declares what is compared with what: `[outliers]` in docs/model.md.";

const SERVE_EXAMPLES: &str = "\
Examples:
  clio serve --lake lake --grpc 127.0.0.1:50051
  clio serve --config clio.toml

`--help` lists the limits too; all settings stand in docs/settings.md.";

const GATEWAY_EXAMPLES: &str = "\
Examples:
  clio gateway --serving http://127.0.0.1:50051 --http 127.0.0.1:8080
  clio gateway --config clio.toml --media-origins https://cdn.example.com

`--help` lists the limits too; all settings stand in docs/settings.md.";

const QUERY_EXAMPLES: &str = "\
Examples:
  clio query --lake lake --group-by country --measures viewers,take_rate
  clio query --lake lake --from 2026-01-05 --to 2026-01-11 --group-by day --measures viewers
  clio query --serving http://127.0.0.1:50051 --group-by asset --measures players \\
      --where 'country anyOf (US, CA) and not audience allOf (binge-watchers, weekend-viewers)'
  clio query --lake lake --group-by asset --measures plays,take_rate --having 'plays >= 100' \\
      --order-by take_rate,asset:asc --explain
  clio query --lake lake --from 2026-01-05 --to 2026-01-06 --group-by country --measures viewers --compare previous
  clio query --lake lake --group-by day,asset,country --measures plays,viewers --format parquet > plays.parquet

Filters: FIELD anyOf|allOf|noneOf (VALUE, ...)   FIELD prefix VALUE   FIELD isNull   FIELD isNotNull
         joined by and, or, not and parentheses; values with blanks or commas in quotes. Ages (asset.age_day) also:
         FIELD >= N   <= N   > N   < N   between N and N, in whole numbers.
Conditions: MEASURE >= N   <= N   > N   < N   between N and N   isNull   isNotNull, joined likewise; an
         estimate is compared as it stands, whatever its bounds. With --compare also of MEASURE.difference, MEASURE.ratio
         and MEASURE.other.
CSV:     null is an empty field, the empty text is \"\"; a text that begins with = + - @ ' tab or CR has an
         apostrophe before it, unless --raw is given.
Files:   arrow (an IPC stream) and parquet have all rows of one snapshot, or --limit of them, in the columns of csv; days
         are dates, and what was asked and what the numbers lack stands in their metadata (clio.where, clio.missing_days).
Notes:   with csv and json, what the numbers lack is told on standard error, a line each:
         note: missing_days=2026-01-06,2026-01-08..2026-01-09   and likewise provisional_days,
         retired_days, mixed_lookup, no_data, projection, overlapping, unknown_value, unattributed; of the other days of a
         comparison compared_days, compared_missing_days and so on; total (by the names of columns), no_rows_left, and
         what was asked: compare, window, look_back
Exit codes: 0 done, also where the reader of the output left early; 1 failed; 2 a question that cannot be answered as
         it is: an unknown name, a range that ends before it starts, more than a limit, a snapshot that is not held.";

const MEMBERS_EXAMPLES: &str = "\
Examples:
  clio members --lake lake --search dune
  clio members --lake lake --field country --where 'audience anyOf (binge-watchers)' --from 2026-01-05

Without --field all fields are searched. Case, accents and forms of one letter make no difference. With days or a filter
the cells that are left of each member are told, under what the filter says of other fields than the member's own.
Exit codes: 0 done; 1 failed; 2 a question that cannot be answered as it is.";

const SQL_EXAMPLES: &str = "\
Examples:
  clio sql --lake lake \"SELECT country, hll_sketch_estimate(hll_union_agg(viewers)) AS viewers
      FROM cells WHERE grain = 'all' GROUP BY country ORDER BY viewers DESC\"
  clio sql --lake lake --format csv \"SELECT period, sum(impressions) FROM cells WHERE grain = 'day' GROUP BY period\"

Tables:    cells, with the columns grain (day, month, year, all) and period before dimensions and
           measures: name one grain, since every grain counts the same events; and each lookup.
Functions: hll_union_agg, hll_sketch_estimate, hll_sketch_bounds, hll_union, hll_sketch_agg
Exit codes: 0 done, 1 failed.";

#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL", required_unless_present = "table")]
    pub(crate) lake: Option<String>,
    /// Another table: a folder of Parquet files; may be repeated
    #[arg(long, value_name = "NAME=URL")]
    pub(crate) table: Vec<String>,
    /// The snapshot's version; by default the newest
    #[arg(long, value_name = "VERSION")]
    pub(crate) snapshot: Option<u64>,
    /// Threads to use; by default one per core
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
    /// The most memory that the engine may take, in MiB; it spills to disk beyond that
    #[arg(long, value_name = "MIB")]
    pub(crate) memory: Option<std::num::NonZeroUsize>,
    /// How the answer is printed; json is one object per line
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: AnswerFormat,
    /// The query
    pub(crate) query: String,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The folder for events and lake; created if it does not exist, reused if it does
    #[arg(long, default_value = "demo-data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// How much data to make
    #[arg(long, value_enum, default_value = "small")]
    pub(crate) scale: Scale,
    /// Open the dashboard in the default browser
    #[arg(long)]
    pub(crate) open: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Scale {
    /// 200 thousand events, 7 days
    Small,
    /// 2 million events, 14 days
    Medium,
    /// 20 million events, 7 days
    Large,
}

#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// The folder to write; it must be empty or absent
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// How much data to make; each option below overrides one number of it
    #[arg(long, value_enum, default_value = "small")]
    pub(crate) scale: Scale,
    /// The seed: the same seed gives the same bytes
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Approximate number of impressions and plays together
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<u64>,
    /// The first day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) start: Option<Date>,
    /// How many days
    #[arg(long, value_name = "N")]
    pub(crate) days: Option<u32>,
    /// How many people
    #[arg(long, value_name = "N")]
    pub(crate) people: Option<u64>,
    /// How many assets
    #[arg(long, value_name = "N")]
    pub(crate) assets: Option<u32>,
    /// How many countries
    #[arg(long, value_name = "N")]
    pub(crate) countries: Option<u32>,
    /// Give one title artwork that misleads whoever only looks at its rates; truth/summary.json says which. It takes 60 assets or more
    #[arg(long)]
    pub(crate) traps: bool,
    /// Leave out the exact answers, which take as long again to compute
    #[arg(long)]
    pub(crate) no_answers: bool,
    /// Add this many days to a folder that this command wrote, with the same settings
    #[arg(long, value_name = "N", conflicts_with_all = ["scale", "seed", "events", "start", "days",
        "people", "assets", "countries", "traps", "no_answers"])]
    pub(crate) add_days: Option<std::num::NonZeroU32>,
    /// How the summary is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Examine files and folders of events, and write a dataset model that fits them
    #[command(after_help = INIT_EXAMPLES)]
    Init(ModelInitArgs),
    /// Print a dataset model as Clio understands it, and what it finds in the sources
    #[command(after_help = "Example:\n  clio model check media.toml")]
    Check {
        /// The model file
        file: PathBuf,
        /// Do not open the sources
        #[arg(long)]
        no_sources: bool,
        /// Also print what this lake remembers of columns
        #[arg(long, value_name = "URL")]
        lake: Option<String>,
        /// How the result is printed
        #[arg(long, value_enum, default_value = "text")]
        format: ReportFormat,
    },
}

const INIT_EXAMPLES: &str = "\
Examples:
  clio model init events/                        # asks, then writes model.toml
  clio model init plays.csv titles.csv --yes --out plays.toml

It looks at names and at some rows (it says how many), and proposes sources, the time, dimensions, lookups, who is
counted, and sums. All of it is a guess: read the file that it writes, then try `clio model check`.";

#[derive(Debug, Args)]
pub(crate) struct ModelInitArgs {
    /// Parquet, CSV and NDJSON files, and folders with such files; addresses of object stores too
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// The model file to write
    #[arg(long, default_value = "model.toml", value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Ask nothing, and accept what is proposed
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Overwrite an existing file
    #[arg(long)]
    pub(crate) force: bool,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text", requires_if("json", "yes"))]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    pub(crate) from_where: CubeAddress,
    /// What a row stands for: day, week, month or year, dimensions, attributes (asset.title)
    #[arg(long, value_name = "KEY,...", value_delimiter = ',')]
    pub(crate) group_by: Vec<String>,
    /// Which measures; by default all
    #[arg(long, value_name = "MEASURE,...", value_delimiter = ',')]
    pub(crate) measures: Vec<String>,
    /// Which cells count; several are joined with `and`
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Vec<String>,
    /// Which groups to keep, by the values of measures; several are joined with `and`
    #[arg(long, value_name = "CONDITION")]
    pub(crate) having: Vec<String>,
    /// The first day; without --from and --to: all time
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// The last day, inclusive
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) to: Option<Date>,
    /// A measure, a number of its comparison (`viewers.difference`, `.ratio`, `.other`) or a key, followed by `:asc` or
    /// `:desc`; by default `:desc`
    #[arg(long, value_name = "NAME[:asc|:desc],...", value_delimiter = ',')]
    pub(crate) order_by: Vec<String>,
    /// The most rows; by default 100 in a table, and all in json and csv
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub(crate) limit: Option<usize>,
    /// Continue after the page that an answer ended with, on its snapshot: its `end_cursor`
    #[arg(long, value_name = "CURSOR", conflicts_with = "offset")]
    pub(crate) after: Option<String>,
    /// Deprecated, use --after: rows to skip, in whichever snapshot is the newest
    #[arg(long, default_value = "0", value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub(crate) offset: usize,
    /// What else to answer: each row's part of the total, the groups below the page as one row, the places that a row
    /// may have by the first measure of the order, whom at most 20 rows reach together and in common, 95 % intervals of
    /// sampling and counting, and for compared rates of people whether they really differ
    #[arg(long = "with", value_name = "EXTRA,...", value_parser = extras(), value_delimiter = ',')]
    pub(crate) extras: Vec<Extra>,
    /// Each row beside: `previous` (as many days just before), other days (`2026-01-01..2026-01-07`), a
    /// member (`country=US`, `country isNull`), the `rest` (all but the row), the `whole`, or what another snapshot
    /// says (`snapshot=412`)
    #[arg(long, value_name = "WITH")]
    pub(crate) compare: Option<String>,
    /// Rows by day over that day and the days before, this many in total (`7`), or rows of time over everything since
    /// the first day (`cumulative`)
    #[arg(long, value_name = "DAYS|cumulative", value_parser = window, allow_negative_numbers = true)]
    pub(crate) window: Option<TimeWindow>,
    /// For each row of time, who is new, not seen in this many days before it, and who returns
    #[arg(long, value_name = "DAYS", value_parser = look_back, allow_negative_numbers = true)]
    pub(crate) look_back: Option<u32>,
    /// A snapshot other than the newest
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) snapshot: Option<u64>,
    /// Report what the answer took: cells, sketches, bytes, times; with csv on standard error
    #[arg(long)]
    pub(crate) explain: bool,
    /// How the answer is printed; arrow and parquet are bytes for a file, with all rows
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: QueryFormat,
    /// In csv, write text byte for byte: spreadsheets may take text that begins with = + - @ for formulas
    #[arg(long)]
    pub(crate) raw: bool,
}

/// The formats of answers: text formats, and file formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    Table,
    Json,
    Csv,
    Arrow,
    Parquet,
}

impl QueryFormat {
    /// How it is written.
    pub(crate) fn way(self) -> Way {
        match self {
            Self::Table => Way::Text(AnswerFormat::Table),
            Self::Json => Way::Text(AnswerFormat::Json),
            Self::Csv => Way::Text(AnswerFormat::Csv),
            Self::Arrow => Way::File(ExportFormat::Arrow),
            Self::Parquet => Way::File(ExportFormat::Parquet),
        }
    }
}

/// How an answer is written: as text, page by page, or as the bytes of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    Text(AnswerFormat),
    File(ExportFormat),
}

/// The extras, by name.
fn extras() -> impl TypedValueParser<Value = Extra> {
    PossibleValuesParser::new(Extra::ALL.map(Extra::as_str)).map(|name| {
        let found = Extra::ALL.into_iter().find(|extra| extra.as_str() == name);
        found.expect("no other name is possible")
    })
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct CubeAddress {
    /// Read this lake: a folder or an address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: Option<String>,
    /// Query this running service
    #[arg(long, env = "CLIO_SERVING", value_name = "URL")]
    pub(crate) serving: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting: its value, and whether a default, file, variable or flag sets it
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// How the list is printed; text is a file of settings
        #[arg(long, value_enum, default_value = "text")]
        format: ReportFormat,
    },
}

const SHOW_EXAMPLES: &str = "\
Examples:
  clio config show --config clio.toml
  CLIO_GATEWAY_MAX_SOCKETS=64 clio config show --format json

It takes the flags of `serve`, `gateway` and `query`, so that one sees what they change.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_a_query_names_every_test_of_a_filter() {
        for word in clio_proto::filter_keywords() {
            assert!(QUERY_EXAMPLES.contains(word), "{word}");
        }
    }

    #[test]
    fn a_query_needs_a_lake_or_a_service_and_not_both() {
        let parse = |words: &str| Cli::try_parse_from(words.split(' '));
        assert!(parse("clio query --lake a --group-by country").is_ok());
        assert!(parse("clio query --group-by country").is_err());
        assert!(parse("clio query --lake a --serving b").is_err());
    }
}
