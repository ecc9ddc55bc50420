//! A reader who types what a page says, in a folder of their own: one session per page, so that later commands find
//! what earlier ones made, and servers that were started.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use clio_tests::{Sandbox, Server, repository};

/// Programs besides `clio` that a page may use to make or look at files.
const SHELL: [&str; 9] = ["cat", "cp", "echo", "head", "ls", "mkdir", "mv", "printf", "rm"];

/// Commands that serve until they are stopped, with the flag for the address, and the default address.
const SERVERS: [(&str, &str, &str); 3] = [
    ("serve", "--grpc", "127.0.0.1:50051"),
    ("gateway", "--http", "127.0.0.1:8080"),
    ("demo", "--http", "127.0.0.1:8080"),
];

/// Storages that tests do not have.
const REMOTE: [&str; 4] = ["s3://", "gs://", "az://", "abfss://"];
/// What pages write in place of a reader's own value, and a value to use, if any.
const PLACEHOLDERS: [(&str, &str); 4] =
    [("DAY", "2026-01-31"), ("MIB", "512"), ("N", "1"), ("MONTH", "2026-01-01")];

/// What a reader has done so far.
pub(super) struct Session {
    sandbox: Sandbox,
    /// The running servers, by the address that the page gives them.
    servers: Vec<(String, Server)>,
}

impl Session {
    pub(super) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, servers: Vec::new() }
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.sandbox.path(name), text).unwrap();
    }

    /// Runs the command at the beginning of a text, if any, and compares its output: the lines below it must occur in
    /// their order, and lines between them about snapshot and time may be left out.
    pub(super) fn shows(&self, place: &str, text: &str) {
        let Some((command, shown)) = text.strip_prefix("$ ").and_then(|rest| rest.split_once('\n'))
        else {
            return;
        };
        let printed = self.shell(place, "clio", command);
        let mut lines = printed.lines().map(str::trim_end);
        for line in shown.lines() {
            let is_printed = lines.any(|own| own == line.trim_end());
            assert!(is_printed, "{place}: `{command}` does not print `{line}` there:\n{printed}");
        }
    }

    /// Runs a command, which must succeed.
    pub(super) fn run(&mut self, place: &str, command: &str) {
        let mut command = command.to_owned();
        for (address, server) in &self.servers {
            let own = server.url.strip_prefix("http://").expect("servers say where they are");
            command = command.replace(address, own);
        }
        let words = split(place, &command);
        let program = words[0].as_str();
        match (program, words.get(1).map(String::as_str)) {
            ("make", _) => is_target(place, &command),
            ("npm", _) => is_script(place, &words),
            ("curl", _) => download(place, &words),
            ("clio", Some(name)) if cannot_be_run(name, &words) => {
                self.understands(place, &command);
            }
            ("clio", Some(name)) if SERVERS.iter().any(|(own, ..)| *own == name) => {
                self.serve(&words);
            }
            _ => drop(self.shell(place, program, &command)),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "programs beside `clio` are found where they are"
    )]
    fn shell(&self, place: &str, program: &str, command: &str) -> String {
        let is_known = program == "clio" || SHELL.contains(&program);
        assert!(is_known, "{place}: tests/snippets.rs does not say how `{command}` is run");
        // A name and a place as after an installation, whatever the binary under test is called.
        let folder = self.sandbox.path(".bin");
        std::fs::create_dir_all(&folder).unwrap();
        if !folder.join("clio").try_exists().unwrap() {
            std::os::unix::fs::symlink(self.sandbox.binary(), folder.join("clio")).unwrap();
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)));
        // The sandbox's own command has its folder, and no settings from the environment.
        let clean = self.sandbox.command([""; 0]);
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", command]).current_dir(clean.get_current_dir().unwrap());
        for (name, value) in clean.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.env("PATH", path.unwrap()).stdin(Stdio::null());
        let output = shell.output().unwrap();
        assert!(
            output.status.success(),
            "{place}: `{command}` failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts a server on a free port, and records the page's address for it.
    fn serve(&mut self, words: &[String]) {
        let (_, flag, address) = SERVERS.iter().find(|(own, ..)| *own == words[1]).unwrap();
        // Nobody looks at a browser here.
        let mut args: Vec<&str> =
            words[1..].iter().map(String::as_str).filter(|word| *word != "--open").collect();
        let mut address = (*address).to_owned();
        match args.iter().position(|word| word == flag) {
            Some(at) => address = std::mem::replace(&mut args[at + 1], "127.0.0.1:0").to_owned(),
            None => args.extend([*flag, "127.0.0.1:0"]),
        }
        let server = self.sandbox.serve(&args);
        self.servers.push((address, server));
    }

    /// Has the binary parse a command without running it: checks commands, flags, and the kinds of their values.
    pub(super) fn understands(&self, place: &str, command: &str) {
        let words = split(place, command);
        let value = |word: &'_ String| {
            let found = PLACEHOLDERS.iter().find(|(name, _)| name == word);
            found.map_or_else(|| word.clone(), |(_, value)| (*value).to_owned())
        };
        let args = words[1..].iter().map(value).chain(["--help".to_owned()]);
        let finished = self.sandbox.clio(args);
        // A page may name a flag by itself, without its value.
        let lacks_a_value = finished.stderr.contains("a value is required for");
        let is_understood = finished.code == 0 || lacks_a_value;
        assert!(is_understood, "{place}: `{command}`: {}", finished.stderr);
    }

    pub(super) fn sql(&self, place: &str, query: &str) {
        let finished = self.sandbox.clio(["sql", "--lake", "lake", query]);
        assert_eq!(finished.code, 0, "{place}: {}", finished.stderr);
    }

    /// Queries the page's gateway; without one the query is only parsed.
    pub(super) fn graphql(&self, place: &str, query: &str) {
        let gateway = self.servers.iter().find(|(address, _)| address.ends_with(":8080"));
        let Some((_, gateway)) = gateway else {
            let read = async_graphql_parser::parse_query(query);
            read.unwrap_or_else(|error| panic!("{place}: {error}"));
            return;
        };
        let (status, answer) = gateway.graphql(query, &serde_json::json!({}));
        assert!(status == 200 && answer["errors"].is_null(), "{place}: {status} {answer}");
    }

    /// Sends the body of a gRPC request to the page's serving.
    pub(super) fn grpc(&self, place: &str, body: &str) {
        let serving = self.servers.iter().find(|(address, _)| address.ends_with(":50051"));
        let (_, serving) =
            serving.unwrap_or_else(|| panic!("{place}: no server is started before"));
        super::grpc::ask(place, &serving.url, body);
    }

    /// The flags and the variables (`CLIO_…`) of all commands, according to their help.
    pub(super) fn flags_and_variables(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut commands: Vec<Vec<String>> = vec![Vec::new()];
        while let Some(command) = commands.pop() {
            let args = command.iter().map(String::as_str).chain(["--help"]);
            let help = self.sandbox.ok(args);
            let words = help.split([' ', '\n', ',', '<', '=', '`', '[', ']', '|', '>', ')']);
            let is_name = |word: &&str| word.starts_with("--") || word.starts_with("CLIO_");
            found.extend(words.filter(is_name).map(str::to_owned));
            let Some((_, list)) = help.split_once("\nCommands:\n") else { continue };
            let lines = list.lines().take_while(|line| !line.is_empty());
            let names = lines.filter_map(|line| line.strip_prefix("  "));
            // Continuation lines are indented further.
            let names = names.filter(|line| !line.starts_with(' '));
            for name in names.filter_map(|line| line.split(' ').next()) {
                if name != "help" {
                    commands.push(command.iter().cloned().chain([name.to_owned()]).collect());
                }
            }
        }
        found
    }
}

