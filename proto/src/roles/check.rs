//! Checks roles against a model: whether the fields and measures that they name exist.

use super::{MeasureRule, Role, Roles, RolesError};
use crate::field::FieldRef;
use crate::filter::{Filter, Test};
use crate::model::Model;
use crate::toml_file::{TomlProblem, nearest, quoted};

impl Roles {
    /// Checks the roles against a model's dataset; roles for other datasets are ignored.
    ///
    /// # Errors
    ///
    /// Every field and every measure that the model does not have, and tests that no cell can pass, each with its line
    /// and the mend.
    pub fn check(&self, model: &Model) -> Result<(), RolesError> {
        let is_of = |role: &&Role| {
            role.datasets.as_ref().is_none_or(|datasets| datasets.contains(model.name()))
        };
        let mut problems = Vec::new();
        for role in self.roles.iter().filter(is_of) {
            check_measures(role, model, &mut problems);
            if let Some(rows) = &role.rows {
                check_rows(role, rows, model, &mut problems);
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort_by_key(|problem| problem.line);
        Err(RolesError { file: self.file.clone(), problems })
    }
}

fn check_measures(role: &Role, model: &Model, problems: &mut Vec<TomlProblem>) {
    let (key, named) = match &role.measures {
        MeasureRule::All => return,
        MeasureRule::Only(named) => ("measures", named),
        MeasureRule::AllBut(named) => ("hidden_measures", named),
    };
    for measure in named.iter().filter(|measure| model.measure(measure).is_none()) {
        let existing: Vec<&str> = model.measures().iter().map(|own| own.name.as_str()).collect();
        problems.push(TomlProblem {
            line: role.lines.measures,
            key: format!("role.{}.{key}", role.name),
            what: format!("the model has no measure `{measure}`"),
            mend: choose(measure, &existing),
        });
    }
}

fn check_rows(role: &Role, rows: &Filter, model: &Model, problems: &mut Vec<TomlProblem>) {
    let mut report = |what: String, mend: String| {
        let key = format!("role.{}.rows", role.name);
        problems.push(TomlProblem { line: role.lines.rows, key, what, mend });
    };
    match rows {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter().for_each(|part| check_rows(role, part, model, problems));
        }
        Filter::Not(part) => check_rows(role, part, model, problems),
        Filter::Field { field, .. } if model.fields().all(|own| own != *field) => {
            let existing: Vec<String> = model.fields().map(|own| own.to_string()).collect();
            let existing: Vec<&str> = existing.iter().map(String::as_str).collect();
            let what = format!("the model has no field `{field}`");
            report(what, choose(&field.to_string(), &existing));
        }
        Filter::Field { field, test: Test::AllOf(values) } if values.len() > 1 => {
            if is_single(field, model) {
                let what = format!("`{field}` has one value, and `allOf` asks for several");
                report(what, "write `anyOf`".to_owned());
            }
        }
        Filter::Field { .. } => {}
    }
}

/// Whether a field has at most one value, whatever its lookup is.
fn is_single(field: &FieldRef, model: &Model) -> bool {
    let dimension = model.dimension(&field.dimension);
    field.attribute.is_none() && dimension.is_some_and(|dimension| !dimension.multi)
}

fn choose(name: &str, existing: &[&str]) -> String {
    let list = format!("there are: {}", quoted(existing.iter().copied()));
    match nearest(name, existing.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    }
}
