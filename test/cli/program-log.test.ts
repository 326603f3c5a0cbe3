// Where the lines of a running broker go: one destination or several, files that are moved away, a configuration read again.
// The terminal is the test's own; files are real.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { BrokerMessage } from '../../src/broker/inner-publishes.ts'
import { ProgramLog, type ProgramLogDestination, type ProgramLogOptions } from '../../src/cli/program-log.ts'
import type { Output, Terminal } from '../../src/cli/terminal.ts'
import { ALL_LOG_TYPES, DEFAULT_LOG_TYPES, NO_LOG_TYPES } from '../../src/server/log-destinations.ts'

class RecordedOutput implements Output {
  text = ''
  readonly full = false
  write(data: string | Uint8Array): void {
    this.text += typeof data === 'string' ? data : new TextDecoder().decode(data)
  }
  onDrained(): void {}
  onClosed(): void {}
  flush(): Promise<void> {
    return Promise.resolve()
  }
}

interface Setting {
  readonly folder: string
  readonly stdout: RecordedOutput
  readonly stderr: RecordedOutput
  open(destinations: readonly ProgramLogDestination[], options?: Partial<ProgramLogOptions>): ProgramLog
  read(name: string): string
}

function setUp(): Setting {
  const folder = mkdtempSync(join(tmpdir(), 'program-log-'))
  const stdout = new RecordedOutput()
  const stderr = new RecordedOutput()
  const terminal = { env: {}, platform: 'linux', pid: 42, invokedAs: '', stdin: null!, stdout, stderr, onSignal: () => () => {} } satisfies Terminal
  const logs: ProgramLog[] = []
  onTestFinished(async () => {
    for (const log of logs) await log.close()
    rmSync(folder, { recursive: true })
  })
  return {
    folder,
    stdout,
    stderr,
    open(destinations, options = {}) {
      const log = new ProgramLog(terminal, { types: DEFAULT_LOG_TYPES, timestamps: false, destinations, ...options })
      logs.push(log)
      return log
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
  }
}

test('all destinations at once; the same one twice counts once', async () => {
  const { folder, open, stdout, stderr, read } = setUp()
  const path = join(folder, 'a')
  const log = open([{ to: 'stderr' }, { to: 'stdout' }, { to: 'file', path }, { to: 'stderr' }, { to: 'file', path }])
  log.write('notice', 'one')
  log.write('debug', 'not wanted')
  log.write('error', 'two')
  await log.flush()
  expect([stdout.text, stderr.text, read('a')]).toEqual(Array.from({ length: 3 }, () => 'one\ntwo\n'))
})

test('none', async () => {
  const { open, stdout, stderr } = setUp()
  const log = open([])
  log.write('error', 'x')
  await log.close()
  log.write('error', 'late')
  await log.flush()
  expect(stdout.text + stderr.text).toBe('')
})

test('a file is appended to, for owner and group only, and opened anew when it was moved away', async () => {
  const { folder, open, read } = setUp()
  const path = join(folder, 'a')
  writeFileSync(path, 'before\n')
  const log = open([{ to: 'file', path }])
  log.write('notice', 'one')
  await log.flush()
  renameSync(path, join(folder, 'a.1'))
  log.write('notice', 'two')
  log.reopen()
  log.write('notice', 'three')
  await log.flush()
  expect(read('a.1')).toBe('before\none\ntwo\n')
  expect(read('a')).toBe('three\n')
  expect(statSync(path).mode & 0o007).toBe(0)
})

test('a file that cannot be opened anew is kept, and the others are told', async () => {
  const { folder, open, read, stderr } = setUp()
  const path = join(folder, 'a')
  const log = open([{ to: 'file', path }, { to: 'stderr' }])
  renameSync(path, join(folder, 'a.1'))
  mkdirSync(path)
  log.reopen()
  log.write('notice', 'x')
  await log.flush()
  const lines = `Error: Unable to open log file ${path} for writing: EISDIR: illegal operation on a directory, open '${path}'.\nx\n`
  expect(read('a.1')).toBe(lines)
  expect(stderr.text).toBe(lines)
})

test('a file that cannot be opened at the start is an error, and nothing stays open', () => {
  const { folder, open } = setUp()
  expect(() =>
    open([
      { to: 'file', path: join(folder, 'a') },
      { to: 'file', path: join(folder, 'no/where') },
    ]),
  ).toThrow(/ENOENT/)
})

test('a configuration read again: other types, stamps and destinations; when its file cannot be opened, all stays', async () => {
  const { folder, open, read, stderr } = setUp()
  const log = open([{ to: 'file', path: join(folder, 'a') }])
  log.write('notice', 'one')
  const next = { types: ALL_LOG_TYPES, timestamps: true, timestampFormat: '[%%]', destinations: [{ to: 'stderr' }] } as const
  expect(() => log.reconfigure({ ...next, destinations: [{ to: 'file', path: join(folder, 'no/where') }] })).toThrow(/ENOENT/)
  log.write('debug', 'not wanted')
  log.write('notice', 'two')
  log.reconfigure(next)
  log.write('debug', 'three')
  await log.flush()
  expect(read('a')).toBe('one\ntwo\n')
  expect(stderr.text).toBe('[%]: three\n')
  expect(log.types).toBe(ALL_LOG_TYPES)
  log.reconfigure({ ...next, types: NO_LOG_TYPES })
  log.write('error', 'four')
  await log.flush()
  expect(stderr.text).toBe('[%]: three\n')
})

test('JSON lines', async () => {
  const { open, stdout } = setUp()
  const log = open([{ to: 'stdout' }], { format: 'json' })
  log.write('warning', 'careful', { client: 'c' })
  await log.flush()
  expect(JSON.parse(stdout.text)).toEqual({ time: expect.stringMatching(/^\d{4}-.*Z$/), level: 'warn', type: 'warning', msg: 'careful', client: 'c' })
})

test('topics and the system log, also after a reload', async () => {
  const { folder, open, read } = setUp()
  const syslogProgram = join(folder, 'logger')
  writeFileSync(syslogProgram, `#!/bin/sh\necho "$@" >> '${folder}/sys'\ncat >> '${folder}/sys'\n`)
  chmodSync(syslogProgram, 0o755)
  const options = { tag: 'mosquitto', facility: 0, syslogProgram } as const
  const log = open([{ to: 'syslog' }, { to: 'topic' }], options)
  const published: string[] = []
  log.publishTo((message: BrokerMessage) => void published.push(`${message.topicName} ${new TextDecoder().decode(message.payload)}`))
  log.write('warning', 'one')
  await new Promise((resolve) => setImmediate(resolve))
  log.reconfigure({ types: DEFAULT_LOG_TYPES, timestamps: false, destinations: [{ to: 'topic' }] })
  log.write('error', 'two')
  await new Promise((resolve) => setImmediate(resolve))
  expect(published).toEqual(['$SYS/broker/log/W one', '$SYS/broker/log/E two'])
  await expect.poll(() => existsSync(join(folder, 'sys')) && read('sys')).toBe('--prio-prefix -t mosquitto[42]\n<132>one\n')
})

test('that the system log cannot be reached is told where somebody looks', async () => {
  const { open, stderr } = setUp()
  const log = open([{ to: 'syslog' }], { syslogProgram: '/nonexistent/logger' })
  log.write('notice', 'x')
  await expect.poll(() => stderr.text).toMatch(/^Error: log_dest syslog: \/nonexistent\/logger has ended .*\n$/)
})

test('a log file that takes nothing: lines are lost, once it is said on stderr, nothing throws', () => {
  const stderr: string[] = []
  const output = { full: false, onDrained() {}, onClosed() {}, flush: () => Promise.resolve() }
  const terminal = {
    env: {},
    platform: 'linux',
    pid: 1,
    invokedAs: '',
    stdin: {} as never,
    stdout: { ...output, write() {} },
    stderr: { ...output, write: (text: string | Uint8Array) => void stderr.push(String(text)) },
    onSignal: () => () => {},
  }
  const log = new ProgramLog(terminal, { types: new Set(['error']), timestamps: false, destinations: [{ to: 'file', path: '/dev/full' }] })
  for (let i = 0; i < 3; i++) {
    log.write('error', `line ${i}`)
    void log.flush()
  }
  expect(stderr.join('')).toMatch(/^Error: Unable to write log file \/dev\/full: ENOSPC[^\n]*Lines are lost\.\n$/)
})
