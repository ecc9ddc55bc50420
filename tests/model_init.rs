//! `clio model init`: on files whose models are in the repository, on others, and on a terminal.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use clio_proto::{Dimension, MeasureKind, Model, SqlColumn};
use clio_tests::{Sandbox, open_bandit_folder, repository};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

fn read(path: &Path) -> Model {
    let text = std::fs::read_to_string(path).unwrap();
    Model::parse(&path.to_string_lossy(), &text).unwrap()
}

/// The definition of each lookup: its files and its key.
fn lookups(model: &Model) -> BTreeSet<(Vec<String>, String)> {
    let files = |it: &clio_proto::Lookup| it.files.patterns.clone();
    model.lookups().iter().map(|it| (files(it), it.key.0.clone())).collect()
}

/// The source of members, whatever the dimension is called: the event's column, or the lookup's with the key to it.
fn members(model: &Model) -> BTreeSet<(String, bool)> {
    let of = |it: &Dimension| match &it.column {
        clio_proto::DimensionColumn::Event(column) => column.0.clone(),
        clio_proto::DimensionColumn::Lookup { on, column, .. } => format!("{column} by {on}"),
    };
    model.dimensions().iter().map(|it| (of(it), it.multi)).collect()
}

/// The columns that are counted.
fn counted(model: &Model) -> BTreeSet<Vec<String>> {
    let of = |kind: &MeasureKind| match kind {
        MeasureKind::Distinct { of, .. } => {
            Some(of.iter().map(|column: &SqlColumn| column.0.clone()).collect())
        }
        _ => None,
    };
    model.measures().iter().filter_map(|it| of(&it.kind)).collect()
}

fn total(sandbox: &Sandbox, lake: &str, measure: &str) -> f64 {
    let answer = sandbox.json(&["query", "--lake", &sandbox.text(lake), "--measures", measure]);
    answer["total"]["values"][measure]["value"].as_f64().unwrap()
}

#[test]
fn of_the_open_bandit_files_it_finds_what_their_model_says() {
    let sandbox = Sandbox::new();
    let folder = open_bandit_folder();
    sandbox.ok(["model", "init", &folder.to_string_lossy(), "--yes", "--out", "found.toml"]);
    let found = read(&sandbox.path("found.toml"));
    let known = repository().join("tests/datasets/open-bandit/open-bandit.toml");
    let expected = read(&known);
    let sources = |model: &Model| -> BTreeSet<_> {
        let of = |it: &clio_proto::Source| {
            (it.name.clone(), it.files.patterns.clone(), it.time.0.clone(), it.predicate.clone())
        };
        model.sources().iter().map(of).collect()
    };
    assert_eq!(sources(&found), sources(&expected));
    assert_eq!(lookups(&found), lookups(&expected));
    assert_eq!(members(&found), members(&expected));
    assert_eq!(counted(&found), counted(&expected));
    let item = |model: &Model| -> Vec<String> {
        let described = model.dimensions().iter().find(|it| it.members.is_some());
        described.unwrap().attributes.clone()
    };
    assert_eq!(item(&found), item(&expected));
    sandbox.etl(&sandbox.path("found.toml"), "found", &[]);
    sandbox.etl(&known, "known", &[]);
    for measure in ["impressions", "viewers", "clicks", "clickers"] {
        let (found, expected) =
            (total(&sandbox, "found", measure), total(&sandbox, "known", measure));
        assert!((found - expected).abs() < f64::EPSILON, "{measure}: {found}, not {expected}");
    }
}

