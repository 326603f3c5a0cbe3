// How long and with which chance the scenarios run: short for every day, whole for the night.
// ZZ_WHOLE=1 asks for whole ones, ZZ_SEED for a seed that a failure named; `npm run reliability` sets both.

export const IS_WHOLE: boolean = process.env['ZZ_WHOLE'] === '1'
export const SEED: number = Number(process.env['ZZ_SEED'] ?? 20261122)

/** The short amount, or the whole one. */
export function amount(short: number, whole: number): number {
  return IS_WHOLE ? whole : short
}

/** One line of figures, printed with the test's result. */
export function tell(line: string): void {
  console.log(`${line}; seed ${SEED}`)
}

export function mib(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`
}

/** Of numbers, ascending or not: the one below which this share lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
