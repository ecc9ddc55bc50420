//! A network between client and server that can be frozen and cut.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// They pass.
    Open,
    /// They are taken and wait, on connections that stay open: as at a process that is stopped, or behind a switch that
    /// lost its way.
    Frozen,
    /// Every connection is closed, and so is each new one.
    Cut,
}

/// A way to a server; the address to use is [`url`](Self::url).
pub(crate) struct Link {
    pub(crate) url: String,
    flow: watch::Sender<Flow>,
    _tasks: JoinSet<()>,
}

impl Link {
    /// A way to the server at an address like `http://127.0.0.1:50051`.
    pub(crate) async fn to(server: &str) -> Self {
        let server: SocketAddr = server.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (flow, watched) = watch::channel(Flow::Open);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let watched = watched.clone();
                open.spawn(async move {
                    let mut cut = watched.clone();
                    let carried = async {
                        let far = TcpStream::connect(server).await.unwrap();
                        let (near, far) = (near.into_split(), far.into_split());
                        tokio::join!(
                            carry(near.0, far.1, watched.clone()),
                            carry(far.0, near.1, watched)
                        );
                    };
                    tokio::select! {
                        () = carried => {}
                        _ = cut.wait_for(|flow| *flow == Flow::Cut) => {}
                    }
                });
            }
        });
        Self { url, flow, _tasks: tasks }
    }

    pub(crate) fn set(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut flow: watch::Receiver<Flow>) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(n) = from.read(&mut bytes).await {
        if flow.wait_for(|flow| *flow == Flow::Open).await.is_err()
            || n == 0
            || to.write_all(&bytes[..n]).await.is_err()
        {
            return;
        }
    }
}
