//! `clio roles check`: prints a file of roles as parsed, and checks it against a model.

use std::path::Path;

use anyhow::Context;
use clio_proto::{
    MeasureRule, Model, Policy, Principal, PrincipalKind, Right, Role, RoleLimits, Roles, Who,
};
use serde_json::{Value, json};

use crate::args::ReportFormat;
use crate::etl_config::read_model;
use crate::terminal::{answer, say};

/// Prints all roles, or the policy of one principal.
pub(crate) fn run(
    file: &Path,
    model: Option<&Path>,
    somebody: &[Who],
    format: ReportFormat,
) -> anyhow::Result<()> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the file of roles `{name}`"))?;
    let roles = Roles::parse(&name, &text)?;
    let model = model.map(read_model).transpose()?;
    if let Some(model) = &model {
        roles.check(model)?;
    }
    match model.as_ref().filter(|_| !somebody.is_empty()) {
        Some(model) => of_somebody(&roles, model, &principal(somebody), format),
        None => all(&roles, format),
    }
    Ok(())
}

/// The principal that matches all of these.
fn principal(somebody: &[Who]) -> Principal {
    let mut principal = Principal::new(PrincipalKind::User, "somebody");
    for who in somebody {
        match who.clone() {
            Who::Everyone => {}
            Who::Named(kind, name) => (principal.kind, principal.name) = (kind, name),
            Who::Group(group) => principal.groups.push(group),
            Who::Claim { name, value } => principal.claims.entry(name).or_default().push(value),
        }
    }
    principal
}

fn all(roles: &Roles, format: ReportFormat) {
    match format {
        ReportFormat::Json => {
            answer!("{:#}", Value::Array(roles.all().iter().map(json_of).collect()));
        }
        ReportFormat::Text => roles.all().iter().for_each(print),
    }
}

fn print(role: &Role) {
    let Role { name, who, datasets, rows, measures, rights, limits, .. } = role;
    let or_all = |text: Option<String>| text.unwrap_or_else(|| "all".to_owned());
    let list = |names: &std::collections::BTreeSet<String>| {
        names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    say!("role {name}");
    let who: Vec<String> = who.iter().map(ToString::to_string).collect();
    say!("  who       {}", who.join(", "));
    say!("  datasets  {}", or_all(datasets.as_ref().map(list)));
    say!("  rows      {}", or_all(rows.as_ref().map(ToString::to_string)));
    let measures = match measures {
        MeasureRule::All => "all".to_owned(),
        MeasureRule::Only(named) => list(named),
        MeasureRule::AllBut(named) => format!("all but {}, and what is made of them", list(named)),
    };
    say!("  measures  {measures}");
    print_rights(|right| rights.contains(&right), limits);
}

fn print_rights(may: impl Fn(Right) -> bool, limits: &RoleLimits) {
    let or_none = |words: Vec<String>| match words.is_empty() {
        true => "none".to_owned(),
        false => words.join(", "),
    };
    let rights = Right::ALL.into_iter().filter(|right| may(*right));
    say!("  rights    {}", or_none(rights.map(|right| right.as_str().to_owned()).collect()));
    let limits = limits_of(limits).into_iter();
    let limits = limits.filter_map(|(name, limit)| limit.map(|limit| format!("{name} {limit}")));
    say!("  limits    {}", or_none(limits.collect()));
}

fn limits_of(limits: &RoleLimits) -> [(&'static str, Option<u32>); 4] {
    let RoleLimits { queries_per_second, burst, max_groups, max_seconds } = *limits;
    [
        ("queries_per_second", queries_per_second),
        ("burst", burst),
        ("max_groups", max_groups),
        ("max_seconds", max_seconds),
    ]
}

fn json_of(role: &Role) -> Value {
    let Role { name, who, datasets, rows, measures, rights, limits, .. } = role;
    let (only, hidden) = match measures {
        MeasureRule::All => (None, None),
        MeasureRule::Only(named) => (Some(named), None),
        MeasureRule::AllBut(named) => (None, Some(named)),
    };
    json!({
        "role": name,
        "who": who.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "datasets": datasets,
        "rows": rows.as_ref().map(ToString::to_string),
        "measures": only,
        "hidden_measures": hidden,
        "rights": rights.iter().map(|right| right.as_str()).collect::<Vec<_>>(),
        "limits": json_of_limits(limits),
    })
}

fn json_of_limits(limits: &RoleLimits) -> Value {
    let given = limits_of(limits).into_iter();
    let given = given.filter_map(|(name, limit)| Some((name.to_owned(), limit?.into())));
    Value::Object(given.collect())
}

fn of_somebody(roles: &Roles, model: &Model, principal: &Principal, format: ReportFormat) {
    let policy = roles.policy(principal, model.name());
    let seen = |policy: &Policy| -> Vec<String> {
        let seen = model.measures().iter().filter(|own| policy.sees(model, &own.name));
        seen.map(|own| own.name.clone()).collect()
    };
    if format == ReportFormat::Json {
        answer!(
            "{:#}",
            match &policy {
                None => Value::Null,
                Some(policy) => json!({
                    "roles": policy.roles(),
                    "rows": policy.rows().map(ToString::to_string),
                    "measures": seen(policy),
                    "rights": Right::ALL.into_iter().filter(|right| policy.may(*right)).map(Right::as_str).collect::<Vec<_>>(),
                    "limits": json_of_limits(policy.limits()),
                    "policy": format!("{:016x}", policy.digest()),
                }),
            }
        );
        return;
    }
    let dataset = model.name();
    let Some(policy) = policy else {
        say!("{principal} has no role for the dataset `{dataset}`, and may see nothing of it");
        return;
    };
    say!("{principal}, of the dataset `{dataset}`");
    say!("  roles     {}", policy.roles().join(", "));
    say!("  rows      {}", policy.rows().map_or_else(|| "all".to_owned(), ToString::to_string));
    say!("  measures  {}", seen(&policy).join(", "));
    print_rights(|right| policy.may(right), policy.limits());
    say!("  policy    {:016x}", policy.digest());
}
