// Which machine was last seen to use which IPv4 address, as ARP tells: two for one address are a fault.
// Bounded: the address not heard of for longest is forgotten.

const MOST_ADDRESSES = 4096

/** Who used an address, and when it was last seen to. */
export interface AddressHolder {
  readonly mac: string
  frame: number
  seconds: number
}

export class ArpHolders {
  readonly #holders = new Map<string, AddressHolder>()

  /** Notes the use of an address; returns who uses it already, if that is another machine. */
  use(address: string, mac: string, frame: number, seconds: number): AddressHolder | null {
    const known = this.#holders.get(address)
    if (known !== undefined && known.mac !== mac) return known
    this.#holders.delete(address)
    if (this.#holders.size >= MOST_ADDRESSES)
      for (const oldest of this.#holders.keys()) {
        this.#holders.delete(oldest)
        break
      }
    this.#holders.set(address, { mac, frame, seconds })
    return null
  }
}
