use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;

use super::Cache;
use crate::{Error, config};

const LIFETIME: Duration = Duration::from_mins(1);

fn in_process() -> Cache {
    Cache::new(&config::Cache::default())
}

#[expect(clippy::disallowed_methods, reason = "the server's address is no setting")]
async fn in_redis() -> Cache {
    let url = std::env::var("TEST_REDIS_URL").unwrap();
    let cache = Cache::new(&config::Cache { url: Some(config::Secret::new(url)), ca_file: None });
    while !cache.state().1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cache
}

#[tokio::test]
async fn concurrent_callers_share_one_computation() {
    let (cache, computed) = (in_process(), AtomicUsize::new(0));
    let calls = (0..200).map(|_| {
        cache.get_or_compute("key", LIFETIME, || async {
            computed.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Bytes::from_static(b"answer"))
        })
    });
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), "answer");
    }
    assert_eq!(computed.into_inner(), 1);
}

#[tokio::test]
async fn a_value_computed_before_an_invalidation_is_never_returned_after_it() {
    let cache = in_process();
    let slow = {
        let cache = cache.clone();
        tokio::spawn(async move {
            cache
                .get_or_compute("key", LIFETIME, || async {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Ok(Bytes::from_static(b"old"))
                })
                .await
        })
    };
    tokio::time::sleep(Duration::from_millis(10)).await;
    cache.invalidate("key").await;
    let new =
        cache.get_or_compute("key", LIFETIME, || async { Ok(Bytes::from_static(b"new")) }).await;
    assert_eq!(new.unwrap(), "new");
    assert_eq!(slow.await.unwrap().unwrap(), "old");
    let cached =
        cache.get_or_compute("key", LIFETIME, || async { Ok(Bytes::from_static(b"newer")) });
    assert_eq!(cached.await.unwrap(), "new");
}

#[tokio::test]
async fn errors_are_not_cached() {
    let cache = in_process();
    let failed = cache.get_or_compute("key", LIFETIME, || async {
        Err(Error::NotFound(crate::t!("core-not-found-record")))
    });
    assert!(matches!(failed.await, Err(Error::NotFound(_))));
    let again =
        cache.get_or_compute("key", LIFETIME, || async { Ok(Bytes::from_static(b"answer")) });
    assert_eq!(again.await.unwrap(), "answer");
}

#[tokio::test]
async fn a_value_expires_after_its_lifetime() {
    let cache = in_process();
    let get = async |text: &'static [u8]| {
        let brief = Duration::from_millis(30);
        cache.get_or_compute("key", brief, || async { Ok(Bytes::from_static(text)) }).await.unwrap()
    };
    assert_eq!(get(b"first").await, "first");
    assert_eq!(get(b"second").await, "first");
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(get(b"third").await, "third");
}

/// Two instances of the service, each with its own connection to the same Redis.
#[tokio::test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
async fn a_value_computed_before_another_instances_invalidation_is_never_returned_after_it() {
    let (one, other) = (in_redis().await, in_redis().await);
    let key = format!("test:{}", uuid::Uuid::now_v7());
    let slow = {
        let (cache, key) = (one.clone(), key.clone());
        tokio::spawn(async move {
            let compute = || async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(Bytes::from_static(b"old"))
            };
            cache.get_or_compute(&key, LIFETIME, compute).await
        })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.invalidate(&key).await;
    let new = one.get_or_compute(&key, LIFETIME, || async { Ok(Bytes::from_static(b"new")) }).await;
    assert_eq!(new.unwrap(), "new");
    assert_eq!(slow.await.unwrap().unwrap(), "old");
    let cached =
        other.get_or_compute(&key, LIFETIME, || async { Ok(Bytes::from_static(b"newer")) });
    assert_eq!(cached.await.unwrap(), "new");
}

#[tokio::test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
async fn concurrent_callers_share_one_computation_with_redis() {
    let (cache, computed) = (in_redis().await, AtomicUsize::new(0));
    let key = format!("test:{}", uuid::Uuid::now_v7());
    let calls = (0..200).map(|_| {
        cache.get_or_compute(&key, LIFETIME, || async {
            computed.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Bytes::from_static(b"answer"))
        })
    });
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), "answer");
    }
    assert_eq!(computed.into_inner(), 1);
}
