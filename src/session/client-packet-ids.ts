// Packet Identifiers of one session's client side: PUBLISH, SUBSCRIBE and UNSUBSCRIBE share them [MQTT-2.2.1-3].
// They go round, so that one is not used again soon after it became free.

export class ClientPacketIds {
  readonly #used = new Set<number>()
  #last = 0

  /** The next one that is not in use; 0 when all 65,535 are. */
  take(): number {
    if (this.#used.size === 65535) return 0
    do this.#last = this.#last === 65535 ? 1 : this.#last + 1
    while (this.#used.has(this.#last))
    this.#used.add(this.#last)
    return this.#last
  }

  /** One that an earlier program has in use. */
  reserve(packetId: number): void {
    this.#used.add(packetId)
    this.#last = Math.max(this.#last, packetId)
  }

  give(packetId: number): void {
    this.#used.delete(packetId)
  }
}
