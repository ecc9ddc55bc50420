//! How the model's names appear in GraphQL, and the way back.
//!
//! | in the model  | in enums      | as a field of an object |
//! |---------------|---------------|-------------------------|
//! | `asset`       | `ASSET`       | `asset`                 |
//! | `asset.title` | `ASSET_TITLE` | `assetTitle`            |
//! | `take_rate`   | `TAKE_RATE`   | `takeRate`              |

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use clio_proto::{
    Description, FieldRef, GroupKey, MeasureClass, Operator, Percentile, QuestionPart,
    ServiceError, TimeGrain,
};

/// Names in `CubeFilter` that no field may have.
pub(crate) const CONNECTIVES: [&str; 3] = ["and", "or", "not"];
/// Names in `CubeRow` that no field, measure or time key may have.
pub(crate) const ROW_LISTS: [&str; 2] = ["keys", "values"];

/// The list of quantiles in `CubeQuery`, `CubeRow` and `CubeHaving`, if the dataset has quantile measures: no field or
/// measure may then have this name.
pub(crate) const QUANTILES: &str = "quantiles";

/// The name as a value of an enum: `asset.media_type` becomes `ASSET_MEDIA_TYPE`.
pub(crate) fn enum_name(name: &str) -> String {
    name.chars()
        .map(
            |letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' },
        )
        .collect()
}

/// The name as a field of an object: `asset.media_type` becomes `assetMediaType`.
pub(crate) fn field_name(name: &str) -> String {
    let mut words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

/// The steps of time for grouping: all except those whose name is that of a dimension.
pub(crate) fn time_grains(dataset: &Description) -> impl Iterator<Item = TimeGrain> {
    let is_dimension = |grain: &TimeGrain| {
        dataset.fields.iter().any(|info| info.field.to_string() == grain.as_str())
    };
    TimeGrain::ALL.into_iter().filter(move |grain| !is_dimension(grain))
}

/// The steps of time with a field of their name in `CubeRow`: those whose name no dimension or measure has.
pub(crate) fn time_fields(dataset: &Description) -> impl Iterator<Item = TimeGrain> {
    let is_measure =
        |grain: &TimeGrain| dataset.measures.iter().any(|info| info.name == grain.as_str());
    time_grains(dataset).filter(move |grain| grain.is_reserved() || !is_measure(grain))
}

/// The quantile measures, each once: the description lists them by some of their quantiles.
pub(crate) fn quantile_measures(dataset: &Description) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for info in &dataset.measures {
        match &info.class {
            MeasureClass::Quantile { measure, .. } if !found.contains(&measure.as_str()) => {
                found.push(measure);
            }
            MeasureClass::Quantile { .. }
            | MeasureClass::Count
            | MeasureClass::Sum
            | MeasureClass::Distinct { .. }
            | MeasureClass::Derived { .. } => {}
        }
    }
    found
}

/// The name of a quantile in queries.
pub(crate) fn quantile_name(measure: &str, percentile: Percentile) -> String {
    format!("{measure}.{percentile}")
}

/// The name of a measure in `CubeHaving`: as a field, with a `_` appended if it would be a connective.
pub(crate) fn condition_name(measure: &str) -> String {
    let name = field_name(measure);
    if CONNECTIVES.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// The name of a part of a question: an entry of `CubeQuery`, or an argument of `members`.
pub(crate) fn part_name(part: QuestionPart) -> &'static str {
    match part {
        QuestionPart::From => "from",
        QuestionPart::To => "to",
        QuestionPart::Filter => "where",
        QuestionPart::GroupBy => "groupBy",
        QuestionPart::Measures => "measures",
        QuestionPart::Having => "having",
        QuestionPart::OrderBy => "orderBy",
        QuestionPart::Limit => "first",
        QuestionPart::Offset => "offset",
        QuestionPart::After => "after",
        QuestionPart::Extras => "extras",
        QuestionPart::Compare => "compare",
        QuestionPart::Window => "window",
        QuestionPart::LookBack => "lookBackDays",
        QuestionPart::Snapshot => "snapshot",
        QuestionPart::Field => "field",
        QuestionPart::Search => "search",
    }
}