#[test]
fn of_the_demos_events_it_finds_what_their_model_says() {
    let sandbox = Sandbox::new();
    sandbox.ok(["synth", "--out", "events", "--no-answers"]);
    // Beside the existing model, so that both name the same addresses.
    sandbox.ok(["model", "init", "events", "--yes", "--out", "events/found.toml"]);
    let found = read(&sandbox.path("events/found.toml"));
    let known = sandbox.path("events/media.toml");
    let expected = read(&known);
    let files = |model: &Model| -> BTreeSet<_> {
        let of = |it: &clio_proto::Source| (it.files.url.clone(), it.time.0.clone());
        let addresses = model.lookups().iter().map(|it| (it.files.url.clone(), it.key.0.clone()));
        model.sources().iter().map(of).chain(addresses).collect()
    };
    assert_eq!(files(&found), files(&expected));
    assert_eq!(members(&found), members(&expected));
    assert_eq!(counted(&found), counted(&expected));
    // A play is credited by person and title, although it knows its asset too, of which a title has many.
    let credit = |model: &Model| {
        let credited = model.sources().iter().find_map(|it| it.attribution.clone());
        let it = credited.unwrap();
        (it.event, it.to, it.by, it.within)
    };
    assert_eq!(credit(&found), credit(&expected));
    let asset = |model: &Model| model.dimension("asset").unwrap().clone();
    let (of_found, of_expected) = (asset(&found), asset(&expected));
    assert_eq!((of_found.label, of_found.media), (of_expected.label, of_expected.media));
    for attribute in of_expected.attributes {
        assert!(of_found.attributes.contains(&attribute), "`{attribute}` describes assets");
    }
    // The distribution of how long plays last is in a comment: uncommenting it gives an equally valid model.
    let text = std::fs::read_to_string(sandbox.path("events/found.toml")).unwrap();
    let (before, spread) = text.split_once("# [measure.watch_seconds_spread]").unwrap();
    let (spread, behind) = spread.split_once("\n\n").unwrap();
    let spread = spread.replace("\n# ", "\n");
    let with_it = format!("{before}[measure.watch_seconds_spread]{spread}\n\n{behind}");
    let with_it = Model::parse("found.toml", &with_it).unwrap();
    let kind = &with_it.measure("watch_seconds_spread").unwrap().kind;
    assert_eq!(kind.buckets().unwrap().to_string(), "error 2 %");
    sandbox.etl(&sandbox.path("events/found.toml"), "found", &[]);
    sandbox.etl(&known, "known", &[]);
    for measure in ["impressions", "viewers"] {
        let (found, expected) =
            (total(&sandbox, "found", measure), total(&sandbox, "known", measure));
        assert!((found - expected).abs() < f64::EPSILON, "{measure}: {found}, not {expected}");
    }
}

/// Orders as spreadsheets export them: semicolons, names with blanks, words for null, times to the minute.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut orders = "Order Date;Customer ID;Product Code;Amount;Channel\n".to_owned();
    for number in 0..400 {
        let amount = if number % 9 == 0 { "NA".to_owned() } else { format!("{number}.50") };
        let (day, minute, customer) = (1 + number % 20, number % 60, 1000 + number % 37);
        let (product, channel) = (number % 8, ["web", "shop", "phone"][number % 3]);
        orders += &format!(
            "{:02}/01/2026 10:{minute:02};{customer};P{product};{amount};{channel}\n",
            day + 10
        );
    }
    std::fs::write(sandbox.path("orders.csv"), orders).unwrap();
    let mut products = "Product Code,Name,Kind Of Thing\n".to_owned();
    for number in 0..8 {
        products += &format!("P{number},Thing {number},{}\n", ["toy", "tool"][number % 2]);
    }
    std::fs::write(sandbox.path("products.csv"), products).unwrap();
    sandbox
}

#[test]
fn files_of_spreadsheets_become_a_model_that_a_run_accepts() {
    let sandbox = shop();
    let said = sandbox.ok(["model", "init", "orders.csv", "products.csv", "--yes"]);
    assert!(said.contains("wrote model.toml"), "{said}");
    let model = read(&sandbox.path("model.toml"));
    assert_eq!(model.sources()[0].time.0, "to_timestamp(\"Order Date\", '%d/%m/%Y %H:%M')");
    let product = model.dimension("product").unwrap();
    assert_eq!(
        (product.label.as_deref(), &product.attributes[..]),
        (Some("name"), &["kind_of_thing".to_owned()][..])
    );
    let text = std::fs::read_to_string(sandbox.path("model.toml")).unwrap();
    assert!(text.contains("null = [\"\", \"NA\"]") && text.contains("# A day such as"), "{text}");
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    assert!((total(&sandbox, "lake", "buyers") - 37.0).abs() < 0.5);
    let amounts: f64 =
        (0..400).filter(|number| number % 9 != 0).map(|number| f64::from(number) + 0.5).sum();
    assert!((total(&sandbox, "lake", "amount") - amounts).abs() < 1e-6);
    let by =
        ["query", "--lake", "lake", "--group-by", "product.kind_of_thing", "--measures", "orders"];
    assert_eq!(sandbox.json(&by)["rows"].as_array().unwrap().len(), 2);
}

