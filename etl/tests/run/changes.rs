//! What changed since the last commit is found, and nothing else is rebuilt: files, lookups, models.

use clio_etl::{Days, Effect, Plan, Reason, plan};
use clio_lake::CELLS_TABLE;
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};

use crate::formats::model;
use crate::sandbox::{Sandbox, days};

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const SECONDS: &str = "[measure.seconds]\nsource = \"events\"\nkind = \"sum\"\nof = \"seconds\"";

fn write_day(sandbox: &Sandbox, day: &str, file: &str, n_events: usize) {
    let mut text = "at,id,country,seconds\n".to_owned();
    for id in 0..n_events {
        text.push_str(&format!("{day}T10:00:00,{file}{id},c{},{id}\n", id % 3));
    }
    sandbox.write(&format!("events/dt={day}/{file}.csv"), &text);
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&model(CSV, ""));
    for day in ["2025-12-31", "2026-01-01", "2026-01-02"] {
        write_day(&sandbox, day, "a", 9);
    }
    sandbox
}

async fn plan_of(sandbox: &mut Sandbox, days: Days) -> Plan {
    plan(&sandbox.config(), days).await.unwrap()
}

fn reasons(plan: &Plan) -> Vec<(String, Vec<Reason>)> {
    plan.days.iter().map(|planned| (planned.day.to_string(), planned.reasons.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_file_rebuilds_its_day_and_the_periods_above_alone() {
    let mut sandbox = sandbox();
    let first = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert!(!sandbox.path("lake").try_exists().unwrap(), "a plan writes nothing");
    assert_eq!(first.snapshot, None);
    assert!(first.days.iter().all(|planned| planned.reasons == [Reason::New]));
    assert_eq!(first.parents, ["2025-12", "2026-01", "2025", "2026", "all"]);
    sandbox.run(Days::OutOfDate).await;
    let before = sandbox.cells().await;
    let again = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert!(again.is_empty() && again.n_up_to_date == 3, "{again:?}");
    let report = sandbox.run(Days::OutOfDate).await;
    assert!(report.unchanged && report.days.is_empty() && report.rows_in["events"] == 0);

    write_day(&sandbox, "2026-01-01", "late", 4);
    let late = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!(reasons(&late), [("2026-01-01".to_owned(), vec![Reason::Files])]);
    assert_eq!((late.parents.len(), late.n_up_to_date), (3, 2));
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.days, ["2026-01-01".parse().unwrap()]);
    assert_eq!(report.rows_in["events"], 13);
    let after = sandbox.cells().await;
    let changed = after.files.iter().filter(|(period, files)| before.files[*period] != **files);
    let changed: Vec<&str> = changed.map(|(period, _)| period.as_str()).collect();
    assert_eq!(changed, ["2026", "2026-01", "2026-01-01", "all"]);
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_given_are_rebuilt_and_days_without_files_stay() {
    let mut sandbox = sandbox();
    sandbox.run(Days::OutOfDate).await;
    let asked = plan_of(&mut sandbox, days("2026-01-01", "2026-01-01")).await;
    assert_eq!(reasons(&asked), [("2026-01-01".to_owned(), vec![Reason::Asked])]);

    // The events of a day have expired: its cells are kept, unless the day is asked for.
    std::fs::remove_dir_all(sandbox.path("events/dt=2025-12-31")).unwrap();
    let plan = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!(plan.days_without_files, ["2025-12-31".parse().unwrap()]);
    assert!(plan.is_empty());
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    let report = sandbox.run(days("2025-12-31", "2025-12-31")).await;
    assert_eq!(report.days_removed, ["2025-12-31".parse().unwrap()]);
    assert_eq!(sandbox.cells().await.periods().len(), 5);

    // A file without events is a change: the day is left without events.
    sandbox.write("events/dt=2026-01-01/a.csv", "at,id,country,seconds\n");
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.days_removed, ["2026-01-01".parse().unwrap()]);
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_without_folders_are_one_input_of_all_days() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    let rows = |day: &str| format!("at,id,country\n{day}T10:00:00,1,US\n");
    sandbox.write("events/a.csv", &rows("2026-01-01"));
    sandbox.run(Days::OutOfDate).await;
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    sandbox.write("events/b.csv", &rows("2026-01-02"));
    let found = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!(found.every_day, [Reason::Files]);
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.days.len(), 2);
    // One day of it rebuilt by its date: the other one is still of older files.
    sandbox.write("events/c.csv", &rows("2026-01-02"));
    sandbox.run(days("2026-01-02", "2026-01-02")).await;
    assert_eq!(plan_of(&mut sandbox, Days::OutOfDate).await.every_day, [Reason::Files]);
    sandbox.run(Days::OutOfDate).await;
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_cells_take_values_from_rebuilds_them_and_one_of_attributes_does_not() {
    let more = "[lookup.people]\nurl = \"people.csv\"\nformat = \"csv\"\nkey = \"id\"\n\
                [dimension.group]\nlookup = \"people\"\non = \"id\"\ncolumn = \"grp\"\nmulti = true\n\
                [lookup.places]\nurl = \"places.csv\"\nformat = \"csv\"\nkey = \"code\"\n";
    let described = "column = \"country\"\nlookup = \"places\"\nattributes = [\"name\"]";
    let text = model(CSV, more).replace("column = \"country\"", described);
    let mut sandbox = sandbox();
    sandbox.set_model(&text);
    sandbox.write("people.csv", "id,grp\na1,x\na2,y\n");
    sandbox.write("places.csv", "code,name\nc1,One\n");
    sandbox.run(Days::OutOfDate).await;
    sandbox.write("places.csv", "code,name\nc1,Eins\n");
    assert!(plan_of(&mut sandbox, Days::OutOfDate).await.is_empty());
    let report = sandbox.run(Days::OutOfDate).await;
    assert!(!report.unchanged && report.n_periods_changed == 0 && report.lookups["places"] == 1);
    sandbox.write("people.csv", "id,grp\na1,x\na2,z\n");
    let plan = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!(plan.days.len(), 3);
    assert!(plan.days.iter().all(|planned| planned.reasons == [Reason::Lookup]));
    assert_eq!(sandbox.run(Days::OutOfDate).await.days.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_measure_is_empty_in_days_that_were_not_rebuilt() {
    let mut sandbox = sandbox();
    sandbox.run(Days::OutOfDate).await;
    sandbox.set_model(&model(CSV, SECONDS));
    let found = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!(found.model.effect, Effect::Compatible);
    assert_eq!(found.model.to_string(), "compatible: measure `seconds` is new");
    assert_eq!(found.days.len(), 3);
    assert!(found.days.iter().all(|planned| planned.reasons == [Reason::Model]));

    // One day first: the month adds up what there is, the other days stay as they are.
    sandbox.run(days("2026-01-01", "2026-01-01")).await;
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("2026-01-01")[1], "c1 3 3 12");
    assert_eq!(cells.lines("2026-01-02")[1], "c1 3 3");
    assert_eq!(cells.lines("2026-01")[1], "c1 6 3 12");
    let rest = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!((rest.model.effect, rest.days.len()), (Effect::Same, 2));
    assert_eq!(sandbox.run(Days::OutOfDate).await.days.len(), 2);
    assert_eq!(sandbox.cells().await.lines("all")[1], "c1 9 3 36");

    let mut fresh = self::sandbox();
    fresh.set_model(&model(CSV, SECONDS));
    fresh.run(Days::All).await;
    assert_eq!(fresh.cells().await.files, sandbox.cells().await.files);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_precision_rebuilds_all_days_in_one_run() {
    let mut sandbox = sandbox();
    sandbox.run(Days::OutOfDate).await;
    sandbox.set_model(&model(CSV, "").replace("precision = 12", "precision = 10"));
    let found = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!(found.model.to_string(), "rebuild: `people` had precision 12 and has 10");
    assert_eq!(found.days.len(), 3);
    std::fs::rename(sandbox.path("events/dt=2025-12-31"), sandbox.path("aside")).unwrap();
    let message = sandbox.failure(Days::OutOfDate).await;
    assert!(message.ends_with("in one run (the files of 2025-12-31 are gone)"), "{message}");
    std::fs::rename(sandbox.path("aside"), sandbox.path("events/dt=2025-12-31")).unwrap();
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!((report.snapshot.0, report.days.len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_keeps_its_meaning() {
    let cases = [
        (
            "kind = \"distinct\"\nof = \"id\"",
            "kind = \"distinct\"\nof = \"country\"",
            "measure `people` means something else",
        ),
        (
            "[dimension.country]\ncolumn = \"country\"",
            "[dimension.country]\ncolumn = \"upper(country)\"",
            "dimension `country` means something else",
        ),
        (
            "time = \"at\"",
            "time = \"at\"\nwhere = \"seconds > 3\"",
            "source `events` means other events",
        ),
        (
            "name = \"test\"",
            "name = \"other\"",
            "the lake is of dataset `test`, the model of `other`",
        ),
    ];
    let mut sandbox = sandbox();
    sandbox.run(Days::OutOfDate).await;
    let text = model(CSV, "");
    for (from, to, expected) in cases {
        assert!(text.contains(from), "{from}");
        sandbox.set_model(&text.replace(from, to));
        let found = plan_of(&mut sandbox, Days::OutOfDate).await;
        assert_eq!(found.model.effect, Effect::Refused);
        let message = sandbox.failure(Days::All).await;
        assert_eq!(
            message,
            format!(
                "this lake cannot be continued with this model: {expected}; give a new name to \
                 whatever changes its meaning, or use a new lake"
            )
        );
    }
    // What is only shown otherwise, or computed from the same cells, changes none of them.
    let shown = "[measure.share]\nkind = \"derived\"\nexpr = \"people / events\"";
    sandbox.set_model(&model(CSV, shown));
    let found = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert_eq!(found.model.to_string(), "compatible: derived measure `share` is new");
    assert!(found.is_empty());
}

/// A count is at least the different values of the same events: it cannot be empty where those are not.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_count_beside_different_values_needs_all_days() {
    let mut sandbox = sandbox();
    let without = "[measure.events]\nsource = \"events\"\nkind = \"count\"\n";
    sandbox.set_model(&model(CSV, "").replace(without, ""));
    sandbox.run(Days::OutOfDate).await;
    sandbox.set_model(&model(CSV, ""));
    let message = sandbox.failure(days("2026-01-01", "2026-01-01")).await;
    assert!(message.contains("measure `events` is new, and at least `people`"), "{message}");
    assert_eq!(sandbox.run(Days::OutOfDate).await.days.len(), 3);
}

/// A lake that was made before commits said what their days are made of.
#[tokio::test(flavor = "multi_thread")]
async fn days_of_unknown_making_are_rebuilt_once() {
    let mut sandbox = sandbox();
    sandbox.run(Days::OutOfDate).await;
    let before = sandbox.cells().await.files;
    let commit = sandbox.path(&format!("lake/{CELLS_TABLE}/_delta_log/00000000000000000000.json"));
    let text = std::fs::read_to_string(&commit).unwrap();
    let (from, to) =
        (text.find(",\\\"inputs\\\":").unwrap(), text.find("}],\\\"columns\\\":").unwrap());
    let text = format!("{}{}", &text[..from], &text[to + 2..]);
    // Nor did they have a sum of what they said.
    let from = text.find(",\"clio.xxh3-128\":").unwrap();
    let to = from + ",\"clio.xxh3-128\":\"\"".len() + 32;
    std::fs::write(&commit, format!("{}{}", &text[..from], &text[to..])).unwrap();
    let found = plan_of(&mut sandbox, Days::OutOfDate).await;
    assert!(found.days.iter().all(|planned| planned.reasons == [Reason::Unknown]), "{found:?}");
    let report = sandbox.run(Days::OutOfDate).await;
    assert!(!report.unchanged && report.n_periods_changed == 0);
    assert_eq!(sandbox.cells().await.files, before);
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_that_fails_leaves_nothing() {
    let mut sandbox = sandbox();
    sandbox.write("events/dt=2026-01-02/b.csv", "at,id,country,seconds\nnever,1,US,1\n");
    sandbox.failure(Days::OutOfDate).await;
    assert!(!sandbox.path("lake").try_exists().unwrap());
    std::fs::create_dir(sandbox.path("lake")).unwrap();
    sandbox.failure(Days::OutOfDate).await;
    assert_eq!(std::fs::read_dir(sandbox.path("lake")).unwrap().count(), 0);
}

/// Whatever the order in which files come, and however often the etl runs in between.
#[test]
fn any_order_of_files_and_any_split_into_runs_gives_the_same_cells() {
    const FILES: [(&str, &str); 6] = [
        ("2025-12-31", "a"),
        ("2026-01-01", "a"),
        ("2026-01-01", "b"),
        ("2026-01-02", "a"),
        ("2026-01-02", "b"),
        ("2026-02-01", "a"),
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let expected = runtime.block_on(async {
        let mut whole = Sandbox::new(&model(CSV, SECONDS));
        for (index, (day, file)) in FILES.iter().enumerate() {
            write_day(&whole, day, file, 5 + index);
        }
        whole.run(Days::OutOfDate).await;
        whole.cells().await.files
    });
    let orders = (Just((0..FILES.len()).collect::<Vec<_>>()).prop_shuffle(), any::<[bool; 6]>());
    let mut runner = TestRunner::new_with_rng(
        Cases { cases: 12, ..Cases::default() },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let result = runner.run(&orders, |(order, runs_after)| {
        let files = runtime.block_on(async {
            let mut sandbox = Sandbox::new(&model(CSV, SECONDS));
            for (at, index) in order.iter().enumerate() {
                let (day, file) = FILES[*index];
                write_day(&sandbox, day, file, 5 + index);
                if runs_after[at] {
                    sandbox.run(Days::OutOfDate).await;
                }
            }
            sandbox.run(Days::OutOfDate).await;
            assert!(sandbox.run(Days::OutOfDate).await.unchanged);
            sandbox.cells().await.files
        });
        prop_assert!(files == expected);
        Ok(())
    });
    result.unwrap();
}
