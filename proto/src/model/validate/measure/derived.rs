//! Expressions over stored measures.

use super::super::need;
use super::Kind;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{RawMeasure, RawModel};
use crate::model::{Expression, MeasureKind};
use crate::toml_file::quoted;

pub(super) fn validate(
    raw: &RawModel,
    measure: &RawMeasure,
    problems: &mut Problems,
) -> Option<MeasureKind> {
    let place = &measure.place;
    let mend = "write it over other measures, such as `players / viewers`";
    let text = need(place, "expr", &measure.expr, mend, problems)?;
    let line = measure.expr.line_or(place.line);
    let key = place.key("expr");
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            let mend = "use numbers, names of measures, `+ - * /` and parentheses";
            problems.report(line, key, error.to_string(), mend);
            return None;
        }
    };
    let stored: Vec<&str> = raw
        .measures
        .iter()
        .filter(|measure| Kind::of(measure) != Some(Kind::Derived))
        .map(|measure| measure.place.name.as_str())
        .collect();
    let names = expression.names();
    if names.is_empty() {
        let mend = format!("name at least one; there are: {}", quoted(stored.iter().copied()));
        problems.report(line, &key, "names no measure", mend);
    }
    for name in names {
        if stored.contains(&name) {
            continue;
        }
        let other = raw.measures.iter().find(|measure| measure.place.name == name);
        if other.is_some() {
            let what = format!("`{name}` is itself derived");
            let mend = format!(
                "write its expression out here; an expression is over stored measures: {}",
                quoted(stored.iter().copied())
            );
            problems.report(line, &key, what, mend);
        } else {
            let what = format!("no measure is called `{name}`");
            problems.report(line, &key, what, choose(name, stored.iter().copied()));
        }
    }
    Some(MeasureKind::Derived { expression })
}
