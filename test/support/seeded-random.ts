// Repeatable chance for tests: the same seed, the same numbers.
// Not for anything that must be hard to guess.

/** A whole number from 0 to below the one given. */
export type Random = (below: number) => number

/** The generator splitmix32 over `seed`. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296) * below)
  }
}
