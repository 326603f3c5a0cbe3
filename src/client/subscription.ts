// One subscription as programs see it: an async iterable with a bounded buffer.
// Which messages come here, and the SUBSCRIBE packets, are the business of subscriptions.ts.

import { Fifo } from '../session/client-fifo.ts'
import type { Publish, Qos, RetainHandling } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import type { MqttError } from './errors.ts'
import { Message } from './message.ts'
import type { Timers } from './timers.ts'
import { type WaitOptions, waitFor } from './waiting.ts'

const NOTHING = (): void => {}

/** What happens with a message when the buffer is full. */
export type Overflow = 'pause' | 'drop-oldest' | 'drop-newest'

export interface SubscribeOptions extends WaitOptions {
  /** Largest QoS that the server may deliver with; 0 unless given. */
  readonly qos?: Qos
  /** 5.0. */
  readonly noLocal?: boolean
  /** 5.0. */
  readonly retainAsPublished?: boolean
  /** 5.0: retained messages always (0), only if the subscription is new (1), never (2). */
  readonly retainHandling?: RetainHandling
  /** Further properties of SUBSCRIBE, such as User Properties; 5.0. The Subscription Identifier is ours. */
  readonly properties?: Properties
  /** Messages kept for a slow reader; 1000 unless given. */
  readonly highWaterMark?: number
  readonly overflow?: Overflow
  /** QoS 1 and 2 are acknowledged by `message.ack()` only; otherwise when they enter the buffer, or leave a full one. */
  readonly manualAck?: boolean
}

/** Takes messages that match a Topic Filter. */
export interface Reader {
  /** `accept` acknowledges the message once all its readers have called it. */
  deliver(publish: Publish, accept: () => void): void
  /** No more messages: null = unsubscribed or closed by its owner. */
  end(error: MqttError | null): void
}

export interface SubscriptionHost {
  readonly timers: Timers
  /** A subscription has become full, or is no longer. */
  readingChanged(full: boolean): void
  leave(subscription: Subscription, options: WaitOptions): Promise<void>
}

export class Subscription implements Reader, AsyncIterable<Message>, AsyncDisposable {
  /** As given, with `$share/NAME/` if it is a shared one. */
  readonly filter: string
  readonly #host: SubscriptionHost
  readonly #highWaterMark: number
  readonly #overflow: Overflow
  readonly #manualAck: boolean
  /** Each with how to acknowledge it, unless that was done when it entered. */
  readonly #buffer = new Fifo<Message>()
  readonly #waiting = new Fifo<{ resolve(message: Message | null): void; reject(error: Error): void }>()
  #grantedQos: Qos = 0
  #dropped = 0
  #full = false
  #ended = false
  #error: MqttError | null = null

  constructor(filter: string, options: SubscribeOptions, host: SubscriptionHost) {
    this.filter = filter
    this.#host = host
    this.#highWaterMark = Math.max(1, options.highWaterMark ?? 1000)
    this.#overflow = options.overflow ?? 'pause'
    this.#manualAck = options.manualAck ?? false
  }

  /** Of the last SUBACK. */
  get grantedQos(): Qos {
    return this.#grantedQos
  }

  /** Messages thrown away because the buffer was full. */
  get dropped(): number {
    return this.#dropped
  }

  /** Messages that wait to be read. */
  get buffered(): number {
    return this.#buffer.size
  }

  /** Library only. */
  granted(qos: Qos): void {
    this.#grantedQos = qos
  }

  /** The next message; null when there are no more because the subscription or the client was closed. Rejects when the client has failed for good. */
  next(options: WaitOptions = {}): Promise<Message | null> {
    const buffered = this.#take()
    if (buffered !== null) return Promise.resolve(buffered)
    if (this.#error !== null) return Promise.reject(this.#error)
    if (this.#ended) return Promise.resolve(null)
    return waitFor<Message | null>(this.#host.timers, `message for '${this.filter}'`, options, (resolve, reject) => {
      const waiter = { resolve, reject }
      this.#waiting.push(waiter)
      return () => this.#waiting.remove((other) => other === waiter)
    })
  }

  /** Tells the server, drops what was not read, and ends the iteration. Harmless when done before. */
  unsubscribe(options: WaitOptions = {}): Promise<void> {
    return this.#host.leave(this, options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message, void> {
    return {
      next: () => {
        const message = this.#take()
        return message === null ? this.next().then(resultOf) : Promise.resolve(resultOf(message))
      },
      return: async () => {
        if (!this.#ended) await this.unsubscribe() // the loop was left: nobody would read on
        return resultOf(null)
      },
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe()
  }

  deliver(publish: Publish, accept: () => void): void {
    if (this.#ended) {
      accept()
      return
    }
    const waiter = this.#waiting.shift()
    if (waiter !== undefined) {
      waiter.resolve(this.#entering(publish, accept))
      return
    }
    const room = this.#buffer.size < this.#highWaterMark
    if (!room && this.#overflow !== 'pause') {
      this.#dropped++
      if (this.#overflow === 'drop-newest') {
        accept()
        return
      }
      this.#buffer.shift()!.ack()
    }
    this.#buffer.push(room || this.#overflow !== 'pause' ? this.#entering(publish, accept) : new Message(publish, accept))
    this.#setFull(this.#overflow === 'pause' && this.#buffer.size >= this.#highWaterMark)
  }

  end(error: MqttError | null): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    if (error === null) for (const message of this.#buffer.drain()) message.ack()
    for (const waiter of this.#waiting.drain()) {
      if (error === null) waiter.resolve(null)
      else waiter.reject(error)
    }
    this.#setFull(false)
  }

  #take(): Message | null {
    const message = this.#buffer.shift()
    if (message === undefined) return null
    if (!this.#manualAck) message.ack()
    if (this.#buffer.size <= this.#highWaterMark >> 1) this.#setFull(false) // not at each message: pausing costs
    return message
  }

  /** Acknowledged now, unless that is the program's affair. */
  #entering(publish: Publish, accept: () => void): Message {
    if (this.#manualAck) return new Message(publish, accept)
    accept()
    return new Message(publish, NOTHING)
  }

  #setFull(full: boolean): void {
    if (this.#full === full) return
    this.#full = full
    this.#host.readingChanged(full)
  }
}

function resultOf(message: Message | null): IteratorResult<Message, void> {
  return message === null ? { value: undefined, done: true } : { value: message, done: false }
}
