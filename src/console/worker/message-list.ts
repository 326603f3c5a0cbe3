// The rows of the Messages screen: which of the kept messages pass the filter, the newest first, standing still or following.
// A new filter reads the store in slices, the newest first, so that what is looked at is there at once.

import { type Findable, parseTerms, type Terms } from './find-terms.ts'
import { look, textOf } from './glance.ts'
import { HiddenCount } from './hidden-count.ts'
import type { MessageStore } from './message-store.ts'

/** What the list needs to know of the connection. */
export interface MessageSource {
  readonly store: MessageStore
  topicOf(topicId: number): string
  isMuted(subscription: number): boolean
  /** Its branch of the tree is muted. */
  isTopicMuted(topicId: number): boolean
}

export class MessageList {
  readonly #source: MessageSource
  #find = ''
  #terms: Terms = parseTerms('')
  /** Muting makes a filter too. */
  #hasMuted = false
  /** Numbers that pass, rising, from `#from`; unused without a filter. */
  #passing: number[] = []
  #from = 0
  /** Of muted branches, while there is a filter. */
  readonly #hidden = new HiddenCount()
  /** What the backward scan has found, falling: put before `#passing` when it ends. */
  #older: number[] = []
  /** The scan has read down to here. */
  #scannedTo = 0
  #scannedFrom = 0
  /** Up to here new messages have been looked at. */
  #lookedTo = 0
  /** Messages from here on are not shown; Infinity = all are. */
  #standsAt = Number.POSITIVE_INFINITY

  constructor(source: MessageSource) {
    this.#source = source
    this.#rescan()
  }

  /** The filter as typed. */
  get find(): string {
    return this.#find
  }

  get problem(): string | null {
    return this.#terms.problem
  }

