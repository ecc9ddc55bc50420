//! The checks of a model: passing, warning, failing, accepted, and switched off.

use std::fmt::Write as _;
use std::sync::Arc;

use clio_etl::{Days, ErrorKind, RunReport, Sample, Silent, verify};
use datafusion::arrow::array::{Array, Int64Array};

use crate::formats::model;
use crate::sandbox::{Sandbox, days};

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const MEND: &str = "nothing was committed; mend the input, change the checks in the model \
                    (`on_failure = \"warn\"`), or accept the days as they are: `--accept REASON`";

/// Events of a day, each with a country; one without has an empty text.
fn write_day(sandbox: &Sandbox, day: &str, countries: &[&str]) {
    let mut text = "at,id,country\n".to_owned();
    for (id, country) in countries.iter().enumerate() {
        writeln!(text, "{day}T10:00:00,{id},{country}").unwrap();
    }
    sandbox.write(&format!("events/dt={day}/a.csv"), &text);
}

/// The first `n_days` of January with so many events each.
fn january(checks: &str, n_days: usize, n_events: usize) -> Sandbox {
    let sandbox = Sandbox::new(&model(CSV, checks));
    for day in 1..=n_days {
        write_day(&sandbox, &format!("2026-01-{day:02}"), &vec!["US"; n_events]);
    }
    sandbox
}

/// What the checks of a report found: the check, `!` where it failed, the day, the text.
fn findings(report: &RunReport) -> Vec<String> {
    let of_check = |check: &clio_lake::CheckOutcome| {
        let name = check.name.clone();
        let line = move |finding: &clio_lake::CheckFinding| {
            let mark = if finding.is_failure { "!" } else { "" };
            format!("{name}{mark} {}: {}", finding.day, finding.what)
        };
        check.findings.iter().map(line).collect::<Vec<_>>()
    };
    report.checks.iter().flat_map(of_check).collect()
}

