// A reporter that ends each run of Vitest with one plain line, `N passed, N failed`, alone on its line.
// A file that could not be loaded and an error outside of all tests count as failures. Tests that passed only when they were tried again are
// named with what had failed; more than a few of them fail the run.

const MOST_UNSTEADY = 3

export default class Totals {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} strayErrors
   */
  onTestRunEnd(modules, strayErrors) {
    let passed = 0
    let skipped = 0
    let failed = strayErrors.length
    /** @type {import('vitest/node').TestCase[]} */
    const unsteady = []
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed' && test.diagnostic()?.flaky) unsteady.push(test)
        if (state === 'passed') passed++
        else if (state === 'failed') failedHere++
        else skipped++
      }
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1
      failed += failedHere
    }
    for (const test of unsteady) {
      const [first] = test.result().errors ?? []
      process.stdout.write(
        `unsteady, passed when tried again: ${test.module.relativeModuleId} > ${test.fullName}\n  ${(first?.stack ?? first?.message ?? '').split('\n').slice(0, 3).join('\n')}\n`,
      )
    }
    if (unsteady.length > MOST_UNSTEADY) {
      process.stdout.write(`${unsteady.length} unsteady tests, ${MOST_UNSTEADY} are borne\n`)
      process.exitCode = 1
    }
    if (skipped > 0) process.stdout.write(`${skipped} skipped\n`)
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
  }
}
