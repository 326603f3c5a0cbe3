// Counts failed logins by address, so that guessing passwords gets slow and then stops. Loopback is never counted.
// A bounded table of addresses; time is an argument in milliseconds.

/** Failures of one address in one minute that have no consequence. */
const FREE_FAILURES = 5
const WINDOW_MS = 60_000
/** Addresses remembered; beyond, the one counted longest ago is forgotten. */
const MOST_ADDRESSES = 10_000

interface Failures {
  readonly since: number
  count: number
}

export class FailedLogins {
  readonly #byAddress = new Map<string, Failures>()
  readonly #most: number

  constructor(most: number = MOST_ADDRESSES) {
    this.#most = most
  }

  get size(): number {
    return this.#byAddress.size
  }

  /** Whether this address has failed too often within the last minute. */
  areTooMany(address: string, now: number): boolean {
    const network = networkOf(address)
    const failures = network === null ? undefined : this.#byAddress.get(network)
    return failures !== undefined && failures.count >= FREE_FAILURES && now - failures.since < WINDOW_MS
  }

  count(address: string, now: number): void {
    const network = networkOf(address)
    if (network === null) return
    const failures = this.#byAddress.get(network)
    if (failures !== undefined && now - failures.since < WINDOW_MS) {
      failures.count++
      return
    }
    this.#byAddress.delete(network)
    this.#byAddress.set(network, { since: now, count: 1 })
    if (this.#byAddress.size > this.#most) this.#byAddress.delete(this.#byAddress.keys().next().value!)
  }
}

/** What one person has: an IPv4 address, or the first 64 bits of one of IPv6. Null for this machine itself. */
function networkOf(address: string): string | null {
  if (address === '' || address === '::1' || address.startsWith('127.')) return null
  if (!address.includes(':')) return address
  const [before, after] = address.split('%')[0]!.split('::')
  const first = before === '' ? [] : before!.split(':')
  const last = after === undefined || after === '' ? [] : after.split(':')
  const groups = after === undefined ? first : [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
