//! The output of the command line, to readers that leave early and to terminals.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use clio_tests::{Sandbox, cell_files};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const MODEL: &str = r#"
[dataset]
name = "shop"

[source.visits]
url = "visits/"
format = "csv"
time = "at"

[dimension.country]
column = "country"

[measure.visits]
source = "visits"
kind = "count"

[check.known_country]
kind = "missing"
dimension = "country"
at_most = "20%"
on_failure = "warn"
"#;

/// A member that would colour a terminal, clear it, set its title and move back in its line.
const MEMBER: &str = "\u{1b}[31mred\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}2J\rback";

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    std::fs::create_dir(sandbox.path("visits")).unwrap();
    let visits = format!(
        "at,country,visitor\n2026-01-05 10:00:00,\"{MEMBER}\",ann\n2026-01-05 11:00:00,,bob\n"
    );
    std::fs::write(sandbox.path("visits/a.csv"), visits).unwrap();
    sandbox
}

const RUN: [&str; 6] = ["etl", "run", "--model", "shop.toml", "--lake", "lake"];
const QUERY: [&str; 5] = ["query", "--lake", "lake", "--group-by", "country"];
const SQL: [&str; 4] = ["sql", "--lake", "lake", "select country from cells where grain = 'all'"];

/// Every command that prints and ends, in an order in which each has something to print.
fn commands() -> Vec<Vec<&'static str>> {
    let of = |words: &'static str| words.split(' ').collect::<Vec<_>>();
    vec![
        of("model init visits --yes --force"),
        of("model check shop.toml"),
        of("etl plan --model shop.toml --lake lake"),
        RUN.to_vec(),
        of("etl runs --lake lake"),
        of("etl verify --model shop.toml --lake lake"),
        QUERY.to_vec(),
        SQL.to_vec(),
        of("config show"),
        of("lake snapshots --lake lake"),
        of("lake retire --lake lake --before 2020-01-01"),
        of("lake check --lake lake"),
        of("lake vacuum --lake lake --dry-run"),
        of("synth --out events --events 1000 --days 1 --people 50 --assets 12"),
    ]
}

