// What the MQTT dissector remembers of a connection: its version, learned from CONNECT, and what its topic aliases stand for.
// Like Wireshark it keeps one set of aliases for both directions.

import { type ConversationState, conversationState } from './conversations.ts'
import { Walk } from './walk.ts'

/** Characters of topics kept per connection; a topic beyond them is not remembered. */
const MOST_ALIAS_TEXT = 1 << 20

export class MqttState {
  readonly walk: Walk = new Walk()
  /** Protocol Version as CONNECT gave it, whatever it is; 0 = CONNECT was not seen. */
  version = 0
  /** Topic Alias of the current message; 0 = none. */
  alias = 0
  /** Content Type of the current message; null = none. */
  contentType: string | null = null
  readonly #aliases = new Map<number, string>()
  #aliasText = 0

  aliasedTopic(): string | undefined {
    return this.#aliases.get(this.alias)
  }

  /** The current message's alias stands for this topic from now on. */
  learnAlias(topic: string): void {
    const old = this.#aliases.get(this.alias)
    const text = this.#aliasText + topic.length - (old === undefined ? 0 : old.length)
    if (text > MOST_ALIAS_TEXT) return
    this.#aliasText = text
    this.#aliases.set(this.alias, topic)
  }
}

export const MQTT_STATE: ConversationState<MqttState> = conversationState(() => new MqttState())
