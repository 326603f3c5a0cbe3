// What the calls of a client take and give; client.ts makes the calls.
// Options of `connect` are in options.ts, those of a subscription in subscription.ts.

import type { Qos } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import type { WaitOptions } from './waiting.ts'

export interface PublishOptions extends WaitOptions {
  readonly qos?: Qos
  readonly retain?: boolean
  /** 5.0. */
  readonly properties?: Properties
}

export interface PublishReceipt {
  /** 0, or 0x10 when nobody was subscribed; refusals reject. */
  readonly reasonCode: number
  readonly noMatchingSubscribers: boolean
}

/** `close` that is given up cuts the connection. */
export interface CloseOptions extends WaitOptions {
  /** Of DISCONNECT; 0x04 lets the server publish the will. */
  readonly reasonCode?: number
  /** 5.0. */
  readonly properties?: Properties
}

/** What a QoS 0 message gives, of which nobody says what became of it, and others that were taken without a remark. */
export const WRITTEN: PublishReceipt = Object.freeze({ reasonCode: 0, noMatchingSubscribers: false })
