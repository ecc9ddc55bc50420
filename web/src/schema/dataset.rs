//! What a dataset offers: the types `Dataset`, `TimeKeyInfo`, `FieldInfo` and `MeasureInfo`.

use async_graphql::dynamic::{Enum, EnumItem, TypeRef};
use async_graphql::dynamic::{Object, SchemaBuilder};
use async_graphql::{Name, Value};
use clio_proto::{Description, MeasureClass, MeasureFormat, TimeGrain, WeekStart};

use super::object::{ObjectOf, number, text};
use crate::names::{condition_name, enum_name, field_name, time_grains};

pub(super) const DATASET: &str = "Dataset";
const TIME_KEY_INFO: &str = "TimeKeyInfo";
const FIELD_INFO: &str = "FieldInfo";
const MEASURE_INFO: &str = "MeasureInfo";
const MEASURE_KIND: &str = "MeasureKind";
const MEASURE_FORMAT: &str = "MeasureFormat";
const WEEKDAY: &str = "Weekday";

/// The dataset as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Dataset {
    name: String,
    timezone: String,
    fingerprint: String,
    week_starts: &'static str,
    time_keys: Vec<TimeGrain>,
    fields: Vec<FieldInfo>,
    measures: Vec<MeasureInfo>,
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
    kind: &'static str,
    format: &'static str,
    expr: Option<String>,
    family: Option<String>,
    precision: Option<u8>,
    relative_error: Option<f64>,
}

impl From<&Description> for Dataset {
    fn from(dataset: &Description) -> Self {
        Self {
            name: dataset.dataset.clone(),
            timezone: dataset.timezone.clone(),
            fingerprint: dataset.fingerprint.to_string(),
            week_starts: match dataset.week_starts {
                WeekStart::Monday => "MONDAY",
                WeekStart::Sunday => "SUNDAY",
            },
            time_keys: time_grains(dataset).collect(),
            fields: dataset.fields.iter().map(FieldInfo::from).collect(),
            measures: dataset.measures.iter().map(MeasureInfo::from).collect(),
        }
    }
}

impl From<&clio_proto::FieldInfo> for FieldInfo {
    fn from(info: &clio_proto::FieldInfo) -> Self {
        Self {
            name: info.field.to_string(),
            dimension: info.field.dimension.clone(),
            attribute: info.field.attribute.clone(),
            label: info.label.clone(),
            multi: info.multi,
            has_label: info.has_label,
            has_media: info.has_media,
        }
    }
}

impl From<&clio_proto::MeasureInfo> for MeasureInfo {
    fn from(info: &clio_proto::MeasureInfo) -> Self {
        let mut measure = Self {
            name: info.name.clone(),
            label: info.label.clone(),
            kind: "COUNT",
            format: match info.format {
                MeasureFormat::Number => "NUMBER",
                MeasureFormat::Percent => "PERCENT",
                MeasureFormat::Seconds => "SECONDS",
            },
            expr: None,
            family: None,
            precision: None,
            relative_error: None,
        };
        match &info.class {
            MeasureClass::Count => {}
            MeasureClass::Sum => measure.kind = "SUM",
            MeasureClass::Distinct { family, precision, relative_error } => {
                measure.kind = "DISTINCT";
                measure.family = Some(family.clone());
                measure.precision = Some(*precision);
                measure.relative_error = Some(*relative_error);
            }
            MeasureClass::Derived { expression } => {
                measure.kind = "DERIVED";
                measure.expr = Some(expression.clone());
            }
        }
        measure
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema
        .register(dataset())
        .register(time_key_info())
        .register(field_info())
        .register(measure_info())
        .register(
            Enum::new(MEASURE_KIND)
                .description("What a measure is.")
                .item(EnumItem::new("COUNT").description("A number of events: exact."))
                .item(EnumItem::new("SUM").description("A sum of a column: exact."))
                .item(
                    EnumItem::new("DISTINCT")
                        .description("A number of different values, estimated by a sketch."),
                )
                .item(EnumItem::new("DERIVED").description("An expression over other measures.")),
        )
        .register(
            Enum::new(WEEKDAY)
                .description("A day on which weeks begin.")
                .item(EnumItem::new("MONDAY").description("As ISO 8601 has it."))
                .item(EnumItem::new("SUNDAY").description("As in North America.")),
        )
        .register(
            Enum::new(MEASURE_FORMAT)
                .description("How a measure is shown.")
                .item(EnumItem::new("NUMBER").description("A plain number."))
                .item(EnumItem::new("PERCENT").description("A share of 1, shown as a percentage."))
                .item(EnumItem::new("SECONDS").description("A duration in seconds.")),
        )
}

fn dataset() -> Object {
    ObjectOf::<Dataset>::new(DATASET, "The dataset that is served, as its model describes it.")
        .leaf("name", string(), "The dataset's name.", |it| it.name.as_str().into())
        .leaf("timezone", string(), "The IANA name of the time zone in which a day begins.", |it| {
            it.timezone.as_str().into()
        })
        .leaf("fingerprint", string(), "Changes whenever the meaning of the model does.", |it| {
            it.fingerprint.as_str().into()
        })
        .leaf("weekStarts", TypeRef::named_nn(WEEKDAY), "The day on which a week begins.", |it| {
            Value::Enum(Name::new(it.week_starts))
        })
        .list(
            "timeKeys",
            TIME_KEY_INFO,
            "What one groups by besides the fields, finest first.",
            |it: &Dataset| &it.time_keys,
        )
        .list(
            "fields",
            FIELD_INFO,
            "Dimensions, each followed by its attributes, in the model's order.",
            |it: &Dataset| &it.fields,
        )
        .list("measures", MEASURE_INFO, "Measures, in the model's order.", |it: &Dataset| {
            &it.measures
        })
        .finish()
}

fn time_key_info() -> Object {
    ObjectOf::<TimeGrain>::new(TIME_KEY_INFO, "A period of time that one groups by.")
        .leaf("name", string(), "The period: \"day\".", |it| it.as_str().into())
        .leaf("enumName", string(), "The name in the enum GroupKey: \"DAY\".", |it| {
            enum_name(it.as_str()).into()
        })
        .leaf("label", string(), "What people read: \"Day\".", |it| label_of(*it).into())
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
    ObjectOf::<FieldInfo>::new(FIELD_INFO, "What one filters and groups by.")
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
        .leaf("label", string(), "What people read: \"Asset title\".", |it| {
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
    ObjectOf::<MeasureInfo>::new(MEASURE_INFO, "A number that one asks for.")
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
        .leaf("label", string(), "What people read: \"Take rate\".", |it| it.label.as_str().into())
        .leaf("kind", TypeRef::named_nn(MEASURE_KIND), "What it is.", |it| {
            Value::Enum(Name::new(it.kind))
        })
        .leaf("format", TypeRef::named_nn(MEASURE_FORMAT), "How it is shown.", |it| {
            Value::Enum(Name::new(it.format))
        })
        .leaf(
            "expr",
            TypeRef::named(TypeRef::STRING),
            "The expression of a derived measure.",
            |it| text(it.expr.as_deref()),
        )
        .leaf(
            "family",
            TypeRef::named(TypeRef::STRING),
            "The sketch family of a distinct count.",
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
            "One standard error, relative, of a distinct count.",
            |it| number(it.relative_error),
        )
        .finish()
}

fn string() -> TypeRef {
    TypeRef::named_nn(TypeRef::STRING)
}

fn boolean() -> TypeRef {
    TypeRef::named_nn(TypeRef::BOOLEAN)
}
