// Bare `zanzara`: what it prints can be pasted, what it opens is only this machine's, and a command beside it finds the broker.
// Each test starts the built program, on ports that the system chooses.

import { spawn } from 'node:child_process'
import { type EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { builtProgram, type Program, startProgram, unusedPort } from '../support/built.ts'

interface Addresses {
  readonly mqtt: readonly string[]
  readonly webSocket: readonly string[]
  readonly page: string
  readonly userName: string | null
  readonly password: string | null
}

/** Writes the name of each file that the program loads. */
const RECORDER = new URL('./support/record-loads.mjs', import.meta.url).href

async function started(...args: readonly string[]): Promise<{ program: Program; addresses: Addresses }> {
  const program = startProgram(['--port', '0', '--http-port', '0', '--json', ...args])
  const [line] = await program.until('stdout', /^\{.*\}\n/)
  return { program, addresses: JSON.parse(line) as Addresses }
}

/** What comes with the next event of this kind. */
function next(of: MqttClient, event: string): Promise<unknown[]> {
  return once(of as unknown as EventEmitter, event)
}

async function client(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const connected = await connectAsync(url, { reconnectPeriod: 0, ...options })
  connected.on('error', () => {})
  onTestFinished(() => void connected.end(true))
  return connected
}

/** The HTTP status of a WebSocket handshake from a page of this origin. */
async function handshake(url: string, origin: string | null): Promise<number> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'mqtt',
    ...(origin === null ? {} : { Origin: origin }),
  }
  const asked = request(url.replace('ws:', 'http:'), { headers })
  asked.end()
  return await new Promise<number>((resolve, reject) => {
    asked.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve(101)
    })
    asked.on('response', (response) => resolve(response.statusCode!))
    asked.on('error', reject)
  })
}

test('the welcome: addresses, and two lines that work as printed', { timeout: 40_000 }, async () => {
  const [port, httpPort] = [await unusedPort(), await unusedPort()]
  const program = startProgram(['--port', `${port}`, '--http-port', `${httpPort}`])
  await program.until('stdout', /Ctrl-C/)
  expect(program.stdout).toContain(`mqtt://localhost:${port}\n`)
  expect(program.stdout).toContain(`ws://localhost:${httpPort}/mqtt\n`)
  expect(program.stdout).toContain(`http://localhost:${httpPort}/\n`)
  expect(program.stdout, 'no colours in a pipe').not.toContain('\x1b')
  expect(program.stdout.split('\n').every((line) => line.length <= 100)).toBe(true)
  const lines = program.stdout
    .split('\n')
    .filter((line) => / (sub|pub) -p /.test(line))
    .map((line) => line.trim())
  expect(lines).toHaveLength(2)
  const paste = (line: string): ReturnType<typeof spawn> =>
    spawn(line.replace(/^(npx )?zanzara/, `node ${builtProgram()}`), {
      shell: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    })
  const witness = await client(`mqtt://localhost:${port}`)
  const subscriber = paste(`exec ${lines[0]!.replace(/^(npx )?zanzara/, `node ${builtProgram()}`)}`)
  onTestFinished(() => void subscriber.kill())
  let printed = ''
  subscriber.stdout!.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  // until the subscriber is there, which it does not say
  const isThere = async (): Promise<boolean> => {
    await witness.publishAsync('hello/probe', 'x')
    return printed.includes('hello/probe x\n')
  }
  await expect.poll(isThere, { timeout: 30_000 }).toBe(true)
  const [code] = (await once(paste(lines[1]!), 'exit')) as [number]
  expect(code).toBe(0)
  await expect.poll(() => printed, { timeout: 30_000 }).toContain('hello/world Ciao!\n')
  expect(await program.ended('SIGINT')).toBe(0)
  expect(program.stderr).toBe('')
})

test('MQTT and WebSocket share the broker; the page says where', async () => {
  const { program, addresses } = await started()
  const one = await client(addresses.mqtt[0]!)
  const other = await client(addresses.webSocket[0]!, { protocolVersion: 5 })
  const arrived = next(one, 'message')
  await one.subscribeAsync('a')
  await other.publishAsync('a', 'x')
  await arrived
  const text = await (await fetch(addresses.page)).text()
  const html = await fetch(addresses.page, { headers: { Accept: 'text/html' } })
  expect(text).toContain(addresses.webSocket[0])
  expect(text).toMatch(/ sub -p \d+ -t "hello\/#" -v\n/)
  expect([html.status, await html.text()]).toEqual([200, expect.stringContaining('<!doctype html>')])
  expect(await handshake(addresses.webSocket[0]!.replace('/mqtt', '/other'), null)).toBe(404)
  expect(await program.ended('SIGTERM')).toBe(0)
})

