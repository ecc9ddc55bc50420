//! Two replicas behind links, and a gateway in front of them: what happens to replicas, and how it is noticed.

use std::process::Command;
use std::time::Duration;

use crate::link::{Flow, Link};
use crate::sandbox::{Sandbox, Server};

/// What happens to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Its process is killed.
    Killed,
    /// Its process is stopped, and its connections stay open.
    Frozen,
    /// All that it sends and receives takes five seconds.
    Slowed,
    /// Its connections are closed, and new ones too.
    CutOff,
    /// It answers one question at a time and turns others away.
    Shedding,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 5] =
        [Self::Killed, Self::Frozen, Self::Slowed, Self::CutOff, Self::Shedding];
}

/// Two replicas of one lake, and a gateway.
#[derive(Debug)]
pub struct Pair<'s> {
    sandbox: &'s Sandbox,
    lake: String,
    replicas: [Option<Server>; 2],
    links: [Link; 2],
    /// The gateway.
    pub gateway: Server,
    /// Where the gateway shows its metrics, `http://127.0.0.1:PORT`.
    pub operators: String,
}

/// What a replica that sheds is started with: without a cache, each question takes a turn.
const SHEDDING: [&str; 6] = ["--max-running", "1", "--max-waiting", "0", "--cache", "0"];

impl<'s> Pair<'s> {
    /// Starts all of them on a lake in the sandbox.
    ///
    /// # Panics
    ///
    /// One does not start.
    pub fn start(sandbox: &'s Sandbox, lake: &str) -> Self {
        let lake = sandbox.text(lake);
        let replicas = [serve(sandbox, &lake, &[]), serve(sandbox, &lake, &[])];
        let links = [Link::to(&replicas[0].url), Link::to(&replicas[1].url)];
        let serving = format!("{},{}", links[0].url, links[1].url);
        let gateway = sandbox.serve(&[
            "gateway",
            "--serving",
            &serving,
            "--http",
            "127.0.0.1:0",
            "--metrics",
            "127.0.0.1:0",
        ]);
        let operators = gateway.operators();
        Self { sandbox, lake, replicas: replicas.map(Some), links, gateway, operators }
    }

    /// Lets the first replica suffer it.
    ///
    /// # Panics
    ///
    /// The replica is not there.
    pub fn inject(&mut self, fault: Fault) {
        match fault {
            Fault::Killed => self.replicas[0] = None,
            Fault::Frozen => self.signal("STOP"),
            Fault::Slowed => self.links[0].set(Flow::Slow(Duration::from_secs(5))),
            Fault::CutOff => self.links[0].set(Flow::Cut),
            Fault::Shedding => self.restart(0, &SHEDDING),
        }
    }

    /// Makes all well again.
    ///
    /// # Panics
    ///
    /// The replica does not start again.
    pub fn mend(&mut self, fault: Fault) {
        match fault {
            Fault::Killed | Fault::Shedding => self.restart(0, &[]),
            Fault::Frozen => self.signal("CONT"),
            Fault::Slowed | Fault::CutOff => self.links[0].set(Flow::Open),
        }
    }

    /// Kills both replicas.
    pub fn kill_both(&mut self) {
        self.replicas = [None, None];
    }

    /// Starts a replica, in place of the one that is there.
    ///
    /// # Panics
    ///
    /// It does not start.
    pub fn restart(&mut self, place: usize, more: &[&str]) {
        self.replicas[place] = None;
        let replica = serve(self.sandbox, &self.lake, more);
        self.links[place].lead_to(&replica.url);
        self.replicas[place] = Some(replica);
    }

    /// The value of one of the gateway's metrics about a replica, with a state if it has states.
    pub fn metric(&self, name: &str, place: usize, state: Option<&str>) -> Option<f64> {
        let replica = format!("replica=\"{}\"", self.links[place].url);
        let state = state.map(|state| format!("state=\"{state}\""));
        let text = ureq::get(format!("{}/metrics", self.operators)).call().ok()?;
        let text = text.into_body().read_to_string().ok()?;
        let line = text.lines().find(|line| {
            line.starts_with(&format!("{name}{{"))
                && line.contains(&replica)
                && state.as_ref().is_none_or(|state| line.contains(state.as_str()))
        })?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Whether probes reach both replicas.
    pub fn are_both_up(&self) -> bool {
        (0..2)
            .all(|place| self.metric("clio_gateway_replica_state", place, Some("up")) == Some(1.0))
    }

    fn signal(&self, name: &str) {
        let replica = self.replicas[0].as_ref().expect("the replica is there");
        let sent =
            Command::new("kill").args([format!("-{name}"), replica.id().to_string()]).status();
        assert!(sent.expect("there is `kill`").success(), "the signal is sent");
    }
}

fn serve(sandbox: &Sandbox, lake: &str, more: &[&str]) -> Server {
    let args = ["serve", "--lake", lake, "--grpc", "127.0.0.1:0"];
    sandbox.serve(&args.iter().chain(more).copied().collect::<Vec<_>>())
}
