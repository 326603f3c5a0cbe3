// What the micro-benchmarks share: CPU time, memory after a collection, repeatable chance, and the table of figures with their goals.
// Imported by bench/index.mjs and bench/retained.mjs; no figure here.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
/** @type {() => void} */
const collect = runInNewContext('gc')

/** Milliseconds of CPU this process has used: steadier than the clock where others work beside us. */
export function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Bytes that live: heap and typed arrays, after a collection. */
export function liveBytes() {
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/**
 * Whole numbers below the one given, the same ones in every run.
 * @param {number} seed
 * @returns {(below: number) => number}
 */
export function chance(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return Math.floor((state / 4294967296) * below)
  }
}

/** @typedef {{ figure: string, value: number, unit: string, goal: number | null }} Figure */

/**
 * Prints one table, or JSON with `--json`.
 * @param {readonly Figure[]} figures
 */
export function report(figures) {
  const rows = figures.map((row) => ({
    ...row,
    value: Number(row.value.toPrecision(3)),
    verdict: row.goal === null ? '' : row.value <= row.goal ? 'pass' : 'FAIL',
  }))
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  const width = Math.max(...rows.map(({ figure }) => figure.length))
  for (const { figure, value, unit, goal, verdict } of rows)
    process.stdout.write(
      `${figure.padEnd(width)}  ${String(value).padStart(9)} ${unit.padEnd(3)}  ${goal === null ? '' : `goal ${goal} ${unit}  ${verdict}`}`.trimEnd() + '\n',
    )
}
