// Times of pcapng: a 64-bit count of units whose length each interface chooses (if_tsresol), split exactly into seconds and nanoseconds. ● hot
// Long division in small digits: doubles hold every step, no BigInt per frame.

/** How an interface counts time. */
export class TimestampUnits {
  readonly #perSecond: number
  /** Bits of one digit of the division, so that remainder × 2^bits stays exact. */
  readonly #bits: number
  readonly #offset: number
  /** Results of the last `split`. */
  seconds = 0
  nanoseconds = 0

  /** `resolution` as if_tsresol: 10^-n, or 2^-n with the highest bit; `offset` in seconds (if_tsoffset). */
  constructor(resolution: number, offset: number) {
    const power = resolution & 0x7f
    this.#perSecond = (resolution & 0x80) !== 0 ? 2 ** power : 10 ** power
    this.#bits = this.#perSecond < 2 ** 36 ? 16 : this.#perSecond <= 2 ** 45 ? 8 : 0
    this.#offset = offset
  }

  split(high: number, low: number): void {
    const bits = this.#bits
    if (bits === 0) {
      this.#splitLong(high, low)
      return
    }
    const perSecond = this.#perSecond
    const base = 1 << bits
    const mask = base - 1
    let quotient = 0
    let rest = 0
    for (let shift = 32 - bits; shift >= 0; shift -= bits) {
      const digit = rest * base + ((high >>> shift) & mask)
      const part = Math.floor(digit / perSecond)
      rest = digit - part * perSecond
      quotient = quotient * base + part
    }
    for (let shift = 32 - bits; shift >= 0; shift -= bits) {
      const digit = rest * base + ((low >>> shift) & mask)
      const part = Math.floor(digit / perSecond)
      rest = digit - part * perSecond
      quotient = quotient * base + part
    }
    this.seconds = quotient + this.#offset
    this.nanoseconds = perSecond <= 1e9 && 1e9 % perSecond === 0 ? rest * (1e9 / perSecond) : Math.floor((rest / perSecond) * 1e9)
  }

  /** Units so short that nobody uses them. */
  #splitLong(high: number, low: number): void {
    const perSecond = BigInt(this.#perSecond)
    const count = (BigInt(high) << 32n) | BigInt(low)
    this.seconds = Number(count / perSecond) + this.#offset
    this.nanoseconds = Number(((count % perSecond) * 1_000_000_000n) / perSecond)
  }
}
