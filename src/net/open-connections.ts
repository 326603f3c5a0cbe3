// The connections of all listeners together, from the moment the system accepted them, and the limits over them.
// The limit of one listener is connection-book.ts; who asks is entrance.ts.

import type { ProblemKind } from './net-context.ts'

export interface ConnectionLimits {
  /** Connections of all listeners at most; null = no limit. */
  readonly maximumConnections?: number | null
  /** Connections from one address at most; null = no limit. Never counts this machine's own addresses and Unix sockets. */
  readonly maximumConnectionsPerAddress?: number | null
  /** Connections for which file descriptors remain (descriptor-limit.ts); null = unknown. Asked once, when the first one comes. */
  readonly connectionsThatFit?: () => number | null
}

export class OpenConnections {
  /** Changing a limit concerns newcomers only. */
  maximum: number | null
  maximumPerAddress: number | null
  readonly #askThatFit: () => number | null
  /** Undefined = not asked yet. */
  #thatFit: number | null | undefined
  readonly #byAddress = new Map<string, number>()
  #size = 0

  constructor(limits: ConnectionLimits) {
    this.maximum = limits.maximumConnections ?? null
    this.maximumPerAddress = limits.maximumConnectionsPerAddress ?? null
    this.#askThatFit = limits.connectionsThatFit ?? (() => null)
  }

  get size(): number {
    return this.#size
  }

  /** Why a newcomer is one too many; null when it is not. */
  get full(): ProblemKind | null {
    if (this.maximum !== null && this.#size >= this.maximum) return 'global-limit'
    if (this.#thatFit === undefined) this.#thatFit = this.#askThatFit()
    return this.#thatFit !== null && this.#size >= this.#thatFit ? 'descriptors' : null
  }

  enter(): void {
    this.#size++
  }

  leave(): void {
    this.#size--
  }

  /** Whether connections from there are counted by address now. */
  counts(address: string): boolean {
    return this.maximumPerAddress !== null && !isOwnMachine(address)
  }

  /** Counts one more from an address; false when it is one too many, and then it is not counted. */
  enterFrom(address: string): boolean {
    const open = this.#byAddress.get(address) ?? 0
    if (this.maximumPerAddress !== null && open >= this.maximumPerAddress) return false
    this.#byAddress.set(address, open + 1)
    return true
  }

  /** For each that `enterFrom` counted. */
  leaveFrom(address: string): void {
    const open = this.#byAddress.get(address)!
    if (open === 1) this.#byAddress.delete(address)
    else this.#byAddress.set(address, open - 1)
  }
}

/** Loopback addresses, as `plainAddress` shows them, and Unix sockets, which have none. */
function isOwnMachine(address: string): boolean {
  return address === '' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
}