  /** Share of the scan that is done. */
  get progress(): number {
    const whole = this.#scannedFrom - this.#source.store.first
    return whole <= 0 ? 1 : Math.min(1, (this.#scannedFrom - Math.max(this.#scannedTo, this.#source.store.first)) / whole)
  }

  get isFollowing(): boolean {
    return this.#standsAt === Number.POSITIVE_INFINITY
  }

  show(find: string, hasMuted: boolean, isMutedChanged: boolean): void {
    if (find === this.#find && hasMuted === this.#hasMuted && !isMutedChanged) return
    this.#find = find
    this.#hasMuted = hasMuted
    this.#terms = parseTerms(find)
    this.#rescan()
  }

  /** Stands still at what is shown now, or follows again. */
  follow(isFollowing: boolean): void {
    if (isFollowing === this.isFollowing) return
    this.#standsAt = isFollowing ? Number.POSITIVE_INFINITY : this.#source.store.end
  }

  /** Reads on until `deadline` says that the slice is over; true = there is more to read. */
  work(isOver: () => boolean): boolean {
    if (!this.#isFiltered) return false
    const { store } = this.#source
    for (; this.#lookedTo < store.end; this.#lookedTo++) {
      if (!store.has(this.#lookedTo)) continue
      if (this.#isTopicMuted(this.#lookedTo)) this.#hidden.addNewer(this.#lookedTo)
      else if (this.#passes(this.#lookedTo)) this.#passing.push(this.#lookedTo)
    }
    let steps = 0
    while (this.#scannedTo > store.first) {
      if ((++steps & 255) === 0 && isOver()) return true
      this.#scannedTo--
      if (this.#isTopicMuted(this.#scannedTo)) this.#hidden.addOlder(this.#scannedTo)
      else if (this.#passes(this.#scannedTo)) this.#older.push(this.#scannedTo)
    }
    if (this.#older.length > 0) {
      this.#passing = [...this.#older.reverse(), ...this.#passing.slice(this.#from)]
      this.#from = 0
      this.#older = []
    }
    this.#forgetDropped()
    return false
  }

  /** Rows of the list. */
  get total(): number {
    if (!this.#isFiltered) return Math.max(0, Math.min(this.#standsAt, this.#source.store.end) - this.#source.store.first)
    this.#forgetDropped()
    return this.#shownPassing() + this.#older.length
  }

  /** Messages that pass and came since the list stands still. */
  get newer(): number {
    if (this.isFollowing) return 0
    if (!this.#isFiltered) return this.#source.store.end - Math.max(this.#standsAt, this.#source.store.first)
    return this.#passing.length - this.#from - this.#shownPassing()
  }

  /** Messages of muted branches that are kept and not shown. */
  get hidden(): number {
    this.#hidden.forget(this.#source.store.first)
    return this.#hidden.count
  }

  /** The message in a row, 0 = the newest; -1 = none. */
  at(row: number): number {
    const { store } = this.#source
    if (row < 0 || row >= this.total) return -1
    if (!this.#isFiltered) return Math.min(this.#standsAt, store.end) - 1 - row
    const shown = this.#shownPassing()
    const seq = row < shown ? this.#passing[this.#from + shown - 1 - row]! : this.#older[row - shown]!
    return store.has(seq) ? seq : -1
  }

  /** The row of a message, or of the first one before it that passes; -1 = none. */
  rowOf(seq: number): number {
    const { total } = this
    let low = 0
    let high = total
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.at(middle) > seq) low = middle + 1
      else high = middle
    }
    return low < total && this.at(low) === seq ? low : -1
  }

  /** The row of the newest message that is not younger than `time`; the last one if all are. */
  rowAt(time: number): number {
    const { total } = this
    let low = 0
    let high = total
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#source.store.time(this.at(middle)) > time) low = middle + 1
      else high = middle
    }
    return Math.min(low, total - 1)
  }

  /** All that are shown, the oldest first. */
  all(): number[] {
    return Array.from({ length: this.total }, (_, row) => this.at(this.total - 1 - row)).filter((seq) => seq >= 0)
  }

  get #isFiltered(): boolean {
    return this.#hasMuted || (!this.#terms.isEmpty && this.#terms.problem === null)
  }

  #rescan(): void {
    const { store } = this.#source
    this.#passing = []
    this.#older = []
    this.#hidden.clear()
    this.#from = 0
    this.#lookedTo = this.#scannedTo = this.#scannedFrom = store.end
  }

  /** How many of `#passing` are before the place where the list stands. */
  #shownPassing(): number {
    let low = this.#from
    let high = this.#passing.length
    if (this.isFollowing) return high - low
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#passing[middle]! < this.#standsAt) low = middle + 1
      else high = middle
    }
    return low - this.#from
  }

  #forgetDropped(): void {
    const { first } = this.#source.store
    while (this.#from < this.#passing.length && this.#passing[this.#from]! < first) this.#from++
    if (this.#from > 65_536 && this.#from > this.#passing.length / 2) {
      this.#passing = this.#passing.slice(this.#from)
      this.#from = 0
    }
    while (this.#older.length > 0 && this.#older.at(-1)! < first) this.#older.pop()
  }

  #isTopicMuted(seq: number): boolean {
    return this.#hasMuted && this.#source.isTopicMuted(this.#source.store.topicId(seq))
  }

  #passes(seq: number): boolean {
    const { store } = this.#source
    if (this.#hasMuted && this.#source.isMuted(store.subscription(seq))) return false
    return this.#terms.isEmpty || this.#terms.passes(this.#findable(seq))
  }

  #findable(seq: number): Findable {
    const { store } = this.#source
    const topic = this.#source.topicOf(store.topicId(seq))
    return {
      topic,
      text: () => textOf(store.payload(seq)) ?? '',
      get value() {
        return look(store.payload(seq), topic).number
      },
      qos: store.qos(seq),
      size: store.size(seq),
      rate: Number.NaN,
      count: Number.NaN,
      retain: store.retain(seq),
      dup: store.dup(seq),
      isOut: store.isOut(seq),
    }
  }
}
