//! `clio config show`: the settings in force, and where each comes from. The text is itself a file of settings.

use serde_json::{Value, json};

use crate::args::ReportFormat;
use crate::settings::{InForce, Origin, Setting};
use crate::terminal::{answer, say};

/// Prints every setting.
pub(crate) fn run(in_force: InForce, format: ReportFormat) {
    let file = in_force.file.clone();
    let list = in_force.list();
    match format {
        ReportFormat::Text => {
            for line in text(&list, file.as_deref()) {
                say!("{line}");
            }
        }
        ReportFormat::Json => answer!("{:#}", json_of(&list, file.as_deref())),
    }
}

type Shown = (&'static Setting, Value, Origin);

fn text(list: &[Shown], file: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = "";
    for (setting, value, origin) in list {
        let (table, key) = setting.table_and_key();
        if table != last {
            if !last.is_empty() {
                lines.push(String::new());
            }
            lines.push(format!("[{table}]"));
            last = table;
        }
        let written = match crate::settings::in_file(value) {
            Some(value) => format!("{key} = {value}"),
            None => format!("# {key} is not set"),
        };
        let origin = match origin {
            Origin::Default => "default".to_owned(),
            Origin::File(line) => format!("{}:{line}", file.unwrap_or_default()),
            Origin::Environment => setting.env.to_owned(),
            Origin::Flag => format!("--{}", setting.flag),
        };
        lines.push(format!("{written:<44} # {origin}"));
    }
    lines
}

fn json_of(list: &[Shown], file: Option<&str>) -> Value {
    let one = |(setting, value, origin): &Shown| {
        let from = match origin {
            Origin::Default => json!({ "source": "default" }),
            Origin::File(line) => json!({ "source": "file", "file": file, "line": line }),
            Origin::Environment => json!({ "source": "environment", "variable": setting.env }),
            Origin::Flag => json!({ "source": "flag", "flag": setting.flag }),
        };
        json!({
            "name": setting.name, "value": value, "from": from,
            "variable": setting.env, "flag": setting.flag, "help": setting.help,
        })
    };
    list.iter().map(one).collect()
}
