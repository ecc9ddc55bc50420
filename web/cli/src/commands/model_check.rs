//! `clio model check`: the model as understood, and the contents of its sources.

use std::path::Path;

use clio_etl::{DayInspection, Inspection, StatesInspection, TableInspection};
use clio_lake::{KnownColumn, KnownColumns};
use clio_proto::{
    AsOf, Attribution, Dimension, DimensionColumn, Experiment, FileSet, Lookup, Measure,
    MeasureKind, Model, OnBadRows, OnChange, OutlierRules, Source,
};
use serde_json::json;

use crate::args::ReportFormat;
use crate::etl_config::{n_threads, read_model};
use crate::output::table_of;
use crate::terminal::{answer, say};
use crate::{address, output};

/// Prints the model, then its sources.
pub(crate) async fn run(
    file: &Path,
    no_sources: bool,
    lake: Option<&str>,
    format: ReportFormat,
) -> anyhow::Result<()> {
    let model = read_model(file)?;
    let base = address::folder_of(file)?;
    let remembered = match lake {
        Some(lake) => Some(clio_lake::known_columns(&address::folder(lake)?).await?),
        None => None,
    };
    if format == ReportFormat::Text {
        // Before the sources are opened: they may be far away, or broken.
        print_model(&model);
        if let Some(remembered) = &remembered {
            say!("\ncolumns that the lake remembers");
            remembered_text(remembered).iter().for_each(|line| say!("{line}"));
        }
    }
    let found =
        if no_sources { None } else { Some(clio_etl::inspect(&model, &base, n_threads()).await?) };
    match (format, &found) {
        (ReportFormat::Json, _) => {
            answer!("{:#}", json_of(&model, found.as_ref(), remembered.as_ref())?);
        }
        (ReportFormat::Text, Some(found)) => print_inspection(found),
        (ReportFormat::Text, None) => {}
    }
    Ok(())
}

fn print_model(model: &Model) {
    say!(
        "dataset {}: days begin in {}, fingerprint {}",
        model.name(),
        model.timezone_name(),
        model.fingerprint()
    );
    say!("\nsources");
    for source in model.sources() {
        say!("  {:<20} {}", source.name, source_text(source));
    }
    if !model.lookups().is_empty() {
        say!("\nlookups");
    }
    for lookup in model.lookups() {
        let Lookup { name, files, key, as_of, on_change } = lookup;
        say!(
            "  {name:<20} {} ({}), key {key}{}",
            files.url,
            files.format.as_str(),
            history_text(as_of.as_ref(), *on_change)
        );
    }
    say!("\ndimensions, in the order in which cells are sorted");
    for dimension in model.dimensions() {
        say!("  {:<20} {}", dimension.name, dimension_text(dimension));
    }
    say!("\nmeasures");
    for measure in model.measures() {
        say!("  {:<20} {}", measure.name, measure_text(measure));
    }
    print_checks(model);
    if !model.experiments().is_empty() {
        say!("\ntests");
    }
    for test in model.experiments() {
        say!("  {:<20} {}", test.name, test_text(test));
    }
    if let Some(rules) = model.outliers() {
        say!("\noutliers\n  {}", outliers_text(rules));
    }
}

/// Which members are compared with whom, and by what.
fn outliers_text(rules: &OutlierRules) -> String {
    let OutlierRules { dimension, peers, pool, rate, watching, beyond } = rules;
    let pool = pool.as_ref().map(|pool| format!(", spread by {pool}")).unwrap_or_default();
    let watching = watching.as_ref().map(|own| format!(", then {own}")).unwrap_or_default();
    let peers = peers.join(", ");
    format!(
        "{dimension} among those of one {peers}{pool}: {rate} beyond {} %{watching}",
        beyond * 100.0
    )
}

/// Whom a test assigns to what, and when.
fn test_text(test: &Experiment) -> String {
    let Experiment { name: _, dimension, arms, assigned, first_day, last_day } = test;
    let arms = arms.iter().map(|(arm, share)| format!("{arm} {:.1} %", share * 100.0));
    let arms = arms.collect::<Vec<_>>().join(", ");
    let last = last_day.map_or_else(|| "on".to_owned(), |last| format!("to {last}"));
    format!("of {assigned} by {dimension}, from {first_day} {last}: {arms}")
}

