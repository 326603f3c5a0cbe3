// Counts of durations in log-linear buckets, as HDR histograms do: memory is fixed and every value is kept to better than 1 %.
// Pure numbers; what they mean (microseconds from 0 to 2^32 - 1) is said by whoever records them.

/** Buckets of each power of two: a value is known to 1 in 128. */
const PER_OCTAVE = 128
const BUCKETS = 25 * PER_OCTAVE + PER_OCTAVE

export class Histogram {
  /** Doubles: exact up to 2^53. */
  readonly #counts: Float64Array = new Float64Array(BUCKETS)
  #total = 0
  #sum = 0
  #least = 0xffffffff
  #most = 0

  /** How many values were recorded. */
  get count(): number {
    return this.#total
  }

  /** Smallest value, exactly; 0 when there is none. */
  get min(): number {
    return this.#total === 0 ? 0 : this.#least
  }

  /** Largest value, exactly; 0 when there is none. */
  get max(): number {
    return this.#most
  }

  /** Average, exactly; 0 when there is none. */
  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total
  }

  /** Notes `times` occurrences of an integer from 0 to 2^32 - 1. */
  record(value: number, times: number = 1): void {
    const at = bucketOf(value)
    this.#counts[at] = this.#counts[at]! + times
    this.#total += times
    this.#sum += value * times
    if (value < this.#least) this.#least = value
    if (value > this.#most) this.#most = value
  }

  /** The value that `share` (0 to 1) of all do not exceed: less than 1/128 above the exact one, never below it. 0 when there is none. */
  quantile(share: number): number {
    return this.#quantile(share, null, this.#total)
  }

  /** The same for what was recorded since `before`, a copy made earlier by `snapshot`. */
  quantileSince(share: number, before: Float64Array): number {
    let total = 0
    for (let i = 0; i < BUCKETS; i++) total += this.#counts[i]! - before[i]!
    return this.#quantile(share, before, total)
  }

  /** The counts as they are now, for `quantileSince`. */
  snapshot(): Float64Array {
    return this.#counts.slice()
  }

  #quantile(share: number, before: Float64Array | null, total: number): number {
    if (total === 0) return 0
    let left = Math.max(1, Math.ceil(share * total))
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#counts[i]! - (before === null ? 0 : before[i]!)
      if (left <= 0) return Math.min(highestOf(i), this.#most)
    }
    return this.#most
  }
}

/** Values below 256 have a bucket each; above, the leading one and the seven bits behind it choose. */
function bucketOf(value: number): number {
  if (value < 2 * PER_OCTAVE) return value
  const shift = 24 - Math.clz32(value)
  return shift * PER_OCTAVE + (value >>> shift)
}

/** The largest value of a bucket. */
function highestOf(bucket: number): number {
  if (bucket < 2 * PER_OCTAVE) return bucket
  const shift = Math.floor(bucket / PER_OCTAVE) - 1
  return ((bucket % PER_OCTAVE) + PER_OCTAVE + 1) * 2 ** shift - 1
}
