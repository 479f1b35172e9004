use super::*;

fn sample() -> Checkpoint {
    let head = |seq| AuditHead { seq, head: [7; 32] };
    let heads = [(3_u64, 12), (1, 0), (2, 5)];
    let heads = heads.map(|(id, seq)| (AccountId::from(id), head(seq)));
    let home = HomeState {
        organization: RowState::new(Version(4), "an organization"),
        roster: RowState::new(Version(2), "a roster"),
    };
    let stand = Stand {
        heads: heads.into(),
        homes: [(OrgId::from(9_u64), home)].into(),
    };
    Checkpoint::sign(UnixTime(1_790_000_000), stand, &[1; 32])
}

#[test]
fn checkpoint_reads_back_and_verifies_by_key() {
    let text = sample().to_string();
    assert_eq!(
        text,
        include_str!("../../../tests/data/checkpoint.v1.jsonl")
    );
    let read: Checkpoint = text.parse().unwrap();
    assert_eq!(read, sample());
    assert_eq!(read.records(), 17);
    assert_eq!(read.at(), UnixTime(1_790_000_000));
    assert_eq!(read.check(&[1; 32]), Ok(()));
    assert_eq!(read.check(&[2; 32]), Err(CheckpointError::Forged));
}

#[test]
fn whatever_is_altered_is_found() {
    let text = sample().to_string();
    let lines: Vec<&str> = text.lines().collect();
    let (_, root) = text.split_once("\"root\":\"").unwrap();
    let root = root.split('"').next().unwrap().to_owned();
    let forged = text.replace("1790000000", "1790000001");
    let read: Checkpoint = forged.parse().unwrap();
    assert_eq!(read.check(&[1; 32]), Err(CheckpointError::Forged));
    for (broken, found) in [
        (lines[..3].join("\n"), CheckpointError::Altered),
        (
            text.replace("\"version\":4", "\"version\":3"),
            CheckpointError::Altered,
        ),
        // Each count in the first line tells by itself.
        (
            text.replacen("\"accounts\":3", "\"accounts\":2", 1),
            CheckpointError::Altered,
        ),
        (
            text.replacen("\"records\":17", "\"records\":16", 1),
            CheckpointError::Altered,
        ),
        (
            text.replace(&root, &"0".repeat(root.len())),
            CheckpointError::Altered,
        ),
        (
            text.replace("\"records\":12", "\"records\":11"),
            CheckpointError::Altered,
        ),
        (
            text.replace("\"checkpoint\":1", "\"checkpoint\":2"),
            CheckpointError::Newer(2),
        ),
    ] {
        assert_eq!(broken.parse::<Checkpoint>(), Err(found), "{broken}");
    }
    for (broken, at) in [
        ("", 1),
        (&*format!("{text}x"), 6),
        (&*text.replacen("{\"acc", "[", 1), 3),
        (
            &*text.replacen("\"organizations\":1", "\"organizations\":2", 1),
            3,
        ),
        (
            &*text.replacen("\"organizations\":1", "\"organizations\":0", 1),
            2,
        ),
    ] {
        let error = broken.parse::<Checkpoint>().unwrap_err();
        assert!(
            matches!(error, CheckpointError::BadLine { line, .. } if line == at),
            "{error}"
        );
    }
}

#[test]
fn t53_row_is_told_from_the_one_that_was_signed() {
    let row = |version, body| RowState::new(Version(version), body);
    let signed = row(4, "signed");
    let put_back = |row, log| Some(Broken::PutBack { row, log });
    for (found, log, broken) in [
        (signed, 4, None),
        (row(5, "later"), 4, None),
        (row(3, "earlier"), 3, put_back(3, 4)),
        (signed, 5, put_back(4, 5)),
        (
            row(4, "written on"),
            4,
            Some(Broken::OtherRow { version: 4 }),
        ),
    ] {
        assert_eq!(found.broken(log, Some(signed)), broken);
    }
    assert_eq!(row(4, "written on").broken(4, None), None);
}
