// Which tests run: the default mode is everything that needs Node alone; `--mode interop` needs foreign programs.
// The totals of each run stand on a line of their own (scripts/vitest-totals.mjs).
import { defineConfig } from 'vitest/config'

const INTEROP = 'test/interop/**/*.test.ts'

export default defineConfig(({ mode }) => {
  const apart = mode === 'interop'
  return {
    test: {
      include: apart ? [INTEROP] : ['test/**/*.test.ts'],
      exclude: ['**/node_modules/**', 'dist/**', ...(apart ? [] : [INTEROP])],
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: apart ? 120_000 : 15_000,
      hookTimeout: apart ? 120_000 : 15_000,
      teardownTimeout: 5_000,
      // a file of the interop tier registers nothing when its program is missing, unless everything is required
      passWithNoTests: apart && process.env['ZZ_REQUIRE'] !== 'all',
      reporters: ['default', './scripts/vitest-totals.mjs'],
    },
  }
})
