//! TLS on every way: from browsers to the gateway, and from gateway and programs to serving, both sides showing
//! certificates, which are replaced while questions are asked.

mod authority;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use clio_tests::{Sandbox, Server, until};
use tokio_rustls::rustls::{ClientConnection, StreamOwned};

use self::authority::Authority;

const QUESTION: &str = r#"{"query":"{ cube(query: { measures: [PLAYS], groupBy: [COUNTRY] }) { rows { country { value } } } }"}"#;

/// A replica that only serves clients with certificates, and a gateway with one before it.
struct World {
    gateway: Server,
    serving: Server,
    authority: Authority,
    sandbox: Sandbox,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let synth = "synth --out events --events 2000 --days 2 --people 200 --assets 20";
        sandbox.ok(synth.split(' '));
        sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
        let authority = Authority::new();
        std::fs::write(sandbox.path("ca.pem"), authority.pem()).unwrap();
        std::fs::write(sandbox.path("strangers.pem"), Authority::new().pem()).unwrap();
        // The key in a file of its own, and with its certificate.
        for name in ["serving", "http"] {
            authority
                .sign(&sandbox.path(&format!("{name}.pem")), &sandbox.path(&format!("{name}.key")));
        }
        authority.sign(&sandbox.path("gateway.pem"), &sandbox.path("gateway.pem"));
        let mut args = vec!["serve", "--lake", "lake", "--grpc", "127.0.0.1:0"];
        args.extend(["--grpc-certificate", "serving.pem", "--grpc-certificate-key", "serving.key"]);
        args.extend(["--client-ca", "ca.pem"]);
        let serving = sandbox.serve(&args);
        let mut args = vec!["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"];
        args.extend(["--serving-ca", "ca.pem", "--client-certificate", "gateway.pem"]);
        args.extend(["--http-certificate", "http.pem", "--http-certificate-key", "http.key"]);
        let gateway = sandbox.serve(&args);
        let world = Self { gateway, serving, authority, sandbox };
        until("the schema", || world.ask().0.contains("\"value\"").then_some(()));
        world
    }

    /// Asks the gateway on a connection of its own: the answer, and the certificate that was shown.
    fn ask(&self) -> (String, Vec<u8>) {
        let host = self.gateway.url.strip_prefix("https://").unwrap();
        let name = "127.0.0.1".try_into().unwrap();
        let session = ClientConnection::new(self.authority.client(), name).unwrap();
        let mut stream = StreamOwned::new(session, TcpStream::connect(host).unwrap());
        let length = QUESTION.len();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\norigin: https://{host}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{QUESTION}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let shown = stream.conn.peer_certificates().unwrap()[0].to_vec();
        (String::from_utf8_lossy(&answer).into_owned(), shown)
    }

    fn query(&self, url: &str, args: &[&str]) -> Result<String, String> {
        let asked = ["query", "--serving", url, "--measures", "plays", "--log", "info"];
        let finished = self.sandbox.clio(asked.iter().chain(args));
        if finished.code == 0 { Ok(finished.stdout) } else { Err(finished.stderr) }
    }
}

#[test]
fn everything_is_asked_by_tls_and_nothing_without_a_certificate() {
    let world = World::new();
    let (answer, _) = world.ask();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");

    let url = &world.serving.url;
    let known = ["--serving-ca", "ca.pem", "--client-certificate", "gateway.pem"];
    world.query(url, &known).unwrap();
    for (args, url, expected) in [
        (&["--serving-ca", "ca.pem"][..], url.clone(), "does it accept the client's certificate"),
        (&["--serving-ca", "strangers.pem"], url.clone(), "is not believed"),
        (&known, url.replace("127.0.0.1", "localhost"), "is not believed"),
        (&known, world.gateway.url.replace("https", "http"), "does not answer"),
        (&[], url.replace("https", "http"), "does not answer"),
    ] {
        let refused = world.query(&url, args).unwrap_err();
        assert!(refused.contains(expected), "{args:?} {url}: {refused}");
    }
    let refused = world.query(url, &["--client-certificate-key", "http.key"]).unwrap_err();
    assert!(refused.contains("add `--client-certificate`"), "{refused}");
    let refused = world.query(url, &["--client-certificate", "ca.pem"]).unwrap_err();
    assert!(refused.contains("ca.pem") && refused.contains("private key"), "{refused}");
}

#[test]
fn certificates_are_rotated_under_load_without_a_lost_request() {
    let world = World::new();
    let (_, before) = world.ask();
    let (is_over, n_asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        let askers: Vec<_> = (0..2)
            .map(|_| {
                threads.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let (answer, _) = world.ask();
                        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                        n_asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for name in ["http", "serving"] {
            let file = |ending: &str| world.sandbox.path(&format!("{name}.{ending}"));
            world.authority.sign(&file("pem"), &file("key"));
        }
        until("the new certificate", || {
            let is_over = askers.iter().any(std::thread::ScopedJoinHandle::is_finished);
            (is_over || world.ask().1 != before).then_some(())
        });
        is_over.store(true, Ordering::Relaxed);
        for asker in askers {
            asker.join().unwrap();
        }
    });
    assert!(n_asked.load(Ordering::Relaxed) > 10);
    assert_ne!(world.ask().1, before);
    // A program that connects to serving sees its new certificate.
    let known = ["--serving-ca", "ca.pem", "--client-certificate", "gateway.pem"];
    world.query(&world.serving.url, &known).unwrap();
}

#[test]
fn an_address_that_others_reach_is_open_to_clients_with_certificates() {
    let world = World::new();
    let mut args = vec!["serve", "--lake", "lake", "--grpc", "0.0.0.0:0"];
    args.extend(["--grpc-certificate", "serving.pem", "--grpc-certificate-key", "serving.key"]);
    let refused = world.sandbox.clio(&args);
    assert!(refused.code == 2 && refused.stderr.contains("--insecure"), "{}", refused.stderr);
    let alone = world.sandbox.clio(["serve", "--lake", "lake", "--client-ca", "ca.pem"]);
    assert!(alone.stderr.contains("add `--grpc-certificate`"), "{}", alone.stderr);
}