test('pages of other origins may not connect, unless they are named', async () => {
  const { addresses } = await started()
  const [url] = addresses.webSocket
  const own = addresses.page.slice(0, -1)
  expect(await handshake(url!, own)).toBe(101)
  expect(await handshake(url!, null)).toBe(101)
  expect(await handshake(url!, 'http://localhost:5173')).toBe(101) // a page being developed on this machine
  expect(await handshake(url!, 'http://localhost.evil.example:5173')).toBe(403)
  expect(await handshake(url!, 'http://evil.example')).toBe(403)
  expect(await handshake(url!, 'null')).toBe(403)
  const named = await started('--origin', 'https://lab.example')
  expect(await handshake(named.addresses.webSocket[0]!, 'https://lab.example')).toBe(101)
  expect(await handshake(named.addresses.webSocket[0]!, 'http://evil.example')).toBe(403)
  const any = await started('--origin=*')
  expect(await handshake(any.addresses.webSocket[0]!, 'http://evil.example')).toBe(101)
})

test('no other address than the loopback ones is listened on', async () => {
  const { addresses } = await started()
  const port = new URL(addresses.mqtt[0]!).port
  await expect(client(`mqtt://127.0.0.2:${port}`)).rejects.toThrow(/ECONNREFUSED/) // of this machine, but not 127.0.0.1
})

test('--lan: a new user and password each time, nobody without them, and the page keeps the secret', async () => {
  const { addresses } = await started('--lan')
  const [url] = addresses.mqtt
  const { userName, password } = addresses
  expect(userName).toMatch(/^lan-[a-z2-9]{4}$/)
  expect(password).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/)
  await expect(client(url!)).rejects.toMatchObject({ code: 5 })
  await expect(client(url!, { username: userName!, password: 'wrong' })).rejects.toMatchObject({ code: 5 })
  await expect(client(addresses.webSocket[0]!)).rejects.toMatchObject({ code: 5 })
  for (const one of [...addresses.mqtt, ...addresses.webSocket]) await (await client(one, { username: userName!, password: password! })).endAsync()
  for (const [accept, text] of [
    ['text/html', '<title>Zanzara</title>'],
    ['*/*', '-u USER -P PASSWORD'],
  ]) {
    const page = await (await fetch(addresses.page, { headers: { Accept: accept! } })).text()
    expect(page).not.toContain(password)
    expect(page).toContain(text)
  }
  for (const webSocket of addresses.webSocket.slice(1)) {
    const { host, hostname } = new URL(webSocket)
    const page = await (await fetch(`http://${host}/`)).text()
    expect(page, 'as seen from another machine').toContain(webSocket)
    expect(page).toContain(` -h ${hostname} -u USER -P PASSWORD`)
    expect(page).not.toContain('localhost')
  }
  expect((await started('--lan')).addresses.password).not.toBe(password)
})

test('-v logs every packet on stderr', async () => {
  const { program, addresses } = await started('-v')
  await (await client(addresses.mqtt[0]!, { clientId: 'X' })).endAsync()
  await program.until('stderr', /\d+: Received DISCONNECT from X\n/)
})

test('-- COMMAND runs when the broker is ready, finds it by its environment, and gives the exit code', async () => {
  const script = `const url = new URL(process.env.ZANZARA_URL);
    const socket = require('node:net').connect(url.port, url.hostname, () => socket.write(Buffer.from('101000044d5154540402003c000464656166', 'hex')));
    socket.on('data', (data) => { console.log(data.toString('hex'), process.env.MQTT_URL === process.env.ZANZARA_URL, process.env.MQTT_HOST, process.env.MQTT_PORT === url.port, process.env.ZANZARA_WS_URL, process.argv[1]); process.exit(7) })`
  const program = startProgram(['--port', '0', '--', process.execPath, '-e', script, '--', '--port'])
  expect(await program.ended()).toBe(7)
  expect([program.stdout, program.stderr]).toEqual(['20020000 true localhost true undefined --port\n', ''])
})

test('-- COMMAND behind --lan gets the password, with --http-port the WebSocket', async () => {
  const script = 'console.log(process.env.ZANZARA_URL, process.env.ZANZARA_WS_URL)'
  const program = startProgram(['--lan', '--port', '0', '--http-port', '0', '--', process.execPath, '-e', script])
  expect(await program.ended()).toBe(0)
  expect(program.stdout).toMatch(/^mqtt:\/\/lan-\w{4}:[\w-]{19}@localhost:\d+ ws:\/\/lan-\w{4}:[\w-]{19}@localhost:\d+\/mqtt\n$/)
})

