//! Which value of each setting is in force, and where it comes from.

use std::fmt;

use serde_json::Value;

use super::kind::shown;
use super::{Setting, Settings, all, file};

/// Where a value comes from; later ones override earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    /// A line of the file, counted from 1.
    File(usize),
    Environment,
    Flag,
}

/// What environment or command line give for one setting.
#[derive(Debug)]
pub(crate) struct Given {
    pub(super) setting: &'static Setting,
    pub(super) texts: Vec<String>,
    pub(super) origin: Origin,
}

/// All settings, each with its origin.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) settings: Settings,
    /// The file, if one was given.
    pub(crate) file: Option<String>,
    /// In the list's order.
    origins: Vec<Origin>,
}

impl InForce {
    /// Every setting with its value in force (null if nothing is set) and its origin.
    pub(crate) fn list(mut self) -> Vec<(&'static Setting, Value, Origin)> {
        all()
            .zip(self.origins)
            .map(|(setting, origin)| (setting, shown(&(setting.place)(&mut self.settings)), origin))
            .collect()
    }
}

/// All problems with settings, one per line.
#[derive(Debug, thiserror::Error)]
pub(crate) struct WrongSettings(Vec<String>);

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Merges the defaults, a file (its name and text), the environment and the flags.
///
/// # Errors
///
/// Unknown keys, wrong types and values out of range, each with its place and what to write.
pub(crate) fn resolve(
    file: Option<(&str, &str)>,
    given: Vec<Given>,
) -> Result<InForce, WrongSettings> {
    let mut wrong = Vec::new();
    let mut all_given = Vec::new();
    if let Some((name, text)) = file {
        let (entries, problems) = file::read(text);
        all_given.extend(entries.into_iter().map(|entry| Given {
            setting: entry.setting,
            texts: entry.texts,
            origin: Origin::File(entry.line),
        }));
        wrong.extend(problems.into_iter().map(|problem| {
            let key =
                if problem.key.is_empty() { String::new() } else { format!("`{}`: ", problem.key) };
            let what = format!("{name}:{}: {key}{}; {}", problem.line, problem.what, problem.mend);
            (problem.line, what)
        }));
    }
    all_given.extend(given);
    let file = file.map(|(name, _)| name.to_owned());
    let mut found = InForce {
        settings: Settings::default(),
        file,
        origins: vec![Origin::Default; all().count()],
    };
    for one in all_given {
        let Given { setting, texts, origin } = one;
        match setting.kind.write(&texts, (setting.place)(&mut found.settings)) {
            Ok(()) => found.origins[index_of(setting)] = origin,
            Err(what) => {
                let place = found.place(setting, origin);
                let line = if let Origin::File(line) = origin { line } else { usize::MAX };
                wrong.push((line, format!("{place}: {what}; {}", setting.kind.mend())));
            }
        }
    }
    // Problems of the file by line, whatever they are.
    wrong.sort_by_key(|(line, _)| *line);
    let mut wrong: Vec<String> = wrong.into_iter().map(|(_, what)| what).collect();
    if wrong.is_empty() {
        wrong.extend(found.disagreement());
    }
    if wrong.is_empty() { Ok(found) } else { Err(WrongSettings(wrong)) }
}

impl InForce {
    /// Where to change a value.
    fn place(&self, setting: &Setting, origin: Origin) -> String {
        match (origin, &self.file) {
            (Origin::File(line), Some(file)) => format!("{file}:{line}: `{}`", setting.name),
            (Origin::Environment, _) => format!("environment: `{}`", setting.env),
            (Origin::Flag, _) => format!("`--{}`", setting.flag),
            _ => format!("`{}`", setting.name),
        }
    }

    /// Two settings that contradict each other.
    fn disagreement(&self) -> Option<String> {
        let limits = &self.settings.gateway.limits;
        if limits.answer_timeout > limits.service_timeout {
            return None;
        }
        let place = |name| {
            let setting = all().find(|setting| setting.name == name).expect("the list has it");
            self.place(setting, self.origins[index_of(setting)])
        };
        Some(format!(
            "{}: is not above {}, during which there is nothing to take; raise the one or lower the other",
            place("gateway.answer_timeout"),
            place("gateway.service_timeout")
        ))
    }
}

fn index_of(setting: &Setting) -> usize {
    all().position(|one| one.name == setting.name).expect("a setting is of the list")
}
