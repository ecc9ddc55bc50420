//! Who asks, and how much a single client may take: shares of limited resources, and turns in fair
//! order.
//!
//! A client is a principal, where people sign in; else the address that a connection comes from, for IPv6 the /64 network of
//! a household or machine. Behind a proxy all who do not sign in are one client: raise the limits per client there.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clio_proto::{Principal, stable_digest};
use tokio::sync::oneshot;

/// The two ends of a connection, attached to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Who asks.
    pub(crate) client: Client,
    /// Their address.
    pub(crate) peer: IpAddr,
    /// Our own address, to which the client connected.
    pub(crate) local: IpAddr,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Client(Id);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Id {
    Address(IpAddr),
    /// By a digest of kind and name.
    Principal(u64),
}

impl Client {
    /// Wherever they are.
    pub(crate) fn of(principal: &Principal) -> Self {
        Self(Id::Principal(stable_digest(principal.to_string().as_bytes())))
    }

    pub(crate) fn new(peer: IpAddr) -> Self {
        Self(Id::Address(match peer.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            other => other,
        }))
    }

    /// For requests that do not come over a network: our own tests and the follower.
    pub(crate) fn nobody() -> Self {
        Self(Id::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)))
    }
}

/// A limited number of something for each client.
#[derive(Debug)]
pub(crate) struct Shares {
    most: usize,
    taken: Mutex<BTreeMap<Client, usize>>,
}

impl Shares {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// One more for this client, until it is dropped; `None` if the client has all that it may have.
    pub(crate) fn take(self: &Arc<Self>, client: Client) -> Option<Share> {
        let mut taken = lock(&self.taken);
        let n_taken = taken.entry(client).or_default();
        if *n_taken >= self.most {
            if *n_taken == 0 {
                taken.remove(&client);
            }
            return None;
        }
        *n_taken += 1;
        Some(Share { shares: Arc::clone(self), client })
    }
}

/// One item of a client's share.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Arc<Shares>,
    client: Client,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = lock(&self.shares.taken);
        if let Some(n_taken) = taken.get_mut(&self.client) {
            *n_taken -= 1;
            if *n_taken == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

/// Hands out turns: a limited number at once, and per client; free turns go to waiting clients in
/// rotation, however much each of them asks.
#[derive(Debug)]
pub(crate) struct FairQueue {
    most: usize,
    most_by_client: usize,
    waiting_by_client: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    n_running: usize,
    clients: BTreeMap<Client, Line>,
    /// The clients that wait, each once, in the order in which they get the next turn.
    ring: VecDeque<Client>,
}

/// What one client has and waits for.
#[derive(Debug, Default)]
struct Line {
    n_running: usize,
    waiting: VecDeque<oneshot::Sender<()>>,
}

impl FairQueue {
    pub(crate) fn new(most: usize, most_by_client: usize, waiting_by_client: usize) -> Arc<Self> {
        let most = most.max(1);
        Arc::new(Self {
            most,
            most_by_client: most_by_client.clamp(1, most),
            waiting_by_client,
            state: Mutex::default(),
        })
    }

    /// Waits for a turn, which lasts until it is dropped; `None` if this client already waits for too
    /// many.
    pub(crate) async fn turn(self: &Arc<Self>, client: Client) -> Option<Turn> {
        let mut waiting = {
            let mut state = lock(&self.state);
            let has_room = state.n_running < self.most;
            let line = state.clients.entry(client).or_default();
            if has_room && line.n_running < self.most_by_client && line.waiting.is_empty() {
                line.n_running += 1;
                state.n_running += 1;
                return Some(Turn { queue: Arc::clone(self), client });
            }
            if line.waiting.len() >= self.waiting_by_client {
                // Those that have gone no longer count.
                line.waiting.retain(|waiting| !waiting.is_closed());
            }
            if line.waiting.len() >= self.waiting_by_client {
                return None;
            }
            let (sender, receiver) = oneshot::channel();
            line.waiting.push_back(sender);
            if !state.ring.contains(&client) {
                state.ring.push_back(client);
            }
            Waiting { queue: Arc::clone(self), client, receiver, is_taken: false }
        };
        (&mut waiting.receiver).await.ok()?;
        waiting.is_taken = true;
        Some(Turn { queue: Arc::clone(self), client })
    }

    fn give_back(&self, client: Client) {
        let mut state = lock(&self.state);
        state.release(client);
        state.hand_out(self.most, self.most_by_client);
    }
}

impl State {
    fn release(&mut self, client: Client) {
        self.n_running -= 1;
        if let Some(line) = self.clients.get_mut(&client) {
            line.n_running -= 1;
            if line.n_running == 0 && line.waiting.is_empty() {
                self.clients.remove(&client);
            }
        }
    }

    /// Gives free turns to eligible waiting clients, one each, in rotation.
    fn hand_out(&mut self, most: usize, most_by_client: usize) {
        let mut n_passed_over = 0;
        while self.n_running < most && n_passed_over < self.ring.len() {
            let Some(client) = self.ring.pop_front() else { return };
            let Some(line) = self.clients.get_mut(&client) else { continue };
            if line.n_running >= most_by_client {
                self.ring.push_back(client);
                n_passed_over += 1;
                continue;
            }
            // Those that no longer wait are skipped.
            let mut was_given = false;
            while let Some(next) = line.waiting.pop_front() {
                if next.send(()).is_ok() {
                    line.n_running += 1;
                    self.n_running += 1;
                    was_given = true;
                    break;
                }
            }
            if !line.waiting.is_empty() {
                self.ring.push_back(client);
            } else if !was_given && line.n_running == 0 {
                self.clients.remove(&client);
            }
            n_passed_over = 0;
        }
    }
}

/// A place in the queue.
struct Waiting {
    queue: Arc<FairQueue>,
    client: Client,
    receiver: oneshot::Receiver<()>,
    is_taken: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // A turn may have been granted just when the client stopped waiting.
        self.receiver.close();
        if !self.is_taken && self.receiver.try_recv().is_ok() {
            self.queue.give_back(self.client);
        }
    }
}

