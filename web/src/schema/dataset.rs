//! The description of a dataset: the types `Dataset`, `TimeKeyInfo`, `FieldInfo`, `MeasureInfo` and
//! `OutlierRules`.

use async_graphql::Value;
use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::{
    Description, FieldRef, MeasureClass, MeasureClassName, MeasureFormat, OutlierInfo, TimeGrain,
    WeekStart,
};

use super::enums::{enum_of, enum_value};
use super::object::{ObjectOf, number, text};
use crate::names::{condition_name, enum_name, field_name, time_grains};

pub(super) const DATASET: &str = "Dataset";
const TIME_KEY_INFO: &str = "TimeKeyInfo";
const FIELD_INFO: &str = "FieldInfo";
const MEASURE_INFO: &str = "MeasureInfo";
const MEASURE_KIND: &str = "MeasureKind";
const MEASURE_FORMAT: &str = "MeasureFormat";
const OUTLIER_RULES: &str = "OutlierRules";
const WEEKDAY: &str = "Weekday";

/// The dataset as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Dataset {
    name: String,
    timezone: String,
    fingerprint: String,
    week_starts: WeekStart,
    time_keys: Vec<TimeGrain>,
    fields: Vec<FieldInfo>,
    ages: Vec<FieldInfo>,
    measures: Vec<MeasureInfo>,
    outliers: Option<OutlierInfo>,
}

#[derive(Debug, Clone)]
struct FieldInfo {
    name: String,
    dimension: String,
    attribute: Option<String>,
    label: String,
    multi: bool,
    has_label: bool,
    has_media: bool,
}

#[derive(Debug, Clone)]
struct MeasureInfo {
    name: String,
    label: String,
    kind: MeasureClassName,
    format: MeasureFormat,
    expr: Option<String>,
    family: Option<String>,
    precision: Option<u8>,
    relative_error: Option<f64>,
    quantile_of: Option<String>,
    percent: Option<f64>,
    edges: Vec<f64>,
}

impl From<&Description> for Dataset {
    fn from(description: &Description) -> Self {
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
        Self {
            name: dataset.clone(),
            timezone: timezone.clone(),
            fingerprint: fingerprint.to_string(),
            week_starts: *week_starts,
            time_keys: time_grains(description).collect(),
            fields: fields.iter().cloned().map(FieldInfo::from).collect(),
            ages: ages.iter().cloned().map(FieldInfo::from).collect(),
            measures: measures.iter().cloned().map(MeasureInfo::from).collect(),
            outliers: outliers.clone(),
        }
    }
}

impl From<clio_proto::FieldInfo> for FieldInfo {
    fn from(info: clio_proto::FieldInfo) -> Self {
        let clio_proto::FieldInfo { field, label, multi, has_label, has_media } = info;
        let name = field.to_string();
        let FieldRef { dimension, attribute } = field;
        Self { name, dimension, attribute, label, multi, has_label, has_media }
    }
}

impl From<clio_proto::MeasureInfo> for MeasureInfo {
    fn from(info: clio_proto::MeasureInfo) -> Self {
        let clio_proto::MeasureInfo { name, label, class, format } = info;
        let mut measure = Self {
            name,
            label,
            kind: MeasureClassName::from(&class),
            format,
            expr: None,
            family: None,
            precision: None,
            relative_error: None,
            quantile_of: None,
            percent: None,
            edges: Vec::new(),
        };
        match class {
            MeasureClass::Count | MeasureClass::Sum => {}
            MeasureClass::Distinct { family, precision, relative_error } => {
                measure.family = Some(family);
                measure.precision = Some(precision);
                measure.relative_error = Some(relative_error);
            }
            MeasureClass::Quantile { measure: of, percent, relative_error, edges } => {
                measure.relative_error = Some(relative_error);
                measure.quantile_of = Some(of);
                measure.percent = Some(percent);
                measure.edges = edges;
            }
            MeasureClass::Derived { expression } => measure.expr = Some(expression),
        }
        measure
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let kinds = enum_of(MEASURE_KIND, "The kind of a measure.", MeasureClassName::ALL, |kind| {
        (kind.as_str(), kind_told(kind))
    });
    let weekdays = enum_of(WEEKDAY, "The first day of a week.", &WeekStart::ALL, |day| {
        (day.as_str(), weekday_told(day))
    });
    let formats =
        enum_of(MEASURE_FORMAT, "How a measure is displayed.", &MeasureFormat::ALL, |format| {
            (format.as_str(), format_told(format))
        });
    schema
        .register(dataset())
        .register(time_key_info())
        .register(field_info())
        .register(measure_info())
        .register(outlier_rules())
        .register(kinds)
        .register(weekdays)
        .register(formats)
}

fn kind_told(kind: MeasureClassName) -> &'static str {
    match kind {
        MeasureClassName::Count => "The number of events: exact.",
        MeasureClassName::Sum => "The sum of a column: exact.",
        MeasureClassName::Distinct => "The number of different values, estimated by a sketch.",
        MeasureClassName::Quantile => "A quantile of a column's values, read off narrow buckets.",
        MeasureClassName::Derived => "An expression over other measures.",
    }
}