/// An error of serving in the terms of GraphQL instead of those of the wire: for instance `where`. Parts of a question
/// are entries of the argument `within`, if given; the snapshot is an argument of its own.
pub(crate) fn in_graphql(mut error: ServiceError, within: Option<&str>) -> ServiceError {
    let path = |part: QuestionPart| match within {
        Some(argument) if part != QuestionPart::Snapshot => {
            format!("`{argument}.{}`", part_name(part))
        }
        Some(_) | None => format!("`{}`", part_name(part)),
    };
    let word = |part: QuestionPart| format!("`{}`", part_name(part));
    let mut message = QuestionPart::reworded(&error.message, path, word);
    for operator in Operator::ALL {
        let wire = format!("`{}`", operator.wire_name());
        if message.contains(&wire) {
            message = message.replace(&wire, &format!("`{}`", operator.name()));
        }
    }
    error.message = message;
    error
}

/// The model's names, by their GraphQL names. Always true: these are unique.
#[derive(Debug)]
pub(crate) struct Names {
    fields: HashMap<String, FieldRef>,
    ages: HashMap<String, FieldRef>,
    measures: HashMap<String, String>,
    filters: HashMap<String, FieldRef>,
    conditions: HashMap<String, String>,
    quantiles: HashMap<String, String>,
    times: Vec<TimeGrain>,
}

/// Two names of the model that are equal in GraphQL, or a name that GraphQL does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` cannot be served by GraphQL: {reason}; rename it in the dataset model")]
pub(crate) struct NameError {
    name: String,
    reason: String,
}

impl Names {
    /// Collects the names of a dataset.
    pub(crate) fn try_new(dataset: &Description) -> Result<Self, NameError> {
        let times: Vec<_> = TimeGrain::ALL
            .into_iter()
            .filter(|grain| grain.is_reserved())
            .map(TimeGrain::as_str)
            .collect();
        let refs: Vec<&FieldRef> =
            dataset.fields.iter().chain(&dataset.ages).map(|info| &info.field).collect();
        // Ages come last.
        let fields: Vec<_> = refs.iter().map(ToString::to_string).collect();
        let n_fields = dataset.fields.len();
        let measures: Vec<_> = dataset.measures.iter().map(|info| info.name.clone()).collect();

        let texts = |names: &[String]| -> Vec<_> {
            names.iter().map(|name| (name.clone(), enum_name(name))).collect()
        };
        let camels = |names: &[String]| -> Vec<_> {
            names.iter().map(|name| (name.clone(), field_name(name))).collect()
        };
        check_unique(times.iter().map(|name| enum_name(name)), texts(&fields))?;
        check_unique([], texts(&measures))?;
        check_unique(CONNECTIVES.map(str::to_owned), camels(&fields))?;
        let row = camels(&fields).into_iter().chain(camels(&measures)).collect();
        let quantiles = quantile_measures(dataset);
        let list = (!quantiles.is_empty()).then_some(QUANTILES);
        check_unique(times.into_iter().chain(ROW_LISTS).chain(list).map(str::to_owned), row)?;

        let refs = || refs.iter().map(|reference| (*reference).clone());
        let in_enums = || fields.iter().map(|name| enum_name(name)).zip(refs());
        Ok(Self {
            fields: in_enums().take(n_fields).collect(),
            ages: in_enums().skip(n_fields).collect(),
            filters: fields.iter().map(|name| field_name(name)).zip(refs()).collect(),
            conditions: measures.iter().map(|name| (condition_name(name), name.clone())).collect(),
            measures: measures.iter().map(|name| (enum_name(name), name.clone())).collect(),
            quantiles: quantiles.iter().map(|name| (enum_name(name), (*name).to_owned())).collect(),
            times: time_grains(dataset).collect(),
        })
    }

    /// The field of a value of the enum `Field`.
    pub(crate) fn field(&self, enum_name: &str) -> Option<&FieldRef> {
        self.fields.get(enum_name)
    }

