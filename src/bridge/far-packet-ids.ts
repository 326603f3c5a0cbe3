// Packet Identifiers of what a bridge itself asks of the other broker: SUBSCRIBE, UNSUBSCRIBE, its notification.
// Messages keep the identifiers that our broker gave them, so these are taken from the far side of the circle of 65,535.

const LAST = 65535

export class FarPacketIds {
  readonly #used = new Set<number>()
  #next = 1

  /** A connection begins: our broker's next message will have `nextId`. */
  restart(nextId: number): void {
    this.#used.clear()
    this.#next = ((nextId - 1 + (LAST >> 1)) % LAST) + 1
  }

  /** 0 when none is free. */
  take(): number {
    if (this.#used.size === LAST) return 0
    while (this.#used.has(this.#next)) this.#step()
    const packetId = this.#next
    this.#used.add(packetId)
    this.#step()
    return packetId
  }

  give(packetId: number): void {
    this.#used.delete(packetId)
  }

  #step(): void {
    this.#next = this.#next === LAST ? 1 : this.#next + 1
  }
}