fn weekday_told(day: WeekStart) -> &'static str {
    match day {
        WeekStart::Monday => "As in ISO 8601.",
        WeekStart::Sunday => "As in North America.",
    }
}

fn format_told(format: MeasureFormat) -> &'static str {
    match format {
        MeasureFormat::Number => "A plain number.",
        MeasureFormat::Percent => "A fraction, displayed as a percentage.",
        MeasureFormat::Seconds => "A duration in seconds.",
    }
}

fn dataset() -> Object {
    ObjectOf::<Dataset>::new(DATASET, "The dataset that is served, as its model describes it.")
        .leaf("name", string(), "The dataset's name.", |it| it.name.as_str().into())
        .leaf("timezone", string(), "The IANA name of the time zone in which a day begins.", |it| {
            it.timezone.as_str().into()
        })
        .leaf("fingerprint", string(), "Changes whenever the meaning of the model changes.", |it| {
            it.fingerprint.as_str().into()
        })
        .leaf("weekStarts", TypeRef::named_nn(WEEKDAY), "The first day of a week.", |it| {
            enum_value(it.week_starts.as_str())
        })
        .list(
            "timeKeys",
            TIME_KEY_INFO,
            "The steps of time that one can group by, finest first.",
            |it: &Dataset| &it.time_keys,
        )
        .list(
            "fields",
            FIELD_INFO,
            "Dimensions, each followed by its attributes, in the model's order.",
            |it: &Dataset| &it.fields,
        )
        .list(
            "ages",
            FIELD_INFO,
            "Steps of age, in GroupKey and CubeFilter but not in Field: their values are whole numbers of days or weeks since a \
             member's first day.",
            |it: &Dataset| &it.ages,
        )
        .list("measures", MEASURE_INFO, "Measures, in the model's order.", |it: &Dataset| {
            &it.measures
        })
        .maybe(
            "outliers",
            OUTLIER_RULES,
            "What outliers are, where the model declares them and the one who asks may see them; otherwise null.",
            |it: &Dataset| it.outliers.as_ref(),
        )
        .finish()
}

fn time_key_info() -> Object {
    ObjectOf::<TimeGrain>::new(TIME_KEY_INFO, "A step of time to group by.")
        .leaf("name", string(), "The period: \"day\".", |it| it.as_str().into())
        .leaf("enumName", string(), "The name in the enum GroupKey: \"DAY\".", |it| {
            enum_name(it.as_str()).into()
        })
        .leaf("label", string(), "The text to display: \"Day\".", |it| label_of(*it).into())
        .finish()
}

fn label_of(grain: TimeGrain) -> &'static str {
    match grain {
        TimeGrain::Day => "Day",
        TimeGrain::Week => "Week",
        TimeGrain::Month => "Month",
        TimeGrain::Year => "Year",
    }
}

fn field_info() -> Object {
    ObjectOf::<FieldInfo>::new(FIELD_INFO, "A dimension or an attribute, to filter and group by.")
        .leaf("name", string(), "The name in the model: \"asset\", \"asset.title\".", |it| {
            it.name.as_str().into()
        })
        .leaf(
            "enumName",
            string(),
            "The name in the enums Field and GroupKey: \"ASSET_TITLE\".",
            |it| enum_name(&it.name).into(),
        )
        .leaf("fieldName", string(), "The name in CubeFilter and CubeRow: \"assetTitle\".", |it| {
            field_name(&it.name).into()
        })
        .leaf("dimension", string(), "The dimension's name: \"asset\".", |it| {
            it.dimension.as_str().into()
        })
        .leaf(
            "attribute",
            TypeRef::named(TypeRef::STRING),
            "The attribute's name, \"title\"; null for the dimension itself.",
            |it| text(it.attribute.as_deref()),
        )
        .leaf("label", string(), "The text to display: \"Asset title\".", |it| {
            it.label.as_str().into()
        })
        .leaf("multi", boolean(), "Multi-valued: allOf is allowed, and groups overlap.", |it| {
            it.multi.into()
        })
        .leaf("hasLabel", boolean(), "Members carry a label besides their value.", |it| {
            it.has_label.into()
        })
        .leaf("hasMedia", boolean(), "Members carry the address of a preview.", |it| {
            it.has_media.into()
        })
        .finish()
}

