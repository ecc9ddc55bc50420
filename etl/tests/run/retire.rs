//! Old days go and their months stay; a retired month is rebuilt whole or not at all.

mod ages;
mod any_order;

use std::collections::BTreeMap;

use clio_etl::{Days, ErrorKind, MonthEffect, Progress, Reason, Sample, Silent, plan, run, verify};
use clio_lake::{CutOff, MIN_KEPT, RetireReport, Retirement, Vacuum, retire, snapshots, vacuum};
use clio_proto::{Period, RunId};
use jiff::{SignedDuration, Span};
use url::Url;

use crate::attribution;
use crate::formats::model;
use crate::sandbox::{Sandbox, days};

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
/// A sum of other than whole numbers, whose parents are always made of all children.
const PRICE: &str =
    "[measure.price]\nsource = \"events\"\nkind = \"sum\"\nof = \"cast(seconds as double) / 7\"";
const DAYS: [&str; 9] = [
    "2025-12-01",
    "2025-12-02",
    "2025-12-31",
    "2026-01-01",
    "2026-01-15",
    "2026-01-31",
    "2026-02-01",
    "2026-02-02",
    "2026-02-28",
];

fn events(day: &str, file: &str, n_events: usize) -> String {
    let mut text = "at,id,country,seconds\n".to_owned();
    for id in 0..n_events {
        text.push_str(&format!("{day}T10:00:00,{file}{},c{},{id}\n", id * 7 % 11, id % 3));
    }
    text
}

fn write_day(sandbox: &Sandbox, day: &str, file: &str, n_events: usize) {
    sandbox.write(&format!("events/dt={day}/{file}.csv"), &events(day, file, n_events));
}

/// Three days in each of three months, not yet run.
fn three_months(more: &str) -> Sandbox {
    let sandbox = Sandbox::new(&model(CSV, more));
    for (index, day) in DAYS.iter().enumerate() {
        write_day(&sandbox, day, "a", 5 + index);
    }
    sandbox
}

fn lake(sandbox: &Sandbox) -> Url {
    Url::from_directory_path(sandbox.path("lake")).unwrap()
}

async fn retired(sandbox: &mut Sandbox, cut_off: CutOff) -> RetireReport {
    let config = sandbox.config();
    let asked = Retirement { cut_off, run: config.run, now: config.now, dry_run: false };
    retire(&config.lake, &asked).await.unwrap()
}

fn before(day: &str) -> CutOff {
    CutOff::Before(day.parse().unwrap())
}

/// The files of months, years and all time.
async fn parents(sandbox: &Sandbox) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut files = sandbox.cells().await.files;
    files.retain(|period, _| !matches!(period.parse().unwrap(), Period::Day(_)));
    files
}

async fn days_of(sandbox: &Sandbox) -> Vec<String> {
    let periods = sandbox.cells().await.files.into_keys();
    periods.filter(|period| matches!(period.parse().unwrap(), Period::Day(_))).collect()
}

