//! `clio etl verify`: an exact recount, compared with the lake.

use clio_etl::Sample;
use clio_lake::Verification;

use crate::args::{EtlVerifyArgs, ReportFormat};
use crate::etl_config::{config, range};
use crate::progress::Bars;
use crate::terminal::{answer, say};
use crate::{address, output};

/// How many mismatches are printed; the file in the lake has more.
const MAX_LISTED: usize = 20;

/// Verifies, prints what was found, and fails if any number is wrong.
pub(crate) async fn run(args: EtlVerifyArgs) -> anyhow::Result<()> {
    let days = match (args.date, args.from, args.to) {
        (Some(date), _, _) => Some(range(date, date)?),
        (None, Some(from), Some(to)) => Some(range(from, to)?),
        _ => None,
    };
    let mut config = config(&args.model, address::folder(&args.lake)?)?;
    config.memory_bytes = Some(args.memory << 20);
    let sample = Sample { days, n_cells: args.sample, seed: args.seed };
    let bars = Bars::new();
    let found = clio_etl::verify(&config, sample, &bars).await?;
    drop(bars);
    match args.format {
        ReportFormat::Json => answer!("{}", json_of(&found)?),
        ReportFormat::Text => print(&found),
    }
    anyhow::ensure!(
        found.is_ok(),
        "{} of {} numbers of snapshot {} are wrong; rebuild their days with `clio etl run --from … --to …`, \
         and verify again",
        found.n_mismatches,
        found.n_compared(),
        found.snapshot
    );
    Ok(())
}

/// The record in the lake, with the verdict.
fn json_of(found: &Verification) -> anyhow::Result<String> {
    let mut json = serde_json::to_value(found)?;
    if let Some(object) = json.as_object_mut() {
        object.insert("ok".to_owned(), found.is_ok().into());
        object.insert("n_compared".to_owned(), found.n_compared().into());
    }
    Ok(serde_json::to_string_pretty(&json)?)
}

fn print(found: &Verification) {
    let number = |n: u64| output::number(n as f64);
    let verdict = if found.is_ok() { "all is well" } else { "numbers are wrong" };
    say!("snapshot {}: {verdict}", found.snapshot);
    if let (Some(first), Some(last)) = (found.days.first(), found.days.last()) {
        say!("  days           {} ({first} to {last})", found.days.len());
    }
    say!(
        "  compared       {} counts and sums, {} distinct counts; {} cells among them (seed {})",
        number(found.n_additive),
        number(found.n_distinct),
        number(found.n_cells),
        found.seed
    );
    say!(
        "  errors         {:.2} standard errors at most, {:.2} root mean square; {:.1} % within their \
         95 % bounds",
        found.max_error,
        found.rms_error,
        found.share_within_bounds * 100.0
    );
    if let Some(reference) = &found.reference {
        say!(
            "  reference      {:.2} standard errors at most, {:.2} root mean square, of {}",
            reference.max_error,
            reference.rms_error,
            number(reference.n_compared)
        );
    }
    for reason in &found.not_compared {
        say!("  not compared   {reason}");
    }
    for wrong in found.mismatches.iter().take(MAX_LISTED) {
        let off = wrong.standard_errors.map(|off| format!(", {off:.1} standard errors off"));
        let reference =
            wrong.reference.map(|value| format!(" (reference {})", output::number(value)));
        say!(
            "  wrong          {}, {}: `{}` is {}, and {} by the sources{}{}",
            wrong.day,
            wrong.place,
            wrong.measure,
            output::number(wrong.stored),
            output::number(wrong.exact),
            off.unwrap_or_default(),
            reference.unwrap_or_default()
        );
    }
    let n_more = found.n_mismatches.saturating_sub(MAX_LISTED as u64);
    if n_more > 0 {
        say!("  and {} more; {} lists them", number(n_more), found.file_name());
    }
}
