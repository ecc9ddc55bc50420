//! Descriptions of a dataset, to the wire and back.

use super::{field_from_text, invalid};
use crate::error::ServiceError;
use crate::id::Fingerprint;
use crate::model::{MeasureFormat, WeekStart};
use crate::service::{Description, FieldInfo, MeasureClass, MeasureInfo, OutlierInfo};
use crate::wire;

/// A description for a client.
pub fn description_to_wire(description: Description) -> wire::DescribeResponse {
    let Description {
        dataset,
        timezone,
        fingerprint,
        week_starts,
        fields,
        ages,
        measures,
        outliers,
    } = description;
    wire::DescribeResponse {
        dataset,
        timezone,
        fingerprint: fingerprint.as_str().to_owned(),
        fields: fields.into_iter().map(field_info_to_wire).collect(),
        ages: ages.into_iter().map(field_info_to_wire).collect(),
        measures: measures.into_iter().map(measure_info_to_wire).collect(),
        week_starts: match week_starts {
            WeekStart::Monday => wire::Weekday::Monday,
            WeekStart::Sunday => wire::Weekday::Sunday,
        }
        .into(),
        outliers: outliers.map(outliers_to_wire),
    }
}

/// A description as received by a client.
///
/// # Errors
///
/// A field without a name, a measure without a kind or with an invalid precision.
pub fn description_from_wire(
    response: wire::DescribeResponse,
) -> Result<Description, ServiceError> {
    // A server without this field has no weeks either.
    let week_starts = match response.week_starts() {
        wire::Weekday::Unspecified | wire::Weekday::Monday => WeekStart::Monday,
        wire::Weekday::Sunday => WeekStart::Sunday,
    };
    let wire::DescribeResponse {
        dataset,
        timezone,
        fingerprint,
        fields,
        measures,
        week_starts: _,
        ages,
        outliers,
    } = response;
    Ok(Description {
        dataset,
        timezone,
        fingerprint: Fingerprint::new(fingerprint),
        week_starts,
        fields: fields.into_iter().map(field_info_from_wire).collect::<Result<_, _>>()?,
        ages: ages.into_iter().map(field_info_from_wire).collect::<Result<_, _>>()?,
        measures: measures.into_iter().map(measure_info_from_wire).collect::<Result<_, _>>()?,
        outliers: outliers.map(outliers_from_wire).transpose()?,
    })
}

fn outliers_to_wire(info: OutlierInfo) -> wire::OutlierRules {
    let OutlierInfo { dimension, peers, pool, rate, watching, beyond, worthwhile } = info;
    wire::OutlierRules {
        dimension: dimension.to_string(),
        peers: peers.iter().map(ToString::to_string).collect(),
        pool: pool.map(|field| field.to_string()),
        rate,
        watching,
        beyond,
        worthwhile,
    }
}

fn outliers_from_wire(rules: wire::OutlierRules) -> Result<OutlierInfo, ServiceError> {
    let wire::OutlierRules { dimension, peers, pool, rate, watching, beyond, worthwhile } = rules;
    let peer = |text: String| field_from_text("outliers.peers", &text);
    Ok(OutlierInfo {
        dimension: field_from_text("outliers.dimension", &dimension)?,
        peers: peers.into_iter().map(peer).collect::<Result<_, _>>()?,
        pool: pool.map(|text| field_from_text("outliers.pool", &text)).transpose()?,
        rate,
        watching,
        beyond,
        worthwhile,
    })
}

fn field_info_to_wire(info: FieldInfo) -> wire::FieldInfo {
    let FieldInfo { field, label, multi, has_label, has_media } = info;
    wire::FieldInfo { name: field.to_string(), label, multi, has_label, has_media }
}

fn field_info_from_wire(info: wire::FieldInfo) -> Result<FieldInfo, ServiceError> {
    let wire::FieldInfo { name, label, multi, has_label, has_media } = info;
    let field = field_from_text("fields.name", &name)?;
    Ok(FieldInfo { field, label, multi, has_label, has_media })
}

fn measure_info_to_wire(info: MeasureInfo) -> wire::MeasureInfo {
    use wire::measure_info::Kind;
    let MeasureInfo { name, label, class, format } = info;
    let kind = match class {
        MeasureClass::Count => Kind::Count(wire::CountMeasure {}),
        MeasureClass::Sum => Kind::Sum(wire::SumMeasure {}),
        MeasureClass::Distinct { family, precision, relative_error } => {
            Kind::Distinct(wire::DistinctMeasure {
                family,
                precision: precision.into(),
                relative_error,
            })
        }
        MeasureClass::Quantile { measure, percent, relative_error, edges } => {
            Kind::Quantile(wire::QuantileMeasure { measure, percent, relative_error, edges })
        }
        MeasureClass::Derived { expression } => Kind::Derived(wire::DerivedMeasure { expression }),
    };
    let format = match format {
        MeasureFormat::Number => wire::MeasureFormat::Number,
        MeasureFormat::Percent => wire::MeasureFormat::Percent,
        MeasureFormat::Seconds => wire::MeasureFormat::Seconds,
    };
    wire::MeasureInfo { name, label, format: format.into(), kind: Some(kind) }
}

pub(super) fn measure_info_from_wire(info: wire::MeasureInfo) -> Result<MeasureInfo, ServiceError> {
    use wire::measure_info::Kind;
    // An unknown format, from a later version, becomes a plain number; an unknown kind is refused.
    let format = match info.format() {
        wire::MeasureFormat::Unspecified | wire::MeasureFormat::Number => MeasureFormat::Number,
        wire::MeasureFormat::Percent => MeasureFormat::Percent,
        wire::MeasureFormat::Seconds => MeasureFormat::Seconds,
    };
    let wire::MeasureInfo { name, label, kind, .. } = info;
    let class = match kind {
        Some(Kind::Count(wire::CountMeasure {})) => MeasureClass::Count,
        Some(Kind::Sum(wire::SumMeasure {})) => MeasureClass::Sum,
        Some(Kind::Distinct(distinct)) => MeasureClass::Distinct {
            family: distinct.family,
            precision: u8::try_from(distinct.precision).map_err(|_| {
                invalid(
                    "measures.precision",
                    format_args!("{} of `{name}` is not a precision", distinct.precision),
                )
            })?,
            relative_error: distinct.relative_error,
        },
        Some(Kind::Quantile(quantile)) => MeasureClass::Quantile {
            measure: quantile.measure,
            percent: quantile.percent,
            relative_error: quantile.relative_error,
            edges: quantile.edges,
        },
        Some(Kind::Derived(derived)) => MeasureClass::Derived { expression: derived.expression },
        None => {
            return Err(invalid("measures.kind", format_args!("`{name}` has no known kind")));
        }
    };
    Ok(MeasureInfo { name, label, class, format })
}
