// Request and response over publish and subscribe [MQTT 5.0, section 4.10]: one Response Topic per client, answers told apart by Correlation Data.
// Subscribes at the first request; a late or foreign answer goes nowhere.

import type { Publish } from '../wire/mqtt/packet.ts'
import type { MqttError } from './errors.ts'
import { Message } from './message.ts'
import type { Reader } from './subscription.ts'

interface Waiting {
  resolve(message: Message): void
  reject(error: Error): void
}

export class Requests implements Reader {
  readonly responseTopic: string
  readonly #waiting = new Map<string, Waiting>()
  readonly #random: () => number
  #count = 0
  /** Settles when the Response Topic is subscribed to; null before the first request, and again after a failure. */
  subscribed: Promise<unknown> | null = null

  constructor(responseTopic: string, random: () => number) {
    this.responseTopic = responseTopic
    this.#random = random
  }

  /** Answers that have not come. */
  get pending(): number {
    return this.#waiting.size
  }

  /** Opens a wait for an answer; returns its Correlation Data, and how to give up. */
  expect(waiting: Waiting): { correlationData: Uint8Array; cancel: () => void } {
    const correlationData = new Uint8Array(8)
    const view = new DataView(correlationData.buffer)
    view.setUint32(0, ++this.#count)
    view.setUint32(4, this.#random() * 2 ** 32) // not to be guessed from the count
    const key = correlationData.join()
    this.#waiting.set(key, waiting)
    return { correlationData, cancel: () => this.#waiting.delete(key) }
  }

  deliver(publish: Publish, accept: () => void): void {
    accept()
    const key = publish.properties.correlationData?.join() ?? ''
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    this.#waiting.delete(key)
    waiting.resolve(new Message(publish, () => {}))
  }

  /** Not subscribed any more: the next request subscribes again. */
  end(error: MqttError | null): void {
    this.subscribed = null
    if (error !== null) this.fail(error)
  }

  /** No answer will come. */
  fail(error: MqttError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

/** A topic nobody else answers to. */
export function responseTopicOf(clientId: string, random: () => number): string {
  const safe = clientId.replace(/[+#/\0]/g, '-')
  let suffix = ''
  for (let i = 0; i < 12; i++) suffix += Math.floor(random() * 16).toString(16)
  return `reply/${safe}/${suffix}`
}
