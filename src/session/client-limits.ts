// What a server's CONNACK announced, and whether something may be sent under it [MQTT 5.0, section 3.2.2.3].
// In 3.x, and for what is absent, everything is allowed.

import type { Connack, Connect, SubscriptionRequest } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import type { OutgoingMessage } from './client-effects.ts'

/** The server announced that it does not take this: it was not sent. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
  /** The Reason Code with which the server would have answered. */
  readonly reasonCode: number

  constructor(reasonCode: number, message: string) {
    super(message)
    this.reasonCode = reasonCode
  }
}

/** The server has forgotten the session while a QoS 2 message was on its way: nobody knows whether it arrived. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError'
}

export interface ServerLimits {
  /** The Client Identifier in force, assigned by the server if we had none. */
  readonly clientId: string
  /** Seconds in force; 0 = off. */
  readonly keepAlive: number
  /** Seconds for which the server keeps the session after the connection; 0xFFFFFFFF = for ever. In 3.x 0 or for ever. */
  readonly sessionExpiryInterval: number
  readonly receiveMaximum: number
  readonly maximumQos: 0 | 1 | 2
  readonly retainAvailable: boolean
  /** Bytes of a whole packet; Infinity = no limit. */
  readonly maximumPacketSize: number
  readonly topicAliasMaximum: number
  readonly wildcardSubscriptions: boolean
  readonly subscriptionIdentifiers: boolean
  readonly sharedSubscriptions: boolean
}

export function serverLimits(connect: Connect, connack: Connack): ServerLimits {
  const announced = connack.properties
  const maximumQos = announced.maximumQos
  return {
    clientId: announced.assignedClientIdentifier ?? connect.clientId, // [MQTT-3.2.2-16]
    keepAlive: announced.serverKeepAlive ?? connect.keepAlive, // [MQTT-3.2.2-21]
    sessionExpiryInterval:
      connect.version === 5 ? (announced.sessionExpiryInterval ?? connect.properties.sessionExpiryInterval ?? 0) : connect.cleanStart ? 0 : 0xffffffff,
    receiveMaximum: announced.receiveMaximum ?? 65535,
    maximumQos: maximumQos === 0 || maximumQos === 1 ? maximumQos : 2,
    retainAvailable: announced.retainAvailable !== 0,
    maximumPacketSize: announced.maximumPacketSize ?? Infinity,
    topicAliasMaximum: announced.topicAliasMaximum ?? 0,
    wildcardSubscriptions: announced.wildcardSubscriptionAvailable !== 0,
    subscriptionIdentifiers: announced.subscriptionIdentifiersAvailable !== 0,
    sharedSubscriptions: announced.sharedSubscriptionAvailable !== 0,
  }
}

/** Null when the message may be sent; its size is another question. */
export function checkPublish(limits: ServerLimits, message: OutgoingMessage, properties: Properties): LimitError | null {
  if (message.qos > limits.maximumQos) return new LimitError(0x9b, `QoS ${message.qos}: the server takes up to QoS ${limits.maximumQos}`) // [MQTT-3.2.2-11]
  if (message.retain && !limits.retainAvailable) return new LimitError(0x9a, 'RETAIN: the server keeps no retained messages') // [MQTT-3.2.2-14]
  const alias = properties.topicAlias ?? 0
  if (alias > limits.topicAliasMaximum) return new LimitError(0x94, `Topic Alias ${alias}: the server takes up to ${limits.topicAliasMaximum}`) // [MQTT-3.2.2-17]
  return null
}

/** Null when the SUBSCRIBE may be sent. QoS is no matter: the server grants what it can. */
export function checkSubscribe(limits: ServerLimits, subscriptions: readonly SubscriptionRequest[], properties: Properties): LimitError | null {
  if (properties.subscriptionIdentifiers !== undefined && !limits.subscriptionIdentifiers) {
    return new LimitError(0xa1, 'Subscription Identifier: the server does not know them')
  }
  for (const { topicFilter } of subscriptions) {
    const shared = topicFilter.startsWith('$share/')
    if (shared && !limits.sharedSubscriptions) return new LimitError(0x9e, `${topicFilter}: the server has no Shared Subscriptions`)
    if (!limits.wildcardSubscriptions && /[+#]/.test(topicFilter)) return new LimitError(0xa2, `${topicFilter}: the server takes no wildcards`)
  }
  return null
}

/** Null when a packet of `size` bytes may be sent [MQTT-3.2.2-15]. */
export function checkSize(limits: ServerLimits, size: number): LimitError | null {
  if (size <= limits.maximumPacketSize) return null
  return new LimitError(0x95, `packet of ${size} bytes: the server takes up to ${limits.maximumPacketSize}`)
}
