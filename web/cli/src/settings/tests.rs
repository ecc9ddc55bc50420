//! The list against itself, its readers and `docs/settings.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::{CommandFactory, FromArgMatches};
use clio_proto::Projection;

use super::in_force::Given;
use super::kind::{in_file, shown};
use super::{Origin, Place, Settings, add_flags, all, given, resolve};
use crate::args::Cli;

/// What flags give, as the binary reads them.
fn flags(words: &str) -> Vec<Given> {
    let matches = add_flags(Cli::command()).try_get_matches_from(words.split(' ')).unwrap();
    Cli::from_arg_matches(&matches).unwrap();
    given(&matches)
}

/// What the environment would give; tests do not change their own.
fn environment(name: &str, text: &str) -> Given {
    let setting = all().find(|setting| setting.name == name).unwrap();
    Given { setting, texts: vec![text.to_owned()], origin: Origin::Environment }
}

fn check_wrong(text: &str, expected: &str) {
    let wrong = resolve(Some(("clio.toml", text)), Vec::new()).unwrap_err();
    assert_eq!(wrong.to_string(), expected, "{text}");
}

#[test]
fn commands_take_their_settings_and_stay_consistent() {
    add_flags(Cli::command()).debug_assert();
    for words in [
        "clio serve --lake lake --snapshots-held 5",
        "clio gateway --serving http://a:1,http://b:2 --serving http://c:3 --max-sockets 7",
        "clio demo --insecure --graphiql=false --max-groups 9",
        "clio query --lake lake --request-timeout 5s",
        "clio config show --lake lake --media-origins https://cdn.example.com",
        "clio --config clio.toml --log debug config show",
    ] {
        flags(words);
    }
}

#[test]
fn names_variables_and_flags_follow_one_rule() {
    // Names without a table.
    let short = [
        "LAKE",
        "GRPC",
        "INSECURE",
        "MEMORY",
        "SERVING",
        "HTTP",
        "ALLOW_HOST",
        "MEDIA",
        "STORE",
        "LOG",
        "ROLES",
        "GATEWAY_TOKEN_FILE",
        "METRICS",
    ];
    let mut names = BTreeSet::new();
    for setting in all() {
        assert!(names.insert(setting.name), "{} is there twice", setting.name);
        let (table, key) = setting.table_and_key();
        let rule = format!("CLIO_{}_{}", table.to_uppercase(), key.to_uppercase());
        let is_short = short.iter().any(|name| setting.env == format!("CLIO_{name}"));
        assert!(setting.env == rule || is_short, "{}: {}", setting.name, setting.env);
        assert!(!setting.help.ends_with('.'), "{}", setting.name);
        let twins = all().filter(|one| one.flag == setting.flag).map(|one| one.env);
        assert_eq!(twins.collect::<BTreeSet<_>>().len(), 1, "--{} has two variables", setting.flag);
    }
}

/// A kind that does not fit its place would refuse whatever one writes.
#[test]
fn every_default_can_be_written_as_it_is_shown() {
    for setting in all() {
        let mut defaults = Settings::default();
        let before = shown(&(setting.place)(&mut defaults));
        let Some(written) = in_file(&before) else { continue };
        let (table, key) = setting.table_and_key();
        let text = format!("[{table}]\n{key} = {written}\n");
        let found = resolve(Some(("clio.toml", &text)), Vec::new()).unwrap();
        let (_, after, origin) =
            found.list().into_iter().find(|(it, ..)| it.name == setting.name).unwrap();
        assert_eq!((after, origin), (before, Origin::File(2)), "{}", setting.name);
    }
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let text = "[gateway]\nmax_sockets = 5\n";
    let file = Some(("clio.toml", text));
    let variable = || environment("gateway.max_sockets", "6");
    let flag = || flags("clio gateway --serving http://a:1 --max-sockets 7");
    let with_both = std::iter::once(variable()).chain(flag()).collect();
    for (file, given, expected, origin) in [
        (None, Vec::new(), 1_024, Origin::Default),
        (file, Vec::new(), 5, Origin::File(2)),
        (file, vec![variable()], 6, Origin::Environment),
        (file, flag(), 7, Origin::Flag),
        (file, with_both, 7, Origin::Flag),
    ] {
        let found = resolve(file, given).unwrap();
        assert_eq!(found.settings.gateway.limits.max_sockets, expected);
        let list = found.list();
        let (.., from) = list.iter().find(|(it, ..)| it.name == "gateway.max_sockets").unwrap();
        assert_eq!(*from, origin);
    }
}