fn n_checked(report: &RunReport, check: &str) -> Option<u64> {
    report.checks.iter().find(|outcome| outcome.name == check).map(|outcome| outcome.n_checked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_few_events_is_said_to_have_few() {
    let mut sandbox = january("", 8, 20);
    write_day(&sandbox, "2026-01-08", &["US"; 9]);
    let report = sandbox.run(Days::All).await;
    let few = "rows 2026-01-08: 9 events of `events`, expected 10 to 40: the median of the 7 days \
               before is 20";
    assert_eq!(findings(&report), [few]);
    assert_eq!(n_checked(&report, "rows"), Some(1), "a week has to be known");
    assert_eq!(sandbox.cells().await.metadata.unwrap().checks, report.checks);

    // The days before are in the lake now; within the band there is nothing to say.
    write_day(&sandbox, "2026-01-09", &["US"; 40]);
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!((findings(&report), n_checked(&report, "rows")), (vec![], Some(1)));
    write_day(&sandbox, "2026-01-10", &["US"; 41]);
    let report = sandbox.run(Days::OutOfDate).await;
    let many = "rows 2026-01-10: 41 events of `events`, expected 10 to 40: the median of the 9 days \
                before is 20";
    assert_eq!(findings(&report), [many]);
    // A day that leaves the lake has none.
    std::fs::remove_dir_all(sandbox.path("events/dt=2026-01-09")).unwrap();
    let report = sandbox.run(days("2026-01-09", "2026-01-09")).await;
    let gone = "rows 2026-01-09: 0 events of `events`, expected 10 to 40: the median of the 8 days \
                before is 20";
    assert_eq!(findings(&report), [gone]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_check_commits_nothing_until_it_is_accepted() {
    let checks = "[check.rows]\ntrailing_days = 2\nat_least = \"90%\"\non_failure = \"fail\"";
    let mut sandbox = january(checks, 3, 10);
    sandbox.run(Days::All).await;
    write_day(&sandbox, "2026-01-04", &["US"; 8]);
    write_day(&sandbox, "2026-01-05", &["US"; 10]);
    let what = "8 events of `events`, expected 9 to 20: the median of the 2 days before is 10";
    let expected = format!("check `rows` failed for 2026-01-04: {what}; {MEND}");
    assert_eq!(sandbox.failure(Days::OutOfDate).await, expected);
    let error = sandbox.try_run(Days::OutOfDate).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);

    sandbox.accept = Some("half the fleet was down".to_owned());
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(findings(&report), [format!("rows! 2026-01-04: {what}")]);
    assert_eq!(report.accepted.as_deref(), Some("half the fleet was down"));
    let metadata = sandbox.cells().await.metadata.unwrap();
    assert_eq!((metadata.accepted, metadata.checks), (report.accepted, report.checks));

    // What is accepted stays so: the same bytes are not judged twice.
    sandbox.accept = None;
    assert!(sandbox.run(Days::All).await.unchanged);
    // A reason where nothing fails is not recorded.
    sandbox.accept = Some("for nothing".to_owned());
    write_day(&sandbox, "2026-01-06", &["US"; 10]);
    assert_eq!(sandbox.run(Days::OutOfDate).await.accepted, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_accept_that_an_invariant_does_not_hold() {
    let mut sandbox = january("", 1, 3);
    sandbox.accept = Some("whatever".to_owned());
    sandbox.run(Days::All).await;
    // Somebody wrote a month of three people without events; a day more makes it one event.
    sandbox.tamper("2026-01", |field, values| match field.name().as_str() {
        "events" => Arc::new(Int64Array::from(vec![0; values.len()])),
        _ => Arc::clone(values),
    });
    write_day(&sandbox, "2026-01-02", &["US"]);
    assert_eq!(
        sandbox.failure(Days::OutOfDate).await,
        "check `distinct within count` failed for 2026-01: cell 0, measure `people`: at least 3 distinct \
         values in 1 events; nothing was committed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_without_a_known_member_are_a_gap() {
    let mut sandbox = january("", 1, 0);
    write_day(&sandbox, "2026-01-01", &["US", "", "", "DE", ""]);
    let report = sandbox.run(Days::All).await;
    let gap = "missing 2026-01-01: 3 of 5 events of `events` lack a known `country` (3 have none), \
               expected at most 2";
    assert_eq!(findings(&report), [gap]);

    // A member that its lookup does not have is no more known than none.
    let described = model(CSV, "").replace(
        "[dimension.country]\n",
        "[lookup.countries]\nurl = \"countries.csv\"\nkey = \"code\"\n[check.missing]\nat_most = 0.4\n\
         on_failure = \"fail\"\n[dimension.country]\nlookup = \"countries\"\nlabel = \"name\"\n",
    );
    let mut sandbox = Sandbox::new(&described);
    sandbox.write("countries.csv", "code,name\nUS,America\nDE,Germany\n");
    write_day(&sandbox, "2026-01-01", &["US", "", "XX", "DE", "DE"]);
    let report = sandbox.run(Days::All).await;
    assert_eq!((findings(&report), n_checked(&report, "missing")), (vec![], Some(1)));
    write_day(&sandbox, "2026-01-02", &["US", "", "XX", "DE", "XX"]);
    let expected = format!(
        "check `missing` failed for 2026-01-02: 3 of 5 events of `events` lack a known `country` (1 have \
         none, 2 that lookup `countries` does not have, such as `XX`), expected at most 2; {MEND}"
    );
    assert_eq!(sandbox.failure(Days::OutOfDate).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn plays_without_an_impression_are_judged_and_left_out_of_a_recount() {
    let credit = "[source.played]\nurl = \"played/\"\nformat = \"csv\"\ntime = \"at\"\n\
         [source.credited]\nattribute = { event = \"played\", to = \"events\", by = [\"id\"], \
         within = \"24h\", credit = \"last\" }\n\
         [measure.plays]\nsource = \"credited\"\nkind = \"count\"\n\
         [check.unattributed]\nat_most = \"40%\"\non_failure = \"fail\"";
    let mut sandbox = Sandbox::new(&model(CSV, credit));
    write_day(&sandbox, "2026-01-01", &["US", "DE"]);
    let plays = |ids: &[u32]| {
        let line = |id: &u32| format!("2026-01-01T12:00:00,{id}\n");
        format!("at,id\n{}", ids.iter().map(line).collect::<String>())
    };
    sandbox.write("played/dt=2026-01-01/a.csv", &plays(&[0, 7, 8]));
    let expected = format!(
        "check `unattributed` failed for 2026-01-01: 2 of 3 events of `credited` have no target, \
         expected at most 1; {MEND}"
    );
    assert_eq!(sandbox.failure(Days::All).await, expected);
    sandbox.write("played/dt=2026-01-01/a.csv", &plays(&[0, 1, 8]));
    let report = sandbox.run(Days::All).await;
    assert_eq!((findings(&report), n_checked(&report, "unattributed")), (vec![], Some(1)));

    let sample = Sample { days: None, n_cells: 5, seed: 1 };
    let found = verify(&sandbox.config(), sample, &Silent).await.unwrap();
    // A total, two countries and two cells, of events and of plays.
    assert!(found.is_ok() && found.n_additive == 10, "{found:?}");
    assert!(found.not_compared.is_empty(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measure_is_within_another_in_each_cell_or_in_the_day() {
    let more = |per: &str| {
        format!(
            "[source.late]\nfrom = \"events\"\nwhere = \"id > 2\"\n\
             [measure.late_people]\nsource = \"late\"\nkind = \"distinct\"\nof = \"id\"\n\
             [measure.late_sum]\nsource = \"late\"\nkind = \"sum\"\nof = \"cast(id as double) / 10\"\n\
             [check.late]\nkind = \"within\"\nmeasure = \"people\"\nwithin = \"late_people\"\n\
             per = \"{per}\"\non_failure = \"warn\"\n\
             [check.other_way]\nkind = \"within\"\nmeasure = \"late_people\"\nwithin = \"people\"\n\
             per = \"{per}\"\non_failure = \"fail\"\n\
             [check.sums]\nkind = \"within\"\nmeasure = \"late_sum\"\nwithin = \"late_people\"\n\
             [check.rows]\non_failure = \"off\"\n[check.missing]\non_failure = \"off\""
        )
    };
    let countries = ["DE", "US", "US", "US", "FR", "DE"];
    let mut sandbox = Sandbox::new(&model(CSV, &more("day")));
    write_day(&sandbox, "2026-01-01", &countries);
    let report = sandbox.run(Days::All).await;
    assert_eq!(findings(&report), ["late 2026-01-01: `people` is 6 and `late_people` 3"]);
    assert_eq!(n_checked(&report, "other_way"), Some(1));
    assert_eq!(n_checked(&report, "rows"), None, "it is switched off");

    let mut sandbox = Sandbox::new(&model(CSV, &more("cell")));
    write_day(&sandbox, "2026-01-01", &countries);
    let report = sandbox.run(Days::All).await;
    let found = "late 2026-01-01: `people` is 2 and `late_people` 1 in country=DE, the first \
                 of 2 such cells";
    assert_eq!(findings(&report), [found]);
    assert_eq!(n_checked(&report, "other_way"), Some(3));
}
