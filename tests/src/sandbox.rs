//! A temporary folder, the real binary in it, and servers that stop with the test.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The root of the repository.
///
/// # Panics
///
/// Never: the tests' package is a folder of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the tests' package is a folder of the repository").to_owned()
}

/// The Open Bandit sample (ZOZO Research, CC BY 4.0), which `tests/open_bandit.sh` fetches.
///
/// # Panics
///
/// It was not fetched yet.
pub fn open_bandit_folder() -> PathBuf {
    let folder = repository().join("target/open-bandit");
    let is_there = folder.join("random-men.csv").is_file();
    assert!(is_there, "run tests/open_bandit.sh first: it makes {}", folder.display());
    folder
}

/// A folder that is removed when the value is dropped.
#[derive(Debug)]
pub struct Sandbox {
    folder: TempDir,
    binary: PathBuf,
}

/// The result of a command.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// The binary in cargo's folder for the profile of the running test.
fn built_beside() -> PathBuf {
    let mut binary = std::env::current_exe().expect("a running test has a path");
    binary.pop();
    if binary.ends_with("deps") {
        binary.pop();
    }
    binary.push(format!("clio{}", std::env::consts::EXE_SUFFIX));
    binary
}

impl Sandbox {
    /// An empty folder, and the binary beside the running test, or another one named by
    /// [`settings::binary`](crate::settings::binary).
    ///
    /// # Panics
    ///
    /// The binary was not built.
    pub fn new() -> Self {
        Self::with_binary(&crate::settings::binary().unwrap_or_else(built_beside))
    }

    /// An empty folder and another build of `clio`.
    ///
    /// # Panics
    ///
    /// Where there is no such file.
    pub fn with_binary(binary: &Path) -> Self {
        let folder =
            tempfile::Builder::new().prefix("clio-").tempdir().expect("a folder for tests");
        assert!(
            binary.is_file(),
            "{} is not built; run `cargo build --package clio-cli` with the same profile",
            binary.display()
        );
        Self { folder, binary: binary.to_owned() }
    }

    /// The binary.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in the folder, as a string.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// The command `clio` with arguments, in the folder, without settings from the environment.
    #[expect(clippy::disallowed_methods, reason = "the settings of whoever tests are left out")]
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CLIO_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs `clio` until it ends.
    ///
    /// # Panics
    ///
    /// It cannot be started, or is ended by a signal.
    pub fn clio<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Finished {
        let output = self.command(args).output().expect("the binary starts");
        Finished {
            code: output.status.code().expect("it ends by itself"),
            stdout: String::from_utf8(output.stdout).expect("the output is text"),
            stderr: String::from_utf8(output.stderr).expect("the errors are text"),
        }
    }

    /// Runs `clio`, which must succeed, and returns its output.
    ///
    /// # Panics
    ///
    /// It fails; the panic shows its output.
    pub fn ok<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let finished = self.clio(args);
        assert_eq!(finished.code, 0, "clio failed:\n{}{}", finished.stdout, finished.stderr);
        finished.stdout
    }

    /// Runs `clio` with `--format json`, which must succeed, and parses its output.
    ///
    /// # Panics
    ///
    /// It fails or does not print JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let with_format = args.iter().copied().chain(["--format", "json"]);
        serde_json::from_str(&self.ok(with_format)).expect("`--format json` prints JSON")
    }

    /// Runs `clio etl run` for a model into one of the folder's lakes.
    ///
    /// # Panics
    ///
    /// It fails.
    pub fn etl(&self, model: &Path, lake: &str, days: &[&str]) -> Value {
        let (model, lake) = (model.to_string_lossy().into_owned(), self.text(lake));
        let mut args = vec!["etl", "run", "--model", &model, "--lake", &lake];
        args.extend_from_slice(days);
        self.json(&args)
    }

    /// Starts a command that serves, and waits until it prints its address.
    ///
    /// # Panics
    ///
    /// It ends, or prints nothing for a minute.
    pub fn serve(&self, args: &[&str]) -> Server {
        self.serve_with(args, &[])
    }

    /// As [`Sandbox::serve`], with settings by environment.
    ///
    /// # Panics
    ///
    /// Where it ends, or says nothing for a minute.
    pub fn serve_with(&self, args: &[&str], settings: &[(&str, &str)]) -> Server {
        let mut command = self.command(args);
        command.envs(settings.iter().copied());
        let (sender, receiver) = mpsc::channel();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        // From here on the process ends when the value is dropped, whatever happens.
        let mut server = Server {
            child: child.expect("the binary starts"),
            url: String::new(),
            said_before: Vec::new(),
            lines: Mutex::new(receiver),
        };
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(server.child.stdout.take().expect("it is piped")),
            Box::new(server.child.stderr.take().expect("it is piped")),
        ];
        for stream in streams {
            let sender = sender.clone();
            // Reads until the end, so that the server never waits for a full pipe.
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut said = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = server.lines.get_mut().expect("no thread held it").recv_timeout(left)
            else {
                panic!("`clio {}` did not say its address:\n{}", args.join(" "), said.join("\n"));
            };
            let is_address = |word: &&str| {
                let rest = word.strip_prefix("http").unwrap_or_default();
                rest.trim_start_matches('s').starts_with("://127.0.0.1:")
            };
            let address = line.split_whitespace().find(is_address);
            if let Some(url) = address {
                server.url = url.to_owned();
                server.said_before = said;
                return server;
            }
            said.push(line);
        }
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

