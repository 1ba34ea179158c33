"""Tables (`XRow`) and stores (`XStore`): what is kept, encrypted where it is personal, one transaction a call.

Everything is synchronous and safe to call from many threads.  Ids are strings (UUIDs as text), times aware,
documents plain JSON-ready dictionaries.  A malformed id is simply not found.

    keyring          Keyring(keys: tuple[bytes, ...])                          newest first, 32 bytes each
                       .lookup_hash(kind, value) -> str    .fingerprint(content: bytes) -> str
                       .derive(purpose) -> tuple[DerivedKey(id: bytes, key: bytes), ...]   newest first
    tokens           Token(id, role: Role, name, organisation, issued_at, revoked_at; .maker -> Maker, .owner)
                     Maker(token_id, role: str, name, organisation=None; .owner)
                     TokenStore(engine)
                       .issue(*, role, name, organisation, now) -> str (the bearer)    .list() -> list[Token]
                       .revoke(token_id, *, now) -> bool           .find(bearer) -> Token | None (valid only)
    session          Session(hash, token: Token)
                     SessionStore(engine)
                       .begin(token, *, now) -> str (the cookie's secret)      .end(secret)
                       .find(secret, *, now) -> Session | None     (valid only; notes the visit)
    idempotency      Claim(token_id, key_hash, fingerprint)
                     KeptAnswer(subject_kind, subject_id, status: int | None, headers: dict[str, str], body)
                       status None: claimed, the answer is not kept yet (still at work, or the process died)
                     IdempotencyStore(engine, keyring)
                       .claim(*, token_id, key, method, path, body: bytes) -> Claim            (pure)
                       .find(claim) -> KeptAnswer | None           raises IdempotencyConflict
                       .complete(claim, *, status, body: bytes, headers, subject_kind="", subject_id="", now)
                       .forget(older_than: datetime) -> int
    reception        Received(referral_id, reference, document, received_at, by: Maker, claim=None)
                     Reception(result: created|same|conflict|replayed, referral_id, reference)
                       `replayed`: the claim exists already; referral_id is the one it made.
                     ReferenceTaken: draw another reference
    referral         ReferralStore(engine, keyring, *, child_under=18)         implements ReferralTables
                       .receive(Received) -> Reception             raises IdempotencyConflict, ReferenceTaken
                       .view(referral_id) -> ReferralView | None
                       .list_views(*, stage=None, outcome=None, due_before=None, owner=None,
                                   after: tuple[datetime, str] | None = None, limit=50) -> list[ReferralView]
                          newest first; `after` = (received_at, id) of the last one seen
                       .worklist(now, *, limit=50, due_within=timedelta(), alerts=False) -> list[ReferralView]
                       .linked(referral_id, *, limit=20) -> list[Link(referral_id, reference, kind, why)]
                          kind: duplicate | repeat | same_contact
                       .take_up · .facts_corrected_by · .project               as in domain.ports
    referral_view    ReferralView: id reference owner received_at stage outcome lane sensitive attempts_counted
                       reached reached_since_opening decision revision turn opening closed_at escalated_at alerted_at
                       question_open support_id           clear; and, decrypted when first asked for:
                       .document  .state  .next_action (NextAction | None)  .next_number (E.164 | None)
                       .hold (Hold | None, the gravest)  .holds  .escalation
                       .number_id(e164) -> str    .number_of(phone_id) -> str | None
    command          NewCommand(id, referral_id, kind, event: CommandEvent | Reviewed, words: dict, by: Maker, made_at,
                                target_id=None (the referral's workflow), claim=None)
                       words: {"note"|"reason": str} or {"patch": merge-patch} (of a plan also the "base" it was
                       made upon); everything personal goes here
                     StoredCommand(id, target_id, referral_id, ordinal, kind, event, by, made_at, state, answer,
                                   settled_at, replayed; .command -> Command | SupportCommand)
                     CommandStore(engine, keyring)
                       .store(NewCommand) -> StoredCommand         raises ReferralNotFound, IdempotencyConflict
                          the same id or the same claim again: the command stored then, `replayed`
                       .get(command_id) -> StoredCommand | None    .words(command_id) -> dict
                       .result(command_id) -> Answer | None        (None: pending or unknown)
                       .pending(target_id) -> list[StoredCommand]  in order
                       .left_over(*, now, lease: timedelta, limit) -> list[StoredCommand]
                       .settle(command_id, answer, *, now)         for a target that is gone; only from pending
    stop             StopStore(engine)        .standing(referral_id) -> tuple[StandingStop(cause, made_at), ...]
    contact_plan     without_duress_word(document) -> Document      plan_part(document) -> Document
                       says_duress_word(document, said) -> bool       has_run_out(document, now) -> bool
    contact_plan_correction  corrected_by_referrer(document, patch) -> Document   nothing is made less careful
    contact_plan_change      changed_by_staff(document, patch, base) -> Document  put together with what came meanwhile
    outbox           Outbox(engine)
                       .claim(*, now, lease: timedelta, limit) -> list[Waiting(referral_id, made_at, tries)]
                       .done(referral_id)      not needed after an inline start: the first projection does it
                       .failed(referral_id, *, retry_at)
    message          MessageStore(engine, keyring, *, simulated: Collection[Channel] = ())
                       implements MessageTables; .draft only reads, so a page may ask for one as well;
                       .begin(…, turn=draft.turn) defers words drawn up before the referral moved on
                     MessageView(id, key, referral_id, reference, channel, purpose, state, why, made_at, leaves_at,
                                 sending_at, settled_at, provider_id, simulated)
                       .of_referral(referral_id) -> list[MessageView]          oldest first
                       .get(message_id) -> MessageView | None
                       .content(message_id) -> Written | None      what was handed over; None before
                       .recent(*, state=None, after: tuple[datetime, str] | None = None, limit=50)
                          -> list[MessageView]    newest first; `after` = (made_at, id) of the last one seen
                       .counts() -> dict[MessageState, int]
                       .provider_answered(channel, *, taken, retry_after, now)     see departures
    departures       Asking(key, channel, purpose, urgency, made_at)
                     may_leave(connection, asking, *, per_minute, now) -> Wait | None         inside MessageStore.begin
                     provider_answered(connection, channel, *, taken, retry_after, now)
                     DepartureStore(engine)
                       .away() -> Mapping[Channel, Away(since, next_try_at)]
    purpose_switch   PurposeSwitch(purpose, off_since, changed_at, by_name, reason; .is_on)
                     kept_back(connection, purpose, now) -> Wait | None
                     PurposeSwitchStore(engine, keyring)
                       .all() -> tuple[PurposeSwitch, ...]         every purpose
                       .turn(purpose, *, is_on, by_name, reason, now) -> PurposeSwitch
    timeline         TimelineLine(id: int, at, what, why, by_role, by_name, command_id, words: str)
                       words: the note or reason a person gave, on the first line of its step; staff only
                     TimelineStore(engine, keyring)
                       .of(referral_id, *, after: int = 0, limit=100) -> list[TimelineLine]   after = last id
    ongoing_support  SupportStore(engine, keyring)                             implements SupportTables
    repair_dispatch/ tables      RepairStore(engine, keyring, *, distances, letterhead, simulated=())
                                   implements RepairTables
                     job_change  job_values(…)      the columns of the job that a turn changes: address, way in, word
                     measured    measured(state, *, at)      what statistics count, fixed once it is history
                     fitness     may_be_sent(connection, offer_id, *, at, zone) -> bool
                     notice_report   locked_notice(…), apply_report(…)      what the provider of texts told later
                     begin       begin_row(connection, …)      in the turn of the referral that begins a repair
                     views       RepairViews(engine, keyring)                          one snapshot each
                                   .one(repair_id) -> RepairView | None     .of_referral(referral_id), newest first
                                   .board(*, limit=500) -> list[RepairView], most urgent first
                                   .duplicates(repair_id, *, within) -> list[DuplicateRepair]
                                   .shown(notice_key) -> str
                     ledger      LedgerStore(engine, keyring)                          only turns of repairs write it
                                   .of_repair(repair_id)   .of_month(day) -> list[LedgerLine], oldest first
                                   .months(first, last) -> list[MonthTotal]
                                   .repeated_invoices() -> list[RepeatedInvoice]
                     desk        OfferDeskStore(engine, keyring, *, distances, policies)    implements OfferDesk
                                   .ranking(repair_id, *, at, most=20) -> tuple[Ranked, ...]   keeps no place
                     statistics  RepairStatisticsStore(engine)
                                   .read(*, asked_from=None, asked_to=None) -> RepairStatistics
    tradesperson/    register    TradespersonStore(engine, keyring)
                                   .add(who, *, by, now, claim=None) -> RegisterEntry     raises TradespersonTaken
                                   .change(who, *, revision, by, now) -> RegisterEntry    and TradespersonChanged
                                   .get(entry_id) -> RegisterEntry | None     .everybody() -> list[RegisterEntry]
                                   .find(EntriesWanted, *, after=None, limit=50) -> list[RegisterEntry], by base
                                   .count(EntriesWanted) -> int
                                   .records(ids, *, now) -> dict[str, TradeRecord(load, offered, accepted)]
                                   .import_rows(rows, *, by, now, preview) -> ImportPlan     whole, or not at all
                     row         tradesperson_of(keyring, row), unnamed(row) -> Tradesperson    the latter opens nothing
                     record      records(connection, ids, *, now)      inside another's transaction
    funnel           Funnel(as_of, received, referred, information, waiting, held, undecided, contacted,
                            ongoing_support, single_call, declined, supported, not_reached,
                            diverted: dict[str, int], letters_sent, emails_sent, texts_sent,
                            simulated: dict[Channel, int])
                     StatisticsStore(engine)
                       .funnel(*, received_from=None, received_to=None) -> Funnel
    metrics          Counts(…), Workers(…)       what the tables hold at one moment, by closed lists only
                     MetricsStore(engine)
                       .counts(*, now=None, zone=UTC) -> Counts
    worker_pulse     Beat(worker_id, started_at, workflow_slots_free, activity_slots_free, workflows_cached)
                     WorkerPulseStore(engine)
                       .beat(beat, counted: Mapping[tuple[Tally, str], float], *, now)   adds to the totals
    referral_document  facts_of(document, *, number_id, received_at, child_under=18) -> Facts
                       merge_patch(document, patch) -> dict        RFC 7396, nulls removed
                       correct(document, patch) -> dict            the same, but what was said of a number stays
"""
