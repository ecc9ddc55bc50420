//! A replica that is lost is not noticed: two replicas under load, of which one is killed, frozen, slowed, cut off, or
//! has no room.

use std::time::{Duration, Instant};

use clio_tests::{Fault, Load, Pair, Sandbox, p99, until};
use serde_json::Value;

const SYNTH: [&str; 11] = [
    "synth", "--out", "events", "--events", "20000", "--days", "3", "--people", "2000", "--assets",
    "20",
];

/// How many answers in a row are looked at.
const WINDOW: usize = 200;

/// Questions that have failed have to be none; and then again, answers have to take about as long as before.
#[test]
fn a_lost_replica_is_not_noticed() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
    let mut pair = Pair::start(&sandbox, "lake");
    until("both replicas", || pair.are_both_up().then_some(()));
    until("the gateway's schema", || {
        let (code, _) = pair.gateway.graphql("{ serving { state } }", &Value::Null);
        (code == 200).then_some(())
    });
    let load = Load::on(&pair.gateway.url, 4, None);
    let usual = |what: &str, since: Instant| {
        until(what, || {
            let ended = load.since(since);
            (ended.len() >= WINDOW).then(|| p99(&ended[ended.len() - WINDOW..]).unwrap())
        })
    };
    for fault in Fault::ALL {
        load.clear();
        let before = usual("answers", Instant::now());
        let begun = Instant::now();
        pair.inject(fault);
        // What is usual on this machine, where much else goes on, but far from waiting for a replica.
        let bound = (before * 4).clamp(Duration::from_millis(50), Duration::from_millis(900));
        until(&format!("answers as before, {fault:?}"), || {
            let ended = load.since(begun);
            let last = ended.len().checked_sub(WINDOW)?;
            p99(&ended[last..]).filter(|p99| *p99 <= bound)
        });
        if fault == Fault::Shedding {
            until("the replica to turn somebody away", || {
                pair.metric("clio_gateway_replica_sheds_total", 0, None).filter(|n| *n > 0.0)
            });
        }
        pair.mend(fault);
        until("both replicas again", || pair.are_both_up().then_some(()));
        usual("answers of both", Instant::now());
        let failures = load.failures();
        assert_eq!((failures.len(), failures.first()), (0, None), "{fault:?}");
    }
    drop(load);

    // Without any, that is said at once, and not after a time-out.
    pair.kill_both();
    let state = |place| pair.metric("clio_gateway_replica_state", place, Some("down"));
    until("both to be known as gone", || {
        (state(0), state(1)).eq(&(Some(1.0), Some(1.0))).then_some(())
    });
    let begun = Instant::now();
    let (_, answer) = pair
        .gateway
        .graphql("{ cube(query: { measures: [VIEWERS] }) { groupCount } }", &Value::Null);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    pair.restart(0, &[]);
    pair.restart(1, &[]);
    until("an answer", || {
        let (_, answer) = pair
            .gateway
            .graphql("{ cube(query: { measures: [VIEWERS] }) { groupCount } }", &Value::Null);
        answer["errors"].is_null().then_some(())
    });
}
