//! First days of members outlive their days, so that ages stay known.

use std::collections::BTreeMap;

use clio_etl::Days;
use clio_proto::Period;

use super::{CSV, before, retired, retired_months};
use crate::formats::model;
use crate::sandbox::{Sandbox, days};

const DAYS: [(&str, &[&str]); 7] = [
    ("2025-12-01", &["DE", "US"]),
    ("2025-12-31", &["DE"]),
    ("2026-01-10", &["US", "FR"]),
    ("2026-01-31", &["FR", "PL"]),
    ("2026-02-01", &["PL", "IT"]),
    ("2026-02-10", &["US", "FR", "DE", "IT"]),
    ("2026-02-28", &["FR", "ES"]),
];

fn write_day(sandbox: &Sandbox, day: &str, countries: &[&str]) {
    let mut text = "at,id,country\n".to_owned();
    for (id, country) in countries.iter().chain(&[""]).enumerate() {
        text.push_str(&format!("{day}T10:00:00,{id},{country}\n"));
    }
    sandbox.write(&format!("events/dt={day}/a.csv"), &text);
}

fn aged() -> String {
    model(CSV, "").replace("[dimension.country]", "[dimension.country]\nage = \"first_day\"")
}

async fn lake() -> Sandbox {
    let mut sandbox = Sandbox::new(&aged());
    DAYS.iter().for_each(|(day, countries)| write_day(&sandbox, day, countries));
    sandbox.run(Days::All).await;
    sandbox
}

/// What the newest commit says of countries.
async fn first_days(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let metadata = sandbox.cells().await.metadata.unwrap();
    let members = metadata.first_days.of("country");
    members.map(|(member, day)| (member.to_owned(), day.to_string())).collect()
}

fn is(known: &[(&str, &str)]) -> BTreeMap<String, String> {
    known.iter().map(|(member, day)| ((*member).to_owned(), (*day).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn first_days_are_kept_as_long_as_their_months_are_retired() {
    let (kept, mut sandbox) = (lake().await, lake().await);
    assert!(first_days(&sandbox).await.is_empty());
    let report = retired(&mut sandbox, before("2026-01-01")).await;
    assert_eq!((report.n_first_days, report.n_first_days_dropped), (2, 0));
    let december = [("DE", "2025-12-01"), ("US", "2025-12-01")];
    assert_eq!(first_days(&sandbox).await, is(&december));
    retired(&mut sandbox, before("2026-02-01")).await;
    let january = [("FR", "2026-01-10"), ("PL", "2026-01-31")];
    let both = [december, january].concat();
    assert_eq!(first_days(&sandbox).await, is(&both));
    // Cells are those of a lake that nothing was retired of.
    let mut parents = [kept.cells().await.files, sandbox.cells().await.files];
    for files in &mut parents {
        files.retain(|period, _| !matches!(period.parse().unwrap(), Period::Day(_)));
    }
    assert_eq!(parents[0], parents[1]);

    // Every commit carries them on.
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    write_day(&sandbox, "2026-03-01", &["PL", "NO"]);
    sandbox.run(Days::OutOfDate).await;
    assert_eq!(first_days(&sandbox).await, is(&both));

    // A month that is rebuilt whole has its days again, and they tell.
    write_day(&sandbox, "2026-01-10", &["US"]);
    sandbox.run(days("2026-01-01", "2026-01-31")).await;
    assert_eq!(retired_months(&sandbox).await, ["2025-12"]);
    assert_eq!(first_days(&sandbox).await, is(&december));
    // And when it is retired again, it is as it was rebuilt.
    retired(&mut sandbox, before("2026-02-01")).await;
    let rebuilt = [("FR", "2026-01-31"), ("PL", "2026-01-31")];
    assert_eq!(first_days(&sandbox).await, is(&[december, rebuilt].concat()));

    // They are forgotten with what asks for them.
    sandbox.set_model(&model(CSV, ""));
    assert!(!sandbox.run(Days::OutOfDate).await.unchanged);
    assert!(first_days(&sandbox).await.is_empty());
    // Of months that were retired before, nobody knows them.
    sandbox.set_model(&aged());
    sandbox.run(Days::OutOfDate).await;
    let report = retired(&mut sandbox, before("2026-03-01")).await;
    assert_eq!(report.n_first_days, 6);
    let february = is(&[
        ("PL", "2026-02-01"),
        ("IT", "2026-02-01"),
        ("US", "2026-02-10"),
        ("FR", "2026-02-10"),
        ("DE", "2026-02-10"),
        ("ES", "2026-02-28"),
    ]);
    assert_eq!(first_days(&sandbox).await, february);
}

/// A month goes with all that is known of its days, or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_with_a_damaged_day_keeps_its_days_where_ages_count_from_them() {
    let mut sandbox = lake().await;
    std::fs::remove_dir_all(sandbox.path("lake/cells/grain=day/period=2025-12-31")).unwrap();
    let report = retired(&mut sandbox, before("2026-02-01")).await;
    assert_eq!((report.months.len(), report.months[0].month.as_str()), (1, "2026-01"));
    let reason = &report.kept[0].reason;
    assert!(
        reason.starts_with("the first days of members cannot be kept, which ages count from"),
        "{reason}"
    );
    assert!(reason.ends_with("(it is gone); `clio etl run` rebuilds it"), "{reason}");
    // What January says of members that were there in December is no first day of theirs; December, which is there, tells.
    assert_eq!(report.n_first_days, 3);
}
