//! What things may be called: names that stay distinct in SQL, in files, in queries and in GraphQL.

use std::collections::BTreeMap;

use crate::model::AgeStep;
use crate::model::asked::LISTED;
use crate::model::measure::MeasureKindName;
use crate::model::problems::Problems;
use crate::model::raw::{Place, RawModel};
use crate::toml_file::quoted;

/// Words that queries and the table of cells use themselves: no dimension or measure may have such a name.
pub const RESERVED_NAMES: [&str; 12] =
    ["grain", "period", "day", "month", "year", "all", "key", "keys", "values", "and", "or", "not"];

/// Validates the names of all tables and attributes, and that they are distinct.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) {
    for place in raw.sources.iter().map(|source| &source.place) {
        validate_word(&place.name, place.line, &place.path, "source", problems);
    }
    for place in raw.lookups.iter().map(|lookup| &lookup.place) {
        validate_word(&place.name, place.line, &place.path, "lookup", problems);
    }
    for place in raw.checks.iter().map(|check| &check.place) {
        validate_word(&place.name, place.line, &place.path, "check", problems);
    }
    for place in raw.experiments.iter().map(|test| &test.place) {
        validate_word(&place.name, place.line, &place.path, "test", problems);
    }
    let mut taken = Taken::default();
    for dimension in &raw.dimensions {
        let place = &dimension.place;
        validate_field(place, "dimension", problems);
        taken.add(&place.name, format!("the dimension `{}`", place.name), place, problems);
        if let Some(age) = dimension.age.given() {
            let listed = Place { name: String::new(), line: age.line, path: place.key("age") };
            for step in AgeStep::ALL {
                let name = format!("{}.{}", place.name, step.as_str());
                taken.add(&name, format!("the age `{name}`"), &listed, problems);
            }
        }
        let Some(attributes) = dimension.attributes.given() else {
            continue;
        };
        let listed =
            Place { name: String::new(), line: attributes.line, path: place.key("attributes") };
        for (index, attribute) in attributes.value.iter().enumerate() {
            validate_word(attribute, listed.line, &listed.path, "attribute", problems);
            if attributes.value[..index].contains(attribute) {
                let what = format!("`{attribute}` is listed twice");
                problems.report(listed.line, &listed.path, what, "list it once");
                continue;
            }
            let what = format!("the attribute `{}.{attribute}`", place.name);
            taken.add(&format!("{}.{attribute}", place.name), what, &listed, problems);
        }
    }
    for measure in &raw.measures {
        let place = &measure.place;
        validate_field(place, "measure", problems);
        taken.add(&place.name, format!("the measure `{}`", place.name), place, problems);
        if MeasureKindName::of(measure).is_some_and(MeasureKindName::is_spread) {
            for quantile in LISTED {
                let name = format!("{}.{quantile}", place.name);
                taken.add(&name, format!("the quantile `{name}`"), place, problems);
            }
        }
    }
}

fn validate_field(place: &Place, what: &str, problems: &mut Problems) {
    if RESERVED_NAMES.contains(&place.name.as_str()) {
        problems.report(
            place.line,
            &place.path,
            format!("`{}` is a reserved word", place.name),
            format!("choose a name other than {}", quoted(RESERVED_NAMES)),
        );
    } else {
        validate_word(&place.name, place.line, &place.path, what, problems);
    }
}

/// Lower-case letters, digits and `_`, starting with a letter.
fn validate_word(name: &str, line: usize, key: &str, what: &str, problems: &mut Problems) {
    let is_word = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_word {
        return;
    }
    let mut near: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    near = near.trim_matches('_').to_owned();
    let rule = "use lower-case letters, digits and `_`, starting with a letter";
    let mend = if near.starts_with(|first: char| first.is_ascii_lowercase()) {
        format!("{rule}, such as `{near}`")
    } else {
        rule.to_owned()
    };
    problems.report(
        line,
        key,
        format!("`{name}` is not a valid name for {} {what}", article(what)),
        mend,
    );
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Names in use, in the spelling of GraphQL fields (`assetTitle`). Enum values (`ASSET_TITLE`) keep their underscores,
/// so names that differ as fields differ as enum values.
#[derive(Default)]
struct Taken(BTreeMap<String, (String, String)>);

impl Taken {
    /// Adds a name (`asset.title` for an attribute), or reports what already has it.
    fn add(&mut self, name: &str, what: String, place: &Place, problems: &mut Problems) {
        let graphql = camel_case(name);
        match self.0.get(&graphql) {
            None => {
                self.0.insert(graphql, (name.to_owned(), what));
            }
            Some((other_name, other)) => {
                let what = if other_name == name {
                    format!("{other} already has this name")
                } else {
                    format!("{what} and {other} are both `{graphql}` in GraphQL")
                };
                problems.report(place.line, &place.path, what, "rename one of them");
            }
        }
    }
}

fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split(['_', '.']).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !out.is_empty() => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::RESERVED_NAMES;
    use crate::period::Grain;
    use crate::query::TimeGrain;

    /// Otherwise a dimension could have the name, and its meaning in a query would be ambiguous.
    #[test]
    fn names_of_periods_and_of_steps_of_time_are_reserved() {
        let periods = Grain::ALL.into_iter().map(Grain::as_str);
        let steps = TimeGrain::ALL.into_iter().filter(|step| step.is_reserved());
        for name in periods.chain(steps.map(TimeGrain::as_str)) {
            assert!(RESERVED_NAMES.contains(&name), "{name}");
        }
    }
}
