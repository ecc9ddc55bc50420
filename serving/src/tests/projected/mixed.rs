//! A client of several replicas takes answers of one part of the lake alone.

use std::sync::Arc;

use clio_proto::{Code, CubeService as _, Query, RemoteConfig, RemoteCubes};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{TestLake, open, projection};
use crate::serve_grpc;
use crate::tests::events::{days, generate};

#[tokio::test]
async fn replicas_that_hold_other_parts_are_not_asked_and_said_why() {
    let lake = TestLake::with(generate(1, &days("2026-01-01", "2026-01-03"), 30));
    let mut tasks = JoinSet::new();
    let mut replicas = Vec::new();
    for own in [
        projection("-", "-", &[]),
        projection("country=Österreich,US", "2d", &[]),
        projection("country=US,Österreich", "2d", &[]),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tasks.spawn(serve_grpc(open(&lake, &own).await, listener, None, stop.clone()));
        replicas.push((address, stop));
    }
    let client = |all: &[usize]| {
        let endpoints = all.iter().map(|at| replicas[*at].0.clone()).collect();
        Arc::new(RemoteCubes::new(&RemoteConfig { endpoints, ..RemoteConfig::default() }).unwrap())
    };
    let total = || Query::total(["impressions"]);
    let (whole_first, part_first, equal) = (client(&[0, 1]), client(&[1, 0]), client(&[1, 2]));
    let whole = whole_first.query(total(), None).await.unwrap();
    assert_eq!(whole.coverage.projection, None);
    let part = part_first.query(total(), None).await.unwrap();
    let held = part.coverage.projection.clone().unwrap();
    assert_eq!(
        held.to_string(),
        "only `country` of `US`, `Österreich`; days from 2026-01-02 on (the last 2)"
    );
    assert_ne!(whole.total, part.total);
    assert_eq!(part_first.status().await.unwrap().projection, Some(Arc::clone(&held)));
    equal.query(total(), None).await.unwrap();

    // The first one goes: another one that holds the same takes over, and nobody else does.
    for at in [0, 1] {
        replicas[at].1.cancel();
        tasks.join_next().await.unwrap().unwrap().unwrap();
        if at == 0 {
            let error = whole_first.query(total(), None).await.unwrap_err();
            assert_eq!(error.code, Code::Unavailable);
            let said = format!(
                "serving at {} is not asked: of its lake it holds only `country` of `US`, `Österreich`; the last 2 days, but the \
                 replica that answered first holds everything",
                replicas[1].0
            );
            assert!(error.message.contains(&said), "{error}");
            whole_first.status().await.unwrap_err();
            // So is an error: it may be one because of what is left out.
            let error = whole_first.query(Query::total(["nothing"]), None).await.unwrap_err();
            assert_eq!(error.code, Code::Unavailable, "{error}");
        }
    }
    assert_eq!(equal.query(total(), None).await.unwrap().total, part.total);
}