/// Whether a command needs somebody else's storage, a person at a terminal, or a future time: it is only parsed.
fn cannot_be_run(name: &str, words: &[String]) -> bool {
    let next = words.get(2).map(String::as_str);
    let is_remote = words.iter().any(|word| REMOTE.iter().any(|start| word.starts_with(start)));
    let asks = (name, next) == ("model", Some("init")) && !words.iter().any(|word| word == "--yes");
    is_remote || asks || (name, next) == ("etl", Some("schedule"))
}

/// The words of a command, as a shell sees them, without its comment.
fn split(place: &str, command: &str) -> Vec<String> {
    let words = shlex::split(command).unwrap_or_default();
    assert!(!words.is_empty(), "{place}: `{command}` has quotes that do not close");
    words
}

/// Targets of `make` are not run here: other tests do that.
pub(super) fn is_target(place: &str, command: &str) {
    let words = split(place, command);
    let makefile = std::fs::read_to_string(repository().join("Makefile")).unwrap();
    for target in words[1..].iter().filter(|word| !word.contains('=')) {
        let is_one = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
        assert!(is_one, "{place}: the Makefile has no `{target}`");
    }
    for (variable, _) in words.iter().filter_map(|word| word.split_once('=')) {
        let is_used = makefile.contains(&format!("$({variable})"));
        assert!(is_used, "{place}: the Makefile has no `{variable}`");
    }
}

/// The same for the dashboard's scripts.
fn is_script(place: &str, words: &[String]) {
    let file = repository().join("web/dashboard/package.json");
    let package = std::fs::read_to_string(file).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    match words[1].as_str() {
        "ci" | "install" => {}
        "run" => assert!(package["scripts"][&words[2]].is_string(), "{place}: no script {words:?}"),
        other => panic!("{place}: tests/snippets.rs does not say what `npm {other}` is"),
    }
}

/// Requests what `curl -G ADDRESS --data-urlencode NAME=VALUE` does: an address, followed by parameters.
fn download(place: &str, words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["curl", "-G", address, "--data-urlencode", parameter] = words[..] else {
        panic!("{place}: tests/snippets.rs does not say what `{words:?}` is");
    };
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let answer = ureq::get(address).query(name, value).call();
    let mut answer = answer.unwrap_or_else(|error| panic!("{place}: {error}"));
    assert!(!answer.body_mut().read_to_vec().unwrap().is_empty(), "{place}: nothing came");
}
