// The last line of a run of tests: how many passed and how many failed, alone on its line.
// Vitest's modules are stood in for by small objects.

import { afterEach, expect, test, vi } from 'vitest'
import type { TestModule } from 'vitest/node'
import Totals from '../../scripts/vitest-totals.mjs'

const { exitCode } = process

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = exitCode
})

/** `unsteady` = passed when tried again. */
function moduleOf(state: string, ...tests: string[]): TestModule {
  const allTests = (): unknown[] =>
    tests.map((own, i) => ({
      result: () => (own === 'unsteady' ? { state: 'passed', errors: [{ stack: 'Error: too late\n  at 1\n  at 2\n  at 3' }] } : { state: own }),
      diagnostic: () => ({ flaky: own === 'unsteady' }),
      module: { relativeModuleId: 'a.test.ts' },
      fullName: `number ${i}`,
    }))
  return { state: () => state, children: { allTests } } as unknown as TestModule
}

function printedFor(modules: TestModule[], strayErrors: unknown[] = []): string {
  let printed = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  new Totals().onTestRunEnd(modules, strayErrors)
  write.mockRestore()
  return printed
}

test('tests are counted over all files', () => {
  expect(printedFor([moduleOf('passed', 'passed', 'passed'), moduleOf('failed', 'failed', 'passed', 'failed')])).toBe('3 passed, 2 failed\n')
})

test('a file that cannot be loaded is a failure, and so is an error outside of all tests', () => {
  expect(printedFor([moduleOf('failed'), moduleOf('passed', 'passed')], [new Error('stray')])).toBe('1 passed, 2 failed\n')
})

test('skipped tests stand on a line of their own', () => {
  expect(printedFor([moduleOf('passed', 'passed', 'skipped')])).toBe('1 skipped\n1 passed, 0 failed\n')
})

test('a test that passed only when it was tried again is named with what had failed; more than three of them fail the run', () => {
  const told = (i: number): string => `unsteady, passed when tried again: a.test.ts > number ${i}\n  Error: too late\n  at 1\n  at 2\n`
  expect(printedFor([moduleOf('passed', 'passed', 'unsteady')])).toBe(`${told(1)}2 passed, 0 failed\n`)
  expect(process.exitCode).toBe(exitCode)
  expect(printedFor([moduleOf('passed', 'unsteady', 'unsteady', 'unsteady', 'unsteady')])).toBe(
    `${told(0)}${told(1)}${told(2)}${told(3)}4 unsteady tests, 3 are borne\n4 passed, 0 failed\n`,
  )
  expect(process.exitCode).toBe(1)
})
