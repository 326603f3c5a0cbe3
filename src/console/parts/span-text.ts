// A span of time as few letters as will do.
// Pure.

const UNITS: readonly (readonly [seconds: number, sign: string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
]

/** `45 s`, `5 m`, `1 h`, `1 d 4 h`: the two largest units, the second only when it is not 0. */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  for (const [i, [size, sign]] of UNITS.entries()) {
    if (whole < size) continue
    const [next, nextSign] = UNITS[i + 1] ?? [1, 's']
    const rest = Math.floor((whole % size) / next)
    return `${Math.floor(whole / size)} ${sign}${rest === 0 ? '' : ` ${rest} ${nextSign}`}`
  }
  return `${whole} s`
}