test('-- COMMAND that does not exist, that is killed, or that gets our signal', async () => {
  const missing = startProgram(['--port', '0', '--', 'no-such-command-here'])
  expect(await missing.ended()).toBe(127)
  expect(missing.stderr).toBe('Error: cannot run no-such-command-here: there is no such command.\n')
  const killed = startProgram(['--port', '0', '--', process.execPath, '-e', "process.kill(process.pid, 'SIGKILL')"])
  expect(await killed.ended()).toBe(137)
  const told = startProgram([
    '--port',
    '0',
    '--',
    process.execPath,
    '-e',
    "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up')",
  ])
  await told.until('stdout', /up/)
  expect(await told.ended('SIGTERM')).toBe(5)
  const script = "for (const name of ['SIGHUP', 'SIGUSR2']) process.on(name, () => console.log(name)); setInterval(() => {}, 1000); console.log('up')"
  const asked = startProgram(['--port', '0', '--', process.execPath, '-e', script])
  await asked.until('stdout', /up/)
  asked.child.kill('SIGHUP')
  await asked.until('stdout', /SIGHUP/)
  asked.child.kill('SIGUSR2')
  await asked.until('stdout', /SIGUSR2/)
  expect(await asked.ended('SIGINT')).toBe(130)
})

test('a taken port: which one and by which flag to choose another, exit 1', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const taken = (other.address() as { port: number }).port
  const mqtt = startProgram(['--port', `${taken}`, '--http-port', '0'])
  const http = startProgram(['--port', '0', '--http-port', `${taken}`])
  expect([await mqtt.ended(), await http.ended()]).toEqual([1, 1])
  expect(mqtt.stderr).toBe(
    `Error: Address already in use: port ${taken} of 127.0.0.1 is taken, probably by another broker such as mosquitto; stop it or choose another port with --port.\n`,
  )
  expect(http.stderr).toBe(
    `Error: Address already in use: port ${taken} of 127.0.0.1 is taken by another program; stop it or choose another port with --http-port.\n`,
  )
  expect(mqtt.stdout + http.stdout).toBe('')
})

test.each<[string[], RegExp]>([
  [['--bogus'], /^Error: Unknown option '--bogus'\.\n\nUsage: zanzara /],
  [['--lan=1'], /^Error: Unknown option '--lan', or one that takes no value\.\n/],
  [['--port'], /^Error: --port needs a value\.\n/],
  [['--port', '70000'], /^Error: Invalid port 70000 for --port: /],
  [['--port=x'], /^Error: Invalid port x for --port: /],
  [['--port', '8080'], /^Error: MQTT and HTTP cannot both use port 8080: /],
  [['--'], /^Error: -- needs a command after it\.\n/],
  [['brokr'], /^Error: there is no command 'brokr'\. Did you mean: zanzara broker\n/],
  [['\x1b[31m'], /^Error: there is no command '\\x1b\[31m'\.\n/],
  [['constructor'], /^Error: there is no command 'constructor'\.\n/],
])('%j: exit 1', async (args, sentence) => {
  const program = startProgram(args)
  expect(await program.ended()).toBe(1)
  expect(program.stderr).toMatch(sentence)
})

test('help, help of a command, version', async () => {
  const programs = [['--help'], ['-h'], ['help'], ['help', 'broker'], ['--version'], ['help', 'sub']].map((args) => startProgram(args))
  const codes = await Promise.all(programs.map((program) => program.ended()))
  const [long, short, word, broker, version, sub] = programs.map((program) => program.stdout)
  expect(codes.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
  expect(long).toContain('Usage:\n  zanzara ')
  expect([short, word]).toEqual([long, long])
  expect(long!.split('\n').every((line) => line.length <= 110)).toBe(true)
  expect(broker).toContain('Usage: zanzara broker')
  expect(version).toMatch(/^zanzara version \d+\.\d+\.\d+\n$/)
  expect(sub).toContain('sub')
})

test('what answers pages and WebSockets is loaded with the first of them, who waits for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const record = join(folder, 'loads')
  const packages = (): string[] => {
    const names = readFileSync(record, 'utf8').matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)
    return [...new Set([...names].map(([, name]) => name!))].toSorted()
  }
  const env = { NODE_OPTIONS: `--import ${RECORDER}`, RECORD_LOADS: record }
  const program = startProgram(['--port', '0', '--http-port', '0', '--json'], { env })
  const { page, webSocket } = JSON.parse((await program.until('stdout', /^\{.*\}\n/))[0]) as Addresses
  expect(packages()).toEqual([])
  const status = async (path: string): Promise<number> => (await fetch(new URL(path, page))).status
  const [url] = webSocket
  const origin = page.replace(/\/$/, '')
  const first = await Promise.all([status('admin/v1/session'), status('metrics'), status('admin/v1/config'), handshake(url!, origin), handshake(url!, null)])
  expect(first).toEqual([200, 200, 200, 101, 101])
  expect(packages()).toEqual(['@hono/node-server', 'hono', 'valibot', 'ws'])
})
