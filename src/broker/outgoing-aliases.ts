// Topic Aliases that we set towards one client, as many as it and we allow [MQTT-3.1.2-26, MQTT-3.1.2-27].
// First come, first served: an alias stays with its topic for the life of the connection.

export class OutgoingAliases {
  readonly #maximum: number
  /** By the id of a topic. */
  readonly byTopic: Map<number, number> = new Map()
  #lastTopicId = 0
  #lastAlias = 0

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  /** The alias the client knows for a topic; 0 = none. */
  known(topicId: number): number {
    if (topicId === this.#lastTopicId) return this.#lastAlias
    const alias = this.byTopic.get(topicId) ?? 0
    if (alias > 0) {
      this.#lastTopicId = topicId
      this.#lastAlias = alias
    }
    return alias
  }

  /** A free alias; 0 when all are in use. */
  get free(): number {
    return this.byTopic.size < this.#maximum ? this.byTopic.size + 1 : 0
  }

  /** The client has been sent the topic's name together with the alias. */
  set(topicId: number, alias: number): void {
    this.byTopic.set(topicId, alias)
  }
}
