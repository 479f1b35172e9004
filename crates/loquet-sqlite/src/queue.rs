//! Work that waits for a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A bounded queue with many producers and several consumers, each of which takes what waits in one go.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
    limit: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    open: bool,
}

/// Why work was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As much waits as may wait.
    Full,
    /// Nobody works here any more.
    Closed,
}

impl<T> Queue<T> {
    /// An empty queue in which at most `limit` things wait.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                open: true,
            }),
            ready: Condvar::new(),
            limit,
        }
    }

    /// Adds work without waiting.
    pub(crate) fn push(&self, work: T) -> Result<(), Refused> {
        let mut state = self.state();
        if !state.open {
            return Err(Refused::Closed);
        }
        if state.waiting.len() >= self.limit {
            return Err(Refused::Full);
        }
        state.waiting.push_back(work);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for work and takes all there is, at most `most`. `None` once the queue is closed and empty.
    pub(crate) fn take(&self, most: usize) -> Option<Vec<T>> {
        let mut state = self
            .ready
            .wait_while(self.state(), |state| state.open && state.waiting.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        if state.waiting.is_empty() {
            return None;
        }
        let taken = state.waiting.len().min(most);
        Some(state.waiting.drain(..taken).collect())
    }

    /// Takes no more work; what waits is still done.
    pub(crate) fn close(&self) {
        self.state().open = false;
        self.ready.notify_all();
    }

    /// Takes no more work and drops what waits, so that nobody waits for an answer that cannot come.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.open = false;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.ready.notify_all();
        drop(waiting);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing in here panics between two halves of a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_taken_together_in_order() {
        let queue = Queue::new(8);
        for number in 0..5 {
            queue.push(number).unwrap();
        }
        assert_eq!(queue.take(3), Some(vec![0, 1, 2]));
        assert_eq!(queue.take(3), Some(vec![3, 4]));
    }

    #[test]
    fn a_full_queue_refuses_and_a_closed_one_finishes() {
        let queue = Queue::new(1);
        queue.push('a').unwrap();
        assert_eq!(queue.push('b'), Err(Refused::Full));
        queue.close();
        assert_eq!(queue.push('c'), Err(Refused::Closed));
        assert_eq!(queue.take(9), Some(vec!['a']));
        assert_eq!(queue.take(9), None);
    }

    #[test]
    fn an_abandoned_queue_drops_what_waits() {
        let queue = Queue::new(9);
        queue.push('a').unwrap();
        queue.abandon();
        assert_eq!(queue.take(9), None);
    }

    #[test]
    fn closing_wakes_whoever_waits() {
        let queue = Queue::<u8>::new(1);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.take(1));
            queue.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
    }
}
