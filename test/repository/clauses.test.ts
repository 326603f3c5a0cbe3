// How clause tags of code and tests become rows of docs/conformance.md.
// A small project stands in for the repository.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { collectClauses, conformanceTable, namedInTests } from '../../scripts/clauses.mjs'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function project(source: string, tests: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'clauses-'))
  folders.push(folder)
  mkdirSync(join(folder, 'src', 'wire'), { recursive: true })
  mkdirSync(join(folder, 'test', 'wire'), { recursive: true })
  writeFileSync(join(folder, 'src', 'wire', 'decode.ts'), source)
  writeFileSync(join(folder, 'test', 'wire', 'decode.test.ts'), tests)
  return folder
}

test('a clause stands with its code lines and the tests that name it, in the order of the standard', () => {
  const folder = project(
    "// first\nreturn a // [MQTT-3.10.2-1, MQTT-3.2.2-4]\nthrow new ProtocolError(0x81, 'x', 'MQTT-3.2.2-4')\nb() // [MQTT3-3.1.0-1]\n",
    "test('a | b is refused [MQTT-3.2.2-4]', () => {})\ntest(`in ${version} it is too [MQTT-3.2.2-4]`, () => {})\n",
  )
  const table = conformanceTable(collectClauses(folder))
  expect(table).toContain(
    '| MQTT-3.2.2-4 | [wire/decode.ts:2](../src/wire/decode.ts#L2)<br>[wire/decode.ts:3](../src/wire/decode.ts#L3) | [a \\| b is refused](../test/wire/decode.test.ts)<br>[in … it is too](../test/wire/decode.test.ts) |',
  )
  expect(table.match(/^## .*$/gm)).toEqual([
    '## MQTT 5.0, 3.2 CONNACK',
    '## MQTT 5.0, 3.10 UNSUBSCRIBE',
    '## MQTT 3.1.1, 3.1 CONNECT',
    '## Tagged in the code, named by no test',
  ])
  expect(table).toContain('3 clauses: 1 with a test, 2 without; 0 named by tests alone.')
  expect(table).toContain('- MQTT-3.10.2-1: [wire/decode.ts:2]')
})

test('a clause that only tests name is listed', () => {
  const table = conformanceTable(collectClauses(project('', "test('kept [MQTT-4.1.0-1]', () => {})\n")))
  expect(table).toContain('## Named by a test, tagged nowhere in the code\n\n- MQTT-4.1.0-1')
})

test('a row of a table of cases is named by its longest other string', () => {
  expect(namedInTests("  { name: 'a PUBLISH with QoS 3', bytes: '36 00', clause: 'MQTT-3.3.1-4' },")).toEqual([
    { id: 'MQTT-3.3.1-4', name: 'a PUBLISH with QoS 3' },
  ])
})

test('comments and tags outside of strings name no test', () => {
  expect(namedInTests("// proves [MQTT-3.3.1-4]\n/** [MQTT-3.3.1-4] */\nconst x = 1 // 'as in [MQTT-3.3.1-4]'\n")).toEqual([])
})

test('the same sources give the same table', () => {
  const folder = project('a() // [MQTT-1.5.4-2]\n', '')
  expect(conformanceTable(collectClauses(folder))).toBe(conformanceTable(collectClauses(folder)))
})