#[test]
fn values_are_read_as_people_write_them() {
    let text = "[serving]\nmemory = 512\nmax_query_memory = \"2GiB\"\nquery_timeout = \"1m 30s\"\n\
                [gateway]\nallowed_origins = [\"https://Portal.example.com/\"]\ngraphiql = false\n";
    let found = resolve(Some(("clio.toml", text)), flags("clio demo --insecure")).unwrap();
    let lake = url::Url::parse("file:///lake/").unwrap();
    let serving = found.settings.serving(lake);
    assert_eq!(serving.memory_limit_bytes, Some(512 << 20));
    assert_eq!(serving.limits.query_bytes, 2 << 30);
    assert_eq!(serving.limits.query_timeout.as_secs(), 90);
    // A browser sends an origin in small letters, without a slash.
    assert_eq!(found.settings.gateway.allowed_origins, ["https://portal.example.com"]);
    assert!(!found.settings.gateway.allow_graphiql);
    assert!(found.settings.gateway.is_insecure && found.settings.is_grpc_insecure);
}

#[test]
fn what_a_file_gets_wrong_is_told_with_line_and_mend() {
    check_wrong(
        "[gateway]\nmax_sokets = 5\n",
        "clio.toml:2: `gateway.max_sokets`: unknown key; did you mean `max_sockets`?",
    );
    check_wrong("[gatway]\n", "clio.toml:1: `gatway`: unknown key; did you mean `gateway`?");
    check_wrong("lake = \"x\"\n", "clio.toml:1: `lake`: unknown key; write it below `[serving]`");
    check_wrong(
        "[gateway]\nsnapshots_held = 2\n",
        "clio.toml:2: `gateway.snapshots_held`: unknown key; it belongs below `[serving]`",
    );
    check_wrong(
        "[gateway]\nmax_sockets = \"many\"\nhttp = 8080\n",
        "clio.toml:2: `gateway.max_sockets`: has the type string; write a whole number from 1 to 1000000\n\
         clio.toml:3: `gateway.http`: has the type integer; write an address with a port, such as \
         `\"127.0.0.1:8080\"`",
    );
    check_wrong(
        "[serving]\nsnapshots_held = 0\nquery_timeout = \"30\"\n",
        "clio.toml:2: `serving.snapshots_held`: `0` is not what it takes; write a whole number from 1 to 1000\n\
         clio.toml:3: `serving.query_timeout`: `30` is not what it takes; write a time such as `\"30s\"` or \
         `\"1m 30s\"`, from 1ms to 24h",
    );
    check_wrong(
        "[gateway]\nmedia_origins = [\"https://cdn.example.com/path\"]\n",
        "clio.toml:2: `gateway.media_origins`: `https://cdn.example.com/path` is not what it takes; write a \
         list of origins, a scheme and a host each, such as `[\"https://cdn.example.com\"]`",
    );
    check_wrong(
        "[gateway\n",
        "clio.toml:1: this is not TOML: unclosed table, expected `]`; correct it; texts need quotes, and lists \
         and names of tables need brackets",
    );
    check_wrong(
        "[gateway]\nanswer_timeout = \"10s\"\n",
        "clio.toml:2: `gateway.answer_timeout`: is not above `gateway.service_timeout`, during which there is \
         nothing to take; raise the one or lower the other",
    );
}

#[test]
fn what_flags_and_variables_get_wrong_is_told_by_their_names() {
    let wrong = |given| resolve(None, given).unwrap_err().to_string();
    let text = wrong(flags("clio gateway --serving http://a:1 --max-sockets none"));
    assert_eq!(
        text,
        "`--max-sockets`: `none` is not what it takes; write a whole number from 1 to 1000000"
    );
    let text = wrong(vec![environment("gateway.http", "here")]);
    assert!(text.starts_with("environment: `CLIO_HTTP`: `here`"), "{text}");
}

