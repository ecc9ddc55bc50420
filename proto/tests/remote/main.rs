//! The remote client against a service with known answers, over real connections on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

mod fake;
mod link;
mod replicas;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clio_proto::{
    Code, CubeService, Export, ExportFormat, ExportHead, FieldRef, Filter, GATEWAY_TOKEN, GroupKey,
    MembersRequest, PRINCIPAL_METADATA, Principal, PrincipalKind, Query, RemoteConfig, RemoteCubes,
    Secret, ServiceError, ServingState, SnapshotId, Test, principal_from_bytes,
};
use futures::StreamExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::fake::{Fake, Mood, answer, serve, serve_on, status};

/// An address where nobody listens: the port was free a moment ago.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

fn remote(endpoints: &[&str]) -> RemoteCubes {
    let endpoints = endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect();
    RemoteCubes::new(&RemoteConfig { endpoints, ..RemoteConfig::default() }).unwrap()
}

fn query() -> Query {
    Query {
        filter: Some(Filter::Field {
            field: FieldRef::parse("country"),
            test: Test::AnyOf(vec!["US".to_owned()]),
        }),
        group_by: vec![GroupKey::Field(FieldRef::parse("country"))],
        ..Query::total(["plays"])
    }
}

/// What the last call said of who asks: a principal, the gateway's token, and a key.
fn said(fake: &Fake) -> (Option<Principal>, Option<String>, Option<String>) {
    let said = fake.said.lock().unwrap();
    let principal = said
        .get_bin(PRINCIPAL_METADATA)
        .map(|bytes| principal_from_bytes(&bytes.to_bytes().unwrap()).unwrap());
    let text = |name| said.get(name).map(|value| value.to_str().unwrap().to_owned());
    (principal, text(GATEWAY_TOKEN), text("authorization"))
}

#[tokio::test]
async fn calls_say_who_asks_and_show_the_token_with_it() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let endpoints = vec![serve(&fake, &mut servers).await];
    let config = RemoteConfig { endpoints, ..RemoteConfig::default() };
    let ann = Principal {
        groups: vec!["analysts".to_owned(), "한국".to_owned()],
        ..Principal::new(PrincipalKind::User, "ann@example.com")
    };
    let token = "t".repeat(40);
    let gateway_token = Some(Secret::new(token.clone()));
    let gateway = RemoteConfig { gateway_token, ..config.clone() };
    let gateway = Arc::new(RemoteCubes::new(&gateway).unwrap());
    gateway.describe().await.unwrap();
    assert_eq!(said(&fake), (Some(Principal::gateway()), Some(token.clone()), None));
    let seen = Arc::clone(&gateway).seen_by(Arc::new(ann.clone()));
    seen.query(query(), None).await.unwrap();
    assert_eq!(said(&fake), (Some(ann.clone()), Some(token), None));
    // Of one that asks for somebody, another one asks for somebody else.
    let bob = Principal::new(PrincipalKind::Key, "bob");
    seen.seen_by(Arc::new(bob.clone())).runs(1).await.unwrap();
    assert_eq!(said(&fake).0, Some(bob));

    // Nobody would believe it without a token; and a key is shown for oneself alone.
    let bearer = Some(Secret::new("clio_07"));
    let program = Arc::new(RemoteCubes::new(&RemoteConfig { bearer, ..config }).unwrap());
    program.status().await.unwrap();
    assert_eq!(said(&fake), (None, None, Some("Bearer clio_07".to_owned())));
    program.seen_by(Arc::new(ann)).status().await.unwrap();
    assert_eq!(said(&fake), (None, None, None));
}

#[tokio::test]
async fn remote_answers_are_the_local_ones() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let remote = remote(&[&serve(&fake, &mut servers).await]);
    assert_eq!(remote.describe().await, fake.describe().await);
    for id in [None, Some(SnapshotId(3))] {
        assert_eq!(remote.query(query(), id).await, fake.query(query(), id).await);
    }
    for address in ["/media/a b.png", "/media/media.toml"] {
        let addresses = vec![address.to_owned()];
        assert_eq!(remote.has_media(addresses.clone()).await, fake.has_media(addresses).await);
    }
    for search in [None, Some("drama".to_owned())] {
        let field = Some(FieldRef::parse("asset.title"));
        let request = MembersRequest { search, limit: 5, ..MembersRequest::of(field) };
        let local = fake.members(request.clone()).await;
        assert_eq!(remote.members(request).await, local);
    }
    assert_eq!(remote.snapshots(3).await, fake.snapshots(3).await);
    assert_eq!(remote.runs(2).await, fake.runs(2).await);
    assert_eq!(remote.outliers(None).await, fake.outliers(None).await);
    let other = Some(SnapshotId(9));
    assert_eq!(remote.outliers(other).await, fake.outliers(other).await);
    assert_eq!(remote.status().await, fake.status().await);
}

