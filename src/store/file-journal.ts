// The journal in segment files: group commit without a timer, at most one write and one sync at a time.
// While one is in progress records collect, and the next batch takes them all; so nobody waits for company, and a crowd shares one sync.

import { Ballast } from './ballast.ts'
import type { Batch } from './batch.ts'
import { Collector } from './collector.ts'
import type { RecordVisitor } from './each-record.ts'
import { DiskFiles, isNoSpace, type StoreFiles } from './files.ts'
import { type Journal, JournalError, type JournalState, type RecordBatch, type SegmentUse } from './journal.ts'
import { RecordType } from './record-types.ts'
import { appendNumbers } from './records.ts'
import { type Recovery, recover } from './recovery.ts'
import { aligned, BATCH_HEADER, batchLength, readBatch, SEGMENT_HEADER, sealBatch } from './segment.ts'
import { SegmentList } from './segment-list.ts'

/** What an acknowledgement waits for: nothing; the system has it (survives the broker); the disk has it (survives the power). */
export type SyncMode = 'none' | 'write' | 'commit'

export interface FileJournalOptions {
  readonly files?: StoreFiles
  readonly mode?: SyncMode
  readonly segmentSize?: number
  readonly batchSize?: number
  readonly ballastSize?: number
  /** Between background syncs of `write` and `none`. */
  readonly syncEveryMs?: number
  /** Between attempts when the disk is full. */
  readonly retryMs?: number
  /** Wall clock, milliseconds. */
  readonly now?: () => number
  /** Runs `task` when what happens now is over: one batch takes what one turn appended. */
  readonly schedule?: (task: () => void) => void
}

const MIB = 1 << 20
/** Larger writes, and those beside a sync, go through the thread pool. */
const WRITTEN_AT_ONCE = 131072

interface Waiter {
  readonly upTo: number
  resolve(): void
  reject(error: Error): void
}

export class FileJournal implements Journal {
  state: JournalState = 'open'
  /** What was found when it was opened. */
  readonly recovery: Recovery
  readonly #folder: string
  readonly #mode: SyncMode
  readonly #syncEveryMs: number
  readonly #retryMs: number
  readonly #now: () => number
  readonly #schedule: (task: () => void) => void
  readonly #list: SegmentList
  readonly #ballast: Ballast
  readonly #collector: Collector
  readonly #unlock: () => Promise<void>
  readonly #durableListeners: ((upTo: number) => void)[] = []
  readonly #stateListeners: ((state: JournalState, reason: Error | null) => void)[] = []
  #waiters: Waiter[] = []
  #written: number
  #synced: number
  #epoch: number
  #failure: Error | null = null
  #isScheduled = false
  #isClosing = false
  #work: Promise<void> | null = null
  #sync: Promise<void> | null = null
  #syncTimer: NodeJS.Timeout | null = null
  #retryTimer: NodeJS.Timeout | null = null
  #retry: (() => void) | null = null
  #maintenance: Promise<unknown> = Promise.resolve()

  /** Opens the journal of a folder, which is made when it does not exist; `visit` sees every record first. Throws JournalError, CorruptionError. */
  static async open(folder: string, visit: RecordVisitor, options: FileJournalOptions = {}): Promise<FileJournal> {
    const files = options.files ?? new DiskFiles()
    await files.makeFolder(folder)
    const unlock = await files.lock(folder)
    let list: SegmentList | null = null
    try {
      const recovery = await recover(files, folder, visit)
      list = new SegmentList(files, folder, options.segmentSize ?? 64 * MIB)
      await list.open(recovery.segments, recovery.durableUpTo)
      // a program that was killed may have left both undone
      await list.sync()
      await files.syncFolder(folder)
      const ballast = new Ballast(files, folder, options.ballastSize ?? 8 * MIB)
      const journal = new FileJournal(folder, options, recovery, list, ballast, unlock)
      if (!(await ballast.open())) journal.#becomeFull()
      return journal
    } catch (error) {
      await list?.abandon()
      await unlock()
      throw error
    }
  }

  private constructor(folder: string, options: FileJournalOptions, recovery: Recovery, list: SegmentList, ballast: Ballast, unlock: () => Promise<void>) {
    this.#folder = folder
    this.recovery = recovery
    this.#list = list
    this.#ballast = ballast
    this.#unlock = unlock
    this.#mode = options.mode ?? 'write'
    this.#syncEveryMs = options.syncEveryMs ?? 1000
    this.#retryMs = options.retryMs ?? 1000
    this.#now = options.now ?? Date.now
    this.#schedule = options.schedule ?? setImmediate
    this.#epoch = recovery.epoch
    this.#written = this.#synced = recovery.lastSequence
    const last = recovery.segments.at(-1)
    const segmentSize = options.segmentSize ?? 64 * MIB
    this.#collector = new Collector(recovery.lastSequence, last?.number ?? 1, last?.end ?? SEGMENT_HEADER, segmentSize, options.batchSize ?? MIB)
  }