/// One file with tabs got patterns beside its address, which no model accepts; and commas in numbers hid the
/// semicolons.
#[test]
fn one_file_with_tabs_and_one_with_commas_in_its_numbers_become_models_that_a_run_accepts() {
    let sandbox = Sandbox::new();
    let (mut plays, mut prices) =
        ("at\tuser_id\tdevice\n".to_owned(), "at;user_id;shop;price\n".to_owned());
    for number in 0..200 {
        let (day, user) = (1 + number % 9, number % 23);
        let device = ["tv", "phone"][number % 2];
        plays += &format!("2026-01-0{day} 08:00:00\tu{user}\t{device}\n");
        prices += &format!("2026-01-0{day} 08:00:00;u{user};{device};{number},5\n");
    }
    std::fs::write(sandbox.path("plays.tsv"), plays).unwrap();
    std::fs::write(sandbox.path("prices.csv"), prices).unwrap();
    for file in ["plays.tsv", "prices.csv"] {
        let (model, lake) = (format!("{file}.toml"), format!("{file}.lake"));
        sandbox.ok(["model", "init", file, "--yes", "--out", &model]);
        let report = sandbox.etl(&sandbox.path(&model), &lake, &[]);
        assert_eq!(report["days"].as_array().unwrap().len(), 9, "{file}: {report}");
    }
}

#[test]
fn nested_events_with_lists_and_times_in_milliseconds_become_a_model() {
    let sandbox = Sandbox::new();
    let mut events = String::new();
    for number in 0..600_i64 {
        let at = 1_767_600_000_000 + number * 600_000;
        let (user, country) =
            (number % 50, ["US", "DE", "JP"][usize::try_from(number).unwrap() % 3]);
        let genres =
            ["Drama|Comedy", "Comedy", "Drama|Action"][usize::try_from(number).unwrap() % 3];
        events += &format!(
            "{{\"ts\":{at},\"user\":{{\"id\":\"u{user}\",\"country\":\"{country}\"}},\"tags\":[\"a\",\"b\"],\
             \"genres\":\"{genres}\",\"isPremium\":{}}}\n",
            number % 2 == 0
        );
    }
    std::fs::write(sandbox.path("events.ndjson"), events).unwrap();
    sandbox.ok(["model", "init", "events.ndjson", "--yes"]);
    let model = read(&sandbox.path("model.toml"));
    assert_eq!(model.sources()[0].time.0, "to_timestamp_millis(\"ts\")");
    assert_eq!(counted(&model), BTreeSet::from([vec!["user.id".to_owned()]]));
    let members = members(&model);
    for (column, is_multi) in
        [("user.country", false), ("isPremium", false), ("string_to_array(\"genres\", '|')", true)]
    {
        assert!(members.contains(&(column.to_owned(), is_multi)), "{column} of {members:?}");
    }
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    assert!((total(&sandbox, "lake", "events_people") - 50.0).abs() < 0.5);
    let by = ["query", "--lake", "lake", "--group-by", "user_country", "--measures", "events"];
    assert_eq!(sandbox.json(&by)["rows"].as_array().unwrap().len(), 3);
}

/// For a lookup that has only lists, or nothing but times, the model named a lookup without a use, which no run
/// accepts.
#[test]
fn lookups_of_lists_and_of_nothing_that_groups_become_a_model_that_a_run_accepts() {
    let sandbox = Sandbox::new();
    let mut views = "at,user_id,asset_id,place_id\n".to_owned();
    for number in 0..300 {
        let (day, user, asset, place) =
            (1 + number % 9, number % 20, number % 5, ["north", "south"][number % 2]);
        views += &format!("2026-01-0{day} 08:00:00,u{user},a{asset},{place}\n");
    }
    let mut assets = "asset_id,genres\n".to_owned();
    for (number, genres) in
        ["drama|comedy", "drama", "action|drama", "comedy", "action"].iter().enumerate()
    {
        assets += &format!("a{number},{genres}\n");
    }
    let mut users = "user_id,Segments Of User\n".to_owned();
    for number in 0..20 {
        users += &format!("u{number},{}\n", ["new|mobile", "loyal", "loyal|mobile"][number % 3]);
    }
    let places = "place_id,opened_at\nnorth,2025-01-01 00:00:00\nsouth,2025-03-01 00:00:00\n";
    for (file, text) in [
        ("views.csv", views.as_str()),
        ("assets.csv", &assets),
        ("users.csv", &users),
        ("places.csv", places),
    ] {
        std::fs::write(sandbox.path(file), text).unwrap();
    }
    sandbox.ok(["model", "init", "views.csv", "assets.csv", "users.csv", "places.csv", "--yes"]);
    let model = read(&sandbox.path("model.toml"));
    assert_eq!(model.dimension("asset").unwrap().attributes, ["genres"]);
    assert!(model.dimension("place").unwrap().members.is_none(), "nothing is taken of `places`");
    assert!(model.dimension("segments_of_user").unwrap().multi, "a person has several segments");
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    let groups = |by: &str| {
        let asked = ["query", "--lake", "lake", "--group-by", by, "--measures", "views"];
        sandbox.json(&asked)["rows"].as_array().unwrap().len()
    };
    assert_eq!((groups("asset.genres"), groups("segments_of_user"), groups("place")), (3, 3, 2));
}