#[tokio::test]
async fn an_error_ends_the_statuses() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let remote = remote(&[&serve(&fake, &mut servers).await]);
    let statuses: Vec<_> = remote.watch().await.unwrap().collect().await;
    let expected = [
        Ok(status(ServingState::Serving)),
        Ok(status(ServingState::Stale)),
        Err(ServiceError::new(Code::NotFound, "the lake is gone")),
    ];
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn files_come_as_they_are_sent() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let remote = remote(&[&serve(&fake, &mut servers).await]);
    let export = |measure: &str, format| Export {
        query: Query { limit: usize::MAX, ..Query::total([measure]) },
        format,
        is_raw: true,
        has_comments: false,
    };
    for format in ExportFormat::ALL {
        let found = remote.export(export("plays", format), Some(SnapshotId(3))).await.unwrap();
        let said = vec![("format".to_owned(), format.as_str().to_owned())];
        assert_eq!(found.head, ExportHead { snapshot: SnapshotId(3), n_rows: 3, said });
        let pieces: Vec<_> = found.bytes.collect().await;
        assert_eq!(pieces, [Ok(b"one,".to_vec()), Ok(b"two".to_vec())]);
    }
    // An interrupted file says why, and ends.
    let broken = remote.export(export("breaking", ExportFormat::Csv), None).await.unwrap();
    let pieces: Vec<_> = broken.bytes.collect().await;
    let gone = ServiceError::new(Code::NotFound, "the lake is gone");
    assert_eq!(pieces, [Ok(b"one,".to_vec()), Ok(b"two".to_vec()), Err(gone)]);
    let error = remote.export(export("unreadable", ExportFormat::Csv), None).await.unwrap_err();
    assert!(error.message.contains("`head`: is missing; an export begins with it"), "{error}");
}

#[tokio::test]
async fn errors_keep_their_code_and_message() {
    for code in Code::ALL {
        let (fake, mut servers) = (Fake::new(Mood::Refusing(code)), JoinSet::new());
        let address = serve(&fake, &mut servers).await;
        let error = remote(&[&address]).query(query(), None).await.unwrap_err();
        let said = "not in the mood; ask tomorrow";
        // Errors that are serving's fault say which serving.
        let expected = match code {
            Code::Unavailable | Code::Internal => format!("serving at {address}: {said}"),
            _ => said.to_owned(),
        };
        assert_eq!((error.code, error.message), (code, expected));
    }
}

#[tokio::test]
async fn the_next_replica_answers_for_one_that_cannot_and_is_asked_first_from_then_on() {
    let mut servers = JoinSet::new();
    let loading = Fake::new(Mood::Refusing(Code::Unavailable));
    let good = Fake::new(Mood::Willing);
    let dead = format!("http://{}", nobody().await);
    let loading_address = serve(&loading, &mut servers).await;
    let good_address = serve(&good, &mut servers).await;
    let remote = remote(&[&dead, &loading_address, &good_address]);
    for n_asked in 1..=3 {
        assert_eq!(remote.query(query(), None).await, Ok(answer(query(), None)));
        assert_eq!((loading.n_asked(), good.n_asked()), (1, n_asked));
    }
}

/// A query that kills the process which computes it must not be passed on to the next one.
#[tokio::test]
async fn a_question_whose_connection_broke_is_asked_nowhere_else() {
    let mut servers = JoinSet::new();
    let other = Fake::new(Mood::Willing);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dying = format!("http://{}", listener.local_addr().unwrap());
    servers.spawn(async move {
        // Takes the first bytes of each request and ends, like a process that is killed.
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut preface = [0; 200];
            let mut n_read = 0;
            while n_read < 100 {
                stream.readable().await.unwrap();
                match stream.try_read(&mut preface[n_read..]) {
                    Ok(0) => break,
                    Ok(n) => n_read += n,
                    Err(_) => {}
                }
            }
            drop(stream);
        }
    });
    let remote = remote(&[&dying, &serve(&other, &mut servers).await]);
    let error = remote.query(query(), None).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable, "{error}");
    assert!(error.message.contains(&dying), "{error}");
    assert_eq!(other.n_asked(), 0);
}

