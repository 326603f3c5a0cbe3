// `--tls dev`: a broker with certificates made at the first use, and clients that trust them, with nothing else to set up.
// The built program, with a data folder of its own.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runPub } from '../../src/cli/pub.ts'
import { builtProgram, startProgram, unusedPort } from '../support/built.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

let data = ''
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'zanzara-data-'))
})
afterEach(() => rmSync(data, { recursive: true }))

const authority = (): string => join(data, 'zanzara', 'certs', 'ca.crt')

test('broker, sub and pub with --tls dev understand each other; a client that trusts nobody does not', async () => {
  const [port, tlsPort] = [await unusedPort(), await unusedPort()]
  const env = { XDG_DATA_HOME: data }
  const broker = startProgram(['broker', '-p', String(port), '--tls', 'dev', '--tls-port', String(tlsPort), '-v'], { env })
  await broker.until('stderr', / running\n/)
  expect(broker.log.filter((line) => line.startsWith('Development'))).toEqual([
    `Development certificates written to ${join(data, 'zanzara', 'certs')}: ca.crt, server.crt, client.crt.`,
  ])
  const sub = startProgram(['sub', '-p', String(tlsPort), '--tls', 'dev', '-t', 'a', '-C', '1'], { env })
  await broker.until('stderr', /Received SUBSCRIBE/)
  const pub = startProgram(['pub', '-h', '127.0.0.1', '-p', String(tlsPort), '--tls', 'dev', '-t', 'a', '-m', 'Ciao!', '-q', '1'], { env })
  expect([await pub.ended(), pub.stderr]).toEqual([0, ''])
  expect([await sub.ended(), sub.stdout]).toEqual([0, 'Ciao!\n'])
  const stranger = startProgram(['pub', '-p', String(tlsPort), '--tls-use-os-certs', '-t', 'a', '-m', 'x'], { env })
  expect(await stranger.ended()).toBe(14)
  expect(await broker.ended('SIGTERM')).toBe(0)
})

test('the bare start names URL and authority, to people, to programs and to the command beside it', async () => {
  const env = { XDG_DATA_HOME: data }
  const start = startProgram(['--port', '0', '--http-port', '0', '--tls', 'dev', '--json'], { env })
  const [line] = await start.until('stdout', /^\{.*\}\n/)
  const told = JSON.parse(line) as { mqtts: string[]; authorityFile: string }
  expect(told.authorityFile).toBe(authority())
  const client = await connectAsync(told.mqtts[0]!, { ca: readFileSync(told.authorityFile), reconnectPeriod: 0 })
  await client.endAsync()
  expect(await start.ended('SIGINT')).toBe(0)

  const script = 'console.log(JSON.stringify([process.env.ZANZARA_TLS_URL, process.env.ZANZARA_CA_FILE]))'
  const beside = startProgram(['--port', '0', '--tls', 'dev', '--', process.execPath, '-e', script], { env })
  expect(await beside.ended()).toBe(0)
  expect(JSON.parse(beside.stdout)).toEqual([expect.stringMatching(/^mqtts:\/\/localhost:\d+$/), authority()])
})

test('without --tls nothing is made and nothing listens on more ports', async () => {
  const start = startProgram(['--port', '0', '--http-port', '0', '--json'], { env: { XDG_DATA_HOME: data } })
  const [line] = await start.until('stdout', /^\{.*\}\n/)
  expect(line).not.toContain('mqtts')
  expect(await start.ended('SIGTERM')).toBe(0)
  expect(existsSync(join(data, 'zanzara'))).toBe(false)
})

test('a client says what to do while there is no certificate', async () => {
  const io = new FakeTerminal()
  io.env['XDG_DATA_HOME'] = data
  expect(await runPub(['--tls', 'dev', '-t', 'a', '-m', 'x'], io)).toBe(1)
  expect(io.stderr.text).toBe(
    `Error: Problem setting TLS options: there is no development certificate yet ("${authority()}"). Start the broker with --tls dev, or run: zanzara certs dev\n`,
  )
})

test.each([
  ['broker', '--tls takes the word dev, for development certificates (prod given).', 3],
  ['pub', 'Invalid --tls value prod given, it must be dev.', 1],
  [null, "--tls takes the word dev, for development certificates; 'prod' is none.", 1],
])('%s --tls prod is refused', (command, sentence, code) => {
  const words = command === null ? [] : [command]
  const { status, stderr } = spawnSync(process.execPath, [builtProgram(), ...words, '--tls', 'prod'], { encoding: 'utf8' })
  expect(stderr).toContain(`Error: ${sentence}\n`)
  expect(status).toBe(code)
})