async fn retired_months(sandbox: &Sandbox) -> Vec<String> {
    let metadata = sandbox.cells().await.metadata.unwrap();
    metadata.retired.months().map(|month| month.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn days_go_and_what_stays_is_the_same_to_the_byte() {
    for more in ["", PRICE] {
        let (mut kept, mut sandbox) = (three_months(more), three_months(more));
        kept.run(Days::All).await;
        sandbox.run(Days::All).await;
        let whole = sandbox.cells().await;
        let config = sandbox.config();
        let asked = |dry_run| Retirement {
            cut_off: CutOff::OlderThan(Span::new().months(1)),
            run: config.run.clone(),
            now: config.now,
            dry_run,
        };
        let files = sandbox.lake_files();
        let would = retire(&config.lake, &asked(true)).await.unwrap();
        assert_eq!(
            (would.dry_run, would.snapshot, sandbox.lake_files() == files),
            (true, None, true)
        );
        let done = retire(&config.lake, &asked(false)).await.unwrap();
        assert_eq!((done.before.to_string().as_str(), done.snapshot.unwrap().0), ("2026-02-01", 1));
        assert_eq!((&done.months, done.kept.len()), (&would.months, 0));
        let of = |at: usize| (done.months[at].month.as_str(), done.months[at].n_days);
        assert_eq!([of(0), of(1)], [("2025-12", 3), ("2026-01", 3)]);
        let size_bytes: usize = DAYS[..6].iter().map(|day| whole.files[*day][0].len()).sum();
        assert_eq!(done.months.iter().map(|it| it.size_bytes).sum::<u64>(), size_bytes as u64);

        assert_eq!(days_of(&sandbox).await, DAYS[6..]);
        assert_eq!(parents(&sandbox).await, parents(&kept).await);
        let (now, then) = (sandbox.cells().await.metadata.unwrap(), whole.metadata.unwrap());
        assert_eq!(now.retired.days().map(|day| day.to_string()).collect::<Vec<_>>(), DAYS[..6]);
        assert_eq!((now.inputs, now.lookups, now.model), (then.inputs, then.lookups, then.model));
        assert_eq!(snapshots(&lake(&sandbox), None).await.unwrap()[0].operation, "DELETE");

        // Nothing of it is new to a run, and nothing is left to retire.
        let found = plan(&sandbox.config(), Days::OutOfDate).await.unwrap();
        assert!(found.is_empty() && found.retired_months.is_empty(), "{found:?}");
        assert!(sandbox.run(Days::OutOfDate).await.unchanged);
        assert_eq!(retired(&mut sandbox, before("2026-02-01")).await.snapshot, None);

        // Later days are folded on top, as if nothing had gone.
        for lake in [&mut kept, &mut sandbox] {
            write_day(lake, "2026-02-28", "late", 4);
            write_day(lake, "2026-03-01", "a", 4);
            assert_eq!(lake.run(Days::OutOfDate).await.days.len(), 2);
        }
        assert_eq!(parents(&sandbox).await, parents(&kept).await);
        assert_eq!(retired_months(&sandbox).await, ["2025-12", "2026-01"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_retired_days_go_with_a_vacuum() {
    let mut sandbox = three_months("");
    sandbox.run(Days::All).await;
    let n_files = sandbox.lake_files().len();
    retired(&mut sandbox, before("2026-02-01")).await;
    // A commit more; readers of the snapshot before find all their files.
    assert_eq!(sandbox.lake_files().len(), n_files + 1);
    let now = sandbox.config().now + SignedDuration::from_hours(24) + SignedDuration::from_secs(1);
    let asked = Vacuum { keep: MIN_KEPT, now, dry_run: false, spared: Default::default() };
    let report = vacuum(&lake(&sandbox), &asked).await.unwrap();
    assert_eq!(report.files.len(), 6, "{report:?}");
    assert!(report.files.iter().all(|file| file.starts_with("cells/grain=day/")), "{report:?}");
    // The vacuum's own commits say nothing of months; what the one before said holds.
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    let report = sandbox.run(Days::All).await;
    assert_eq!((report.days.len(), retired_months(&sandbox).await.len()), (9, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_file_of_a_retired_month_waits_for_the_whole_month() {
    let (mut kept, mut sandbox) = (three_months(""), three_months(""));
    sandbox.run(Days::All).await;
    retired(&mut sandbox, before("2026-02-01")).await;
    for lake in [&sandbox, &kept] {
        write_day(lake, "2026-01-15", "late", 4);
        // A day that the month did not have.
        write_day(lake, "2026-01-20", "late", 4);
        write_day(lake, "2026-02-02", "late", 4);
    }
    kept.run(Days::All).await;
    let january = "2026-01 stays as it is, since its days have left the lake; 2 of them would be rebuilt \
                   (new; its files changed); \
                   to rebuild it whole: `--from 2026-01-01 --to 2026-01-31`";
    let found = plan(&sandbox.config(), Days::OutOfDate).await.unwrap();
    assert_eq!(found.days.len(), 1);
    let month = &found.retired_months[0];
    assert_eq!((month.effect, month.to_string().as_str()), (MonthEffect::Kept, january));
    let reasons: Vec<_> = month.days.iter().map(|planned| planned.reasons[0]).collect();
    assert_eq!(reasons, [Reason::Files, Reason::New]);
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!((report.days.len(), &report.retired_months), (1, &found.retired_months));
    // It is found again, and does not fail the run.
    let again = sandbox.run(Days::OutOfDate).await;
    assert!(again.unchanged && again.retired_months == found.retired_months);

    let refusal = |mend: &str| {
        format!(
            "2026-01: the days of a retired month have left the lake, and it can only be rebuilt whole; \
             nothing was committed; {mend}"
        )
    };
    let mend = "ask for all of its days: `--from 2026-01-01 --to 2026-01-31`";
    assert_eq!(sandbox.failure(days("2026-01-15", "2026-01-15")).await, refusal(mend));
    assert_eq!(sandbox.failure(days("2026-01-20", "2026-01-20")).await, refusal(mend));
    let mend = "ask for all of its days: `--from 2026-01-01 --to 2026-02-28`";
    assert_eq!(sandbox.failure(days("2026-01-15", "2026-02-28")).await, refusal(mend));
    let found = plan(&sandbox.config(), days("2026-01-15", "2026-02-28")).await.unwrap();
    assert_eq!(found.retired_months[0].effect, MonthEffect::Refused);

    let report = sandbox.run(days("2026-01-01", "2026-01-31")).await;
    assert_eq!((report.days.len(), report.retired_months[0].effect), (4, MonthEffect::Rebuilt));
    assert_eq!(retired_months(&sandbox).await, ["2025-12"]);
    assert_eq!(parents(&sandbox).await, parents(&kept).await);
    sandbox.run(days("2025-12-01", "2025-12-31")).await;
    assert_eq!(sandbox.cells().await.files, kept.cells().await.files);
    assert!(retired_months(&sandbox).await.is_empty());
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_whose_events_are_gone_stays() {
    let mut sandbox = three_months("");
    sandbox.run(Days::All).await;
    retired(&mut sandbox, before("2026-02-01")).await;
    let before = parents(&sandbox).await;
    std::fs::rename(sandbox.path("events/dt=2026-01-15"), sandbox.path("aside")).unwrap();
    let message = sandbox.failure(days("2026-01-01", "2026-01-31")).await;
    assert!(
        message.ends_with(
            "; the files of 2026-01-15 are gone: bring them back, or ask for days of other months"
        ),
        "{message}"
    );
    let report = sandbox.run(Days::All).await;
    let effects: Vec<MonthEffect> = report.retired_months.iter().map(|it| it.effect).collect();
    assert_eq!(effects, [MonthEffect::Rebuilt, MonthEffect::Kept]);
    assert!(
        report.retired_months[1].to_string().ends_with("since the files of 2026-01-15 are gone"),
        "{}",
        report.retired_months[1]
    );
    assert_eq!(retired_months(&sandbox).await, ["2026-01"]);
    assert_eq!(parents(&sandbox).await, before);
    // A file without events is no file that is gone: the day is left without any.
    sandbox.write("events/dt=2026-01-15/a.csv", "at,id,country,seconds\n");
    let report = sandbox.run(days("2026-01-01", "2026-01-31")).await;
    assert_eq!((report.days.len(), report.days_removed.len()), (2, 1));
    let mut fresh = three_months("");
    fresh.write("events/dt=2026-01-15/a.csv", "at,id,country,seconds\n");
    fresh.run(Days::All).await;
    assert_eq!(sandbox.cells().await.files, fresh.cells().await.files);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_keeps_days_that_may_change_or_that_are_all_there_is() {
    let text = attribution::MODEL.replace("ZONE", "UTC").replace("WINDOW", "24h");
    let mut sandbox = Sandbox::new(&text);
    sandbox.write("assets.json", "{\"asset\":\"a\",\"title\":\"t\"}\n");
    for day in ["2026-01-31", "2026-02-28"] {
        let shown = format!(
            "{{\"at\":\"{day}T10:00:00\",\"id\":\"p\",\"asset\":\"a\",\"country\":\"US\",\"tags\":[]}}\n"
        );
        sandbox.write(&format!("impressions/dt={day}/a.json"), &shown);
        let played =
            format!("{{\"at\":\"{day}T11:00:00\",\"id\":\"p\",\"title\":\"t\",\"seconds\":20}}\n");
        sandbox.write(&format!("plays/dt={day}/a.json"), &played);
    }
    let report = sandbox.run(Days::All).await;
    // Its window ends with the first of March, at whose noon the run is.
    assert_eq!(report.provisional_days, ["2026-02-28".parse().unwrap()]);
    let report = retired(&mut sandbox, before("2026-03-01")).await;
    assert_eq!((report.months.len(), report.months[0].month.as_str()), (1, "2026-01"));
    assert_eq!(
        report.kept[0].reason,
        "its day 2026-02-28 is provisional; `clio etl run` settles it once its window has passed"
    );

    let mut sandbox = three_months("");
    sandbox.run(Days::All).await;
    let month = sandbox.path("lake/cells/grain=month/period=2025-12");
    std::fs::remove_dir_all(month).unwrap();
    let report = retired(&mut sandbox, before("2026-02-10")).await;
    assert_eq!((report.months.len(), report.months[0].month.as_str()), (1, "2026-01"));
    assert!(report.kept[0].reason.contains("is gone or damaged"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_needs_all_days_needs_those_of_retired_months_by_name() {
    let mut sandbox = three_months("");
    sandbox.run(Days::All).await;
    retired(&mut sandbox, before("2026-02-01")).await;
    let coarser = model(CSV, "").replace("precision = 12", "precision = 10");
    sandbox.set_model(&coarser);
    let message = sandbox.failure(Days::OutOfDate).await;
    assert!(
        message.ends_with(
            "rebuild all 9 days of this one in one run, those of retired months too: \
             `--from 2025-12-01 --to 2026-02-28`"
        ),
        "{message}"
    );
    let message = sandbox.failure(days("2026-02-01", "2026-02-28")).await;
    assert!(message.contains("`--from 2025-12-01 --to 2026-02-28`"), "{message}");
    let report = sandbox.run(days("2025-12-01", "2026-02-28")).await;
    assert_eq!((report.days.len(), retired_months(&sandbox).await.len()), (9, 0));
    let mut fresh = three_months("");
    fresh.set_model(&coarser);
    fresh.run(Days::All).await;
    assert_eq!(sandbox.cells().await.files, fresh.cells().await.files);

    // A measure more asks for nothing: it is 0 in retired months until they are rebuilt.
    retired(&mut sandbox, before("2026-02-01")).await;
    sandbox.set_model(&format!(
        "{coarser}\n[measure.seconds]\nsource = \"events\"\nkind = \"sum\"\nof = \"seconds\""
    ));
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!((report.days.len(), report.retired_months.len()), (3, 2));
    assert_eq!(sandbox.cells().await.lines("2026-01")[0].split(' ').count(), 3);
    assert_eq!(sandbox.run(Days::All).await.days.len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_without_folders_leave_retired_months_alone() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    for (index, day) in DAYS.iter().enumerate() {
        sandbox.write(&format!("events/{day}.csv"), &events(day, "a", 5 + index));
    }
    sandbox.run(Days::All).await;
    retired(&mut sandbox, before("2026-02-01")).await;
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    sandbox.write("events/late.csv", &events("2026-01-15", "late", 4));
    let before = parents(&sandbox).await;
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!((report.days.len(), report.n_periods_changed), (3, 0));
    let effects = report.retired_months.iter().map(|month| month.effect);
    assert_eq!(effects.collect::<Vec<_>>(), [MonthEffect::Kept; 2]);
    assert_eq!(parents(&sandbox).await, before);
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    let message = sandbox.failure(days("2026-01-15", "2026-02-28")).await;
    assert!(message.ends_with("`--from 2026-01-01 --to 2026-02-28`"), "{message}");
    // A month of which events are gone.
    std::fs::rename(sandbox.path("events/2025-12-02.csv"), sandbox.path("aside.csv")).unwrap();
    let message = sandbox.failure(days("2025-12-01", "2025-12-31")).await;
    assert!(message.contains("the files of 2025-12-02 are gone"), "{message}");
    let report = sandbox.run(Days::All).await;
    let effects: Vec<MonthEffect> = report.retired_months.iter().map(|it| it.effect).collect();
    assert_eq!((report.days.len(), effects), (6, vec![MonthEffect::Kept, MonthEffect::Rebuilt]));
    assert_eq!(retired_months(&sandbox).await, ["2025-12"]);
    std::fs::rename(sandbox.path("aside.csv"), sandbox.path("events/2025-12-02.csv")).unwrap();
    sandbox.run(Days::All).await;
    let mut fresh = three_months("");
    write_day(&fresh, "2026-01-15", "late", 4);
    fresh.run(Days::All).await;
    assert_eq!(sandbox.cells().await.files, fresh.cells().await.files);
}

/// Retires months in the middle of a run.
struct Meanwhile<'a> {
    lake: &'a Url,
    before: &'static str,
}

impl Progress for Meanwhile<'_> {
    fn step(&self, step: &str, _n_total: u64) {
        if step != "commit" {
            return;
        }
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let run = RunId::new("meanwhile");
        let asked = Retirement { cut_off: before(self.before), run, now, dry_run: false };
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(retire(self.lake, &asked)).unwrap();
        });
    }
    fn advance(&self, _n: u64) {}
    fn done(&self, _step: &str) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_beside_which_its_month_is_retired_commits_nothing() {
    let mut sandbox = three_months("");
    sandbox.run(Days::All).await;
    let url = lake(&sandbox);
    // A day that is new to a month which goes meanwhile, and one of a month that stays.
    write_day(&sandbox, "2026-01-20", "a", 4);
    let (january, config) = (Meanwhile { lake: &url, before: "2026-02-01" }, sandbox.config());
    let error = Box::pin(run(&config, Days::OutOfDate, &january)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("2026-01-20"), "{error}");
    assert_eq!(retired_months(&sandbox).await, ["2025-12", "2026-01"]);
    std::fs::remove_dir_all(sandbox.path("events/dt=2026-01-20")).unwrap();

    let (mut kept, mut sandbox) = (three_months(""), three_months(""));
    sandbox.run(Days::All).await;
    let url = lake(&sandbox);
    for lake in [&kept, &sandbox] {
        write_day(lake, "2026-02-20", "a", 4);
    }
    let (january, config) = (Meanwhile { lake: &url, before: "2026-02-01" }, sandbox.config());
    Box::pin(run(&config, Days::OutOfDate, &january)).await.unwrap();
    kept.run(Days::All).await;
    assert_eq!(parents(&sandbox).await, parents(&kept).await);
    assert_eq!(retired_months(&sandbox).await, ["2025-12", "2026-01"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_leaves_retired_days_out_and_says_so() {
    let mut sandbox = three_months("");
    sandbox.run(Days::All).await;
    retired(&mut sandbox, before("2026-02-01")).await;
    let sample = |first, last| {
        let Days::Range(range) = days(first, last) else { panic!("dates are a range") };
        Sample { days: Some(range), n_cells: 5, seed: 1 }
    };
    let config = sandbox.config();
    let found = Box::pin(verify(&config, sample("2025-12-31", "2026-02-01"), &Silent)).await;
    let found = found.unwrap();
    assert_eq!((found.days.len(), found.n_mismatches), (1, 0));
    assert_eq!(
        found.not_compared,
        ["4 days that have left the lake: 2025-12 to 2026-01 are retired"]
    );
    let none = Box::pin(verify(&config, sample("2026-01-01", "2026-01-31"), &Silent)).await;
    let message = none.unwrap_err().to_string();
    assert!(message.contains("(3 days that have left the lake: 2026-01 is retired)"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retirement_and_runs_at_once_are_all_kept() {
    let (mut kept, mut sandbox) = (three_months(""), three_months(""));
    sandbox.run(Days::All).await;
    for lake in [&kept, &sandbox] {
        write_day(lake, "2026-02-20", "a", 4);
        write_day(lake, "2026-03-01", "a", 4);
    }
    let (first, second, third) = (sandbox.config(), sandbox.config(), sandbox.config());
    let cut_off = before("2026-02-01");
    let asked = Retirement { cut_off, run: third.run, now: third.now, dry_run: false };
    let (first, second, done) = tokio::join!(
        Box::pin(run(&first, days("2026-02-20", "2026-02-20"), &Silent)),
        Box::pin(run(&second, days("2026-03-01", "2026-03-01"), &Silent)),
        Box::pin(retire(&third.lake, &asked)),
    );
    let mut versions = [first.unwrap().snapshot.0, second.unwrap().snapshot.0, 0];
    versions[2] = done.unwrap().snapshot.unwrap().0;
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3]);
    kept.run(Days::All).await;
    assert_eq!(parents(&sandbox).await, parents(&kept).await);
    assert_eq!(retired_months(&sandbox).await, ["2025-12", "2026-01"]);
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
}
