//! The meaning of a model, as sixteen hexadecimal digits.
//!
//! The hash is taken over a canonical JSON text of everything that determines the numbers. Comments, spaces,
//! presentation (`display`, `format`) and the order of sources, lookups and measures determine nothing; the order of
//! dimensions does, since cells are sorted by it.
//!
//! The text belongs to the stored format: fingerprints are in the commits of people's lakes. A key may be added if it
//! is omitted for every model that does not use it.

use jiff::civil::Date;
use serde::Serialize;

use super::{
    Age, AsOf, Attribution, ColumnType, CsvOptions, DEFAULT_WORTHWHILE, Dimension, DimensionColumn,
    Experiment, FileSet, Format, Lookup, Measure, MeasureKind, Model, OutlierRules, Source,
    TimesAre, WeekStart,
};
use crate::digest::stable_digest;
use crate::id::Fingerprint;

/// The fingerprint of a valid model; the one stored in it is ignored.
pub(super) fn of(model: &Model) -> Fingerprint {
    fingerprint(&canonical(model))
}

/// The fingerprint of what cells depend on: not of attributes, labels, previews and derived measures, which are applied
/// to existing cells, nor of where files lie, which the files' digest covers.
pub(super) fn of_cells(model: &Model) -> Fingerprint {
    let Model {
        name,
        timezone_name,
        timezone: _,
        week_starts: _,
        worthwhile: _,
        small_groups: _,
        first_day,
        last_day,
        sources,
        lookups,
        dimensions,
        measures: _,
        checks: _,
        experiments: _,
        outliers: _,
        fingerprint: _,
        text: _,
    } = model;
    let mut stored: Vec<_> = model.stored_measures().map(measure).collect();
    for measure in &mut stored {
        if let CanonicalKind::Distinct { of, nulls, .. } = &mut measure.kind
            && of.len() > 1
        {
            // How nulls among several columns count affects cells.
            *nulls = Some("none counts");
        }
    }
    stored.sort_by_key(|measure| measure.name);
    let mut sources: Vec<_> =
        sources.iter().filter(|source| model.is_read(&source.name)).map(source).collect();
    // Attribution may take its keys from any lookup that a dimension uses, because it describes members.
    let is_credited = sources.iter().any(|source| source.attribution.is_some());
    sources.sort_by_key(|source| source.name);
    let gives_values = |lookup: &&Lookup| {
        let of_lookup = |dimension: &Dimension| matches!(&dimension.column, DimensionColumn::Lookup { lookup: name, .. } if *name == lookup.name);
        is_credited || dimensions.iter().any(of_lookup)
    };
    let mut lookups: Vec<_> = lookups.iter().filter(gives_values).map(lookup).collect();
    lookups.sort_by_key(|lookup| lookup.name);
    for files in sources.iter_mut().map(|source| &mut source.files) {
        files.url = "";
        files.patterns = &[];
    }
    for files in lookups.iter_mut().map(|lookup| &mut lookup.files) {
        files.url = "";
        files.patterns = &[];
    }
    let dimensions = dimensions.iter().map(|own| dimension_of_cells(own, is_credited));
    let canonical = CanonicalModel {
        dataset: name,
        timezone: timezone_name,
        week_starts: None,
        worthwhile: None,
        min_people: None,
        people: Vec::new(),
        first_day: *first_day,
        last_day: *last_day,
        sources,
        lookups,
        dimensions: dimensions.collect(),
        measures: stored,
        tests: Vec::new(),
        outliers: None,
    };
    let text = serde_json::to_string(&canonical).expect("texts and numbers are always JSON");
    fingerprint(&text)
}

/// The parts of a dimension that cells depend on.
fn dimension_of_cells(own: &Dimension, is_credited: bool) -> CanonicalDimension<'_> {
    let CanonicalDimension {
        name,
        column,
        looked_up,
        multi,
        members,
        attributes: _,
        label: _,
        media: _,
        age: _,
    } = dimension(own);
    CanonicalDimension {
        name,
        column,
        looked_up,
        multi,
        members: members.filter(|_| is_credited),
        attributes: &[],
        label: None,
        media: None,
        age: None,
    }
}

fn fingerprint(canonical: &str) -> Fingerprint {
    Fingerprint::new(format!("{:016x}", stable_digest(canonical.as_bytes())))
}

/// Structs instead of `serde_json::Value`, whose order of keys depends on the features that other crates enable.
#[derive(Serialize)]
struct CanonicalModel<'a> {
    dataset: &'a str,
    timezone: &'a str,
    /// For queries alone: no cell depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    week_starts: Option<&'static str>,
    /// For verdicts alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    worthwhile: Option<f64>,
    /// For answers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    min_people: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    people: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_day: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<Date>,
    sources: Vec<CanonicalSource<'a>>,
    lookups: Vec<CanonicalLookup<'a>>,
    dimensions: Vec<CanonicalDimension<'a>>,
    measures: Vec<CanonicalMeasure<'a>>,
    /// For verdicts alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tests: Vec<CanonicalTest<'a>>,
    /// Of outliers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    outliers: Option<CanonicalOutliers<'a>>,
}

