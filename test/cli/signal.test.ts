// `zanzara signal`: which process gets which signal, and what wrong arguments are told.
// Against made-up processes, and once against a broker of ours.

import { expect, test } from 'vitest'
import { type Processes, runSignal } from '../../src/cli/signal.ts'
import { command, configured } from './support/broker-kit.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const RUNNING: Processes['list'] = () => [
  { pid: 10, words: ['/usr/sbin/mosquitto', '-c', '/etc/mosquitto/mosquitto.conf'] },
  { pid: 11, words: ['/usr/bin/node', '/opt/zanzara/bin/zanzara.js', 'broker', '-v'] },
  { pid: 12, words: ['node', '--enable-source-maps', '/usr/lib/node_modules/.bin/zanzara'] },
  { pid: 13, words: ['node', 'bin/zanzara.js', '--lan'] },
  { pid: 20, words: ['node', 'bin/zanzara.js', 'sub', '-t', 'mosquitto'] },
  { pid: 21, words: ['mosquitto_sub', '-t', '#'] },
  { pid: 22, words: ['vim', 'a', 'b', 'c', 'd', 'zanzara', 'broker'] },
  { pid: 23, words: ['node', 'bin/zanzara.js', '--help'] },
  { pid: 24, words: [] },
]

async function run(argv: readonly string[], missing: readonly number[] = []): Promise<{ code: number; sent: string[]; err: string; out: string }> {
  const terminal = new FakeTerminal()
  const sent: string[] = []
  const processes: Processes = {
    list: RUNNING,
    kill: (pid, signal) => {
      if (missing.includes(pid)) throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' })
      sent.push(`${pid} ${signal}`)
    },
  }
  const code = await runSignal(argv, terminal, processes)
  return { code, sent, err: terminal.stderr.text, out: terminal.stdout.text }
}

test.each([
  ['config-reload', 'SIGHUP'],
  ['log-rotate', 'SIGHUP'],
  ['shutdown', 'SIGINT'],
  ['tree-print', 'SIGUSR2'],
])('%s is %s', async (name, signal) => {
  expect(await run(['-p', '4711', name])).toEqual({ code: 0, sent: [`4711 ${signal}`], err: '', out: '' })
})

test('-a reaches every broker, under whatever name, and nobody else', async () => {
  expect((await run(['-a', 'config-reload'])).sent).toEqual(['10 SIGHUP', '11 SIGHUP', '12 SIGHUP', '13 SIGHUP'])
})

test('xtreport ends nobody', async () => {
  expect(await run(['-a', 'xtreport'])).toMatchObject({ code: 0, sent: [] })
})

test('a process that is gone is told, the others get theirs', async () => {
  expect(await run(['-a', 'shutdown'], [11])).toMatchObject({
    code: 0,
    sent: ['10 SIGINT', '12 SIGINT', '13 SIGINT'],
    err: 'Process 11 was not signalled: there is no such process.\n',
  })
})

test.each([
  [['--invalid'], 'Error: One of -a or -p must be used.\n'],
  [['-p'], 'Error: -p argument given but process ID missing.\n'],
  [['-p', '0', 'shutdown'], 'Error: Process ID must be >0.\n'],
  [['-p', 'abc', 'shutdown'], 'Error: Process ID must be >0.\n'],
  [['-p', '-5', 'shutdown'], 'Error: Process ID must be >0.\n'],
  [['-p', '5'], 'Error: No signal given.\n'],
  [['-a'], 'Error: No signal given.\n'],
  [['-a', 'invalid\x1b'], "Error: Unknown signal 'invalid\\x1b'.\n"],
  [['-a', 'constructor'], "Error: Unknown signal 'constructor'.\n"],
])('%j is refused', async (argv, sentence) => {
  expect(await run(argv)).toEqual({ code: 1, sent: [], err: sentence, out: '' })
})

test.each([[[]], [['--help']]])('%j prints the help, with 1 as mosquitto_signal', async (argv) => {
  const { code, out, sent } = await run(argv)
  expect([code, sent]).toEqual([1, []])
  expect(out).toContain('Usage: zanzara signal {-a | -p PID} SIGNAL')
})

test('a broker of ours reloads, prints its tree and stops', async () => {
  const broker = await configured(['listener PORT 127.0.0.1', 'allow_anonymous true'])
  const pid = String(broker.program.child.pid)
  expect(await command('signal', '-p', pid, 'config-reload')).toEqual({ code: 0, out: '', err: '' })
  await broker.program.until('stderr', /Reloading config\.\n/)
  expect((await command('signal', '-p', pid, 'shutdown')).code).toBe(0)
  expect(await broker.program.ended()).toBe(0)
})