/// A turn.
#[derive(Debug)]
pub(crate) struct Turn {
    queue: Arc<FairQueue>,
    client: Client,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.queue.give_back(self.client);
    }
}

/// Nothing panics while holding it; even then the counts would be consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use clio_proto::PrincipalKind;
    use futures::FutureExt;

    use super::*;

    fn client(last: u8) -> Client {
        Client::new(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn a_client_is_an_address_or_a_network() {
        let of = |text: &str| Client::new(text.parse().unwrap());
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        let named = |kind, name| Client::of(&Principal::new(kind, name));
        assert_eq!(named(PrincipalKind::User, "ann"), named(PrincipalKind::User, "ann"));
        assert_ne!(named(PrincipalKind::User, "ann"), named(PrincipalKind::Key, "ann"));
    }

    #[test]
    fn a_client_has_its_share_and_no_more() {
        let shares = Shares::new(2);
        let first = shares.take(client(1)).unwrap();
        let _second = shares.take(client(1)).unwrap();
        assert!(shares.take(client(1)).is_none());
        assert!(shares.take(client(2)).is_some());
        drop(first);
        assert!(shares.take(client(1)).is_some());
        assert!(Shares::new(0).take(client(1)).is_none());
    }

    #[test]
    fn a_cheap_question_does_not_wait_for_all_of_a_heavy_client() {
        let queue = FairQueue::new(2, 2, 100);
        let heavy: Vec<_> = (0..2).map(|_| queue.turn(client(1)).now_or_never().unwrap()).collect();
        let mut waiting: Vec<_> = (0..50).map(|_| Box::pin(queue.turn(client(1)))).collect();
        assert!(waiting.iter_mut().all(|turn| turn.now_or_never().is_none()));
        let mut cheap = Box::pin(queue.turn(client(2)));
        assert!((&mut cheap).now_or_never().is_none());
        let mut heavy = heavy.into_iter();
        // The first turn that ends goes to the heavy client, who came first; the next to the other.
        drop(heavy.next());
        drop(heavy.next());
        assert!((&mut cheap).now_or_never().flatten().is_some());
    }

    #[test]
    fn one_client_never_has_all_turns() {
        let queue = FairQueue::new(3, 2, 1);
        let _held: Vec<_> = (0..2).map(|_| queue.turn(client(1)).now_or_never().unwrap()).collect();
        let mut third = Box::pin(queue.turn(client(1)));
        assert!((&mut third).now_or_never().is_none(), "it waits though a turn is free");
        assert!(queue.turn(client(1)).now_or_never().unwrap().is_none(), "and no second may wait");
        assert!(queue.turn(client(2)).now_or_never().flatten().is_some());
    }

    #[test]
    fn turns_of_those_who_went_away_are_not_lost() {
        let queue = FairQueue::new(1, 1, 10);
        for _ in 0..3 {
            let held = queue.turn(client(1)).now_or_never().flatten().unwrap();
            let (mut gone, mut given) =
                (Box::pin(queue.turn(client(2))), Box::pin(queue.turn(client(3))));
            assert!((&mut gone).now_or_never().is_none() && (&mut given).now_or_never().is_none());
            drop(gone);
            drop(held);
            // This one was given the turn, and goes without having seen it.
            drop(given);
        }
        assert!(queue.turn(client(4)).now_or_never().flatten().is_some());
        let state = lock(&queue.state);
        assert_eq!((state.n_running, state.clients.len(), state.ring.len()), (0, 0, 0));
    }
}
