//! Settings as flags with their variables, added to the commands that take them.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::in_force::{Given, Origin};
use super::kind::{in_file, shown};
use super::{Setting, Settings, all};

/// The heading of settings that `-h` omits.
const LIMITS: &str = "Limits (all of them also in a file, see --config)";
/// Settings that the demo determines itself.
const NOT_OF_DEMO: [&str; 11] = [
    "serving.lake",
    "serving.grpc",
    "serving.roles",
    "serving.gateway_token_file",
    "serving.certificate",
    "serving.certificate_key",
    "serving.client_ca",
    "gateway.serving",
    "gateway.media",
    "gateway.roles",
    "gateway.gateway_token_file",
];

/// Gives every command the flags of its settings.
pub(crate) fn add_flags(root: Command) -> Command {
    let of_demo = |setting: &&Setting| !NOT_OF_DEMO.contains(&setting.name);
    let everything = ["serving", "gateway", "access", "sign_in", "client"];
    let log = of_tables(&["log"]).zip(1000..);
    root.args(log.map(|(setting, order)| {
        arg(setting).global(true).help_heading("Logging").display_order(order)
    }))
    .mut_subcommand("demo", |it| {
        it.args(of_tables(&["serving", "gateway"]).filter(of_demo).map(arg))
    })
    .mut_subcommand("query", |it| {
        // It serves nobody: of serving, only the limits matter.
        let of_query =
            |setting: &&Setting| setting.is_rare || setting.table_and_key().0 == "client";
        it.args(of_tables(&["serving", "client"]).filter(of_query).map(arg))
    })
    .mut_subcommand("serve", |it| it.args(of_tables(&["serving", "access"]).map(arg)))
    .mut_subcommand("gateway", |it| {
        it.args(of_tables(&["gateway", "access", "sign_in", "client"]).map(arg))
    })
    .mut_subcommand("config", |it| {
        it.mut_subcommand("show", |it| {
            it.args(of_tables(&everything).map(|setting| arg(setting).hide_short_help(true)))
        })
    })
}

/// The settings of tables; those that share a flag appear once.
fn of_tables(tables: &[&str]) -> impl Iterator<Item = &'static Setting> {
    let mut settings: Vec<&Setting> = Vec::new();
    for setting in all().filter(|setting| tables.contains(&setting.table_and_key().0)) {
        if settings.iter().all(|one| one.flag != setting.flag) {
            settings.push(setting);
        }
    }
    settings.into_iter()
}

fn arg(setting: &'static Setting) -> Arg {
    let mut help = setting.help.to_owned();
    if let Some(usual) = setting.default_text().filter(|usual| usual != "[]") {
        help += &format!(" [default: {}]", usual.trim_matches('"'));
    }
    let kind = setting.kind;
    let arg = Arg::new(setting.name)
        .long(setting.flag)
        .env(setting.env)
        .value_name(kind.value_name())
        .help(help)
        .hide_short_help(setting.is_rare);
    let arg = if setting.is_rare { arg.help_heading(LIMITS) } else { arg };
    if kind.is_list() {
        arg.action(ArgAction::Append).value_delimiter(',')
    } else if setting.is_switch() {
        arg.num_args(0..=1).require_equals(true).default_missing_value("true")
    } else {
        arg
    }
}

/// What environment and command line give for the command that was called.
pub(crate) fn given(root: &ArgMatches) -> Vec<Given> {
    let mut matches = root;
    while let Some((_, deeper)) = matches.subcommand() {
        matches = deeper;
    }
    // Settings that share a flag are one argument, named after the first.
    let name_of = |setting: &Setting| {
        let twins = all().filter(|one| one.flag == setting.flag).map(|one| one.name);
        twins.into_iter().find(|name| matches.try_contains_id(name).unwrap_or(false))
    };
    let one = |setting: &'static Setting| {
        let id = name_of(setting)?;
        let origin = match matches.value_source(id)? {
            ValueSource::CommandLine => Origin::Flag,
            _ => Origin::Environment,
        };
        let texts = matches.get_many::<String>(id)?.cloned().collect();
        Some(Given { setting, texts, origin })
    };
    all().filter_map(one).collect()
}

impl Setting {
    fn is_switch(&self) -> bool {
        matches!(self.kind, super::Kind::Switch)
    }

    /// The default in the form of a file, or in words if it differs between machines; `None` if nothing is set.
    pub(super) fn default_text(&self) -> Option<String> {
        let written = in_file(&shown(&(self.place)(&mut Settings::default())));
        self.usual.map(str::to_owned).or(written)
    }
}
