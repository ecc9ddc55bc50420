//! `clio sql`: SQL over a lake's cells and lookups, and over Parquet files beside it.

use anyhow::anyhow;
use clio_etl::SqlConfig;
use url::Url;

use crate::args::SqlArgs;
use crate::usage::Usage;
use crate::{address, terminal};

/// Asks once and prints the rows.
pub(crate) async fn run(args: SqlArgs) -> anyhow::Result<()> {
    let n_threads = match args.threads {
        Some(n_threads) => n_threads,
        None => std::thread::available_parallelism()?,
    };
    let config = SqlConfig {
        lake: args.lake.as_deref().map(address::folder).transpose()?,
        snapshot: args.snapshot,
        tables: args.table.iter().map(|text| table(text)).collect::<Result<_, _>>()?,
        n_threads: n_threads.get(),
        memory_bytes: args.memory.map(|mib| mib.get() << 20),
    };
    let answer = clio_etl::sql(&config, &args.query).await?;
    // Formatted as a whole before any of it is printed: half an answer would look complete.
    let mut out = Vec::new();
    let written = args.format.writer().sql(&mut out, &answer);
    written.map_err(|error| anyhow!("the answer cannot be written: {error}"))?;
    terminal::answer_bytes(&out);
    Ok(())
}

fn table(text: &str) -> anyhow::Result<(String, Url)> {
    let wrong = || Usage(format!("--table `{text}`: write NAME=FOLDER, such as events=data/"));
    let (name, folder) = text.split_once('=').ok_or_else(wrong)?;
    Ok((name.to_owned(), address::folder(folder)?))
}