  get durableUpTo(): number {
    return this.#mode === 'commit' ? this.#synced : this.#mode === 'write' ? this.#written : this.#collector.ticket
  }

  get ticket(): number {
    return this.#collector.ticket
  }

  get bytes(): Uint8Array {
    return this.#collector.bytes
  }

  get segment(): number {
    return this.#collector.segment
  }

  get offset(): number {
    return this.#collector.offset
  }

  get length(): number {
    return this.#collector.length
  }

  /** Of the last owner that took it over. */
  get epoch(): number {
    return this.#epoch
  }

  begin(type: number, length: number): number {
    if (this.#failure !== null) throw this.#failure
    if (!this.#isScheduled && this.#work === null) {
      this.#isScheduled = true
      this.#schedule(() => this.#pump())
    }
    return this.#collector.begin(type, length)
  }

  beginGroup(): void {
    this.#collector.beginGroup()
  }

  endGroup(): void {
    this.#collector.endGroup()
  }

  onDurable(listener: (upTo: number) => void): void {
    this.#durableListeners.push(listener)
  }

  onState(listener: (state: JournalState, reason: Error | null) => void): void {
    this.#stateListeners.push(listener)
  }

  async flush(): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    const upTo = this.#collector.ticket
    if (upTo <= this.#synced) return
    const done = new Promise<void>((resolve, reject) => this.#waiters.push({ upTo, resolve, reject }))
    this.#pump()
    this.#settleWaiters()
    await done
  }

  async read(from: number, visit: (batch: RecordBatch) => void): Promise<void> {
    await this.flush()
    for (const { segment } of this.#list.uses()) {
      for await (const batch of this.batches(segment)) if (batch.firstSequence + batch.count > from) visit(batch)
    }
  }

  /** The batches of one segment that have been written, one after another; each is valid until the next. */
  async *batches(segment: number): AsyncGenerator<RecordBatch> {
    const head = new Uint8Array(BATCH_HEADER)
    const path = this.#list.pathOf(segment)
    let bytes: Uint8Array = new Uint8Array(0)
    const end = this.#list.end(segment)
    for (let at = SEGMENT_HEADER; at < end; ) {
      await this.#list.read(segment, at, head)
      const length = batchLength(head, 0)
      if (length > bytes.length) bytes = new Uint8Array(length)
      if (length > 0) await this.#list.read(segment, at, bytes.subarray(0, length))
      const batch = length === 0 ? null : readBatch(bytes.subarray(0, length), 0)
      if (batch === null) throw new JournalError(`${path} is damaged at offset ${at}: stop the broker and run \`zanzara fsck\` on the folder`)
      const { count, firstSequence, wallMs } = batch
      yield { bytes, at: BATCH_HEADER, end: length, count, firstSequence, segment, offset: at, wallMs }
      at = aligned(at + length)
    }
  }

  async readPlace(segment: number, offset: number, length: number): Promise<Uint8Array> {
    const collected = this.#collector.find(segment, offset, length)
    if (collected !== null) return collected
    const bytes = new Uint8Array(length)
    await this.#list.read(segment, offset, bytes)
    return bytes
  }

  /** The path of a segment's file. */
  pathOf(segment: number): string {
    return this.#list.pathOf(segment)
  }

  segments(): readonly SegmentUse[] {
    return this.#list.uses()
  }

  async trim(segment: number): Promise<void> {
    await this.exclusively(async () => {
      if (segment <= (this.#list.uses()[0]?.segment ?? segment)) return
      appendNumbers(this, RecordType.Trimmed, segment)
      await this.flush()
      await this.#list.remove(segment)
    })
  }

  async fence(epoch: number): Promise<void> {
    if (epoch <= this.#epoch) throw new JournalError(`epoch ${epoch}: ${this.#folder} was taken over with epoch ${this.#epoch}`)
    this.#epoch = epoch
    appendNumbers(this, RecordType.Fence, epoch)
    await this.flush()
  }

  /** Runs `work` while no segment is removed. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#maintenance.then(work)
    this.#maintenance = result.catch(() => {})
    return await result
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return
    this.#isClosing = true
    this.#retry?.()
    try {
      await this.#maintenance
      await this.flush()
      await this.#work
      await this.#sync?.catch(() => {})
      await this.#list.close()
    } finally {
      if (this.#syncTimer !== null) clearTimeout(this.#syncTimer)
      if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
      await this.#list.abandon()
      this.#failure ??= new JournalError(`the journal in ${this.#folder} is closed`)
      this.#setState('closed', null)
      await this.#unlock()
    }
  }

  /** Writes what there is: at once when that is cheap, else beside what else happens. */
  #pump(): void {
    this.#isScheduled = false
    if (this.#work !== null || this.#failure !== null) return
    if (this.#mode !== 'commit' && this.#sync === null) {
      for (let batch = this.#collector.first(); batch !== null; batch = this.#collector.first()) {
        const file = batch.length <= WRITTEN_AT_ONCE ? this.#list.file(batch.segment) : null
        if (file === null) break
        try {
          file.writeNow(batch.offset, this.#seal(batch))
        } catch (error) {
          if (isNoSpace(error)) break
          return this.#fail(error as Error)
        }
        this.#wrote(batch)
      }
    }
    if (!this.#collector.isEmpty) this.#work = this.#writeAll().finally(() => this.#afterWork())
    else this.#settleWaiters()
  }

  #afterWork(): void {
    this.#work = null
    if (this.#failure === null && this.#collector.first() !== null) this.#pump()
    else this.#settleWaiters()
  }

  async #writeAll(): Promise<void> {
    try {
      const upTo = this.#collector.ticket
      for (let batch = this.#collector.first(); batch !== null && batch.firstSequence <= upTo; batch = this.#collector.first()) {
        await this.#write(batch)
        this.#wrote(batch)
      }
      if (this.#mode === 'commit') await this.#syncNow()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  async #write(batch: Batch): Promise<void> {
    for (;;) {
      try {
        if (this.#list.file(batch.segment) === null) await this.#list.create(batch.segment, batch.firstSequence, this.#now())
        await this.#list.file(batch.segment)!.write(batch.offset, this.#seal(batch))
        return
      } catch (error) {
        if (!isNoSpace(error)) throw error
        await this.#outOfSpace(error as Error)
      }
    }
  }

  /** The batch as it goes to the disk. */
  #seal(batch: Batch): Uint8Array {
    const bytes = batch.padded()
    sealBatch(batch.bytes, batch.length, 0, batch.count, batch.firstSequence, this.#synced, this.#now())
    return bytes
  }

  #wrote(batch: Batch): void {
    this.#list.written(batch.segment, aligned(batch.offset + batch.length))
    this.#written = batch.lastSequence
    this.#collector.written()
    if (this.#mode === 'commit') return
    this.#syncTimer ??= setTimeout(() => this.#backgroundSync(), this.#syncEveryMs).unref()
    this.#tellDurable()
  }

  #tellDurable(): void {
    for (const listener of this.#durableListeners) listener(this.durableUpTo)
  }

  #backgroundSync(): void {
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer)
    this.#syncTimer = null
    if (this.#failure === null) void this.#syncNow().catch((error: Error) => this.#fail(error))
  }

  /** One at a time: whoever comes while one is in progress waits for it and has another one made. */
  async #syncNow(): Promise<void> {
    while (this.#sync !== null) await this.#sync
    const upTo = this.#written
    if (upTo === this.#synced) return
    this.#sync = this.#list.sync()
    try {
      await this.#sync
    } finally {
      this.#sync = null
    }
    this.#synced = upTo
    if (this.#mode === 'commit') this.#tellDurable()
    this.#settleWaiters()
  }

  /** Resolves flushes that have come true, and sees to it that the others will. */
  #settleWaiters(): void {
    if (this.#waiters.length === 0) return
    const waiting: Waiter[] = []
    for (const waiter of this.#waiters) {
      if (waiter.upTo <= this.#synced) waiter.resolve()
      else waiting.push(waiter)
    }
    this.#waiters = waiting
    if (waiting.length > 0 && this.#sync === null && this.#written > this.#synced && this.#mode !== 'commit') this.#backgroundSync()
  }

  async #outOfSpace(error: Error): Promise<void> {
    if (this.#isClosing && !this.#ballast.isThere) throw error
    const hadBallast = this.#ballast.isThere
    this.#becomeFull()
    if (hadBallast) await this.#ballast.drop()
    else
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#retryMs)
        this.#retry = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    this.#retry = null
  }

  #becomeFull(): void {
    this.#setState('full', null)
    this.#retryTimer ??= setInterval(() => void this.#tryBallast(), this.#retryMs).unref()
  }

  /** There is space again when there is space for the ballast. */
  async #tryBallast(): Promise<void> {
    if (this.#work !== null || this.#failure !== null) return
    try {
      if (!(await this.#ballast.make())) return
    } catch (error) {
      return this.#fail(error as Error)
    }
    if (this.#retryTimer !== null) clearInterval(this.#retryTimer)
    this.#retryTimer = null
    if (this.#failure === null) this.#setState('open', null)
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return
    this.#failure = new JournalError(
      `the journal in ${this.#folder} cannot be written: ${error.message}. Nothing more is acknowledged; start again when the disk is well`,
      {
        cause: error,
      },
    )
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure)
    this.#setState('failed', this.#failure)
  }

  #setState(state: JournalState, reason: Error | null): void {
    if (this.state === state) return
    this.state = state
    for (const listener of this.#stateListeners) listener(state, reason)
  }
}