#[derive(Serialize)]
struct CanonicalOutliers<'a> {
    dimension: &'a str,
    peers: &'a [String],
    pool: Option<&'a str>,
    rate: String,
    watching: Option<String>,
    beyond: f64,
}

#[derive(Serialize)]
struct CanonicalTest<'a> {
    name: &'a str,
    dimension: String,
    arms: &'a [(String, f64)],
    assigned: &'a str,
    first_day: Date,
    last_day: Option<Date>,
}

#[derive(Serialize)]
struct CanonicalSource<'a> {
    name: &'a str,
    files: CanonicalFiles<'a>,
    time: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    times_are: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<CanonicalAttribution<'a>>,
}

/// The event's own files and predicate are already those of the source, so its name has no effect.
#[derive(Serialize)]
struct CanonicalAttribution<'a> {
    to: &'a str,
    by: Vec<&'a str>,
    within_seconds: u32,
    credit: &'static str,
}

#[derive(Serialize)]
struct CanonicalLookup<'a> {
    name: &'a str,
    files: CanonicalFiles<'a>,
    key: &'a str,
    /// Where a history is: in folders, or in these columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Vec<&'a str>>,
}

#[derive(Serialize)]
struct CanonicalFiles<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    patterns: &'a [String],
    format: &'a str,
    /// Without a quote its byte is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    csv: Option<(bool, u8, u8, &'a str)>,
    /// The texts for null after the first.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    nulls: &'a [String],
    #[serde(skip_serializing_if = "<[(String, String)]>::is_empty")]
    columns: &'a [(String, String)],
    #[serde(skip_serializing_if = "<[(String, ColumnType)]>::is_empty")]
    types: &'a [(String, ColumnType)],
    #[serde(skip_serializing_if = "Option::is_none")]
    late_days: Option<u16>,
}

#[derive(Serialize)]
struct CanonicalDimension<'a> {
    name: &'a str,
    column: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_up: Option<(&'a str, &'a str)>,
    multi: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    attributes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<&'a str>,
}

#[derive(Serialize)]
struct CanonicalMeasure<'a> {
    name: &'a str,
    kind: CanonicalKind<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum CanonicalKind<'a> {
    Count {
        source: &'a str,
    },
    Sum {
        source: &'a str,
        of: &'a str,
    },
    Distinct {
        source: &'a str,
        of: Vec<&'a str>,
        family: &'a str,
        precision: u8,
        #[serde(skip_serializing_if = "is_false")]
        from_sketch: bool,
        /// The meaning of a null among several columns; affects cells alone.
        #[serde(skip_serializing_if = "Option::is_none")]
        nulls: Option<&'static str>,
    },
    Quantile {
        source: &'a str,
        of: &'a str,
        error_ppm: u32,
        edges: Vec<f64>,
    },
    Derived {
        expression: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_false(value: &bool) -> bool {
    !value
}

fn canonical(model: &Model) -> String {
    // Checks determine what is committed, not what it means.
    let Model {
        name,
        timezone_name,
        timezone: _,
        week_starts,
        worthwhile,
        small_groups,
        first_day,
        last_day,
        sources,
        lookups,
        dimensions,
        measures,
        checks: _,
        experiments,
        outliers,
        fingerprint: _,
        text: _,
    } = model;
    let mut tests: Vec<_> = experiments.iter().map(test).collect();
    tests.sort_by_key(|test| test.name);
    let mut sources: Vec<_> = sources.iter().map(source).collect();
    sources.sort_by_key(|source| source.name);
    let mut lookups: Vec<_> = lookups.iter().map(lookup).collect();
    lookups.sort_by_key(|lookup| lookup.name);
    let mut measures: Vec<_> = measures.iter().map(measure).collect();
    measures.sort_by_key(|measure| measure.name);
    let canonical = CanonicalModel {
        dataset: name,
        timezone: timezone_name,
        week_starts: (*week_starts != WeekStart::default()).then(|| week_starts.as_str()),
        worthwhile: Some(*worthwhile).filter(|own| own.to_bits() != DEFAULT_WORTHWHILE.to_bits()),
        min_people: small_groups.as_ref().map(|own| own.min_people),
        people: small_groups.iter().flat_map(|own| own.people.iter().map(String::as_str)).collect(),
        first_day: *first_day,
        last_day: *last_day,
        sources,
        lookups,
        dimensions: dimensions.iter().map(dimension).collect(),
        measures,
        tests,
        outliers: outliers.as_ref().map(outliers_of),
    };
    serde_json::to_string(&canonical).expect("texts and numbers are always JSON")
}

fn outliers_of(rules: &OutlierRules) -> CanonicalOutliers<'_> {
    let OutlierRules { dimension, peers, pool, rate, watching, beyond } = rules;
    CanonicalOutliers {
        dimension,
        peers,
        pool: pool.as_deref(),
        rate: rate.to_string(),
        watching: watching.as_ref().map(ToString::to_string),
        beyond: *beyond,
    }
}

