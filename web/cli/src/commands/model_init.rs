//! `clio model init`: a dataset model for files that nobody has described, completed by questions on a
//! terminal.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::Context;
use clio_etl::{DayEstimate, FoundTable, Proposal};
use clio_proto::Model;
use dialoguer::{Confirm, Input, MultiSelect, Select};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::args::{ModelInitArgs, ReportFormat};
use crate::etl_config::n_threads;
use crate::terminal::{Lines, answer, safe, say, tell};
use crate::usage::Usage;
use crate::{address, output};

/// More than this is not read to estimate a day: `clio model check` does that, whenever there is time.
const MAX_MEASURED_BYTES: u64 = 1 << 30;

/// Examines files, asks, writes the model, and estimates a day.
pub(crate) async fn run(args: ModelInitArgs) -> anyhow::Result<()> {
    let is_asked = !args.yes;
    if is_asked && !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        let message = "there is no terminal to ask on; add `--yes` to take what is proposed";
        return Err(Usage(message.to_owned()).into());
    }
    let is_there = args.out.try_exists();
    if is_there.with_context(|| format!("cannot look at `{}`", args.out.display()))? && !args.force
    {
        let message = format!(
            "`{}` already exists; choose another with `--out`, or add `--force`",
            args.out.display()
        );
        return Err(Usage(message).into());
    }
    let places: Vec<_> =
        args.files.iter().map(|file| address::place(file)).collect::<Result<_, _>>()?;
    let base = address::folder_of(&args.out)?;
    let mut proposal = clio_etl::propose(&places, &base, n_threads()).await?;
    if args.format == ReportFormat::Text {
        print_tables(&proposal.tables);
    }
    if is_asked {
        // The questions wait for a person, so not on a thread that others need.
        proposal = tokio::task::spawn_blocking(move || ask(proposal)).await??;
    }
    let file = args.out.display().to_string();
    let text = proposal.to_toml(None);
    let model = Model::parse(&file, &text).with_context(|| {
        format!("the proposal is not a valid model; please report it with this text:\n{text}")
    })?;
    write(&args.out, &text)?;
    let estimate = if proposal.bytes_of_a_day() > MAX_MEASURED_BYTES {
        None
    } else {
        let found = clio_etl::inspect(&model, &base, n_threads()).await;
        let found = found
            .with_context(|| format!("wrote {file}, but a run with it would fail; correct it"))?;
        found.day.map(|day| DayEstimate {
            day: day.day,
            n_rows: day.n_rows,
            n_cells: day.n_cells,
            size_bytes: day.size_bytes,
        })
    };
    if estimate.is_some() {
        write(&args.out, &proposal.to_toml(estimate.as_ref()))?;
    }
    match args.format {
        ReportFormat::Text => print_report(&file, &model, &proposal, estimate.as_ref()),
        ReportFormat::Json => answer!("{:#}", json_of(&file, &proposal, estimate.as_ref())),
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Asks for what only a person knows; Return accepts the proposal.
fn ask(mut proposal: Proposal) -> anyhow::Result<Proposal> {
    proposal.name = Input::new()
        .with_prompt("The dataset's name")
        .default(proposal.name.clone())
        .validate_with(|name: &String| is_name(name))
        .interact_text()?;
    proposal.timezone = Input::new()
        .with_prompt("The time zone in which days begin")
        .default(proposal.timezone.clone())
        .validate_with(|zone: &String| {
            TimeZone::get(zone).map(drop).map_err(|error| error.to_string())
        })
        .interact_text()?;
    if proposal.times.len() > 1 {
        let prompt = format!("The time of {}", proposal.events.name);
        let times = proposal.times.iter().map(|time| shown(&time.sql));
        proposal.time =
            Select::new().with_prompt(prompt).items(times).default(proposal.time).interact()?;
    }
    let dimensions: Vec<_> = proposal
        .dimensions
        .iter()
        .map(|choice| {
            let it = &choice.it;
            (format!("{} ({} members)", it.name, it.n_members), choice.is_taken)
        })
        .collect();
    let prompt = "What to filter and group by (space changes, Return goes on)";
    let taken = loop {
        let taken = chosen(prompt, &dimensions)?;
        if !taken.is_empty() {
            break taken;
        }
        tell!("a model needs at least one of them");
    };
    for (index, choice) in proposal.dimensions.iter_mut().enumerate() {
        choice.is_taken = taken.contains(&index);
    }
    if !proposal.people.is_empty() {
        let mut people: Vec<String> =
            proposal.people.iter().map(|names| shown(&names.join(", "))).collect();
        people.push("nobody: only count events".to_owned());
        let nobody = people.len() - 1;
        let default = proposal.person.unwrap_or(nobody);
        let found = Select::new().with_prompt("Who is counted").items(&people).default(default);
        proposal.person = Some(found.interact()?).filter(|&person| person != nobody);
    }
    let sums: Vec<_> =
        proposal.sums.iter().map(|choice| (choice.it.name.clone(), choice.is_taken)).collect();
    let taken = chosen("What to add up", &sums)?;
    for (index, choice) in proposal.sums.iter_mut().enumerate() {
        choice.is_taken = taken.contains(&index);
    }
    if let Some(actions) = &mut proposal.actions {
        let prompt = format!(
            "Credit each of {} to the last of {} with the same {}",
            actions.it.source.name,
            proposal.events.name,
            shown(&actions.it.keys.join(" and "))
        );
        actions.is_taken = Confirm::new().with_prompt(prompt).default(true).interact()?;
        if actions.is_taken {
            let window = |text: &String| {
                text.parse::<clio_proto::Window>().map(drop).map_err(|error| error.to_string())
            };
            actions.it.within = Input::new()
                .with_prompt("within")
                .default(actions.it.within.clone())
                .validate_with(window)
                .interact_text()?;
        }
    }
    Ok(proposal)
}

/// Text from files, made safe for a terminal.
fn shown(text: &str) -> String {
    safe(text, Lines::One).into_owned()
}

fn is_name(name: &str) -> Result<(), &'static str> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_name { Ok(()) } else { Err("lower-case letters, digits and `_`, starting with a letter") }
}