/// The fields of all that settings fill, each with what it holds.
fn fields(settings: &Settings) -> BTreeMap<String, String> {
    let texts = [
        ("serving", format!("{:#?}", settings.serving)),
        ("serving limits", format!("{:#?}", settings.serving.limits)),
        ("gateway", format!("{:#?}", settings.gateway)),
        ("gateway limits", format!("{:#?}", settings.gateway.limits)),
        ("store", format!("{:#?}", settings.store)),
        ("store limits", format!("{:#?}", settings.store.limits)),
        ("client", format!("{:#?}", settings.remote)),
    ];
    let mut fields = BTreeMap::new();
    for (config, text) in texts {
        let mut last = String::new();
        for line in text.lines().skip(1) {
            let own =
                line.strip_prefix("    ").filter(|line| !line.starts_with([' ', ']', ')', '}']));
            if let Some((name, _)) = own.and_then(|line| line.split_once(": ")) {
                last = format!("{config}: {name}");
            }
            fields.entry(last.clone()).or_insert_with(String::new).push_str(line);
        }
    }
    fields
}

/// Writes something else than the default.
fn change(place: Place<'_>) {
    match place {
        Place::Count(it) | Place::Size(it) => *it += 1,
        Place::Count32(it) => *it += 1,
        Place::Size64(it) => *it += 1,
        Place::Milliseconds(it) | Place::Time(it) => *it *= 2,
        Place::MaybeSize(it) => *it = Some(1),
        Place::Switch(it) => *it = !*it,
        Place::Text(it) => it.push('x'),
        Place::MaybeText(it) => *it = Some("x".to_owned()),
        Place::MaybePath(it) => *it = Some("x".into()),
        Place::Texts(it) => it.push("x".to_owned()),
        Place::Only(it) => *it = Projection::parse_only("x=y").unwrap(),
        Place::Since(it) => *it = "2d".parse().ok(),
        Place::Address(it) => it.set_port(1),
        Place::MaybeAddress(it) => *it = Some(([127, 0, 0, 1], 1).into()),
    }
}

/// A limit that somebody adds to a config is out of reach until it stands in the list.
#[test]
fn every_field_of_a_config_has_a_setting() {
    let before = fields(&Settings::default());
    let mut reached = BTreeSet::new();
    for setting in all() {
        let mut settings = Settings::default();
        change((setting.place)(&mut settings));
        let after = fields(&settings);
        let changed = after.iter().filter(|(name, text)| before.get(*name) != Some(*text));
        reached.extend(changed.map(|(name, _)| name.clone()));
    }
    // The lake is a field of ours until it is known which it is; so are the files of the store, of secrets, certificates and access, which the
    // binary opens; it draws the seeds, counts requests, and tells a gateway of its replicas, which it alone probes.
    let own = [
        "serving: lake",
        "serving: seed",
        "gateway: seed",
        "gateway: store",
        "gateway: access",
        "gateway: tls",
        "client: gateway_token",
        "client: bearer",
        "client: tls",
        "client: probe_interval",
        "gateway: replicas",
        "gateway: requests",
    ];
    let missing: Vec<_> = before
        .keys()
        .filter(|name| !reached.contains(*name) && !own.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "no setting fills {missing:?}");
    assert!(reached.len() > 50, "only {} fields were found", reached.len());
}

/// The tables of `docs/settings.md`, between its marks.
fn documented() -> String {
    let mut text = String::new();
    let mut last = "";
    for setting in all() {
        let (table, key) = setting.table_and_key();
        if table != last {
            text += &format!(
                "\n### `[{table}]`\n\n| key | flag | variable | value | default | what it does |\n\
                 | --- | --- | --- | --- | --- | --- |\n"
            );
            last = table;
        }
        let default = match (setting.usual, setting.default_text()) {
            (Some(words), _) => words.to_owned(),
            (None, Some(written)) => format!("`{written}`"),
            (None, None) => "none".to_owned(),
        };
        text += &format!(
            "| `{key}` | `--{}` | `{}` | {} | {default} | {} |\n",
            setting.flag,
            setting.env,
            setting.kind.in_words(),
            setting.help
        );
    }
    text
}

/// With `CLIO_BLESS=1` the test writes the tables.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn the_documentation_lists_every_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let (begin, end) = ("<!-- settings: begin -->\n", "\n<!-- settings: end -->");
    let text = std::fs::read_to_string(&path).unwrap();
    let from = text.find(begin).expect("the mark of the beginning is there") + begin.len();
    let to = text.find(end).expect("the mark of the end is there");
    if std::env::var_os("CLIO_BLESS").is_some() {
        let blessed = format!("{}{}{}", &text[..from], documented(), &text[to..]);
        std::fs::write(&path, blessed).unwrap();
        return;
    }
    assert!(
        text[from..to] == documented(),
        "docs/settings.md is stale: run this test with CLIO_BLESS=1"
    );
}
