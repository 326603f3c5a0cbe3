// What the Packets screen of one tab knows: signals, fed by the Worker, and what can be done. It outlives the screen, so that coming back finds all as it was.
// Rows are only those in sight; the Worker has the rest.

import { type Signal, signal } from '@preact/signals'
import type { WorkerLink } from '../../state/worker-link.ts'
import type { Completions, FilterVerdict, PacketDetail, PacketRow, PacketsState, TimeFormat, ViewComment } from '../../worker/packets/packet-calls.ts'
import { UNFOLDED } from './tree-lines.ts'

export type ColumnId = 'number' | 'time' | 'source' | 'destination' | 'protocol' | 'length' | 'stream' | 'client' | 'info'

export const COLUMNS: readonly ColumnId[] = ['number', 'time', 'source', 'destination', 'protocol', 'length', 'stream', 'client', 'info']
export const DEFAULT_COLUMNS: readonly ColumnId[] = ['number', 'time', 'source', 'destination', 'protocol', 'length', 'info']
export const TIME_FORMATS: readonly TimeFormat[] = ['relative', 'delta', 'shown', 'epoch', 'clock', 'utc']

/** Rows asked for beyond those in sight. */
const MARGIN = 30
const EMPTY_STATE: PacketsState = {
  total: 0,
  kept: 0,
  dropped: 0,
  passing: 0,
  tested: 0,
  summarized: 0,
  read: 1,
  isBusy: false,
  problem: null,
  hasKeys: false,
  fileName: null,
  filter: '',
  decodeAs: [],
  bytes: 0,
}

export interface RowSlice {
  readonly first: number
  readonly rows: readonly PacketRow[]
}

export class PacketsModel {
  readonly connection: number
  readonly state: Signal<PacketsState> = signal(EMPTY_STATE)
  readonly slice: Signal<RowSlice> = signal({ first: 0, rows: [] })
  readonly follow: Signal<boolean> = signal(true)
  readonly timeFormat: Signal<TimeFormat> = signal('relative')
  readonly columns: Signal<readonly ColumnId[]> = signal(DEFAULT_COLUMNS)
  /** The filter that was applied last. */
  readonly applied: Signal<string> = signal('')
  /** The URL has been asked for a filter. */
  isLinked = false
  /** What stands in the bar. */
  readonly typed: Signal<string> = signal('')
  readonly verdict: Signal<FilterVerdict> = signal({ state: 'empty' })
  /** Row of the selected packet; -1 = none, or hidden. */
  readonly active: Signal<number> = signal(-1)
  readonly frame: Signal<number> = signal(0)
  readonly detail: Signal<PacketDetail | null> = signal(null)
  readonly open: Signal<ReadonlySet<string>> = signal(new Set(UNFOLDED))
  /** Selected and hovered line of the tree; -1 = none. */
  readonly line: Signal<number> = signal(-1)
  readonly hovered: Signal<number> = signal(-1)
  /** Byte source that is shown. */
  readonly source: Signal<number> = signal(0)
  /** What went wrong with the last thing that was asked for. */
  readonly failure: Signal<string | null> = signal(null)
  readonly #worker: WorkerLink
  #watched = { first: 0, count: 0 }
  #checks = 0
  #looks = 0

  constructor(connection: number, worker: WorkerLink) {
    this.connection = connection
    this.#worker = worker
    worker.on('packets/state', (state) => {
      if (state.connection !== connection) return
      const before = this.state.peek()
      this.state.value = state
      // everything was cleared
      if (state.total < before.total) this.detail.value = null
      if (this.detail.peek() === null && this.frame.peek() > 0 && before.summarized < this.frame.peek() && state.summarized >= this.frame.peek())
        void this.#look()
      if (state.dropped !== before.dropped || (this.active.peek() < 0 && state.passing !== before.passing)) void this.#findActive()
    })
    worker.on('packets/rows', ({ connection: of, first, rows }) => {
      if (of === connection) this.slice.value = { first, rows }
    })
  }

  row(index: number): PacketRow | null {
    const { first, rows } = this.slice.value
    return rows[index - first] ?? null
  }

  /** The rows in sight have changed. */
  watch(from: number, to: number): void {
    const first = Math.max(0, from - MARGIN)
    this.#watched = { first, count: to + MARGIN - first }
    this.#tellWatched()
  }

