// The examples of docs/testing.md and docs/client.md, run as they stand, also those for test frameworks: by Node's own and by Vitest.
// How they are run: test/support/examples.ts.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { builtProgram, startProgram } from '../support/built.ts'
import { exampleFolder, examplesOf, runExamples } from '../support/examples.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const MINUTE = { timeout: 60_000 }

test('the examples of the test broker print what they say', MINUTE, () => runExamples('docs/testing.md'))

test('the examples of the client print what they say', MINUTE, () => runExamples('docs/client.md'))

test("the example for Node's own tests passes there", MINUTE, () => {
  builtProgram()
  const [code] = examplesOf('docs/testing.md', 'js node:test')
  const folder = exampleFolder(join(root, 'test')) // inside the package, whose name it imports
  const file = join(folder, 'example.test.mjs')
  writeFileSync(file, code!)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout, status } = spawnSync(process.execPath, ['--test', '--test-reporter', 'tap', file], { env, encoding: 'utf8', timeout: 30_000 })
  expect([status, /^# pass 1$/m.test(stdout), /^# fail 0$/m.test(stdout)], stdout).toEqual([0, true, true])
})

test('the example for Vitest passes there', MINUTE, () => {
  builtProgram()
  const [code] = examplesOf('docs/testing.md', 'js vitest')
  const folder = exampleFolder(join(root, 'test'))
  writeFileSync(join(folder, 'example.test.mjs'), code!)
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default { test: { include: ["*.test.mjs"] } }\n')
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const { VITEST: _, VITEST_WORKER_ID: __, VITEST_POOL_ID: ___, ...env } = process.env
  const { stdout, stderr, status } = spawnSync(process.execPath, [vitest, 'run', '--root', folder, '--reporter', 'json'], {
    env,
    encoding: 'utf8',
    timeout: 50_000,
  })
  expect(status, stdout + stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 1, numFailedTests: 0, numTotalTests: 1 })
})

test('the environment that the paper promises to commands is there', async () => {
  const [shell] = examplesOf('docs/testing.md', 'sh')
  const names = [...new Set(shell!.match(/\bMQTT_\w+/g))]
  expect(names).toEqual(['MQTT_HOST', 'MQTT_PORT'])
  const program = startProgram([
    '--port',
    '0',
    '--',
    process.execPath,
    '-p',
    'process.env.MQTT_URL === `mqtt://${process.env.MQTT_HOST}:${process.env.MQTT_PORT}`',
  ])
  expect([await program.ended(), program.stdout]).toEqual([0, 'true\n'])
})