    /// The field of an entry of `CubeFilter`.
    pub(crate) fn filter(&self, field_name: &str) -> Option<&FieldRef> {
        self.filters.get(field_name)
    }

    /// The measure of an entry of `CubeHaving`.
    pub(crate) fn condition(&self, field_name: &str) -> Option<&str> {
        self.conditions.get(field_name).map(String::as_str)
    }

    /// The measure of a value of the enum `Measure`.
    pub(crate) fn measure(&self, enum_name: &str) -> Option<&str> {
        self.measures.get(enum_name).map(String::as_str)
    }

    /// The measure of a value of the enum `QuantileMeasure`.
    pub(crate) fn quantile(&self, enum_name: &str) -> Option<&str> {
        self.quantiles.get(enum_name).map(String::as_str)
    }

    /// Whether there are quantile measures.
    pub(crate) fn has_quantiles(&self) -> bool {
        !self.quantiles.is_empty()
    }

    /// The key of a value of the enum `GroupKey`.
    pub(crate) fn group_key(&self, name: &str) -> Option<GroupKey> {
        self.times
            .iter()
            .find(|grain| enum_name(grain.as_str()) == name)
            .map(|grain| GroupKey::Time(*grain))
            .or_else(|| {
                let field = self.field(name).or_else(|| self.ages.get(name));
                field.cloned().map(GroupKey::Field)
            })
    }
}

