// The built clients as processes of their own: what they load, pipes, signals, exit codes.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { ensureBuilt } from '../../scripts/ensure-built.mjs'
import { publish, ScriptedServer, TYPE } from './support/scripted-server.ts'

const program = fileURLToPath(new URL('../../dist/cli/zanzara.js', import.meta.url))
const recorder = new URL('./support/record-loads.mjs', import.meta.url).href

beforeAll(() => ensureBuilt(), 180_000)

let server: ScriptedServer
let folder: string
const children: ChildProcess[] = []
beforeEach(async () => {
  server = await ScriptedServer.listen()
  folder = mkdtempSync(join(tmpdir(), 'zanzara-process-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await server.close()
  rmSync(folder, { recursive: true })
})

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; out: string; err: string }>
}

function start(tool: 'pub' | 'sub', argv: readonly string[], before: readonly string[] = [], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [...before, program, tool, '-h', '127.0.0.1', '-p', server.port, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
  })
  children.push(child)
  let out = ''
  let err = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr!.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) }
}

test.each(['pub', 'sub'] as const)('%s loads our own files and nothing from node_modules', async (tool) => {
  const record = join(folder, 'loads')
  const { ended } = start(tool, tool === 'pub' ? ['-t', 'a', '-m', 'x', '-q', '1'] : ['-t', 'a', '-C', '1'], ['--import', recorder], { RECORD_LOADS: record })
  const peer = await server.accept()
  await peer.welcome()
  if (tool === 'pub') {
    await peer.expect(TYPE.publish)
    peer.send('40020001')
  } else {
    await peer.expect(TYPE.subscribe)
    peer.send('9003000100', publish('a', 'x'))
  }
  expect(await ended).toEqual({ code: 0, out: tool === 'pub' ? '' : 'x\n', err: '' })
  const loaded = readFileSync(record, 'utf8').trim().split('\n')
  const dist = pathToFileURL(join(program, '..', '..')).href
  expect(loaded).toContain(`${dist}/cli/${tool}.js`)
  const foreign = loaded.filter((url) => !url.startsWith(`${dist}/`) && !url.startsWith('node:'))
  expect(foreign).toEqual([])
  // What only others need: encryption, WebSockets, the broker.
  expect(loaded.filter((url) => /^node:(tls|https?|crypto|zlib)$|\/(broker|websocket|tls)[^/]*\//.test(url))).toEqual([])
  expect(loaded.length).toBeLessThan(90)
})

test('messages reach a pipe one by one; when its reader goes, sub ends with 0', async () => {
  const { child, ended } = start('sub', ['-t', 'a'])
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.subscribe)
  peer.send('9003000100', publish('a', 'first'))
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('first\n')
  child.stdout!.destroy()
  peer.send(publish('a', 'second'), publish('a', 'third'))
  await peer.expect(TYPE.disconnect)
  expect(await ended).toMatchObject({ code: 0, err: '' })
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends sub with DISCONNECT and 0', async (signal) => {
  const { child, ended } = start('sub', ['-t', 'a'])
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.subscribe)
  peer.send('9003000100', publish('a', 'x'))
  await once(child.stdout!, 'data')
  child.kill(signal)
  await peer.expect(TYPE.disconnect)
  expect(await ended).toEqual({ code: 0, out: 'x\n', err: '' })
})

test('pub -l reads a pipe; without the rest of it, a refusal still ends it', async () => {
  const first = start('pub', ['-t', 'a', '-l'])
  const peer = await server.accept()
  await peer.welcome()
  first.child.stdin!.write('one\n')
  expect((await peer.packet()).hex).toBe(publish('a', 'one'))
  first.child.stdin!.end('two')
  expect((await peer.packet()).hex).toBe(publish('a', 'two'))
  expect((await first.ended).code).toBe(0)

  const second = start('pub', ['-t', 'a', '-l'])
  const other = await server.accept()
  await other.welcome()
  second.child.stdin!.write('one\n')
  await other.expect(TYPE.publish)
  other.cut()
  const again = await server.accept()
  await again.welcome('20020005')
  expect((await second.ended).code).toBe(5)
})

test('exit codes and streams of usage errors', async () => {
  const { ended } = start('pub', ['--bogus'])
  expect(await ended).toEqual({ code: 1, out: '', err: "Error: Unknown option '--bogus'.\n\nUse 'zanzara pub --help' to see usage.\n" })
  const shim = start('sub', ['--version'], [], { ZANZARA_PROGRAM_NAME: 'mosquitto_sub' })
  const { code, out } = await shim.ended
  expect(code).toBe(1)
  expect(out).toMatch(/^mosquitto_sub version /)
})

test('with 2>&1 an error comes after what was printed before it', async () => {
  const child = spawn('sh', ['-c', 'exec "$0" "$@" 2>&1', process.execPath, program, 'sub', '-h', '127.0.0.1', '-p', server.port, '-t', 'a', '-d', '-i', 'X'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(child)
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  await (await server.accept()).welcome('20020005')
  expect(await once(child, 'close')).toEqual([5, null])
  expect(out).toBe('Client X sending CONNECT\nClient X received CONNACK (5)\nConnection error: Connection Refused: not authorised\n')
})