/// What stands before the address at which a process shows its metrics.
pub const OPERATORS: &str = "metrics, health and readiness on ";

/// A serving process, which ends when the value is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its address, `http://127.0.0.1:PORT`, or `https://…` if it speaks TLS.
    pub url: String,
    /// What it said before.
    said_before: Vec<String>,
    /// Behind a lock, so that several threads may use one server.
    lines: Mutex<mpsc::Receiver<String>>,
}

impl Server {
    /// The port, to start another server in the same place.
    ///
    /// # Panics
    ///
    /// Never: the address was read with its port.
    pub fn port(&self) -> &str {
        self.url.rsplit(':').next().expect("the address ends in a port")
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it shows its metrics, `http://127.0.0.1:PORT`, as it says where it was started with `--metrics`.
    ///
    /// # Panics
    ///
    /// It does not say so within a minute.
    pub fn operators(&self) -> String {
        let address = |line: &String| Some(format!("http://{}", line.strip_prefix(OPERATORS)?));
        if let Some(found) = self.said_before.iter().find_map(address) {
            return found;
        }
        let lines = self.lines.lock().expect("no thread panicked with it");
        loop {
            let line = lines.recv_timeout(Duration::from_secs(60)).expect("it says where");
            if let Some(found) = address(&line) {
                return found;
            }
        }
    }

    /// The output of the process since it printed its address.
    ///
    /// # Panics
    ///
    /// A thread that asked before has panicked.
    pub fn said(&self) -> Vec<String> {
        self.lines.lock().expect("no thread panicked with it").try_iter().collect()
    }

    /// The largest memory that the process has used, if the system reports it.
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// Fetches a file like a browser: its text, requested without compression, and the number of bytes on the wire when
    /// compressed.
    ///
    /// # Errors
    ///
    /// Nothing answers, or not with success.
    pub fn get_compressed(&self, path: &str) -> anyhow::Result<(String, u64)> {
        let url = format!("{}{path}", self.url);
        let mut plain = ureq::get(&url).call()?;
        let text = plain.body_mut().read_to_string()?;
        let mut compressed = ureq::get(&url).header("accept-encoding", "br, gzip").call()?;
        let bytes = compressed.body_mut().read_to_vec()?.len();
        Ok((text, u64::try_from(bytes)?))
    }

    /// Queries the gateway at this address.
    ///
    /// # Panics
    ///
    /// Nothing answers, or the response is not JSON.
    pub fn graphql(&self, query: &str, variables: &Value) -> (u16, Value) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let body = serde_json::json!({ "query": query, "variables": variables });
        let mut response = agent
            .post(format!("{}/graphql", self.url))
            .send_json(&body)
            .expect("the gateway answers");
        let status = response.status().as_u16();
        (status, response.body_mut().read_json().expect("the gateway answers with JSON"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Retries until a value is there, for a minute at most.
///
/// # Panics
///
/// It never appears; the panic says what was awaited.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited a minute for {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