fn check_unique(
    taken: impl IntoIterator<Item = String>,
    names: Vec<(String, String)>,
) -> Result<(), NameError> {
    let mut owners: HashMap<String, Option<String>> =
        taken.into_iter().map(|name| (name, None)).collect();
    for (name, graphql) in names {
        if !graphql.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let reason = format!("`{graphql}` does not begin with a letter");
            return Err(NameError { name, reason });
        }
        match owners.entry(graphql) {
            Entry::Vacant(entry) => {
                entry.insert(Some(name));
            }
            Entry::Occupied(entry) => {
                let owner = entry.get().as_ref().map_or_else(
                    || "is a word of the schema".to_owned(),
                    |other| format!("is also the name of `{other}`"),
                );
                let reason = format!("`{}` {owner}", entry.key());
                return Err(NameError { name, reason });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::media;

    #[test]
    fn names_of_the_model_become_names_of_graphql() {
        for (name, in_enum, as_field) in [
            ("asset", "ASSET", "asset"),
            ("asset.title", "ASSET_TITLE", "assetTitle"),
            ("asset.media_type", "ASSET_MEDIA_TYPE", "assetMediaType"),
            ("take_rate", "TAKE_RATE", "takeRate"),
            ("p95", "P95", "p95"),
            ("asset.Media Type", "ASSET_MEDIA_TYPE", "assetMediaType"),
        ] {
            assert_eq!((enum_name(name).as_str(), field_name(name).as_str()), (in_enum, as_field));
        }
    }

    #[test]
    fn errors_name_what_was_written() {
        let said = |message: &str, within| {
            let error = ServiceError::new(clio_proto::Code::InvalidArgument, message);
            in_graphql(error, within).message
        };
        let message =
            "`filter`: nested 33 deep; list values in one `any_of`, `none_of` or `group_by`";
        let expected = "`where`: nested 33 deep; list values in one `anyOf`, `noneOf` or `groupBy`";
        assert_eq!(said(message, None), expected);
        assert_eq!(said(message, Some("query")), expected.replacen("`where", "`query.where", 1));
        assert_eq!(
            said("`look_back_days`: 0 days; from 1 to 3660 are allowed", Some("query")),
            "`query.lookBackDays`: 0 days; from 1 to 3660 are allowed"
        );
        assert_eq!(
            said("`snapshot`: snapshot `7` is not held", Some("query")),
            "`snapshot`: snapshot `7` is not held"
        );
    }

    #[test]
    fn every_name_finds_its_way_back() {
        let dataset = media();
        let names = Names::try_new(&dataset).unwrap();
        for info in &dataset.fields {
            let name = info.field.to_string();
            assert_eq!(names.field(&enum_name(&name)), Some(&info.field));
            assert_eq!(names.filter(&field_name(&name)), Some(&info.field));
            assert_eq!(
                names.group_key(&enum_name(&name)),
                Some(GroupKey::Field(info.field.clone()))
            );
        }
        for info in &dataset.measures {
            assert_eq!(names.measure(&enum_name(&info.name)), Some(info.name.as_str()));
        }
        assert_eq!(names.group_key("MONTH"), Some(GroupKey::Time(TimeGrain::Month)));
        assert_eq!(names.group_key("WEEK"), Some(GroupKey::Time(TimeGrain::Week)));
        assert_eq!(names.group_key("HOUR"), None);
        // An age is grouped and filtered by, and has no members.
        let age = FieldRef::parse("asset.age_week");
        assert_eq!(names.group_key("ASSET_AGE_WEEK"), Some(GroupKey::Field(age.clone())));
        assert_eq!(names.filter("assetAgeWeek"), Some(&age));
        assert_eq!(names.field("ASSET_AGE_WEEK"), None);
    }

    /// Models had such a dimension before there were weeks to group by.
    #[test]
    fn a_dimension_or_measure_may_be_called_week() {
        let mut dataset = media();
        dataset.fields[5].field = FieldRef::parse("week");
        let names = Names::try_new(&dataset).unwrap();
        assert_eq!(names.group_key("WEEK"), Some(GroupKey::Field(FieldRef::parse("week"))));
        let times = |dataset: &Description| -> Vec<_> {
            time_fields(dataset).map(TimeGrain::as_str).collect()
        };
        assert_eq!(times(&dataset), ["day", "month", "year"]);
        let mut dataset = media();
        dataset.measures[0].name = "week".to_owned();
        let names = Names::try_new(&dataset).unwrap();
        assert_eq!(names.group_key("WEEK"), Some(GroupKey::Time(TimeGrain::Week)));
        assert_eq!((names.measure("WEEK"), times(&dataset).len()), (Some("week"), 3));
        assert_eq!(times(&media()), ["day", "week", "month", "year"]);
    }

    #[test]
    fn a_measure_may_be_called_as_a_connective() {
        let mut dataset = media();
        dataset.measures[0].name = "not".to_owned();
        let names = Names::try_new(&dataset).unwrap();
        assert_eq!((names.condition("not_"), names.condition("not")), (Some("not"), None));
        assert_eq!(names.condition("takeRate"), Some("take_rate"));
    }

    #[test]
    fn names_that_graphql_cannot_tell_apart_are_refused() {
        let error = |change: &dyn Fn(&mut Description)| {
            let mut dataset = media();
            change(&mut dataset);
            Names::try_new(&dataset).unwrap_err().to_string()
        };
        let field = |name: &str| FieldRef::parse(name);
        assert_eq!(
            error(&|dataset| dataset.fields[5].field = field("asset_title")),
            "`asset_title` cannot be served by GraphQL: `ASSET_TITLE` is also the name of \
             `asset.title`; rename it in the dataset model"
        );
        assert!(error(&|dataset| dataset.fields[5].field = field("day")).contains("is a word"));
        assert!(error(&|dataset| dataset.fields[5].field = field("not")).contains("is a word"));
        assert!(error(&|dataset| dataset.measures[0].name = "keys".into()).contains("is a word"));
        assert!(error(&|dataset| dataset.measures[0].name = "9th".into()).contains("a letter"));
        assert!(
            error(&|dataset| dataset.measures[0].name = "country".into()).contains("`country`")
        );
        // Only where there are quantile measures is it one.
        let named = |dataset: &mut Description| dataset.measures[0].name = "quantiles".into();
        assert!(error(&named).contains("is a word"));
        let mut dataset = media();
        dataset.measures.retain(|measure| !matches!(measure.class, MeasureClass::Quantile { .. }));
        named(&mut dataset);
        assert!(Names::try_new(&dataset).is_ok());
    }
}
