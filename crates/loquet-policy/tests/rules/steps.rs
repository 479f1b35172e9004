//! The steps of users, administrators and the host in a fixture.

use crate::aim::NEWEST;
use crate::fixture::*;
use loquet_policy::*;

/// Log-ins and codes.
impl Fixture {
    /// Returns the next good code.
    pub fn good(&mut self) -> Submitted {
        self.step += 1;
        let (step, offset) = (self.step, 0);
        known(CodeCheck::Good { step, offset })
    }

    pub fn wrong(
        &mut self,
        who: usize,
        session: Session,
        source: CodeSource,
    ) -> Result<Grant, Refusal> {
        self.give(who, session, Submitted { source, ..WRONG })
    }

    pub fn give(
        &mut self,
        who: usize,
        session: Session,
        code: Submitted,
    ) -> Result<Grant, Refusal> {
        let access = ACCESS;
        self.ask(who, session, Command::VerifyCode { code, access })
    }

    pub fn try_log_in(&mut self, who: usize) -> Result<Session, Refusal> {
        let access = ACCESS;
        self.host(who, Command::LogIn { access }).map(session_of)
    }

    pub fn log_in(&mut self, who: usize) -> Session {
        self.try_log_in(who).unwrap()
    }

    pub fn verify_code(&mut self, who: usize, session: Session) -> Result<Session, Refusal> {
        let code = self.good();
        self.give(who, session, code).map(session_of)
    }

    /// Logs in and submits the code that is required.
    pub fn enter(&mut self, who: usize) -> Session {
        let session = self.log_in(who);
        self.verify_code(who, session).unwrap()
    }

    pub fn resynchronize(
        &mut self,
        who: usize,
        session: Session,
        pair: PairCheck,
    ) -> Result<Grant, Refusal> {
        let (source, access) = (CodeSource::Stranger, ACCESS);
        self.ask(
            who,
            session,
            Command::Resynchronize {
                by: NEWEST,
                pair,
                source,
                access,
            },
        )
    }
}

/// Passkeys.
impl Fixture {
    /// Returns the answer of a passkey to a challenge of the next second.
    pub fn signed(&mut self, by: AuthenticatorId, counter: u32) -> Submitted {
        self.wait(1);
        let (issued, backed_up) = (self.now, false);
        let check = CodeCheck::Signed {
            issued,
            counter,
            backed_up,
        };
        Submitted { by, ..known(check) }
    }

    /// Confirms what the session began.
    pub fn bind_with(
        &mut self,
        who: usize,
        session: Session,
        check: CodeCheck,
        link: Digest,
    ) -> Result<Session, Refusal> {
        let confirm = Command::ConfirmEnrollment {
            check,
            link,
            break_glass: None,
            access: ACCESS,
        };
        self.ask(who, session, confirm).map(session_of)
    }

    /// Registers a passkey beside what is bound, with a proof of one that is. It has counted five signatures.
    pub fn register(
        &mut self,
        who: usize,
        session: Session,
        code: Submitted,
        link: Digest,
    ) -> Result<Session, Refusal> {
        let passkeys = true;
        self.ask(who, session, Command::BeginAddition { code, passkeys })?;
        let check = self.signed(NEWEST, 5).check;
        self.bind_with(who, session, check, link)
    }
}

/// Enrollment and recovery.
impl Fixture {
    pub fn begin(
        &mut self,
        who: usize,
        session: Session,
        reset_code: Option<u8>,
    ) -> Result<Grant, Refusal> {
        let (reset_code, recovery, access) = (reset_code.map(digest), recovery_codes(), ACCESS);
        self.ask(
            who,
            session,
            Command::BeginEnrollment {
                reset_code,
                recovery,
                access,
            },
        )
    }

    /// Begins to replace the authenticator.
    pub fn replace(&mut self, who: usize, session: Session) -> Result<Grant, Refusal> {
        let (code, recovery) = (self.good(), recovery_codes());
        self.ask(who, session, Command::BeginReplacement { code, recovery })
    }

    pub fn confirm(&mut self, who: usize, session: Session) -> Result<Session, Refusal> {
        let check = self.good().check;
        self.confirm_with(who, session, check, Some(BREAK_GLASS))
            .map(session_of)
    }

    pub fn confirm_with(
        &mut self,
        who: usize,
        session: Session,
        check: CodeCheck,
        break_glass: Option<u8>,
    ) -> Result<Grant, Refusal> {
        let (link, break_glass, access) = (digest(LINK), break_glass.map(digest), ACCESS);
        self.ask(
            who,
            session,
            Command::ConfirmEnrollment {
                check,
                link,
                break_glass,
                access,
            },
        )
    }

    pub fn enroll(&mut self, who: usize) -> Session {
        let session = self.log_in(who);
        self.begin(who, session, None).unwrap();
        self.confirm(who, session).unwrap()
    }

    pub fn turn_off(&mut self, who: usize, session: Session) -> Result<Grant, Refusal> {
        let code = self.good();
        self.ask(who, session, Command::TurnOff { code })
    }

