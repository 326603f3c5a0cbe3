// The durable state of a broker: each event becomes a record and changes the state that a restart would find.
// The broker calls what happens, acknowledges when `durableUpTo` has reached the ticket, and starts from `state`.

import { type BackupReport, backup } from './backup.ts'
import { Bodies } from './bodies.ts'
import { Cleaning } from './cleaning.ts'
import { FileJournal, type FileJournalOptions } from './file-journal.ts'
import { LazyMarks } from './lazy-marks.ts'
import { readPackets, readRanges, readRecipients } from './read-records.ts'
import { FieldReader } from './record-fields.ts'
import { type DoneReason, RecordType, type WillEnd } from './record-types.ts'
import type { PacketsRecord, RecipientRecord, SessionRecord, SubscriptionRecord } from './records.ts'
import * as records from './records.ts'
import { type Place, StoredState, sentUpToOf } from './stored-state.ts'

export interface StoreOptions extends FileJournalOptions {
  /** Bytes of packets kept in memory after they were read back. */
  readonly cacheSize?: number
  /** Milliseconds that acknowledgements of receivers may wait to be journalled; 0 = not at all. */
  readonly markAfterMs?: number
  /** Messages of a connected session that are journalled as sent before they are; 128 unless given. */
  readonly sentAhead?: number
}

export class Store {
  readonly state: StoredState
  readonly journal: FileJournal
  readonly cleaning: Cleaning
  readonly #folder: string
  readonly #options: StoreOptions
  readonly #bodies: Bodies
  readonly #marks: LazyMarks
  readonly #sentAhead: number
  #segments: number

  /** Opens the store of a folder and replays it. Throws JournalError, and CorruptionError when what was durable is damaged. */
  static async open(folder: string, options: StoreOptions = {}): Promise<Store> {
    const state = new StoredState()
    const journal = await FileJournal.open(folder, (type, fields, segment, offset) => state.apply(type, fields, segment, offset), options)
    state.replayed()
    await journal.fence(journal.epoch + 1).catch(async (error: unknown) => {
      await journal.close().catch(() => {})
      throw error
    })
    return new Store(folder, options, state, journal)
  }