fn chosen(prompt: &str, items: &[(String, bool)]) -> anyhow::Result<Vec<usize>> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let names = items.iter().map(|(name, _)| name);
    let taken: Vec<bool> = items.iter().map(|(_, is_taken)| *is_taken).collect();
    Ok(MultiSelect::new().with_prompt(prompt).items(names).defaults(&taken).interact()?)
}

fn print_tables(tables: &[FoundTable]) {
    say!("looked at {}", clio_etl::bound_of_looking());
    for table in tables {
        let (files, rows) =
            (counted(table.n_files as u64, "file"), counted(table.n_rows as u64, "row"));
        let all = if table.is_whole { "all" } else { "the first" };
        say!(
            "  {:<20} {} in {files}, {all} {rows}: {} ({})",
            table.name,
            indicatif::HumanBytes(table.size_bytes),
            table.role,
            table.url
        );
    }
}

/// A number of things, in words.
fn counted(n: u64, one: &str) -> String {
    let many = if n == 1 { "" } else { "s" };
    format!("{} {one}{many}", output::number(n as f64))
}

fn print_report(file: &str, model: &Model, proposal: &Proposal, estimate: Option<&DayEstimate>) {
    let names =
        |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    say!("sources      {}", names(model.sources().iter().map(|it| it.name.as_str()).collect()));
    say!("lookups      {}", names(model.lookups().iter().map(|it| it.name.as_str()).collect()));
    say!("dimensions   {}", names(model.dimensions().iter().map(|it| it.name.as_str()).collect()));
    say!("measures     {}", names(model.measures().iter().map(|it| it.name.as_str()).collect()));
    for line in &proposal.left_out {
        say!("left out     {line}");
    }
    match estimate {
        Some(day) => say!(
            "a day        such as {}: {} in {}, {}",
            day.day,
            counted(day.n_rows, "event"),
            counted(day.n_cells, "cell"),
            indicatif::HumanBytes(day.size_bytes)
        ),
        None => say!(
            "a day        was not rolled up, since it is large: `clio model check {file}` does"
        ),
    }
    say!("wrote {file}; next: clio etl run --model {file} --lake lake");
    if proposal.person.is_none() {
        tell!(
            "note: nothing tells who did it, so people are not counted; see `distinct` in {file}"
        );
    }
}

fn json_of(file: &str, proposal: &Proposal, estimate: Option<&DayEstimate>) -> serde_json::Value {
    let dimension = |choice: &clio_etl::Choice<clio_etl::ProposedDimension>| {
        let it = &choice.it;
        json!({ "name": it.name, "column": it.column, "n_members": it.n_members, "is_taken": choice.is_taken })
    };
    json!({
        "file": file,
        "bound": clio_etl::bound_of_looking(),
        "tables": proposal.tables,
        "dimensions": proposal.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        "left_out": proposal.left_out,
        "day": estimate.map(|day| json!({
            "day": day.day.to_string(), "n_rows": day.n_rows, "n_cells": day.n_cells, "size_bytes": day.size_bytes,
        })),
    })
}
