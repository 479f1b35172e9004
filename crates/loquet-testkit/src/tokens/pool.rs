//! The pool: what is in it, whose it is, and what is refused.

use loquet::audit::Broken;
use loquet::store::{Cursor, Item, MetadataRow, Query, Row, Store, Version, Versioned};
use loquet::{
    Config, Error, HardwareToken, ImportedAuthenticator, Keyring, NewAccount, NextStep, Period,
    Refusal, RoleId, Secret, TokenState, Totp,
};

use super::{Token, begin, state};
use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use crate::tampered::Tampered;

/// RFC 6238 §3: each prover has a key of its own.
pub(super) async fn token_is_in_the_pool_once(fixture: Fixture) {
    let (token, other) = (Token::new("1001"), Token::new("1002"));
    let provision = fixture.mfa.provision();
    assert!(provision.add_token(token.hardware()).await.unwrap());
    assert!(!provision.add_token(token.hardware()).await.unwrap());
    assert_eq!(state(&fixture, &token).await, (None, TokenState::Free));
    // The same number on another token, and the same key under another number.
    let twin = HardwareToken::new(token.serial, other.secret.clone());
    let twin = provision.add_token(twin).await;
    assert!(
        matches!(twin, Err(Error::Config(Config::OtherToken))),
        "{twin:?}"
    );
    let copy = HardwareToken::new("1003", token.secret.clone());
    assert_eq!(
        refusal(provision.add_token(copy).await),
        Refusal::KeyOfAnother
    );
    // A wrong parameter is corrected while the token is free.
    let slow = Totp {
        period: Period::new(300).unwrap(),
        ..token.totp
    };
    let corrected = token.hardware().totp(slow);
    assert!(provision.add_token(corrected.clone()).await.unwrap());
    assert!(!provision.add_token(corrected).await.unwrap());
    assert!(provision.add_token(token.hardware()).await.unwrap());
    // The number and the key are there, each on another token.
    provision.add_token(other.hardware()).await.unwrap();
    let swapped = HardwareToken::new(token.serial, other.secret.clone());
    let swapped = provision.add_token(swapped).await;
    assert!(
        matches!(swapped, Err(Error::Config(Config::OtherToken))),
        "{swapped:?}"
    );
    let imported = ImportedAuthenticator::new(token.secret.clone());
    let imported = provision.import_authenticator(DENIS, imported).await;
    assert_eq!(refusal(imported), Refusal::KeyOfAnother);
}

pub(super) async fn unconfirmed_token_is_taken_back(fixture: Fixture) {
    fixture.enabled().await;
    let (token, other) = (Token::new("1001"), Token::new("1002"));
    let provision = fixture.mfa.provision();
    provision.add_token(token.hardware()).await.unwrap();
    assert!(provision.assign_token(token.serial, DENIS).await.unwrap());
    assert!(!provision.assign_token(token.serial, DENIS).await.unwrap());
    let taken = provision.assign_token(token.serial, CHLOE).await;
    assert_eq!(refusal(taken), Refusal::KeyOfAnother);
    assert_eq!(
        refusal(other.assign(&fixture, DENIS).await),
        Refusal::TokenAssigned
    );
    assert_eq!(
        state(&fixture, &token).await,
        (Some(DENIS.into()), TokenState::Assigned)
    );
    provision.withdraw_token(token.serial).await.unwrap();
    assert_eq!(
        refusal(provision.withdraw_token(token.serial).await),
        Refusal::NoTokenAssigned
    );
    assert_eq!(state(&fixture, &token).await, (None, TokenState::Free));
    provision.assign_token(token.serial, CHLOE).await.unwrap();
    token.confirm(&fixture, CHLOE).await;
    assert_eq!(
        refusal(provision.withdraw_token(token.serial).await),
        Refusal::NoTokenAssigned
    );
}