  private constructor(folder: string, options: StoreOptions, state: StoredState, journal: FileJournal) {
    this.state = state
    this.journal = journal
    this.#folder = folder
    this.#options = options
    this.cleaning = new Cleaning(journal, state)
    this.#bodies = new Bodies(journal, options.cacheSize ?? 16 << 20)
    this.#marks = new LazyMarks(journal, options.markAfterMs ?? 100)
    this.#sentAhead = options.sentAhead ?? 128
    this.#segments = journal.segments().length
    journal.onDurable(() => this.#cleanIfNeeded())
  }

  /** What acknowledgements of what was just done wait for. */
  get ticket(): number {
    return this.journal.ticket
  }

  get durableUpTo(): number {
    return this.journal.durableUpTo
  }

  /** A number for a new session. */
  newSession(): number {
    return ++this.state.lastSession
  }

  /** What `work` does becomes durable as one. */
  together(work: () => void): void {
    this.journal.beginGroup()
    try {
      work()
    } finally {
      this.journal.endGroup()
    }
  }

  /** A session has begun, or is connected, or is not any more, or its expiry has changed. Its numbers are the state's. */
  session(record: Omit<SessionRecord, 'nextNumber' | 'sentUpTo'>): void {
    const known = this.state.sessions.get(record.session)
    const sentUpTo = known === undefined ? 1 : sentUpToOf(known, record.detachedAt)
    const whole = { ...record, nextNumber: known?.nextNumber ?? 1, sentUpTo }
    records.appendSession(this.journal, whole)
    this.state.session(whole, this.#place())
  }

  /** It is gone with all it had. */
  sessionEnded(session: number): void {
    this.#marks.forget(session)
    records.appendSessionEnded(this.journal, session)
    this.state.sessionEnded(session)
  }

  subscribed(record: SubscriptionRecord): void {
    records.appendSubscribed(this.journal, record)
    this.state.subscribed(record, this.#place())
  }

  unsubscribed(session: number, topicFilter: string): void {
    records.appendUnsubscribed(this.journal, session, topicFilter)
    this.state.unsubscribed(session, topicFilter)
  }

  /** Packets wait for these sessions; with `retainedTopic` the last packet is retained. Returns their slot, -1 when nobody needs them. */
  message(packets: PacketsRecord, recipients: readonly RecipientRecord[], retainedTopic: string | null): number {
    if (recipients.length === 0 && retainedTopic === null) return -1
    records.appendMessage(this.journal, packets, recipients, retainedTopic !== null)
    return this.state.message(recipients, retainedTopic, this.#place())
  }

  retainedCleared(topicName: string): void {
    if (!this.state.retained.has(topicName)) return
    records.appendRetainedCleared(this.journal, topicName)
    this.state.retainedCleared(topicName)
  }

  /** A session waits for messages no more. Journalled a little later: lost with the broker, they are sent again, with DUP. */
  done(session: number, first: number, count: number, reason: DoneReason): void {
    this.state.done(session, first, count)
    this.#marks.done(session, first, count, reason)
  }

  /**
   * Messages below `upTo` are going to be sent. Of a connected session some more are journalled as sent, and none for the next ones: after a crash
   * DUP says that they may have been. When its connection ends, the session's record says how far it got.
   */
  sent(session: number, upTo: number): void {
    const known = this.state.sessions.get(session)
    if (known === undefined) return
    this.state.sent(session, upTo)
    if (upTo <= known.sentAtMost) return
    known.sentAtMost = known.record?.detachedAt === 0 ? upTo + this.#sentAhead : upTo
    records.appendSent(this.journal, session, known.sentAtMost)
  }

  /** PUBRECs have come: PUBREL goes out when this is durable. */
  received(session: number, first: number, count: number): void {
    records.appendReceived(this.journal, session, first, count)
    this.state.received(session, first, count)
  }

  /** QoS 2 packets have come; PUBREC goes out when this is durable. `ranges`: first packet, number of packets, … */
  unreleased(session: number, packets: PacketsRecord, ranges: readonly number[]): void {
    records.appendUnreleased(this.journal, session, packets, ranges)
    this.state.unreleased(session, packets, ranges, this.#place())
  }

  /** Their PUBRELs have come. What they release is routed in the same group. */
  released(session: number, packetIds: readonly number[]): void {
    records.appendReleased(this.journal, session, packetIds)
    this.state.released(session, packetIds)
  }

  /** The will of a connection, `delay` in seconds. */
  will(session: number, delay: number, packets: PacketsRecord): void {
    records.appendWill(this.journal, session, delay, packets)
    this.state.will(session, delay, this.#place())
  }

  /** It was withdrawn, or published: then in one group with its message. */
  willEnded(session: number, how: WillEnd): void {
    if ((this.state.sessions.get(session)?.will ?? null) === null) return
    records.appendWillEnded(this.journal, session, how)
    this.state.willEnded(session)
  }

  /** The packets behind a slot of the given kind. Views of memory that nobody writes to. */
  async packets(slot: number, type: typeof RecordType.Message | typeof RecordType.Unreleased | typeof RecordType.Will): Promise<PacketsRecord> {
    const { live } = this.state
    const bytes = await this.#bodies.read(live.segment(slot), live.offset(slot), live.length(slot))
    const fields = new FieldReader().over(bytes, 0, bytes.length)
    if (type === RecordType.Message) readRecipients(fields)
    else {
      fields.number()
      if (type === RecordType.Will) fields.number()
      else readRanges(fields)
    }
    return readPackets(fields)
  }

  /** Everything is on the disk, and the disk is tidy: what SIGUSR1 asks for. */
  async save(): Promise<void> {
    this.#marks.write()
    await this.journal.flush()
    await this.cleaning.run()
  }

  /** Copies the store, as it is now, to a folder that must not exist or be empty. Restoring is putting it in place. */
  async backup(target: string): Promise<BackupReport> {
    this.#marks.write()
    await this.journal.flush()
    return await this.journal.exclusively(() => backup(this.#folder, target, this.#options.files))
  }

  async close(): Promise<void> {
    try {
      if (this.journal.state !== 'failed') this.#marks.write()
    } finally {
      this.#marks.close()
      await this.journal.close()
    }
  }

  #place(): Place {
    const { segment, offset, length } = this.journal
    return { segment, offset, length }
  }

  /** Looked at when a segment is full: until then nothing can be gained. */
  #cleanIfNeeded(): void {
    const { length } = this.journal.segments()
    if (length <= this.#segments) return
    this.#segments = length
    // a failing disk has told the journal's listeners already
    void this.cleaning.run().then(
      () => {
        this.#segments = this.journal.segments().length
      },
      () => {},
    )
  }
}
