// Which tests run: the default mode is everything that needs Node alone; `--mode interop` needs foreign programs; `--mode reliability` needs patience.
// The totals of each run stand on a line of their own (scripts/vitest-totals.mjs). In CI a test that fails is tried once more, and a run with
// more than a few such tests fails; a scenario of failure only when a wait ran out: a broken promise is never tried again.
import { defineConfig } from 'vitest/config'

const APART: Readonly<Record<string, string>> = {
  interop: 'test/interop/**/*.test.ts',
  reliability: 'test/reliability/scenarios/**/*.test.ts',
}

const A_WAIT_RAN_OUT = /timed? ?out|in time|within \d/i

export default defineConfig(({ mode }) => {
  const only = APART[mode]
  const apart = only !== undefined
  return {
    test: {
      include: apart ? [only] : ['test/**/*.test.ts'],
      exclude: ['**/node_modules/**', 'dist/**', ...(apart ? [] : Object.values(APART))],
      pool: 'forks',
      maxWorkers: mode === 'interop' ? 3 : 2, // foreign programs are waited for
      // bounds of hanging, not of speed: machines that do much else are slow
      testTimeout: apart ? 120_000 : 60_000,
      hookTimeout: apart ? 120_000 : 60_000,
      teardownTimeout: 5_000,
      retry: process.env['CI'] === undefined ? 0 : { count: 1, ...(mode === 'reliability' ? { condition: A_WAIT_RAN_OUT } : {}) },
      expect: { poll: { timeout: 30_000 } },
      // a file of the interop tier registers nothing when its program is missing, unless everything is required
      passWithNoTests: apart && process.env['ZZ_REQUIRE'] !== 'all',
      reporters: ['default', './scripts/vitest-totals.mjs'],
    },
  }
})
