//! What is refused or cut short, so that a small request costs little.

use super::sockets::{PROTOCOL, next, open, send};
use super::*;

/// Every way to be refused by the checks of a query, a thousand bytes and a million long.
#[expect(clippy::too_many_lines, reason = "a list of queries, one after another")]
fn refused_queries(n_bytes: usize) -> Vec<(&'static str, String)> {
    let repeated = |text: &str| text.repeat(n_bytes / text.len());
    let named = |text: &dyn Fn(usize) -> String| {
        let mut all = String::new();
        for n in 0.. {
            all.push_str(&text(n));
            if all.len() >= n_bytes {
                break;
            }
        }
        all
    };
    let long = "x".repeat(n_bytes);
    vec![
        ("variable twice", format!("query({}) {{ insecure }}", repeated("$v:Int "))),
        (
            "unused variables",
            format!("query({}) {{ insecure }}", named(&|n| format!("$v{n}:Int "))),
        ),
        (
            "variables of no type",
            format!("query({}) {{ insecure }}", named(&|n| format!("$v{n}:X "))),
        ),
        (
            "unknown variables",
            format!("{{ {} }}", named(&|n| format!("a{n}:members(field:$x{n}){{total}} "))),
        ),
        ("unknown directives", format!("{{ insecure {} }}", repeated("@x "))),
        ("unknown arguments", format!("{{ insecure({}) }}", named(&|n| format!("a{n}:1 ")))),
        ("argument twice", format!("{{ runs({}) {{ id }} }}", repeated("limit:1 "))),
        ("unknown fields", format!("{{ {} }}", named(&|n| format!("x{n} ")))),
        ("unknown field deep", format!("{{ dataset {{ {} }} }}", named(&|n| format!("x{n} ")))),
        ("unknown spreads", format!("{{ {} }}", named(&|n| format!("...X{n} ")))),
        (
            "unused fragments",
            format!(
                "{{ insecure }} {}",
                named(&|n| format!("fragment F{n} on Query{{insecure}} "))
            ),
        ),
        (
            "fragments of no type",
            format!("{{ insecure }} {}", named(&|n| format!("fragment F{n} on X{{a}} "))),
        ),
        (
            "fragment twice",
            format!("{{ insecure }} {}", repeated("fragment F on Query{insecure} ")),
        ),
        ("operation twice", repeated("query A{insecure} ")),
        ("inline fragments of no type", format!("{{ {} }}", repeated("...on X{a} "))),
        ("scalars with fields", format!("{{ {} }}", named(&|n| format!("a{n}:insecure{{x}} ")))),
        ("objects without", format!("{{ {} }}", named(&|n| format!("a{n}:dataset ")))),
        ("conflicting aliases", format!("{{ {} }}", repeated("a:insecure a:dataset{name} "))),
        (
            "wrong enums",
            format!("{{ cube(query:{{measures:[{}]}}){{elapsedMs}} }}", repeated("NOPE ")),
        ),
        (
            "wrong keys",
            format!(
                "{{ cube(query:{{measures:[PLAYS] {}}}){{elapsedMs}} }}",
                named(&|n| format!("k{n}:1 "))
            ),
        ),
        ("wrong values", format!("{{ runs(limit:[{}]){{id}} }}", repeated("1 "))),
        ("long field", format!("{{ {long} }}")),
        ("long alias", format!("{{ {long}: nope }}")),
        ("long argument", format!("{{ insecure({long}: 1) }}")),
        ("long directive", format!("{{ insecure @{long} }}")),
        ("long variable", format!("query(${long}: Int) {{ insecure }}")),
        ("long type", format!("query($a: {long}) {{ insecure }}")),
        ("long fragment", format!("{{ ...{long} }}")),
        ("long operation", format!("query {long} {{ nope }}")),
        ("long enum", format!("{{ members(field: {long}) {{ total }} }}")),
        ("long text", format!("{{ members(field: \"{long}\") {{ total }} }}")),
        ("long number", format!("{{ runs(limit: {}) {{ id }} }}", "9".repeat(n_bytes))),
        (
            "long date",
            format!("{{ cube(query: {{ measures: [PLAYS] from: \"{long}\" }}) {{ elapsedMs }} }}"),
        ),
        ("escapes", format!("{{ members(field: \"{}\") {{ total }} }}", repeated("\\u0001"))),
        ("signs", repeated("!")),
        ("dollars", repeated("$")),
        ("commas", format!("{{ insecure {} nope }}", repeated(","))),
        ("comment", format!("#{long}\n{{ nope }}")),
        ("brackets", repeated("{a")),
        ("lists", format!("{{ runs(limit: {}) {{ id }} }}", repeated("["))),
        ("nothing", repeated(" ")),
    ]
}

