// `zanzara match`: answers, reasons, exit codes.

import { expect, test } from 'vitest'

import { runMatch } from '../../src/cli/match.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

async function match(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = new FakeTerminal()
  const code = await runMatch(argv, io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

test('the wildcard exercise: + stands for one level', async () => {
  const { code, out, err } = await match('deib/+/temperature', 'deib/eg1/temperature', 'deib/L26/room.1/temperature', 'deib/eg1/humidity')
  expect(out).toBe('YES  deib/eg1/temperature\nNO   deib/L26/room.1/temperature\nNO   deib/eg1/humidity\n')
  expect(err).toBe('')
  expect(code).toBe(1)
})

test('the wildcard exercise: # stands for the level above and all below', async () => {
  const { code, out } = await match('deib/eg1/#', 'deib/eg1', 'deib/eg1/temperature', 'deib/eg1/humidity')
  expect(out).toBe('YES  deib/eg1\nYES  deib/eg1/temperature\nYES  deib/eg1/humidity\n')
  expect(code).toBe(0)
  expect((await match('deib/eg1/#', 'deib/L26.1/room.1/temperature')).code).toBe(1)
})

test('-v says at which level and why, in columns', async () => {
  const { out } = await match('deib/+/temperature', 'deib/eg1/humidity', 'a', '-v')
  const [first = '', second = '', rest] = out.split('\n')
  expect(first).toMatch(/^NO {3}deib\/eg1\/humidity {2}level 3: .*humidity.*temperature/)
  expect(second).toMatch(/^NO {3}a {18}level 1: /)
  expect(first.indexOf('level')).toBe(second.indexOf('level'))
  expect(rest).toBe('')
})

test('a leading wildcard does not match names that begin with $ [MQTT-4.7.2-1]', async () => {
  const { code, out } = await match('--verbose', '#', '$SYS/broker/uptime')
  expect(out).toMatch(/^NO {3}\$SYS\/broker\/uptime {2}level 1: .*\$/)
  expect(code).toBe(1)
  expect((await match('$SYS/#', '$SYS/broker/uptime')).code).toBe(0)
})

test('a shared filter matches by the filter inside', async () => {
  expect((await match('$share/group/a/+', 'a/b')).out).toBe('YES  a/b\n')
})

test('--json prints one object a line', async () => {
  const { code, out } = await match('--json', 'a/+', 'a/b', 'b')
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toEqual([
    { filter: 'a/+', topic: 'a/b', matches: true, level: 2, reason: expect.any(String) },
    { filter: 'a/+', topic: 'b', matches: false, level: 1, reason: expect.any(String) },
  ])
  expect(code).toBe(1)
})

test('-- ends the options', async () => {
  expect((await match('--', '-v', '-v')).out).toBe('YES  -v\n')
})

test.each([
  [[], 'Give a Topic Filter and at least one Topic Name.'],
  [['a/+'], "Give at least one Topic Name to compare with 'a/+'."],
  [['a/#/b', 'a'], "Invalid Topic Filter 'a/#/b': # stands alone in the last level, as in a/#."],
  [['a#', 'a'], "Invalid Topic Filter 'a#': # stands alone in the last level, as in a/#."],
  [['a/b+', 'a'], "Invalid Topic Filter 'a/b+': + stands for a whole level, as in a/+/b."],
  [['', 'a'], "Invalid Topic Filter '': it needs at least one character."],
  [['$share/g', 'a'], "Invalid Topic Filter '$share/g': a shared one is $share/NAME/FILTER, with a name without wildcards and a correct filter."],
  [['a', 'b', 'a/+'], "Invalid Topic Name 'a/+': names have no wildcards; the filter comes first."],
  [['a', ''], "Invalid Topic Name '': it needs at least one character."],
  [['a', `a${'b'.repeat(65535)}`], /it is too long, or holds a character that MQTT does not allow\./],
  [['--what', 'a', 'a'], "Unknown option '--what'."],
])('wrong arguments %# end with 2 and say what is wrong', async (argv, message) => {
  const { code, out, err } = await match(...argv)
  expect(code).toBe(2)
  expect(out).toBe('')
  if (typeof message === 'string') expect(err).toBe(`Error: ${message}\n\nUse 'zanzara match --help' to see usage.\n`)
  else expect(err).toMatch(message)
})

test('--help shows examples on standard output and ends with 0', async () => {
  const { code, out, err } = await match('--help')
  expect(code).toBe(0)
  expect(out).toContain("zanzara match 'deib/+/temperature'")
  expect(err).toBe('')
})
