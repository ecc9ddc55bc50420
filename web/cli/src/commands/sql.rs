//! `clio sql`: SQL over a lake's cells and lookups.

use std::io::Write;

use crate::address;
use crate::args::{AnswerFormat, SqlArgs};

/// Asks once and prints the rows.
pub(crate) async fn run(args: SqlArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let n_threads = std::thread::available_parallelism()?.get();
    let memory_bytes = args.memory.map(|mib| mib.get() << 20);
    let answer = clio_etl::sql(&lake, args.snapshot, n_threads, memory_bytes, &args.query).await?;
    let printed = match args.format {
        AnswerFormat::Table => format!("{}\n", answer.to_table()?).into_bytes(),
        AnswerFormat::Json => answer.to_json_lines()?,
        AnswerFormat::Csv => answer.to_csv()?,
    };
    std::io::stdout().write_all(&printed)?;
    Ok(())
}