    /// Turns the second factor off and returns a Level1 session.
    pub fn turned_off(&mut self, who: usize) -> Session {
        let session = self.enter(who);
        self.turn_off(who, session).unwrap();
        self.log_in(who)
    }

    pub fn recover(&mut self, who: usize, session: Session, code: u8) -> Result<Grant, Refusal> {
        let (code, access) = (Some(digest(code)), ACCESS);
        self.ask(who, session, Command::UseRecoveryCode { code, access })
    }

    /// Submits the last of too many wrong codes.
    pub fn disable(&mut self, who: usize) {
        let session = self.log_in(who);
        self.accounts[who].attempts.total = limits::FAILURES - 1;
        self.wrong(who, session, CodeSource::KnownDevice)
            .unwrap_err();
    }

    /// Reports the phone lost, with the password alone.
    pub fn report_lost(&mut self, who: usize) -> Result<Grant, Refusal> {
        let link = digest(UNDO);
        self.host(
            who,
            Command::ReportLost {
                authenticator: NEWEST,
                link,
            },
        )
    }

    /// Undoes the report with this code of the suspended authenticator.
    pub fn undo_with(
        &mut self,
        who: usize,
        session: Session,
        evidence: Evidence,
        code: Submitted,
    ) -> Result<Grant, Refusal> {
        let access = ACCESS;
        self.ask(
            who,
            session,
            Command::UndoReport {
                evidence,
                code,
                access,
            },
        )
    }

    pub fn undo(
        &mut self,
        who: usize,
        session: Session,
        evidence: Evidence,
    ) -> Result<Grant, Refusal> {
        let code = self.good();
        self.undo_with(who, session, evidence, code)
    }

    pub fn open(&mut self, who: usize, break_glass: u8) -> Result<Grant, Refusal> {
        let break_glass = digest(break_glass);
        self.host(who, Command::OpenBreakGlass { break_glass })
    }

    pub fn collect(&mut self, who: usize, break_glass: u8) -> Result<Grant, Refusal> {
        let (break_glass, reset_code) = (digest(break_glass), digest(RESET_CODE));
        self.host(
            who,
            Command::CollectResetCode {
                break_glass,
                reset_code,
            },
        )
    }

    /// Opens break-glass and collects its reset code.
    pub fn open_and_collect(&mut self, who: usize) {
        self.open(who, BREAK_GLASS).unwrap();
        self.wait(limits::BREAK_GLASS);
        self.collect(who, BREAK_GLASS).unwrap();
    }
}

/// Commands of administrators.
impl Fixture {
    /// Anne has reset Claire.
    pub fn claire_reset() -> Self {
        let mut fixture = Self::mandated();
        fixture.enroll(CLAIRE);
        let anne = fixture.enter(ANNE);
        fixture.reset(ANNE, anne, CLAIRE).unwrap();
        fixture
    }

    pub fn reset(&mut self, who: usize, session: Session, whom: usize) -> Result<Grant, Refusal> {
        let (reset_code, aloud, code) = (digest(RESET_CODE), false, self.good());
        self.about(
            who,
            session,
            whom,
            Command::Reset {
                reset_code,
                aloud,
                code,
            },
        )
    }

    pub fn undo_report_of(
        &mut self,
        who: usize,
        session: Session,
        whom: usize,
    ) -> Result<Grant, Refusal> {
        let code = self.good();
        self.about(who, session, whom, Command::UndoReportOf { code })
    }

    pub fn reactivate(
        &mut self,
        session: Session,
        whom: usize,
        roles: &[RoleId],
    ) -> Result<Grant, Refusal> {
        let roles = RoleSet::new(roles.iter().copied()).unwrap();
        let (reset_code, code) = (digest(RESET_CODE), self.good());
        self.about(
            ANNE,
            session,
            whom,
            Command::Reactivate {
                roles,
                reset_code,
                code,
            },
        )
    }

    pub fn schedule_mandate(
        &mut self,
        session: Session,
        role: RoleId,
        days: u64,
    ) -> Result<Grant, Refusal> {
        self.impose(session, role, Start::At(self.in_days(days)))
    }

    pub fn mandate_now(&mut self, session: Session) -> Result<Grant, Refusal> {
        self.impose(session, EMPLOYEE, Start::Now { confirmed: true })
    }

    fn impose(&mut self, session: Session, role: RoleId, start: Start) -> Result<Grant, Refusal> {
        let kind = MandateKind::SecondFactor;
        self.ask(
            ANNE,
            session,
            Command::ScheduleMandate { role, kind, start },
        )
    }

    pub fn change_setting(&mut self, session: Session, setting: Setting) -> Result<Grant, Refusal> {
        let code = self.good();
        self.ask(ANNE, session, Command::ChangeSetting { setting, code })
    }

    pub fn add_role(
        &mut self,
        who: usize,
        session: Session,
        whom: usize,
        role: RoleId,
    ) -> Result<Grant, Refusal> {
        let code = self.good();
        self.about(who, session, whom, Command::AddRole { role, code })
    }
}