/// The password alone binds nothing then, so that what was awaited need not come first.
pub(super) async fn token_takes_the_place_of_an_awaited_import(fixture: Fixture) {
    let new = NewAccount::new(900_u64, "eve@example.org").role(RoleId::STAFF);
    let provision = fixture.mfa.provision();
    provision
        .ensure_account(new.awaiting_import())
        .await
        .unwrap();
    fixture.enabled().await;
    let token = Token::new("1001");
    token.assign(&fixture, 900).await.unwrap();
    provision.withdraw_token(token.serial).await.unwrap();
    let session = fixture.log_in(900).await.session;
    let refused = refusal(fixture.try_begin(&session).await);
    assert!(
        matches!(refused, Refusal::ResetCodeRequired(_)),
        "{refused:?}"
    );
    provision.assign_token(token.serial, 900_u64).await.unwrap();
    token.confirm(&fixture, 900).await;
    assert_eq!(fixture.log_in(900).await.next, NextStep::SecondFactor);
}

/// Its first owner may have noted codes of the days to come.
pub(super) async fn token_is_one_accounts_for_good(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let (token, other) = (Token::new("1001"), Token::new("1002"));
    let provision = fixture.mfa.provision();
    token.assign(&fixture, CHLOE).await.unwrap();
    token.confirm(&fixture, CHLOE).await;
    let session = fixture.enter(ANNE, &phone).await;
    let anne = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    let issued = fixture
        .mfa
        .admin(&anne)
        .reset(CHLOE, false, typed)
        .await
        .unwrap();
    assert_eq!(
        state(&fixture, &token).await,
        (Some(CHLOE.into()), TokenState::Retired)
    );
    for (account, why) in [(CHLOE, Refusal::RetiredKey), (DENIS, Refusal::KeyOfAnother)] {
        let assigned = provision.assign_token(token.serial, account).await;
        assert_eq!(refusal(assigned), why);
    }
    // The next one takes the reset code too.
    other.assign(&fixture, CHLOE).await.unwrap();
    let session = fixture.log_in(CHLOE).await.session;
    let without = refusal(begin(&fixture, &session, "").await);
    assert!(
        matches!(without, Refusal::ResetCodeRequired(_)),
        "{without:?}"
    );
    let reset_code = issued.reset_code.expose();
    begin(&fixture, &session, reset_code.as_str())
        .await
        .unwrap();
    other.try_confirm(&fixture, &session).await.unwrap();
    provision.deactivate(CHLOE).await.unwrap();
    assert_eq!(
        state(&fixture, &other).await,
        (Some(CHLOE.into()), TokenState::Retired)
    );
}

/// Free, assigned and confirmed tokens are encrypted anew, and nothing of them needs the old key.
pub(super) async fn tokens_rotate_with_the_keys(fixture: Fixture) {
    fixture.enabled().await;
    let tokens = ["1001", "1002", "1003"].map(Token::new);
    let provision = fixture.mfa.provision();
    for token in &tokens {
        provision.add_token(token.hardware()).await.unwrap();
    }
    provision
        .assign_token(tokens[1].serial, CHLOE)
        .await
        .unwrap();
    provision
        .assign_token(tokens[2].serial, DENIS)
        .await
        .unwrap();
    tokens[2].confirm(&fixture, DENIS).await;
    let [old, new] =
        [(1, [7; 32]), (2, [8; 32])].map(|(id, key)| Keyring::line(id, &key).to_string());
    let operator = &fixture.operator;
    let both = Keyring::parse(&format!("{old}{new}")).unwrap();
    operator.change_keys(both).await.unwrap();
    operator.rotate_keys(|_| {}).await.unwrap();
    crate::letters::post(&fixture).await;
    assert!(!operator.key_use().await.unwrap().needs(1));
    operator
        .change_keys(Keyring::parse(&new).unwrap())
        .await
        .unwrap();
    provision
        .assign_token(tokens[0].serial, BRUNO)
        .await
        .unwrap();
    for (token, account) in [(&tokens[0], BRUNO), (&tokens[1], CHLOE)] {
        token.confirm(&fixture, account).await;
    }
    fixture.clock.advance(60);
    let session = fixture.log_in(DENIS).await.session;
    let code = tokens[2].code(&fixture, 0);
    fixture.verify(&session, &code).await.unwrap();
}

