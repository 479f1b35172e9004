//! The examples over PostgreSQL, each on a server of its own.

use loquet_testkit::postgres::Server;

#[test]
fn killed_node_ends_no_session() {
    let server = Server::start(&["fsync = off"]);
    let output = crate::output_with("two_nodes", &[&server.url("postgres")]);
    for said in [
        "ada gives her password to node 1: a code is owed.",
        "She gives the code to node 2: welcome.",
        "node 1: Hello ada.",
        "node 2: Hello ada.",
        "One was accepted, and the other refused: ALREADY_USED.",
        "Node 1 is killed.",
        "None was asked to log in again.",
    ] {
        assert!(output.contains(said), "{said}: {output}");
    }
    let (_, last) = output.rsplit_once("again.\n").unwrap();
    let greeted = last.lines().filter(|line| line.contains("node 2: Hello"));
    assert_eq!(greeted.count(), 8, "{output}");
}
