//! `clio synth`: seeded synthetic media events.

use std::path::Path;

use anyhow::{Context, anyhow};
use clio_synth::{SynthConfig, SynthSummary, generate, generate_days};

use crate::args::{ReportFormat, Scale, SynthArgs};
use crate::output;
use crate::progress::Bars;
use crate::terminal::{answer, say};

/// Writes the folder and prints what is in it.
pub(crate) fn run(args: &SynthArgs) -> anyhow::Result<()> {
    let bars = Bars::new();
    let summary = match args.add_days {
        Some(n_days) => {
            let before = config_of(&args.out)?;
            generate_days(&before, &args.out, before.n_days, n_days.get(), &bars)?
        }
        None => generate(&config(args), &args.out, &bars)?,
    };
    drop(bars);
    match args.format {
        ReportFormat::Json => answer!("{}", serde_json::to_string_pretty(&summary)?),
        ReportFormat::Text => print_summary(&args.out, &summary),
    }
    Ok(())
}

/// The preset of a scale.
pub(crate) fn preset(scale: Scale) -> SynthConfig {
    match scale {
        Scale::Small => SynthConfig::small(),
        Scale::Medium => SynthConfig::medium(),
        Scale::Large => SynthConfig::large(),
    }
}

fn config(args: &SynthArgs) -> SynthConfig {
    let mut config = preset(args.scale);
    config.seed = args.seed.unwrap_or(config.seed);
    config.n_events = args.events.unwrap_or(config.n_events);
    config.start = args.start.unwrap_or(config.start);
    config.n_days = args.days.unwrap_or(config.n_days);
    config.n_people = args.people.unwrap_or(config.n_people);
    config.n_assets = args.assets.unwrap_or(config.n_assets);
    config.n_countries = args.countries.unwrap_or(config.n_countries);
    config.answers = !args.no_answers;
    config.traps = args.traps;
    config
}

/// The settings that a folder was written with, from its summary.
fn config_of(out: &Path) -> anyhow::Result<SynthConfig> {
    let file = out.join("truth/summary.json");
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!("cannot read `{}`; --add-days continues what clio synth wrote", file.display())
    })?;
    let summary: SynthSummary = serde_json::from_str(&text)
        .with_context(|| format!("`{}` is not a summary that clio synth wrote", file.display()))?;
    let config = summary.config;
    let start = config.start.parse().map_err(|error| anyhow!("`{}`: {error}", file.display()))?;
    Ok(SynthConfig {
        seed: config.seed,
        start,
        n_days: config.n_days,
        n_events: config.n_events,
        n_people: config.n_people,
        n_assets: config.n_assets,
        n_countries: config.n_countries,
        answers: config.answers,
        traps: config.traps,
    })
}

fn print_summary(out: &Path, summary: &SynthSummary) {
    let number = |n: u64| output::number(n as f64);
    let (first, last) = match (summary.days.first(), summary.days.last()) {
        (Some(first), Some(last)) => (first.day.as_str(), last.day.as_str()),
        _ => ("", ""),
    };
    say!("{}: {} days, {first} to {last}", out.display(), summary.days.len());
    say!("  impressions      {:>14}", number(summary.n_impressions));
    say!("  plays            {:>14}", number(summary.n_plays));
    say!("  plays of 2 min   {:>14}", number(summary.n_qualified_plays));
    say!("  people           {:>14}", number(summary.config.n_people));
    if let Some(totals) = &summary.totals {
        say!("  exact answers    {:>14}  in truth/answers.ndjson", number(totals.n_answers));
    }
    say!("next: clio etl run --model {}/media.toml --lake lake", out.display());
}