fn print_checks(model: &Model) {
    say!("\nchecks of days before a commit");
    for check in model.checks() {
        let origin = if check.is_default { ", as in every model" } else { "" };
        say!("  {:<20} {}{origin}: {}", check.name, check.on_failure.as_str(), check.kind);
    }
    say!("  {:<20} fail: {}", "always", clio_etl::INVARIANTS.join("; "));
}

fn source_text(source: &Source) -> String {
    let Source { name: _, files, time, times_are: _, predicate, attribution } = source;
    let FileSet { url, patterns, format, columns: _, types: _, late_days: _, on_bad_rows } = files;
    let mut text = format!("{url} ({})", format.as_str());
    if !patterns.is_empty() {
        text += &format!(", files {}", patterns.join(", "));
    }
    text += &format!(", time {time}");
    if let Some(predicate) = predicate {
        text += &format!(", where {predicate}");
    }
    if let OnBadRows::Quarantine { at_most } = on_bad_rows {
        let percent = (at_most * 100_000.0).round() / 1_000.0;
        text += &format!(", at most {percent} % bad rows, to quarantine");
    }
    if let Some(Attribution { event: _, to, by, within, credit }) = attribution {
        let by: Vec<_> = by.iter().map(ToString::to_string).collect();
        text += &format!(
            ", each credited to the {} of {to} by {} within {within}",
            credit.as_str(),
            by.join(", ")
        );
    }
    text
}

/// Which rows of a lookup a day takes.
fn history_text(as_of: Option<&AsOf>, on_change: OnChange) -> String {
    match as_of {
        None => match on_change {
            OnChange::NewDays => ", a change applies to new days only".to_owned(),
            OnChange::Rebuild => String::new(),
        },
        Some(AsOf::Folders) => ", a state in each `dt=` folder, as of the event's day".to_owned(),
        Some(AsOf::Rows { valid_from, valid_to: None }) => {
            format!(", rows in force from {valid_from}, as of the event's day")
        }
        Some(AsOf::Rows { valid_from, valid_to: Some(valid_to) }) => {
            format!(
                ", rows in force from {valid_from} until before {valid_to}, as of the event's day"
            )
        }
    }
}

fn dimension_text(dimension: &Dimension) -> String {
    let Dimension { name: _, display: _, column, multi, members, attributes, label, media, age } =
        dimension;
    let mut text = match column {
        DimensionColumn::Event(column) => format!("{column}"),
        DimensionColumn::Lookup { lookup, on, column } => format!("{column} of {lookup}, by {on}"),
    };
    if *multi {
        text += ", a set of values";
    }
    if let Some(members) = members {
        text += &format!("; described by {members}");
    }
    for (what, column) in [("label", label), ("media", media)] {
        if let Some(column) = column {
            text += &format!(", {what} {column}");
        }
    }
    if !attributes.is_empty() {
        text += &format!(", attributes {}", attributes.join(", "));
    }
    if let Some(age) = age {
        text += &format!("; age by {}", age.as_str());
    }
    text
}

fn measure_text(measure: &Measure) -> String {
    let Measure { name: _, display: _, kind, format: _ } = measure;
    match kind {
        MeasureKind::Count { source } => format!("events of {source}"),
        MeasureKind::Sum { source, of } => format!("sum of {of} over {source}"),
        MeasureKind::Distinct { source, of, family, precision, from_sketch } => {
            let of: Vec<_> = of.iter().map(ToString::to_string).collect();
            let what = if *from_sketch { "the sketches of" } else { "different" };
            format!(
                "{what} {} among {source}; {family} at precision {}, error {:.2} %",
                of.join(" with "),
                precision.get(),
                precision.relative_standard_error() * 100.0
            )
        }
        MeasureKind::Quantile { source, of, buckets } => {
            format!("quantiles of {of} over {source}; {buckets}")
        }
        MeasureKind::Derived { expression } => format!("= {}", expression.text()),
    }
}

fn print_inspection(found: &Inspection) {
    for table in &found.sources {
        print_table("source", table);
    }
    for table in &found.lookups {
        print_table("lookup", table);
    }
    match &found.day {
        Some(day) => print_day(day),
        None => say!("\nno events were found: a run would have nothing to roll up"),
    }
}

