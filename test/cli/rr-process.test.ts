// The built rr as a process of its own: what it loads, its pipes, its exit code; and sub with -F into a pipe.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { beforeAll, expect, onTestFinished, test } from 'vitest'

import { builtProgram } from '../support/built.ts'
import { packet, publish, ScriptedServer, TYPE, text } from './support/scripted-server.ts'

const recorder = new URL('./support/record-loads.mjs', import.meta.url).href

beforeAll(() => void builtProgram(), 180_000)

interface Run {
  readonly folder: string
  readonly server: ScriptedServer
  readonly ended: Promise<{ code: number | null; out: string; err: string }>
}

async function start(command: readonly string[], shell = ''): Promise<Run> {
  const server = await ScriptedServer.listen()
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-rr-'))
  const argv = ['--import', recorder, builtProgram(), ...command.slice(0, 1), '-h', '127.0.0.1', '-p', server.port, ...command.slice(1)]
  const env = { PATH: process.env['PATH'], HOME: folder, RECORD_LOADS: join(folder, 'loads') }
  const child = shell === '' ? spawn(process.execPath, argv, { env }) : spawn('sh', ['-c', shell, process.execPath, ...argv], { env })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await server.close()
    rmSync(folder, { recursive: true })
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return { folder, server, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) }
}

test('rr loads our own files, nothing from node_modules and nothing that only others need', async () => {
  const { folder, server, ended } = await start(['rr', '-t', 'q', '-e', 'a', '-m', 'x', '-F', '%J @H', '--latency'])
  const peer = await server.accept()
  await peer.welcome('2003000000')
  await peer.expect(TYPE.subscribe)
  peer.send('9004 0001 00 00')
  await peer.expect(TYPE.publish)
  peer.send(packet(0x30, text('a'), '00', text('{"yes":1}', false)))
  const { code, out, err } = await ended
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^\{"tst":"[^"]+","topic":"a","qos":0,"retain":false,"payloadlen":9,"payload":\{"yes":1\}\} \d\d\nLatency: \d+\.\d{6}(ms|µs)\n$/)
  const dist = pathToFileURL(join(builtProgram(), '..', '..')).href
  const loaded = readFileSync(join(folder, 'loads'), 'utf8').trim().split('\n')
  expect(loaded).toContain(`${dist}/cli/rr.js`)
  expect(loaded.filter((url) => !url.startsWith(`${dist}/`) && !url.startsWith('node:'))).toEqual([])
  expect(loaded.filter((url) => /^node:(tls|https?|crypto|zlib)$|\/(broker|websocket|tls)[^/]*\//.test(url))).toEqual([])
})

test('sub -F | head -1 ends at the next message', async () => {
  const { server, ended } = await start(['sub', '-t', 'a', '-F', '%t %p'], '"$0" "$@" | head -1')
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.subscribe)
  peer.send('9003000100', publish('a', 'first'))
  const again = setInterval(() => peer.send(publish('a', 'more')), 50)
  try {
    await peer.expect(TYPE.disconnect)
  } finally {
    clearInterval(again)
  }
  expect(await ended).toEqual({ code: 0, out: 'a first\n', err: '' })
})