  /** The screen is shown. */
  async show(): Promise<void> {
    this.state.value = await this.#worker.call('packets/state', { connection: this.connection })
    if (this.#watched.count > 0) this.#tellWatched()
    void this.#findActive()
  }

  /** The tree of the selected packet is told anew. */
  async again(): Promise<void> {
    if (this.frame.peek() > 0) await this.#look()
  }

  /** Nobody looks. */
  hide(): void {
    void this.#worker.call('packets/watch', { connection: this.connection, first: 0, count: 0, time: this.timeFormat.peek() })
  }

  setTimeFormat(format: TimeFormat): void {
    if (format === this.timeFormat.peek()) return
    this.timeFormat.value = format
    this.#tellWatched()
  }

  /** Typing: judged at once, applied by `apply`. */
  async type(text: string): Promise<void> {
    this.typed.value = text
    const check = ++this.#checks
    const verdict = await this.#worker.call('packets/check', { connection: this.connection, filter: text })
    if (check === this.#checks) this.verdict.value = verdict
  }

  /** False when it is no filter: the list stays as it is. */
  async apply(text: string = this.typed.peek()): Promise<boolean> {
    await this.type(text)
    if (this.verdict.peek().state === 'wrong') return false
    this.applied.value = text
    await this.#worker.call('packets/filter', { connection: this.connection, filter: text })
    await this.#findActive()
    return true
  }

  /** Takes note of the selected packet and gets its tree. */
  async select(frame: number): Promise<void> {
    if (frame === this.frame.peek() && this.detail.peek() !== null) return
    this.frame.value = frame
    await this.#look()
  }

  /** Selects a line of the tree, shows its bytes, and opens what is above it. */
  selectLine(index: number, folds: readonly string[] = []): void {
    this.line.value = index
    const line = this.detail.peek()?.lines[index]
    if (line !== undefined && line.start >= 0) this.source.value = line.source
    if (folds.some((name) => !this.open.peek().has(name))) this.open.value = new Set([...this.open.peek(), ...folds])
  }

  fold(name: string, isOpen: boolean): void {
    const open = new Set(this.open.peek())
    if (isOpen) open.add(name)
    else open.delete(name)
    this.open.value = open
  }

  /** Number of the packet at a row; 0 = none. */
  async numberAt(row: number): Promise<number> {
    return this.row(row)?.number ?? (await this.#worker.call('packets/number', { connection: this.connection, row }))
  }

  complete(text: string, caret: number): Promise<Completions> {
    return this.#worker.call('packets/complete', { connection: this.connection, text, caret })
  }

  /** Reads a file into the tab; done when all of it has been read. */
  async openFile(file: File): Promise<void> {
    this.follow.value = false
    await this.#try(() => this.#worker.call('packets/open-file', { connection: this.connection, file }))
  }

  /** Null when it failed. */
  async save(all: boolean, view: ViewComment | null = null): Promise<{ readonly bytes: Uint8Array; readonly count: number } | null> {
    return this.#try(() => this.#worker.call('packets/save', { connection: this.connection, all, ...(view === null ? {} : { view }) }))
  }

  async decodeAs(rules: readonly string[]): Promise<void> {
    await this.#try(() => this.#worker.call('packets/decode-as', { connection: this.connection, rules }))
    const { frame } = this
    const number = frame.peek()
    this.detail.value = null
    await this.select(number)
  }

  async protocols(): Promise<readonly string[]> {
    return this.#worker.call('packets/protocols', { connection: this.connection })
  }

  async #try<T>(work: () => Promise<T>): Promise<T | null> {
    this.failure.value = null
    try {
      return await work()
    } catch (error) {
      this.failure.value = error instanceof Error ? error.message : `${error}`
      return null
    }
  }

  #tellWatched(): void {
    void this.#worker.call('packets/watch', { connection: this.connection, ...this.#watched, time: this.timeFormat.peek() })
  }

  /** Gets the tree of the selected packet; a link may name one that has not been read yet. */
  async #look(): Promise<void> {
    const frame = this.frame.peek()
    const look = ++this.#looks
    void this.#findActive()
    const detail = frame === 0 ? null : await this.#worker.call('packets/detail', { connection: this.connection, number: frame })
    if (look !== this.#looks) return
    const before = this.detail.peek()?.lines[this.line.peek()]
    this.detail.value = detail
    // the same field of the next packet stays selected
    this.line.value =
      before === undefined || detail === null ? -1 : detail.lines.findIndex(({ name, depth }) => name === before.name && depth === before.depth && name !== '')
    this.hovered.value = -1
    this.source.value = this.line.peek() >= 0 ? detail!.lines[this.line.peek()]!.source : 0
  }

  async #findActive(): Promise<void> {
    const frame = this.frame.peek()
    const row = frame === 0 ? -1 : await this.#worker.call('packets/row', { connection: this.connection, number: frame })
    if (frame === this.frame.peek()) this.active.value = row
  }
}

/** Of a URL; what it does not name is `relative`. */
export function timeFormatOf(text: string): TimeFormat {
  return TIME_FORMATS.find((format) => format === text) ?? 'relative'
}

/** `number,time,info` of a URL; what names no column gives the usual ones. */
export function columnsOf(text: string): readonly ColumnId[] {
  const named = text.split(',')
  const columns = COLUMNS.filter((column) => named.includes(column))
  return columns.length === 0 ? DEFAULT_COLUMNS : columns
}

/** The columns with one more or one less, for a URL; '' = the usual ones. The last one stays. */
export function columnsText(shown: readonly ColumnId[], toggled: ColumnId): string {
  const next = COLUMNS.filter((column) => shown.includes(column) !== (column === toggled))
  const columns = next.length === 0 ? shown : next
  return columns.join() === DEFAULT_COLUMNS.join() ? '' : columns.join()
}

const models = new WeakMap<object, PacketsModel>()

/** The model of a tab; the same one for as long as the tab lives. */
export function packetsModelOf(connection: { readonly id: number; readonly isFile: boolean }, worker: WorkerLink): PacketsModel {
  const known = models.get(connection)
  if (known !== undefined) return known
  const made = new PacketsModel(connection.id, worker)
  made.follow.value = !connection.isFile
  models.set(connection, made)
  return made
}