fn print_table(what: &str, table: &TableInspection) {
    say!(
        "\n{what} {}: {} in {} files at {}",
        table.name,
        bytes_text(table.size_bytes),
        output::number(table.n_files as f64),
        table.url
    );
    if !table.left_out.is_empty() {
        let (table, files) = (format!("{what} {}", table.name), table.left_out.clone());
        say!("left out: {}", clio_etl::LeftOut { table, files });
    }
    if let Some(states) = &table.states {
        say!("{}", states_text(states));
    }
    let heads = table.columns.iter().map(|column| format!("{}\n{}", column.name, column.data_type));
    let rows = table.sample.iter().map(|row| {
        row.iter().map(|value| value.clone().unwrap_or_else(|| "null".to_owned())).collect()
    });
    say!("{}", table_of(heads.collect(), rows.collect()));
}

fn states_text(states: &StatesInspection) -> String {
    match (states.first, states.newest) {
        (Some(first), Some(newest)) if first != newest => format!(
            "{} states: the first is in force from {first} on, the newest from {newest} on",
            output::number(states.n_states as f64)
        ),
        (Some(first), _) => format!("one state, in force from {first} on"),
        (None, _) => "no state yet: every day finds no rows".to_owned(),
    }
}

/// The types that a lake remembers of columns, one line each.
pub(crate) fn remembered_text(columns: &KnownColumns) -> Vec<String> {
    let line = |(table, column, known): (&str, &str, &KnownColumn)| {
        let data_type = match &known.data_type {
            Some(data_type) => data_type.to_string(),
            None => "null so far".to_owned(),
        };
        let since = match known.file.as_str() {
            "" => String::new(),
            file => format!(", since {file}"),
        };
        format!("  {:<30} {data_type}{since}", format!("{table}.{column}"))
    };
    columns.iter().map(line).collect()
}

fn print_day(day: &DayInspection) {
    say!(
        "\nexpect of a day such as {}: {} events in {} cells, {}",
        day.day,
        output::number(day.n_rows as f64),
        output::number(day.n_cells as f64),
        bytes_text(day.size_bytes)
    );
    for dimension in &day.dimensions {
        say!(
            "  {:<20} {:>9} members; without it {:>3.0} % fewer cells, {}",
            dimension.name,
            output::number(dimension.n_members as f64),
            dimension.share_of_cells * 100.0,
            bytes_text(dimension.size_bytes_without)
        );
    }
}

fn bytes_text(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

fn json_of(
    model: &Model,
    found: Option<&Inspection>,
    remembered: Option<&KnownColumns>,
) -> anyhow::Result<serde_json::Value> {
    let sources =
        model.sources().iter().map(|source| (source.name.clone(), json!(source_text(source))));
    let dimensions = model.dimensions().iter().map(|dimension| {
        // Where a key has no value of its own, the text says it.
        let Dimension {
            name,
            display,
            column: _,
            multi,
            members: _,
            attributes,
            label: _,
            media: _,
            age: _,
        } = dimension;
        json!({
            "name": name, "display": display, "multi": multi,
            "attributes": attributes, "from": dimension_text(dimension),
        })
    });
    let measures = model.measures().iter().map(|measure| {
        let Measure { name, display, kind: _, format: _ } = measure;
        json!({ "name": name, "display": display, "is": measure_text(measure) })
    });
    let checks = model.checks().iter().map(|check| {
        json!({
            "name": check.name, "on_failure": check.on_failure.as_str(),
            "is_default": check.is_default, "is": check.kind.to_string(),
        })
    });
    let tests =
        model.experiments().iter().map(|test| json!({ "name": test.name, "is": test_text(test) }));
    Ok(json!({
        "name": model.name(),
        "timezone": model.timezone_name(),
        "fingerprint": model.fingerprint().as_str(),
        "sources": sources.collect::<serde_json::Map<_, _>>(),
        "dimensions": dimensions.collect::<Vec<_>>(),
        "measures": measures.collect::<Vec<_>>(),
        "checks": checks.collect::<Vec<_>>(),
        "tests": tests.collect::<Vec<_>>(),
        "outliers": model.outliers().map(outliers_text),
        "found": serde_json::to_value(found)?,
        "remembered": serde_json::to_value(remembered)?,
    }))
}
