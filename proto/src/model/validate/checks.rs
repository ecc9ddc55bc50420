//! Checks before a commit: those that the model declares, and those that apply by default.
//!
//! A kind is a variant of `CheckKind`, and a file in this folder that defines its keys and its defaults.

mod keys;
mod missing;
mod out_of_day;
mod rows;
mod unattributed;
mod within;

use strum::VariantArray;

use self::keys::choice;
use super::need;
use crate::model::checks::{Check, CheckKind, CheckName, OnFailure};
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawCheck, RawModel};
use crate::toml_file::quoted;

/// Validates all declared checks and adds those that apply by default.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Check>> {
    let declared: Vec<Option<Vec<Check>>> =
        raw.checks.iter().map(|check| validate_one(raw, check, problems)).collect();
    let mut checks = defaults(raw);
    checks.retain(|default| raw.checks.iter().all(|check| check.place.name != default.name));
    let declared = declared.into_iter().collect::<Option<Vec<_>>>()?.concat();
    // A declared check of the same pair replaces the default one, whatever its name.
    checks.retain(|default| {
        declared.iter().all(|check| !within::is_same_pair(&default.kind, &check.kind))
    });
    checks.extend(declared);
    Some(checks)
}

/// The checks of a model that declares none: judgements of what is likely, so they only warn.
fn defaults(raw: &RawModel) -> Vec<Check> {
    let of_name = |name: CheckName| {
        by_default(name, raw).into_iter().map(move |kind| Check {
            name: name.as_str().to_owned(),
            kind,
            on_failure: OnFailure::Warn,
            is_default: true,
        })
    };
    CheckName::VARIANTS.iter().copied().flat_map(of_name).collect()
}

/// The checks of a kind in a model that declares none of that kind.
fn by_default(name: CheckName, raw: &RawModel) -> Vec<CheckKind> {
    let check = match name {
        CheckName::Rows => rows::by_default(raw).map(CheckKind::Rows),
        CheckName::Missing => missing::by_default(raw).map(CheckKind::Missing),
        CheckName::OutOfDay => out_of_day::by_default(raw).map(CheckKind::OutOfDay),
        CheckName::Unattributed => unattributed::by_default(raw).map(CheckKind::Unattributed),
        CheckName::Within => {
            return within::by_default(raw).into_iter().map(CheckKind::Within).collect();
        }
    };
    check.into_iter().collect()
}

/// The checks that a declared check means; several if it stands for the default ones.
fn declared(
    name: CheckName,
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<Vec<CheckKind>> {
    let kind = match name {
        CheckName::Rows => rows::declared(raw, check, problems).map(CheckKind::Rows),
        CheckName::Missing => missing::declared(raw, check, problems).map(CheckKind::Missing),
        CheckName::OutOfDay => out_of_day::declared(raw, check, problems).map(CheckKind::OutOfDay),
        CheckName::Unattributed => {
            unattributed::declared(raw, check, problems).map(CheckKind::Unattributed)
        }
        CheckName::Within => {
            let pairs = within::declared(raw, check, problems)?;
            return Some(pairs.into_iter().map(CheckKind::Within).collect());
        }
    };
    kind.map(|kind| vec![kind])
}

/// The keys that apply to a kind, besides `kind` and `on_failure`.
fn keys_of(name: CheckName) -> &'static [&'static str] {
    match name {
        CheckName::Rows => &["source", "trailing_days", "at_least", "at_most"],
        CheckName::Missing => &["source", "dimension", "at_most"],
        CheckName::OutOfDay | CheckName::Unattributed => &["source", "at_most"],
        CheckName::Within => &["measure", "within", "per"],
    }
}

/// Validates one declared check.
fn validate_one(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<Vec<Check>> {
    let place = &check.place;
    let choices = (OnFailure::ALL.as_slice(), OnFailure::as_str as fn(OnFailure) -> &'static str);
    let entry = ("on_failure", &check.on_failure);
    let on_failure = choice(check, entry, choices, OnFailure::Warn, problems);
    let name = kind_of(check, problems)?;
    refuse_foreign_keys(check, name, problems);
    let kinds = declared(name, raw, check, problems)?;
    let on_failure = on_failure?;
    let check = |kind| Check { name: place.name.clone(), kind, on_failure, is_default: false };
    Some(kinds.into_iter().map(check).collect())
}

/// The kind that a check states, or is named after.
fn kind_of(check: &RawCheck, problems: &mut Problems) -> Option<CheckName> {
    let named = |text: &str| CheckName::VARIANTS.iter().copied().find(|own| own.as_str() == text);
    let names = || CheckName::VARIANTS.iter().map(|name| name.as_str());
    let place = &check.place;
    let of_default = named(&place.name);
    if let (Some(name), Entry::Absent) = (of_default, &check.kind) {
        return Some(name);
    }
    let mend = format!("say what it is: {}", quoted(names()));
    let kind = need(place, "kind", &check.kind, &mend, problems)?;
    let line = check.kind.line_or(place.line);
    let Some(name) = named(kind) else {
        let what = format!("`{kind}` is not a kind of check");
        problems.report(line, place.key("kind"), what, choose(kind, names()));
        return None;
    };
    if let Some(own) = of_default.filter(|own| *own != name) {
        let own = own.as_str();
        let what = format!("a check called `{own}` must be of the kind `{own}`");
        problems.report(line, place.key("kind"), what, "give the check another name");
        return None;
    }
    Some(name)
}

/// Reports the keys that apply only to other kinds.
fn refuse_foreign_keys(check: &RawCheck, name: CheckName, problems: &mut Problems) {
    let RawCheck {
        place,
        kind: _,
        source,
        trailing_days,
        at_least,
        at_most,
        dimension,
        measure,
        within,
        per,
        on_failure: _,
    } = check;
    for (key, line) in [
        ("source", line_of(source)),
        ("trailing_days", line_of(trailing_days)),
        ("at_least", line_of(at_least)),
        ("at_most", line_of(at_most)),
        ("dimension", line_of(dimension)),
        ("measure", line_of(measure)),
        ("within", line_of(within)),
        ("per", line_of(per)),
    ] {
        if let Some(line) = line.filter(|_| !keys_of(name).contains(&key)) {
            let what = format!("has no meaning for the kind `{}`", name.as_str());
            problems.report(line, place.key(key), what, "remove it");
        }
    }
}

fn line_of<T>(entry: &Entry<T>) -> Option<usize> {
    entry.given().map(|at| at.line)
}
