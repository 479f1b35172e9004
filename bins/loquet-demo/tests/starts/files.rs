//! The files of the demonstration: what a start creates, keeps and refuses.

use super::*;

#[test]
fn address_in_use_touches_no_file() {
    let (folder, db) = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, why) = refused(&db, &["--listen", &address]);
    assert_eq!(code, 4);
    assert!(
        why.contains(&address) && why.contains("another program listens there"),
        "{why}"
    );
    let (code, _) = refused(&db, &["--listen", "192.0.2.1:8080"]);
    assert_eq!(code, 4);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let (code, _) = refused(&db, &["--listen", "nowhere"]);
    assert_eq!(code, 2);
}

#[test]
fn files_of_others_are_left_alone() {
    let (folder, db) = folder();
    for content in [
        &b"Dear diary"[..],
        &[b"SQLite format 3\0".as_slice(), &[0; 200]].concat(),
    ] {
        fs::write(&db, content).unwrap();
        for flags in [&[][..], &["--fresh"]] {
            let (code, why) = refused(&db, flags);
            assert_eq!(code, 2, "{why}");
            assert_eq!(fs::read(&db).unwrap(), content);
        }
    }
    assert!(!key_of(&db).exists());
    assert_eq!(refused(folder.path(), &[]).0, 2);
    let (code, why) = refused(&folder.path().join("none/demo.db"), &[]);
    assert_eq!(code, 3);
    assert!(why.contains("cannot find the folder"), "{why}");
}

#[test]
fn key_file_of_another_program_is_left_alone() {
    let (_folder, db) = folder();
    start(&db, &[]).end();
    let good = fs::read(&db).unwrap();
    for content in [
        "1 of something else",
        "",
        "# Key file of another program.\n",
    ] {
        fs::write(key_of(&db), content).unwrap();
        let (code, why) = refused(&db, &["--fresh"]);
        assert!(code == 3 && why.contains("demo.db.key"), "{why}");
        assert_eq!(fs::read_to_string(key_of(&db)).unwrap(), content);
        assert_eq!(fs::read(&db).unwrap(), good);
    }
    fs::remove_file(key_of(&db)).unwrap();
    assert_eq!(start(&db, &["--fresh"]).said["new"], true);
}

#[test]
fn link_to_the_database_shares_lock_and_key() {
    let (folder, db) = folder();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&db, &link).unwrap();
    let first = start(&db, &[]);
    let (code, why) = refused(&link, &[]);
    assert!(code == 3 && why.contains("in use by another"), "{why}");
    assert_eq!(first.end(), 0);
    assert_eq!(start(&link, &[]).said["key"], key_of(&db).to_str().unwrap());
}

#[test]
fn key_file_that_others_can_read_is_refused() {
    let (_folder, db) = folder();
    start(&db, &[]).end();
    fs::set_permissions(key_of(&db), fs::Permissions::from_mode(0o644)).unwrap();
    let (code, why) = refused(&db, &[]);
    assert_eq!(code, 3);
    assert!(
        why.contains("demo.db.key") && why.contains("chmod 600"),
        "{why}"
    );
}

/// Writes a key file that its owner alone can read.
fn write_key(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn unusable_files_are_named_and_kept() {
    let (_folder, db) = folder();
    start(&db, &[]).end();
    let key = key_of(&db);
    let (good_db, good_key) = (fs::read(&db).unwrap(), fs::read(&key).unwrap());
    let mut scribbled = good_db.clone();
    let quarter = scribbled.len() / 4;
    scribbled[quarter..].fill(0xA5);
    let text = String::from_utf8(good_key.clone()).unwrap();
    let other = text.replace(|c: char| c.is_ascii_digit(), "7");
    let half = &good_db[..good_db.len() / 2];
    for (name, db_bytes, key_bytes, expected) in [
        ("truncated", half, Some(&good_key[..]), "is damaged"),
        ("scribbled", &scribbled, Some(&good_key), "is damaged"),
        ("no key", &good_db, None, "key file"),
        ("wrong key", &good_db, Some(other.as_bytes()), "key file"),
        ("bad key", &good_db, Some(b"# nothing\n"), "key file"),
    ] {
        fs::write(&db, db_bytes).unwrap();
        for log in ["-wal", "-shm"] {
            drop(fs::remove_file(format!("{}{log}", db.display())));
        }
        match key_bytes {
            Some(bytes) => write_key(&key, bytes),
            None => fs::remove_file(&key).unwrap(),
        }
        let (code, why) = refused(&db, &[]);
        assert_eq!(code, 3, "{name}: {why}");
        assert!(why.contains(expected), "{name}: {why}");
        let shown = why.contains(&text[text.len() - 20..]);
        assert!(!shown, "{name} shows the key: {why}");
        assert_eq!(fs::read(&db).unwrap(), db_bytes, "{name}");
        assert_eq!(fs::read(&key).ok().as_deref(), key_bytes, "{name}");
    }
    fs::write(&db, &good_db).unwrap();
    write_key(&key, &good_key);
    assert_eq!(start(&db, &[]).said["new"], false);
}

#[test]
fn bad_table_of_countries_is_named_first() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("demo.db");
    let bad = folder.path().join("bad.mmdb");
    fs::write(&bad, b"not a database").unwrap();
    for file in [bad.clone(), folder.path().join("absent.mmdb")] {
        let output = demo(&db, &["--countries", file.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(file.to_str().unwrap()), "{said}");
        assert!(!db.exists());
    }
    let good = folder.path().join("countries.mmdb");
    let mut tree = maxminddb_writer::Database::default();
    tree.metadata.database_type = "Test-Country".to_owned();
    tree.metadata.ip_version = maxminddb_writer::metadata::IpVersion::V6;
    let record = std::collections::BTreeMap::from([(
        "country",
        std::collections::BTreeMap::from([("iso_code", "CA")]),
    )]);
    let value = tree.insert_value(&record).unwrap();
    let network = maxminddb_writer::paths::IpAddrWithMask::new([24, 48, 0, 0].into(), 16);
    tree.insert_node(network, value);
    tree.metadata.binary_format_major_version = 2;
    fs::write(&good, tree.write_to(Vec::new()).unwrap()).unwrap();
    let line = warning(demo(&db, &["--countries", good.to_str().unwrap()]));
    // Built in 1970, as far as the writer says.
    assert!(line.contains("table of countries is older"), "{line}");
}
