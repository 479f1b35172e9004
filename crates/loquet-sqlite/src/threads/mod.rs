//! Threads that work on a bounded queue.

pub(crate) mod reader;
pub(crate) mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use loquet::store::Fault;
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};

use crate::open::OpenError;

/// The capacity of a queue; when it is full, [`Workers::push`] returns [`Fault::Busy`]. Each operation needs a load and a
/// commit, so this is seconds of work. A later request would time out before its answer.
pub(crate) const CAPACITY: usize = 4096;

pub(crate) const THREAD_ENDED: &str = "the store's thread has ended";

/// A bounded queue and its threads. Dropping it finishes the queued work and joins the threads.
#[derive(Debug)]
pub(crate) struct Workers<T> {
    /// `None` while this is dropped, which ends the threads.
    sender: Option<Sender<T>>,
    threads: Vec<JoinHandle<()>>,
}

/// The receiving end of the queue. If the last thread panics, the queue is dropped with all waiting requests, so that none
/// waits for an answer that cannot come.
#[derive(Debug)]
pub(crate) struct Queue<T>(Arc<Mutex<Receiver<T>>>);

impl<T> Queue<T> {
    /// Waits for work and takes up to `most` items. Returns `None` once the queue is closed and empty.
    pub(crate) fn take(&self, most: usize) -> Option<Vec<T>> {
        let mut group = Vec::new();
        // Other threads of this queue wait for the lock instead of for work.
        let mut receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (receiver.blocking_recv_many(&mut group, most) > 0).then_some(group)
    }
}

impl<T: Send + 'static> Workers<T> {
    /// Starts a thread for each of `works`.
    pub(crate) fn start<W>(
        name: &str,
        works: impl IntoIterator<Item = W>,
    ) -> Result<Self, OpenError>
    where
        W: FnOnce(&Queue<T>) + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut workers = Self {
            sender: Some(sender),
            threads: Vec::new(),
        };
        for work in works {
            let queue = Queue(Arc::clone(&receiver));
            let thread = thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(&queue))
                .map_err(OpenError::Thread)?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Adds work without waiting.
    pub(crate) fn push(&self, work: T) -> Result<(), Fault> {
        match self.sender.as_ref().map(|sender| sender.try_send(work)) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(_))) => Err(Fault::Busy),
            Some(Err(TrySendError::Closed(_))) | None => {
                Err(Fault::NotCommitted(THREAD_ENDED.into()))
            }
        }
    }
}

impl<T> Drop for Workers<T> {
    fn drop(&mut self) {
        self.sender = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to finish.
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn queued_work_is_grouped_and_finished_on_close() {
        let (begin, wait) = channel::<()>();
        let (send, received) = channel();
        let work = move |queue: &Queue<usize>| {
            wait.recv().unwrap();
            while let Some(group) = queue.take(3) {
                send.send(group).unwrap();
            }
        };
        let workers = Workers::start("worker", [work]).unwrap();
        for number in 0..5 {
            workers.push(number).unwrap();
        }
        begin.send(()).unwrap();
        drop(workers);
        assert_eq!(
            received.iter().collect::<Vec<_>>(),
            [vec![0, 1, 2], vec![3, 4]]
        );
    }

    #[test]
    fn full_queue_refuses_work() {
        let (begin, wait) = channel::<()>();
        let work = move |_: &Queue<usize>| wait.recv().unwrap();
        let workers = Workers::start("worker", [work]).unwrap();
        for number in 0..CAPACITY {
            workers.push(number).unwrap();
        }
        assert!(matches!(workers.push(0), Err(Fault::Busy)));
        begin.send(()).unwrap();
    }

    #[test]
    fn panicked_thread_drops_waiting_requests() {
        let (begin, wait) = channel::<()>();
        let work = move |queue: &Queue<Arc<()>>| {
            wait.recv().unwrap();
            drop(queue.take(1));
            panic!("a worker panics: this is meant");
        };
        let workers = Workers::start("worker", [work]).unwrap();
        let waiting = Arc::new(());
        for _ in 0..3 {
            workers.push(Arc::clone(&waiting)).unwrap();
        }
        begin.send(()).unwrap();
        while Arc::strong_count(&waiting) > 1 {
            thread::yield_now();
        }
        assert!(matches!(workers.push(waiting), Err(Fault::NotCommitted(_))));
    }
}