#[tokio::test]
async fn a_refused_request_is_not_asked_again_elsewhere() {
    let mut servers = JoinSet::new();
    let refusing = Fake::new(Mood::Refusing(Code::InvalidArgument));
    let other = Fake::new(Mood::Willing);
    let addresses = [serve(&refusing, &mut servers).await, serve(&other, &mut servers).await];
    let remote = remote(&[&addresses[0], &addresses[1]]);
    assert_eq!(remote.query(query(), None).await.unwrap_err().code, Code::InvalidArgument);
    assert_eq!((refusing.n_asked(), other.n_asked()), (1, 0));
}

#[tokio::test]
async fn when_no_replica_answers_each_is_named() {
    let mut servers = JoinSet::new();
    let dead = nobody().await;
    let loading = Fake::new(Mood::Refusing(Code::Unavailable));
    let loading_address = serve(&loading, &mut servers).await;
    let remote = remote(&[&format!("http://{dead}"), &loading_address]);
    let error = remote.query(query(), None).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable);
    let lines: Vec<_> = error.message.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    let (start, end) = lines[0].split_once(": ").unwrap();
    assert_eq!(start, format!("serving at http://{dead} does not answer"));
    // Between them is the system's message.
    assert!(end.ends_with("; is `clio serve` running there?"), "{end}");
    let said = format!("serving at {loading_address}: not in the mood; ask tomorrow");
    assert_eq!(lines[1], said);
    let error = remote.watch().await.err().unwrap();
    assert_eq!(error.code, Code::Unavailable);
}

#[tokio::test]
async fn a_replica_that_comes_back_is_found_again() {
    let fake = Fake::new(Mood::Willing);
    let mut servers = JoinSet::new();
    let address = serve(&fake, &mut servers).await;
    let remote = remote(&[&address]);
    assert!(remote.describe().await.is_ok());
    servers.shutdown().await;
    let port: SocketAddr = address.strip_prefix("http://").unwrap().parse().unwrap();
    let listener = TcpListener::bind(port).await.unwrap();
    serve_on(listener, &fake, &mut servers);
    // The call that meets the broken connection may fail; the next one opens another.
    let first = remote.describe().await;
    assert!(first.is_ok() || first.unwrap_err().code == Code::Unavailable);
    assert!(remote.describe().await.is_ok());
}

#[tokio::test]
async fn a_replica_that_takes_too_long_is_said_to() {
    let (fake, mut servers) = (Fake::new(Mood::Silent), JoinSet::new());
    let address = serve(&fake, &mut servers).await;
    let config = RemoteConfig {
        endpoints: vec![address.clone()],
        request_timeout: Duration::from_millis(40),
        ..RemoteConfig::default()
    };
    let error = RemoteCubes::new(&config).unwrap().query(query(), None).await.unwrap_err();
    let expected = format!(
        "serving at {address} did not answer within 40ms; ask for fewer days or groups, or allow \
         it more time"
    );
    assert_eq!((error.code, error.message), (Code::DeadlineExceeded, expected));
}

#[tokio::test]
async fn an_answer_of_another_version_is_said_to_be_one() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let address = serve(&fake, &mut servers).await;
    let query = Query::total(["unreadable"]);
    let error = remote(&[&address]).query(query, None).await.unwrap_err();
    let expected = format!(
        "the answer of serving at {address} cannot be read: `snapshot`: is missing; is it another \
         version of Clio?"
    );
    assert_eq!((error.code, error.message), (Code::Internal, expected));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let check = |endpoints: &[&str], expected: &str| {
        let endpoints = endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect();
        let config = RemoteConfig { endpoints, ..RemoteConfig::default() };
        let error = RemoteCubes::new(&config).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, expected));
    };
    let mend = "expected one like `http://127.0.0.1:50051`";
    check(&[], &format!("no address of serving is given; {mend}"));
    check(
        &["localhost:50051"],
        &format!("`localhost:50051` is not an address of serving: it has no scheme; {mend}"),
    );
    check(
        &["ftp://a"],
        &format!("`ftp://a` is not an address of serving: `ftp` is not supported; {mend}"),
    );
    check(&["a b"], &format!("`a b` is not an address of serving: invalid URI; {mend}"));
}

/// The transport's own message about message lengths came through as an invalid argument.
#[tokio::test]
async fn an_answer_over_the_size_limit_says_to_ask_for_less() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let remote = remote(&[&serve(&fake, &mut servers).await]);
    let query = Query { measures: vec!["large".to_owned()], ..query() };
    let error = remote.query(query, None).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
    assert!(error.message.contains("ask for fewer rows or measures"), "{error}");
    assert!(error.message.contains(&(64 << 20).to_string()), "{error}");
    // It came over a connection that remains open.
    assert!(remote.describe().await.is_ok());
}
