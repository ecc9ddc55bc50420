//! `clio query --format parquet` and `arrow`: all rows as a file, streamed as its bytes arrive.

use std::io::Write as _;

use clio_proto::{Export, ExportFormat, Extra, Query, SnapshotId};

use super::query::{ask_for_all, beside};
use crate::args::QueryArgs;
use crate::cube;
use crate::settings::Settings;
use crate::terminal::{self, AnswerWriter, tell};
use crate::usage::Usage;

/// Writes the file to standard output, and notes about its rows to standard error, one per line. Ends early if the
/// reader has gone.
pub(super) async fn run(
    args: &QueryArgs,
    query: Query,
    format: ExportFormat,
    settings: &Settings,
) -> anyhow::Result<()> {
    check(args, format)?;
    let snapshot = args.snapshot.map(SnapshotId);
    let service = cube::open(&args.from_where, settings, snapshot, beside(&query)).await?;
    let mut query = Query { limit: args.limit.unwrap_or(usize::MAX), ..query };
    ask_for_all(&mut query, &service.describe().await?);
    let export = Export { query, format, is_raw: false, has_comments: false };
    let mut exported = service.export(export, snapshot).await?;
    for (word, what) in &exported.head.said {
        match what.as_str() {
            "" => tell!("note: {word}"),
            what => tell!("note: {word}={what}"),
        }
    }
    let mut out = AnswerWriter::default();
    while let Some(bytes) = exported.next().await {
        out.write_all(&bytes?)?;
        if !terminal::is_read() {
            break;
        }
    }
    out.flush()?;
    Ok(())
}

/// Rejects what cannot be expressed in a file, before anything is opened.
fn check(args: &QueryArgs, format: ExportFormat) -> Result<(), Usage> {
    let name = format.as_str();
    let no_form =
        |what: &str| Usage(format!("{what}: has no form in {name}; ask for json, or for a table"));
    if args.explain {
        return Err(no_form("--explain"));
    }
    let of_pages = [Extra::Others, Extra::Reach];
    if let Some(extra) = of_pages.into_iter().find(|own| args.extras.contains(own)) {
        return Err(no_form(&format!("--with {}", extra.as_str())));
    }
    if terminal::is_seen() {
        let message =
            format!("--format {name}: is not text; send it to a file, as in `> answer.{name}`");
        return Err(Usage(message));
    }
    Ok(())
}