fn test(test: &Experiment) -> CanonicalTest<'_> {
    let Experiment { name, dimension, arms, assigned, first_day, last_day } = test;
    CanonicalTest {
        name,
        dimension: dimension.to_string(),
        arms,
        assigned,
        first_day: *first_day,
        last_day: *last_day,
    }
}

fn source(source: &Source) -> CanonicalSource<'_> {
    let Source { name, files: of_source, time, times_are, predicate, attribution: credited } =
        source;
    CanonicalSource {
        name,
        files: files(of_source),
        time: &time.0,
        times_are: (*times_are != TimesAre::default()).then(|| times_are.as_str()),
        predicate: predicate.as_deref(),
        attribution: credited.as_ref().map(attribution),
    }
}

fn attribution(attribution: &Attribution) -> CanonicalAttribution<'_> {
    let Attribution { event: _, to, by, within, credit } = attribution;
    CanonicalAttribution {
        to,
        by: by.iter().map(|key| key.0.as_str()).collect(),
        within_seconds: within.seconds(),
        credit: credit.as_str(),
    }
}

fn lookup(lookup: &Lookup) -> CanonicalLookup<'_> {
    // What a change does to days determines when they are made, not what they hold.
    let Lookup { name, files: of_lookup, key, as_of, on_change: _ } = lookup;
    let as_of = as_of.as_ref().map(|as_of| match as_of {
        AsOf::Folders => Vec::new(),
        AsOf::Rows { valid_from, valid_to } => {
            std::iter::once(valid_from).chain(valid_to).map(|own| own.0.as_str()).collect()
        }
    });
    CanonicalLookup { name, files: files(of_lookup), key: &key.0, as_of }
}

fn files(files: &FileSet) -> CanonicalFiles<'_> {
    // What happens to bad rows determines whether a day is made, not what it holds.
    let FileSet { url, patterns, format, columns, types, late_days, on_bad_rows: _ } = files;
    let (csv, nulls): (_, &[String]) = match format {
        Format::Csv(CsvOptions { header, delimiter, quote, nulls }) => {
            let (first, others) =
                nulls.split_first().map_or(("", &[][..]), |(first, others)| (first, others));
            (Some((*header, *delimiter, quote.unwrap_or_default(), first)), others)
        }
        Format::Parquet | Format::Ndjson => (None, &[]),
    };
    CanonicalFiles {
        url,
        patterns,
        format: format.as_str(),
        csv,
        nulls,
        columns,
        types,
        late_days: *late_days,
    }
}

fn dimension(dimension: &Dimension) -> CanonicalDimension<'_> {
    let Dimension { name, display: _, column, multi, members, attributes, label, media, age } =
        dimension;
    let (column, looked_up) = match column {
        DimensionColumn::Event(column) => (&column.0, None),
        DimensionColumn::Lookup { lookup, on, column } => {
            (&column.0, Some((lookup.as_str(), on.0.as_str())))
        }
    };
    CanonicalDimension {
        name,
        column,
        looked_up,
        multi: *multi,
        members: members.as_deref(),
        attributes,
        label: label.as_deref(),
        media: media.as_deref(),
        age: age.as_ref().map(Age::as_str),
    }
}

fn measure(measure: &Measure) -> CanonicalMeasure<'_> {
    let Measure { name, display: _, kind, format: _ } = measure;
    let kind = match kind {
        MeasureKind::Count { source } => CanonicalKind::Count { source },
        MeasureKind::Sum { source, of } => CanonicalKind::Sum { source, of: &of.0 },
        MeasureKind::Distinct { source, of, family, precision, from_sketch } => {
            CanonicalKind::Distinct {
                source,
                of: of.iter().map(|column| column.0.as_str()).collect(),
                family: family.name(),
                precision: precision.get(),
                from_sketch: *from_sketch,
                nulls: None,
            }
        }
        MeasureKind::Quantile { source, of, buckets } => CanonicalKind::Quantile {
            source,
            of: &of.0,
            error_ppm: buckets.error_ppm(),
            edges: buckets.edges().collect(),
        },
        MeasureKind::Derived { expression } => {
            CanonicalKind::Derived { expression: expression.to_string() }
        }
    };
    CanonicalMeasure { name, kind }
}
