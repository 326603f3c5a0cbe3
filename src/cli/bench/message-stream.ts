// The messages of one publisher on their way to its readers, and how many more may follow: the end-to-end window.
// O(1) for each reader and each `step` messages, however many readers there are.

/** Steps of a window: fewer would let it run half empty, more would cost work. */
const STEPS = 8

export class MessageStream {
  /** As it stands in payloads. */
  readonly id: number
  /** Messages written so far: the sequence number of the next one. */
  sent = 0
  /** Who hears of new room. */
  onRoom: () => void = () => {}
  readonly #window: number
  readonly #step: number
  /** How many readers have passed each of the next steps; a ring. */
  readonly #passed: Int32Array
  #readers = 0
  /** Steps that all readers have passed. */
  #complete = 0
  #left = 0

  /** `window`: messages that may be sent before all readers have the first of them; 0 = no limit. */
  constructor(id: number, window: number) {
    this.id = id
    this.#window = window
    this.#step = Math.max(1, Math.floor(window / STEPS))
    this.#passed = new Int32Array(window === 0 ? 0 : Math.ceil(window / this.#step) + 2)
  }

  get readers(): number {
    return this.#readers
  }

  /** To be called for every reader before the first message. */
  join(): void {
    this.#readers++
  }

  /** It had readers, and all have left. */
  get isAbandoned(): boolean {
    return this.#readers > 0 && this.#left === this.#readers
  }

  /** How many messages may be sent now. */
  get room(): number {
    if (this.isAbandoned) return 0
    return this.#window === 0 ? Number.POSITIVE_INFINITY : this.#complete * this.#step + this.#window - this.sent
  }

  /** A reader that had `from` messages has `to` now. */
  advance(from: number, to: number): void {
    if (this.#window === 0) return
    const step = this.#step
    const last = Math.floor(to / step)
    for (let at = Math.floor(from / step) + 1; at <= last; at++) this.#pass(at)
  }

  /** A reader that has `from` messages will get no more: nobody waits for it. */
  leave(from: number): void {
    this.#left++
    if (this.#window === 0 || this.isAbandoned) return
    const end = this.#complete + this.#passed.length
    for (let at = Math.floor(from / this.#step) + 1; at <= end; at++) this.#pass(at)
    this.onRoom()
  }

  #pass(at: number): void {
    const passed = this.#passed
    const slot = at % passed.length
    passed[slot] = passed[slot]! + 1
    if (at !== this.#complete + 1 || passed[slot]! < this.#readers) return
    // who has left counts as having passed
    while (passed[(this.#complete + 1) % passed.length]! >= this.#readers) passed[++this.#complete % passed.length] = this.#left
    this.onRoom()
  }
}
