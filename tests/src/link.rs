//! A network between two processes that can be slowed, frozen and cut.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// They pass.
    Open,
    /// They pass after this time, in each direction.
    Slow(Duration),
    /// They are taken and wait, on connections that stay open: as behind a switch that lost its way.
    Frozen,
    /// Every connection is closed, and so is each new one.
    Cut,
}

/// A way to a server on this machine; the address to use is [`url`](Self::url). It stays there while the server is
/// stopped and started again.
#[derive(Debug)]
pub struct Link {
    /// Its address, `http://127.0.0.1:PORT`.
    pub url: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    server: Mutex<String>,
    flow: Mutex<Flow>,
    changed: Condvar,
}

impl Link {
    /// A way to the server at an address like `http://127.0.0.1:50051`.
    ///
    /// # Panics
    ///
    /// There is no free port.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let state = Arc::new(State {
            server: Mutex::new(address(server)),
            flow: Mutex::new(Flow::Open),
            changed: Condvar::new(),
        });
        let own = Arc::clone(&state);
        // Ends with the process: it waits for connections that nobody makes any more.
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let server = lock(&own.server).clone();
                let far = TcpStream::connect(server);
                if *lock(&own.flow) == Flow::Cut {
                    continue;
                }
                if let Ok(far) = far {
                    carry_both(&own, &near, &far);
                }
            }
        });
        Self { url, state }
    }

    /// Changes what becomes of bytes from now on.
    pub fn set(&self, flow: Flow) {
        *lock(&self.state.flow) = flow;
        self.state.changed.notify_all();
    }

    /// Leads new connections to another server.
    pub fn lead_to(&self, server: &str) {
        *lock(&self.state.server) = address(server);
    }
}

fn address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn carry_both(state: &Arc<State>, near: &TcpStream, far: &TcpStream) {
    for (from, to) in [(near, far), (far, near)] {
        let _ = from.set_nodelay(true);
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            carry(&state, &from, &to);
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        });
    }
    // A cut ends both, although they wait for bytes.
    let (Ok(near), Ok(far)) = (near.try_clone(), far.try_clone()) else { return };
    let state = Arc::clone(state);
    std::thread::spawn(move || {
        let mut flow = lock(&state.flow);
        while *flow != Flow::Cut && near.peer_addr().is_ok() {
            let waited = state.changed.wait_timeout(flow, Duration::from_secs(1));
            flow = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let _ = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
    });
}

fn carry(state: &State, mut from: &TcpStream, mut to: &TcpStream) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(n) = from.read(&mut bytes) {
        let arrived = Instant::now();
        let mut flow = lock(&state.flow);
        loop {
            let left = match *flow {
                Flow::Open => break,
                Flow::Slow(time) => match time.checked_sub(arrived.elapsed()) {
                    None => break,
                    Some(left) => left,
                },
                Flow::Frozen => Duration::from_secs(60),
                Flow::Cut => return,
            };
            let waited = state.changed.wait_timeout(flow, left);
            flow = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(flow);
        if n == 0 || to.write_all(&bytes[..n]).is_err() {
            return;
        }
    }
}