/// An error for each of the unknown names in 1 MB would make an answer of 43 MB.
#[tokio::test]
async fn an_answer_of_errors_is_small_whatever_was_sent() {
    let server = TestServer::start().await;
    let mut socket = open(&server, &[PROTOCOL]).await.unwrap();
    send(&mut socket, json!({ "type": "connection_init" })).await;
    assert_eq!(next(&mut socket).await["type"], "connection_ack");
    // Escaped once more in JSON, the longest stays within a body.
    for n_bytes in [1_000, 850_000] {
        for (kind, query) in refused_queries(n_bytes) {
            let reply = server.post(&query, json!({})).await;
            let body = reply.json();
            let errors = body["errors"].as_array().unwrap_or_else(|| panic!("{kind}: {body}"));
            assert!((1..=20).contains(&errors.len()), "{kind}: {} errors", errors.len());
            assert!(reply.body.len() <= 16 << 10, "{kind}: {} bytes", reply.body.len());
            assert!(errors.iter().all(|error| error["extensions"]["code"].is_string()), "{kind}");

            let payload = json!({ "query": query });
            send(&mut socket, json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
            loop {
                let message = next(&mut socket).await;
                assert!(message.to_string().len() <= 17 << 10, "{kind}: {message}");
                if message["type"] == "complete" || message["type"] == "error" {
                    break;
                }
            }
        }
    }
}

/// Few bytes that would make an answer of many: refused before, or as soon as, it grows.
#[tokio::test]
async fn an_answer_has_a_budget() {
    let limits = GatewayLimits { max_answer_values: 50, ..GatewayLimits::default() };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    let many: String = (0..60).map(|n| format!("a{n}: name ")).collect();
    let deep = "fields { type { ".repeat(6) + "name" + &" } }".repeat(6);
    for (query, message) in [
        (format!("{{ dataset {{ {many} }} }}"), "the answer has more than 50 values"),
        (format!("{{ __schema {{ types {{ {deep} }} }} }}"), "values of the schema; at most"),
        (
            format!(
                "{{ dataset {{ {} }} }}",
                (0..70).map(|n| format!("a{n}: __typename ")).collect::<String>()
            ),
            "requests for `__typename`; at most 64",
        ),
    ] {
        let body = server.ask(&query, json!({})).await;
        let error = &body["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(message), "{body}");
        assert_eq!(error["extensions"]["code"], "RESOURCE_EXHAUSTED");
        assert_eq!(body["errors"].as_array().unwrap().len(), 1);
    }
    let body = server.ask("{ dataset { name fields { name } } }", json!({})).await;
    assert_eq!(body.get("errors"), None, "{body}");
}

#[tokio::test]
async fn values_are_counted_before_they_are_read() {
    let server = TestServer::start().await;
    let query = "query($x: [String!]) { cube(query: { measures: [PLAYS] where: { country: { anyOf: $x } } }) { elapsedMs } }";
    let reply = server.post(query, json!({ "x": vec!["a"; 100_000] })).await;
    let error = &reply.json()["errors"][0];
    assert_eq!((reply.status, &error["extensions"]["code"]), (400, &json!("RESOURCE_EXHAUSTED")));
    let reply = server.post(query, json!({ "x": vec!["a"; 50_000] })).await;
    assert_eq!(reply.json().get("errors"), None);
}

#[tokio::test]
async fn an_address_that_others_reach_is_served_only_where_that_is_meant() {
    for is_insecure in [false, true] {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = GatewayConfig { is_insecure, ..GatewayConfig::default() };
        let stop = CancellationToken::new();
        let service: Arc<dyn CubeService> = crate::testing::FakeCubes::new(Ok(serving(41)));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(service, config, listener, stop.clone()));
        if is_insecure {
            // Somebody is there; and the page can say so.
            assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
            stop.cancel();
        }
        let ended = tasks.join_next().await.unwrap().unwrap();
        assert_eq!(ended.is_ok(), is_insecure);
        if let Err(error) = ended {
            assert!(error.to_string().contains("`--insecure`"), "{error}");
        }
    }
    let config = GatewayConfig { is_insecure: true, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    assert_eq!(server.ask("{ insecure }", json!({})).await["data"]["insecure"], true);
}
