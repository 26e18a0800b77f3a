//! Limits how many transactions write at once on PostgreSQL. Writers can wait for each other's rows
//! while they hold a connection, so some connections are reserved for reads, and some for the writes
//! of other users.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::open::ACQUIRE_TIMEOUT;
use crate::UserId;

/// The permits to write.
#[derive(Debug)]
pub struct Writers {
    all: Arc<Semaphore>,
    per_user: usize,
    users: Mutex<Users>,
}

/// The permits of the users who are writing or wait to write.
#[derive(Debug, Default)]
struct Users {
    permits: HashMap<UserId, Weak<Semaphore>>,
    /// At this size, users who are done are removed, so that it costs little per write.
    prune_at: usize,
}

/// A permit to write, until it is dropped.
#[derive(Debug)]
pub(super) struct WritePermit {
    _of_all: OwnedSemaphorePermit,
    _of_user: Option<OwnedSemaphorePermit>,
}

impl Writers {
    /// Creates the permits for a pool of `pool_size` connections. A quarter of the connections is
    /// reserved for reads, and half of the rest for the writes of other users.
    pub(super) fn new(pool_size: u32) -> Self {
        let reserved = (pool_size / 4).max(1);
        let all = pool_size.saturating_sub(reserved).max(1) as usize;
        let per_user = (all / 2).max(1);
        Self { all: Arc::new(Semaphore::new(all)), per_user, users: Mutex::default() }
    }

    /// Waits for a permit, as long as for a connection. A user's writers wait for each other first,
    /// so that they don't delay those of other users.
    ///
    /// # Errors
    /// `PoolTimedOut` if there is none in time.
    pub(super) async fn acquire(&self, user: Option<&UserId>) -> sqlx::Result<WritePermit> {
        let acquire = async {
            let of_user = match user {
                Some(user) => Some(self.permits_of(user).acquire_owned().await?),
                None => None,
            };
            let of_all = Arc::clone(&self.all).acquire_owned().await?;
            Ok::<_, tokio::sync::AcquireError>(WritePermit { _of_all: of_all, _of_user: of_user })
        };
        let acquired = tokio::time::timeout(ACQUIRE_TIMEOUT, acquire).await;
        acquired.ok().and_then(Result::ok).ok_or(sqlx::Error::PoolTimedOut)
    }

    fn permits_of(&self, user: &UserId) -> Arc<Semaphore> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(permits) = users.permits.get(user).and_then(Weak::upgrade) {
            return permits;
        }
        if users.permits.len() >= users.prune_at {
            users.permits.retain(|_, permits| permits.strong_count() > 0);
            users.prune_at = 2 * users.permits.len() + 64;
        }
        let permits = Arc::new(Semaphore::new(self.per_user));
        users.permits.insert(user.clone(), Arc::downgrade(&permits));
        permits
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{WritePermit, Writers};
    use crate::UserId;

    async fn acquire_now(writers: &Writers, user: &UserId) -> Option<WritePermit> {
        let permit = writers.acquire(Some(user));
        tokio::time::timeout(Duration::from_millis(1), permit).await.ok().and_then(Result::ok)
    }

    #[tokio::test(start_paused = true)]
    async fn one_user_cannot_take_all_permits() {
        let writers = Writers::new(10);
        let (ann, ben) = (UserId::example("ann"), UserId::example("ben"));
        let mut permits = Vec::new();
        while let Some(permit) = acquire_now(&writers, &ann).await {
            permits.push(permit);
        }
        assert_eq!(permits.len(), 4);
        let of_ben = acquire_now(&writers, &ben).await;
        assert!(of_ben.is_some(), "the other user has to wait");
        permits.pop();
        assert!(acquire_now(&writers, &ann).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn all_users_together_leave_connections_for_reads() {
        let writers = Writers::new(10);
        let mut permits = Vec::new();
        for user in 0..10 {
            permits.extend(acquire_now(&writers, &UserId::example(&format!("user {user}"))).await);
        }
        assert_eq!(permits.len(), 8);
        assert!(writers.acquire(None).await.is_err(), "it did not time out");
        permits.pop();
        assert!(writers.acquire(None).await.is_ok());
    }

    #[tokio::test]
    async fn even_the_smallest_pool_can_write() {
        for size in 1..4 {
            assert!(
                acquire_now(&Writers::new(size), &UserId::example("ann")).await.is_some(),
                "{size}"
            );
        }
    }

    #[tokio::test]
    async fn users_who_are_done_are_forgotten() {
        let writers = Writers::new(10);
        for user in 0..1000 {
            drop(acquire_now(&writers, &UserId::example(&format!("user {user}"))).await.unwrap());
        }
        assert!(writers.users.lock().unwrap().permits.len() <= 64);
    }
}
