// A subscriber's eyes: counts what arrives and, where streams are given, judges loss, order and delay by the stamps.
// Called once per run of packets; no object per message.

import type { PublishRun } from '../../wire/mqtt/publish-run.ts'
import type { MessageStream } from './message-stream.ts'
import { readUint32, STAMP_SIZE } from './publish-template.ts'
import { microseconds, type Tally } from './tally.ts'

export class Arrivals {
  readonly #tally: Tally
  readonly #run: number
  readonly #streams: readonly MessageStream[]
  /** Number of the first stream; the others follow. */
  readonly #firstId: number
  /** Sequence number expected next, of each stream. */
  readonly #next: Float64Array
  #hasLeft = false

  /** `streams` have consecutive ids; none = everything is only counted. */
  constructor(tally: Tally, run: number, streams: readonly MessageStream[]) {
    this.#tally = tally
    this.#run = run
    this.#streams = streams
    this.#firstId = streams[0]?.id ?? 0
    this.#next = new Float64Array(streams.length)
    for (const stream of streams) stream.join()
  }

  /** Messages of its streams that have not come yet; those that will not come are among them. */
  get missing(): number {
    let sum = 0
    for (let i = 0; i < this.#streams.length; i++) sum += this.#streams[i]!.sent - this.#next[i]!
    return sum
  }

  /** All messages that it should get, so far. */
  get expected(): number {
    let sum = 0
    for (const stream of this.#streams) sum += stream.sent
    return sum
  }

  receive(run: PublishRun): void {
    const tally = this.#tally
    tally.received += run.count
    tally.receivedBytes += run.end - run.start
    if (this.#streams.length > 0) this.#judge(run)
  }

  /** Will get no more. */
  leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    for (let i = 0; i < this.#streams.length; i++) this.#streams[i]!.leave(this.#next[i]!)
  }

  #judge({ bytes, from, to, bodies, starts, headLength }: PublishRun): void {
    const tally = this.#tally
    const next = this.#next
    const now = microseconds()
    let lastStream = -1
    let before = 0
    let lastTime = 0
    let times = 0
    for (let i = from; i < to; i++) {
      const at = bodies[i]! + headLength
      const stream = readUint32(bytes, at + 4) - this.#firstId
      if (starts[i + 1]! - at < STAMP_SIZE || readUint32(bytes, at) !== this.#run || !(stream >= 0 && stream < next.length)) {
        tally.foreign++
        tally.received--
        continue
      }
      if (stream !== lastStream) {
        if (lastStream >= 0) this.#streams[lastStream]!.advance(before, next[lastStream]!)
        lastStream = stream
        before = next[stream]!
      }
      const expected = next[stream]!
      const ahead = (readUint32(bytes, at + 8) - expected) | 0 // numbers in payloads go round at 2^32
      if (expected + ahead >= this.#streams[stream]!.sent) {
        tally.foreign++
        tally.received--
        continue
      }
      if (ahead >= 0) {
        tally.lost += ahead
        next[stream] = expected + ahead + 1
      } else tally.repeated++
      const time = readUint32(bytes, at + 12)
      if (times > 0 && time !== lastTime) {
        tally.deliveryTime.record((now - lastTime) >>> 0, times)
        times = 0
      }
      lastTime = time
      times++
    }
    if (times > 0) tally.deliveryTime.record((now - lastTime) >>> 0, times)
    if (lastStream >= 0) this.#streams[lastStream]!.advance(before, next[lastStream]!)
  }
}
