//! The ceremonies beyond the article's path, over the memory store. SQLite runs the same ones.

use loquet::store::MemoryStore;

#[tokio::test]
async fn letters_reach_those_whom_they_concern() {
    loquet_testkit::letters::all(MemoryStore::new).await;
}