fn measure_info() -> Object {
    ObjectOf::<MeasureInfo>::new(MEASURE_INFO, "A measure that queries can ask for.")
        .leaf("name", string(), "The name in the model: \"take_rate\".", |it| {
            it.name.as_str().into()
        })
        .leaf("enumName", string(), "The name in the enum Measure: \"TAKE_RATE\".", |it| {
            enum_name(&it.name).into()
        })
        .leaf("fieldName", string(), "The name in CubeRow: \"takeRate\".", |it| {
            field_name(&it.name).into()
        })
        .leaf("conditionName", string(), "The name in CubeHaving: \"takeRate\".", |it| {
            condition_name(&it.name).into()
        })
        .leaf("label", string(), "The text to display: \"Take rate\".", |it| it.label.as_str().into())
        .leaf("kind", TypeRef::named_nn(MEASURE_KIND), "The kind of the measure.", |it| {
            enum_value(it.kind.as_str())
        })
        .leaf("format", TypeRef::named_nn(MEASURE_FORMAT), "How it is displayed.", |it| {
            enum_value(it.format.as_str())
        })
        .leaf(
            "expr",
            TypeRef::named(TypeRef::STRING),
            "The expression, of a derived measure.",
            |it| text(it.expr.as_deref()),
        )
        .leaf(
            "family",
            TypeRef::named(TypeRef::STRING),
            "The sketch family, of a distinct count.",
            |it| text(it.family.as_deref()),
        )
        .leaf(
            "precision",
            TypeRef::named(TypeRef::INT),
            "The sketch's precision, of a distinct count.",
            |it| it.precision.map_or(Value::Null, Value::from),
        )
        .leaf(
            "relativeError",
            TypeRef::named(TypeRef::FLOAT),
            "The relative standard error of a distinct count; the largest relative error of a quantile.",
            |it| number(it.relative_error),
        )
        .leaf(
            "quantileOf",
            TypeRef::named(TypeRef::STRING),
            "The quantile measure that a quantile belongs to: \"watch\". Any other quantile of it can be requested by quantiles.",
            |it| text(it.quantile_of.as_deref()),
        )
        .leaf(
            "quantilePercent",
            TypeRef::named(TypeRef::FLOAT),
            "The quantile in per cent.",
            |it| number(it.percent),
        )
        .leaf(
            "edges",
            TypeRef::named_nn_list_nn(TypeRef::FLOAT),
            "Of a quantile, the numbers at which the fraction of values below is exact; otherwise empty.",
            |it| it.edges.iter().map(|edge| number(Some(*edge))).collect(),
        )
        .finish()
}

fn outlier_rules() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    ObjectOf::<OutlierInfo>::new(OUTLIER_RULES, "What a model calls outliers.")
        .leaf("dimension", string(), "The dimension whose members are compared.", |it| {
            it.dimension.to_string().into()
        })
        .leaf(
            "peers",
            TypeRef::named_nn_list_nn(TypeRef::STRING),
            "The attributes that peers have in common: \"asset.title\".",
            |it| it.peers.iter().map(ToString::to_string).collect(),
        )
        .leaf(
            "pool",
            TypeRef::named(TypeRef::STRING),
            "The one of them by whose values the spread of peers is told; null for all members together.",
            |it| text(it.pool.as_ref().map(ToString::to_string).as_deref()),
        )
        .leaf(
            "rate",
            string(),
            "What they are compared by, as the model writes it: \"plays / impressions\".",
            |it| it.rate.as_str().into(),
        )
        .leaf(
            "watching",
            TypeRef::named(TypeRef::STRING),
            "How people go on who were won, as the model writes it.",
            |it| text(it.watching.as_deref()),
        )
        .leaf("beyond", float(), "How far from its peers an outlier is, as a fraction.", |it| {
            it.beyond.into()
        })
        .leaf(
            "worthwhile",
            float(),
            "How far the rate of a worn one fell, and its events per person rose, as a fraction.",
            |it| it.worthwhile.into(),
        )
        .finish()
}

fn string() -> TypeRef {
    TypeRef::named_nn(TypeRef::STRING)
}

fn boolean() -> TypeRef {
    TypeRef::named_nn(TypeRef::BOOLEAN)
}
