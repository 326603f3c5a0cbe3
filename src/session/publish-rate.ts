// max_publish_rate and max_publish_bytes_rate of one client: token buckets on the time they are told.
// A bucket holds one second's worth. What happens to what is too much is publish-pacing.ts's affair.

import type { PublishRun } from '../wire/mqtt/publish-run.ts'

/** Per second; 0 = no limit. */
export interface PublishRates {
  readonly maximumPublishRate: number
  readonly maximumPublishBytesRate: number
}

export class PublishRate {
  #messages = Infinity
  #bytes = Infinity
  #filledAt: number

  constructor(now: number) {
    this.#filledAt = now
  }

  /** How many of the selected packets may come in now; they are paid for. A packet needs one message, and bytes that are not overdrawn. */
  take(run: PublishRun, rates: PublishRates, now: number): number {
    this.#fill(rates, now)
    let at = run.from
    while (at < run.to && this.#messages >= 1 && this.#bytes > 0) {
      this.#messages--
      this.#bytes -= run.starts[at + 1]! - run.starts[at]!
      at++
    }
    return at - run.from
  }

  /** Milliseconds from the last `take` until another packet may come in. */
  wait({ maximumPublishRate, maximumPublishBytesRate }: PublishRates): number {
    const forMessages = this.#messages >= 1 ? 0 : ((1 - this.#messages) / maximumPublishRate) * 1000
    const forBytes = this.#bytes > 0 ? 0 : ((1 - this.#bytes) / maximumPublishBytesRate) * 1000
    return Math.max(forMessages, forBytes)
  }

  #fill({ maximumPublishRate: messages, maximumPublishBytesRate: bytes }: PublishRates, now: number): void {
    const seconds = (now - this.#filledAt) / 1000
    this.#filledAt = now
    this.#messages = messages === 0 ? Infinity : Math.min(Math.max(messages, 1), this.#messages + seconds * messages)
    this.#bytes = bytes === 0 ? Infinity : Math.min(bytes, this.#bytes + seconds * bytes)
  }
}