/// Data about people, delivered anew every night: read as one table, every person would occur once for each night.
#[test]
fn a_lookup_in_folders_of_days_has_a_history() {
    let sandbox = Sandbox::new();
    let write = |name: &str, text: &str| {
        let path = sandbox.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for day in [5, 6] {
        let mut visits = "at,user_id,page\n".to_owned();
        let mut plans = "user_id,plan\n".to_owned();
        for user in 0..20 {
            visits +=
                &format!("2026-01-0{day} 10:00:{user:02},u{user},{}\n", ["home", "shop"][user % 2]);
            plans += &format!("u{user},{}\n", ["basic", "premium"][(user + day) % 2]);
        }
        write(&format!("data/visits/dt=2026-01-0{day}/part.csv"), &visits);
        write(&format!("data/plans/dt=2026-01-0{day}/part.csv"), &plans);
    }
    sandbox.ok(["model", "init", "data", "--yes"]);
    let model = read(&sandbox.path("model.toml"));
    assert_eq!(model.lookups()[0].as_of, Some(clio_proto::AsOf::Folders));
    let plan = model.dimension("plan").unwrap();
    assert!(!plan.multi, "a person has one plan at a time");
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    let by = ["query", "--lake", "lake", "--group-by", "day,plan", "--measures", "visits"];
    assert_eq!(sandbox.json(&by)["rows"].as_array().unwrap().len(), 4);
}

#[test]
fn a_model_that_is_there_is_kept_and_nobody_is_asked_without_a_terminal() {
    let sandbox = shop();
    let asked = sandbox.clio(["model", "init", "orders.csv"]);
    assert_eq!(asked.code, 2);
    assert!(asked.stderr.contains("add `--yes`"), "{}", asked.stderr);
    std::fs::write(sandbox.path("model.toml"), "mine").unwrap();
    let kept = sandbox.clio(["model", "init", "orders.csv", "--yes"]);
    assert_eq!(kept.code, 2);
    assert!(kept.stderr.contains("`model.toml` already exists"), "{}", kept.stderr);
    assert_eq!(std::fs::read_to_string(sandbox.path("model.toml")).unwrap(), "mine");
    sandbox.ok(["model", "init", "orders.csv", "--yes", "--force"]);
    read(&sandbox.path("model.toml"));
    for (file, expected) in
        [("absent.csv", "cannot look at `absent.csv`"), ("notes.txt", "ends in none of")]
    {
        std::fs::write(sandbox.path("notes.txt"), "x").unwrap();
        let failed = sandbox.clio(["model", "init", file, "--yes", "--force"]);
        assert_eq!(failed.code, 1);
        assert!(failed.stderr.contains(expected), "{}", failed.stderr);
    }
    let timeless = sandbox.clio(["model", "init", "products.csv", "--yes", "--force"]);
    assert!(timeless.stderr.contains("none of the tables has a time"), "{}", timeless.stderr);
}

/// Answers each question once it appears on the terminal.
#[test]
fn on_a_terminal_it_asks_and_takes_the_answers() {
    let sandbox = shop();
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let path = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let end = File::options().read(true).write(true).open(path).unwrap();
    let mut command = sandbox.command(["model", "init", "orders.csv", "products.csv"]);
    command.stdin(end.try_clone().unwrap()).stdout(end.try_clone().unwrap()).stderr(end);
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut terminal = File::from(terminal);
    let mut said = String::new();
    let mut bytes = [0; 4096];
    for (question, answer) in [
        ("The dataset's name", "my_shop\r"),
        ("The time zone", "Europe/Berlin\r"),
        ("What to filter and group by", "\r"),
        ("Who is counted", "\r"),
        ("What to add up", "\r"),
    ] {
        while !said.contains(question) {
            let n_bytes = terminal.read(&mut bytes).unwrap_or(0);
            assert!(n_bytes > 0, "it ended before `{question}`:\n{said}");
            said += &String::from_utf8_lossy(&bytes[..n_bytes]);
        }
        terminal.write_all(answer.as_bytes()).unwrap();
    }
    while let Ok(n_bytes @ 1..) = terminal.read(&mut bytes) {
        said += &String::from_utf8_lossy(&bytes[..n_bytes]);
    }
    assert!(child.wait().unwrap().success(), "{said}");
    let model = read(&sandbox.path("model.toml"));
    assert_eq!((model.name(), model.timezone_name()), ("my_shop", "Europe/Berlin"));
    // Its times have no zone, so they are in local time.
    assert_eq!(model.sources()[0].times_are, clio_proto::TimesAre::Local);
}