fn with_json(command: &[&'static str]) -> Vec<&'static str> {
    command.iter().copied().chain(["--format", "json"]).collect()
}

/// A pipe that nobody reads.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_has_gone_fails_no_command() {
    let sandbox = shop();
    for command in commands() {
        for args in [command.clone(), with_json(&command)] {
            if args[0] == "synth" && sandbox.path("events").try_exists().unwrap() {
                std::fs::remove_dir_all(sandbox.path("events")).unwrap();
            }
            let output = sandbox.command(&args).stdout(closed_pipe()).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{args:?}: {stderr}");
            assert!(!stderr.contains("panic") && !stderr.contains("pipe"), "{args:?}: {stderr}");
        }
    }
    // The run was committed, although nobody read its report.
    assert!(!sandbox.json(&["etl", "runs", "--lake", "lake"]).as_array().unwrap().is_empty());
}

#[test]
fn errors_that_nobody_reads_keep_their_exit_code() {
    let sandbox = shop();
    for (args, code) in [
        (&["etl", "plan", "--model", "nowhere.toml", "--lake", "lake"][..], 1),
        (&["query", "--lake", "lake", "--where", "country ~ US"], 2),
    ] {
        assert_eq!(sandbox.clio(args).code, code, "{args:?}");
        let mut command = sandbox.command(args);
        let status = command.stdout(closed_pipe()).stderr(closed_pipe()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn output_that_is_lost_on_a_full_disk_fails_the_command() {
    let sandbox = shop();
    sandbox.ok(RUN);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for args in [QUERY.to_vec(), with_json(&QUERY), SQL.to_vec()] {
        let output = sandbox.command(&args).stdout(full()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr.contains("the output could not be written to its end"), "{stderr}");
    }
}

/// The output of a command on a terminal: standard output and standard error together, as a person reads them.
fn on_a_terminal(mut command: Command) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let path = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let end = File::options().read(true).write(true).open(path).unwrap();
    command.stdout(end.try_clone().unwrap()).stderr(end);
    let mut child = command.spawn().unwrap();
    // Its copies of the terminal are closed, so that reading ends with the process.
    drop(command);
    let mut text = Vec::new();
    // Reading a terminal without writers fails, unlike reading a pipe.
    let _ = File::from(terminal).read_to_end(&mut text);
    assert!(child.wait().unwrap().success(), "{}", String::from_utf8_lossy(&text));
    String::from_utf8(text).unwrap()
}

#[test]
fn a_run_on_a_terminal_says_each_warning_once() {
    let sandbox = shop();
    let said = on_a_terminal(sandbox.command(RUN));
    let warning = "1 of 2 events of `visits` lack a known `country`";
    assert_eq!(said.matches(warning).count(), 1, "{said}");
    // Otherwise log and report are read separately, and each is complete.
    std::fs::remove_dir_all(sandbox.path("lake")).unwrap();
    let apart = sandbox.clio(RUN);
    assert!(apart.stdout.contains(warning), "{}", apart.stdout);
    assert!(apart.stderr.contains(warning), "{}", apart.stderr);
    // The damage is a line of the report, and was repeated as a warning of the log.
    let (_, file) =
        cell_files(&sandbox.path("lake")).into_iter().find(|(of, _)| of == "all").unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, &bytes[1..]).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let said = on_a_terminal(sandbox.command(RUN));
    let place = format!("grain=all/period=all/{name}");
    assert_eq!(said.matches(&place).count(), 1, "{said}");
}

#[test]
fn nothing_from_data_moves_a_terminal() {
    let sandbox = shop();
    sandbox.ok(RUN);
    let csv = |args: &[&'static str]| -> Vec<&'static str> {
        args.iter().copied().chain(["--format", "csv"]).collect()
    };
    let all = [QUERY.to_vec(), with_json(&QUERY), csv(&QUERY), SQL.to_vec(), csv(&SQL)];
    for args in all.into_iter().chain([vec!["model", "check", "shop.toml"]]) {
        let said = on_a_terminal(sandbox.command(&args));
        for harm in ["\u{1b}[31m", "\u{1b}[2J", "\u{1b}]", "\u{7}", "\u{9b}", "\rback"] {
            assert!(!said.contains(harm), "{args:?} prints {harm:?}:\n{said:?}");
        }
        assert!(said.contains("\\u001b[31mred"), "{args:?}:\n{said:?}");
    }
    // A table is for people wherever it goes; output for programs keeps its bytes.
    assert!(sandbox.ok(QUERY).contains("\\u001b[31mred"));
    assert!(sandbox.ok(csv(&QUERY)).contains(MEMBER));
    let json = sandbox.json(&QUERY);
    assert_eq!(
        json["rows"][0]["keys"]["country"]["value"]
            .as_str()
            .or(json["rows"][1]["keys"]["country"]["value"].as_str()),
        Some(MEMBER)
    );
}

#[test]
fn errors_are_made_safe_as_tables_are() {
    let sandbox = shop();
    sandbox.ok(RUN);
    let name = "\u{1b}[2J\u{1b}]0;owned\u{7}";
    for args in [
        ["query", "--lake", "lake", "--measures", name],
        ["query", "--lake", "lake", "--group-by", name],
    ] {
        let failed = sandbox.clio(args);
        assert_ne!(failed.code, 0, "{args:?}");
        assert!(!failed.stderr.contains(['\u{1b}', '\u{7}']), "{:?}", failed.stderr);
        assert!(failed.stderr.contains("1b"), "{:?}", failed.stderr);
    }
}

#[test]
fn an_outage_is_told_in_plain_words_and_in_full_in_the_log() {
    let sandbox = Sandbox::new();
    // A port that is free, since its listener was closed.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}");
    let args = ["query", "--serving", &url, "--group-by", "country"];
    let failed = sandbox.clio(args);
    assert_eq!(failed.code, 1);
    assert!(
        failed.stderr.contains("cannot be reached now; try again in a moment"),
        "{}",
        failed.stderr
    );
    assert!(
        !failed.stderr.contains(&url) && !failed.stderr.contains("os error"),
        "{}",
        failed.stderr
    );
    let told = sandbox.clio(args.iter().chain(&["--log", "info"]));
    assert!(told.stderr.contains(&url), "{}", told.stderr);
}
