// Topic Aliases of one connection, both directions [MQTT 5.0, section 3.3.2.3.4]. Never outlive it [MQTT-3.3.2-7].
// Incoming: the server's, up to what our CONNECT allowed. Outgoing: asked for by the caller, or set by ourselves.

import { ProtocolError } from '../wire/errors.ts'
import type { Publish } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import type { OutgoingMessage } from './client-effects.ts'

export class IncomingAliases {
  readonly #maximum: number
  readonly #names = new Map<number, string>()

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  /** The PUBLISH with its Topic Name, from its alias if it has no other. Throws ProtocolError. */
  named(publish: Publish): Publish {
    const alias = publish.properties.topicAlias
    if (alias === undefined) return publish
    if (alias === 0 || alias > this.#maximum) {
      // [MQTT-3.3.2-8, MQTT-3.1.2-26, MQTT-3.1.2-27]
      throw new ProtocolError(0x94, `Topic Alias ${alias}, our Topic Alias Maximum is ${this.#maximum}`, 'MQTT-3.1.2-26')
    }
    if (publish.topicName !== '') {
      this.#names.set(alias, publish.topicName)
      return publish
    }
    const topicName = this.#names.get(alias)
    if (topicName === undefined) throw new ProtocolError(0x82, `Topic Alias ${alias} was never defined`, 'MQTT-3.3.2-12')
    return { ...publish, topicName }
  }
}

/** How the topic of one PUBLISH is written. */
export interface WrittenTopic {
  readonly topicName: string
  readonly properties: Properties
}

export class OutgoingAliases {
  readonly #names = new Map<number, string>()
  /** In the order of the last use, for choosing the one to give up. */
  readonly #aliases = new Map<string, number>()
  /** The last in this order. */
  #latest = ''
  /** What messages without properties of their own are sent with, by alias. */
  readonly #plain: Properties[] = []
  /** How many are set by ourselves. */
  readonly #automatic: number

  /** `automatic`: at most the server's Topic Alias Maximum. */
  constructor(automatic: number) {
    this.#automatic = automatic
  }

  /** The caller's alias has been checked against the server's maximum. Defines an alias: the packet must be sent, or `forget` called. */
  write(message: OutgoingMessage): WrittenTopic {
    const wanted = message.properties.topicAlias
    if (wanted !== undefined) return this.#use(message, wanted)
    if (this.#automatic === 0) return message
    const known = this.known(message.topicName)
    return this.#use(message, known > 0 ? known : this.#free())
  }

  /** The alias by which the server knows a topic, and which counts as used now; 0 = none, or none is to be set by ourselves. */
  known(topicName: string): number {
    const alias = this.#automatic === 0 ? undefined : this.#aliases.get(topicName)
    if (alias === undefined) return 0
    if (this.#latest !== topicName) {
      this.#aliases.delete(topicName)
      this.#aliases.set(topicName, alias)
      this.#latest = topicName
    }
    return alias
  }

  /** The packet with this topic was not sent after all. */
  forget(topicName: string): void {
    const alias = this.#aliases.get(topicName)
    if (alias === undefined) return
    this.#aliases.delete(topicName)
    this.#names.delete(alias)
  }

  #use(message: OutgoingMessage, alias: number): WrittenTopic {
    const properties = this.#withAlias(message.properties, alias)
    const name = this.#names.get(alias)
    if (name === message.topicName) return { topicName: '', properties }
    if (name !== undefined) this.#aliases.delete(name)
    this.#names.set(alias, message.topicName)
    this.#aliases.set(message.topicName, alias)
    this.#latest = message.topicName
    return { topicName: message.topicName, properties }
  }

  #withAlias(properties: Properties, alias: number): Properties {
    if (properties === NO_PROPERTIES) return (this.#plain[alias] ??= { topicAlias: alias })
    return properties.topicAlias === alias ? properties : { ...properties, topicAlias: alias }
  }

  /** One that stands for nothing yet, else the one unused for longest. */
  #free(): number {
    for (let alias = this.#names.size + 1; alias <= this.#automatic; alias++) if (!this.#names.has(alias)) return alias
    for (const [, alias] of this.#aliases) if (alias <= this.#automatic) return alias
    return 1
  }
}

/** Without its alias: for sending again, where the alias may mean nothing. */
export function withoutAlias(properties: Properties): Properties {
  if (properties.topicAlias === undefined) return properties
  const { topicAlias: _, ...rest } = properties
  return rest
}