pub(super) async fn hostile_tokens_are_refused(fixture: Fixture) {
    let provision = fixture.mfa.provision();
    let secret = || Secret::from([7; 20]);
    let long = "7".repeat(65);
    for serial in ["", "10\n01", "\u{7f}", &long] {
        let added = provision
            .add_token(HardwareToken::new(serial, secret()))
            .await;
        assert!(
            matches!(added, Err(Error::Config(Config::TokenSerial))),
            "{added:?}"
        );
    }
    let weak = HardwareToken::new("1", Secret::weak(&[7; 15]).unwrap());
    let weak = provision.add_token(weak).await;
    assert!(
        matches!(weak, Err(Error::Config(Config::WeakToken))),
        "{weak:?}"
    );
    for (seconds, t0) in [(14, 0), (301, 0), (30, 1)] {
        let period = Period::new(seconds).unwrap();
        let totp = Totp {
            period,
            t0,
            ..Totp::default()
        };
        let added = provision
            .add_token(HardwareToken::new("1", secret()).totp(totp))
            .await;
        assert!(matches!(added, Err(Error::Config(_))), "{added:?}");
    }
    assert_eq!(provision.tokens().await.unwrap(), []);
    let unknown = provision.assign_token("1", DENIS).await;
    assert!(
        matches!(unknown, Err(Error::Config(Config::NoToken(_)))),
        "{unknown:?}"
    );
    let unknown = provision.withdraw_token("1").await;
    assert!(
        matches!(unknown, Err(Error::Config(Config::NoToken(_)))),
        "{unknown:?}"
    );
    provision
        .add_token(HardwareToken::new("1", secret()))
        .await
        .unwrap();
    assert_eq!(
        refusal(provision.assign_token("1", 4_711_u64).await),
        Refusal::UnknownAccount
    );
}

async fn rows<S: Store>(store: &S) -> Vec<(MetadataRow, Version)> {
    let tokens = Query::Metadata(8);
    let found = store.scan(&tokens, &Cursor::default()).await.unwrap();
    let metadata = |item| match item {
        Item::Row(Versioned {
            row: Row::Metadata(row),
            version,
        }) => Some((row, version)),
        _ => None,
    };
    found.items.into_iter().filter_map(metadata).collect()
}

/// A writer of the database without the keys cannot give one user's token to another.
pub(super) async fn forged_token_is_refused_and_listed<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let (mine, theirs) = (Token::new("1001"), Token::new("1002"));
    mine.assign(&fixture, DENIS).await.unwrap();
    let provision = fixture.mfa.provision();
    provision.add_token(theirs.hardware()).await.unwrap();
    let rows = rows(&store).await;
    let [(first, at), (second, _)] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    let moved = MetadataRow {
        body: second.body.clone(),
        ..first.clone()
    };
    let renamed = MetadataRow {
        body: first
            .body
            .replacen("\"serial\":\"100", "\"serial\":\"200", 1),
        ..first.clone()
    };
    for (forged, at) in [(moved, *at), (renamed, *at), (first.clone(), at.next())] {
        let key = Row::Metadata(forged.clone()).key();
        store.put(Row::Metadata(forged), at);
        let mut listed = Vec::new();
        let verified = fixture.operator.verify_audits(None, |found| {
            listed.extend(found.chain.err().map(|why| (found.row, why)));
        });
        verified.await.unwrap();
        assert!(
            matches!(listed.as_slice(), [(row, Broken::Row(_))] if *row == key),
            "{listed:?}"
        );
        assert!(provision.tokens().await.is_err());
        store.undo();
    }
    assert_eq!(provision.tokens().await.unwrap().len(), 2);
}
