// A received message as programs see it, and payloads on their way out.
// The packet itself is wire/mqtt/packet.ts's Publish.

import type { Publish, Qos } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import { MqttError } from './errors.ts'

/** Text is sent as UTF-8. */
export type Payload = string | Uint8Array

const decoder = new TextDecoder()
const encoder = new TextEncoder()

export class Message {
  readonly topic: string
  /** The program's own: not shared with the connection; a view, whose `buffer` may hold other messages. Two subscriptions that match get the same bytes. */
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  /** The server may have sent it before. */
  readonly dup: boolean
  readonly properties: Properties
  readonly #accept: () => void

  constructor(publish: Publish, accept: () => void) {
    this.topic = publish.topicName
    this.payload = publish.payload
    this.qos = publish.qos
    this.retain = publish.retain
    this.dup = publish.dup
    this.properties = publish.properties
    this.#accept = accept
  }

  /** The payload as UTF-8; what is not is replaced by U+FFFD. */
  text(): string {
    return decoder.decode(this.payload)
  }

  /** The payload as JSON. Throws MqttError INVALID_ARGUMENT. */
  json<T = unknown>(): T {
    try {
      return JSON.parse(this.text()) as T
    } catch (error) {
      throw new MqttError('INVALID_ARGUMENT', `payload on '${this.topic}' is not JSON`, { cause: error })
    }
  }

  /** Acknowledges, with `manualAck`; does nothing otherwise. */
  ack(): void {
    this.#accept()
  }
}

/** The bytes of a payload; objects become JSON. Bytes are copied, so that the caller may go on using them. */
export function payloadBytes(payload: Payload | object): Uint8Array {
  const bytes = payloadView(payload)
  return payload instanceof ArrayBuffer || ArrayBuffer.isView(payload) ? new Uint8Array(bytes) : bytes
}

/** As `payloadBytes`, for who is done with them before the caller goes on: bytes are not copied. */
export function payloadView(payload: Payload | object): Uint8Array {
  if (typeof payload === 'string') return encoder.encode(payload)
  if (payload instanceof Uint8Array) return payload
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload)
  if (ArrayBuffer.isView(payload)) return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)
  const json: string | undefined = JSON.stringify(payload)
  if (json === undefined)
    throw new MqttError('INVALID_ARGUMENT', `payload of type ${typeof payload} cannot be sent`, { hint: 'give text, a Uint8Array, or something that is JSON' })
  return encoder.encode(json)
}
