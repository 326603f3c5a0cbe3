// `log_dest syslog`: what the program that carries the lines is called with and what it reads; it may die.
// A script of the test's own takes the place of `logger`.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Syslog, type SyslogOptions } from '../../src/server/log-syslog.ts'

interface Setting {
  readonly syslog: Syslog
  readonly problems: string[]
  /** What all children together were called with and have read. */
  read(): string
}

/** `body` is a shell script; $OUT is where it writes to. */
function setUp(body: string, options: Partial<SyslogOptions> = {}): Setting {
  const folder = mkdtempSync(join(tmpdir(), 'syslog-'))
  const out = join(folder, 'out')
  const program = join(folder, 'logger')
  writeFileSync(program, `#!/bin/sh\nOUT='${out}'\n${body}\n`)
  chmodSync(program, 0o755)
  const problems: string[] = []
  const syslog = new Syslog({ tag: 'mosquitto', pid: 42, facility: null, program, onProblem: (problem) => void problems.push(problem), ...options })
  onTestFinished(async () => {
    await syslog.close()
    rmSync(folder, { recursive: true })
  })
  return { syslog, problems, read: () => (existsSync(out) ? readFileSync(out, 'utf8') : '') }
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error('not in time')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('priorities are facility and severity of the type; all lines are there at the end', async () => {
  const { syslog, read, problems } = setUp('echo "$@" >> "$OUT"; cat >> "$OUT"')
  syslog.line('error', '1: e')
  syslog.line('warning', '1: w')
  syslog.line('notice', '1: n')
  syslog.line('information', '1: i')
  syslog.line('debug', '1: d')
  syslog.line('subscribe', '1: s')
  await syslog.close()
  expect(read()).toBe('--prio-prefix -t mosquitto[42]\n<27>1: e\n<28>1: w\n<29>1: n\n<30>1: i\n<31>1: d\n<29>1: s\n')
  expect(problems).toEqual([])
})

test('log_facility 0 to 7 are local0 to local7', async () => {
  const { syslog, read } = setUp('cat >> "$OUT"', { facility: 7 })
  syslog.line('notice', 'x')
  await syslog.close()
  expect(read()).toBe('<189>x\n')
})

test('no line, no child', async () => {
  const { syslog, read } = setUp('echo started >> "$OUT"')
  await syslog.close()
  expect(read()).toBe('')
})

test('the child dies: said once, lines wait for the next child', async () => {
  const { syslog, read, problems } = setUp('read line; echo "$line" >> "$OUT"')
  syslog.line('notice', 'first')
  await until(() => problems.length > 0)
  expect(problems[0]).toMatch(/^Error: log_dest syslog: .*logger has ended \(exit code 0\); lines wait for the next one\./)
  syslog.line('notice', 'second')
  await until(() => read() === '<29>first\n<29>second\n')
  await until(() => {
    syslog.line('notice', 'more')
    return read().includes('more')
  })
  expect(problems).toHaveLength(1)
})

test('while there is no child, a bounded amount waits and the rest is counted', async () => {
  const { syslog, read, problems } = setUp('[ -e "$OUT" ] || { echo begun > "$OUT"; exit 3; }; cat >> "$OUT"')
  syslog.line('notice', 'lost with the first child')
  await until(() => problems.length > 0)
  for (let i = 0; i < 4000; i++) syslog.line('notice', `${i} ${'x'.repeat(95)}`)
  await until(() => read().includes('log lines were lost'))
  const lines = read().trimEnd().split('\n')
  const lost = Number(/<28>(\d+) log lines were lost\.$/.exec(lines.at(-1)!)![1])
  expect(lines.length - 2 + lost).toBe(4000)
  expect(lines[1]).toContain('<29>0 xxx')
  expect(read().length).toBeLessThan(270_000)
})

test('a program that is not there', async () => {
  const { syslog, problems } = setUp('', { program: '/nonexistent/logger' })
  syslog.line('notice', 'x')
  await until(() => problems.length > 0)
  expect(problems[0]).toContain('/nonexistent/logger has ended (spawn /nonexistent/logger ENOENT)')
  syslog.line('notice', 'y')
})
