// Who connects, with what role, to which topic: the five shapes of `bench` as lists of jobs.
// Pure set-up: nothing is connected here, but everything that can be encoded is.

import { encodePacket } from '../../wire/mqtt/encode.ts'
import { PacketType } from '../../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../wire/mqtt/properties.ts'
import { Arrivals } from './arrivals.ts'
import type { BenchOptions } from './bench-arguments.ts'
import type { Job } from './bench-connection.ts'
import { MessageStream } from './message-stream.ts'
import { Pacer } from './pacer.ts'
import { PublishTemplate } from './publish-template.ts'
import { Sender } from './sender.ts'
import type { Tally } from './tally.ts'

/** What may be on its way to one subscriber unless -w says otherwise: less than a broker drops for a client that reads. */
const MOST_MESSAGES = 1000
const MOST_BYTES = 131_072

export interface Plan {
  /** In the order of connecting: subscribers first. */
  readonly jobs: readonly Job[]
  readonly senders: readonly Sender[]
  /** Null = as fast as windows allow. */
  readonly pacer: Pacer | null
}

/** Throws UsageError for what cannot be encoded. `run` tells this run's messages from all others. */
export function makePlan(options: BenchOptions, tally: Tally, run: number, again: (sender: Sender) => void): Plan {
  return new Planner(options, tally, run, again).plan()
}

class Planner {
  readonly #options: BenchOptions
  readonly #tally: Tally
  readonly #run: number
  readonly #again: (sender: Sender) => void
  readonly #senders: Sender[] = []
  readonly #pacer: Pacer | null

  constructor(options: BenchOptions, tally: Tally, run: number, again: (sender: Sender) => void) {
    this.#options = options
    this.#tally = tally
    this.#run = run
    this.#again = again
    const { mode, connections, fanIn, rate, intervalMs } = options
    const senders = mode === 'fan' && !fanIn ? 1 : connections
    this.#pacer = rate > 0 ? new Pacer(rate, senders) : intervalMs > 0 ? new Pacer((senders * 1000) / intervalMs, senders) : null
  }

  plan(): Plan {
    return { jobs: this.#jobs(), senders: this.#senders, pacer: this.#pacer }
  }

  #jobs(): Job[] {
    const { mode, connections, fanIn } = this.#options
    const numbers = Array.from({ length: connections }, (_, i) => i)
    switch (mode) {
      case 'conn':
        return numbers.map((i) => this.#job('c', i, [], null, null))
      case 'pub':
        return numbers.map((i) => this.#publisher(i, new MessageStream(i, 0)))
      case 'sub':
        return numbers.map((i) => this.#subscriber(i, [this.#topic(i)], []))
      case 'pair': {
        const streams = numbers.map((i) => new MessageStream(i, this.#window(i, 1)))
        return [...streams.map((stream, i) => this.#subscriber(i, [this.#topic(i)], [stream])), ...streams.map((stream, i) => this.#publisher(i, stream))]
      }
      case 'fan': {
        if (!fanIn) {
          const stream = new MessageStream(0, this.#window(0, 1))
          return [...numbers.map((i) => this.#subscriber(i, [this.#topic(0)], [stream])), this.#publisher(0, stream)]
        }
        const streams = numbers.map((i) => new MessageStream(i, this.#window(i, connections)))
        const topics = [...new Set(numbers.map((i) => this.#topic(i)))]
        return [this.#subscriber(0, topics, streams), ...streams.map((stream, i) => this.#publisher(i, stream))]
      }
    }
  }

  #publisher(index: number, stream: MessageStream): Job {
    const { count, inflight } = this.#options
    const pacer = this.#pacer
    const sender = new Sender(this.#template(index), stream, this.#tally, {
      count,
      inflight,
      paced: pacer !== null,
      dueAt: (sequence) => pacer?.dueAt(index, sequence) ?? 0,
      again: this.#again,
    })
    this.#senders.push(sender)
    return this.#job('p', index, [], sender, null)
  }

  #subscriber(index: number, filters: readonly string[], streams: readonly MessageStream[]): Job {
    return this.#job('s', index, filters, null, new Arrivals(this.#tally, this.#run, streams))
  }

  #job(letter: string, index: number, filters: readonly string[], sender: Sender | null, arrivals: Arrivals | null): Job {
    const { version, keepAlive, qos, userName, password, idPrefix } = this.#options
    const connect = encodePacket(
      {
        type: PacketType.Connect,
        version,
        bridge: false,
        cleanStart: true,
        keepAlive,
        clientId: `${idPrefix ?? `zb${this.#run.toString(36)}`}-${letter}${index + 1}`,
        will: null,
        userName,
        password: password === null ? null : Buffer.from(password),
        properties: NO_PROPERTIES,
      },
      version,
    )
    return { version, connect, keepAlive, filters, qos, sender, arrivals }
  }

  #template(index: number): PublishTemplate {
    const { version, qos, retain, size } = this.#options
    return new PublishTemplate({ version, topicName: this.#topic(index), qos, retain, size, run: this.#run, stream: index })
  }

  #topic(index: number): string {
    const { topic, mode } = this.#options
    const pattern = topic ?? `zanzara-bench/${this.#run.toString(36)}${mode === 'pair' ? '/%i' : ''}`
    return pattern.replaceAll('%i', String(index + 1))
  }

  /** Each of the publishers that share a subscriber gets its part. */
  #window(index: number, publishers: number): number {
    const { window } = this.#options
    if (window !== null) return window
    const size = this.#template(index).bytes.length
    return Math.max(1, Math.floor(Math.min(MOST_MESSAGES, MOST_BYTES / size) / publishers))
  }
}
